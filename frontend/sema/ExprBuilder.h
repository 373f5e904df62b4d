// Typed expressions that no text of their own stands for: functions written in simpler ones, and derivatives.
#ifndef MIXC_FRONTEND_SEMA_EXPRBUILDER_H
#define MIXC_FRONTEND_SEMA_EXPRBUILDER_H

#include "frontend/sema/Program.h"

namespace mixc {

/// Makes nodes whose types are known to fit, simplified where a number allows it (1 x = x, 2 (3 x) = 6 x).
class ExprBuilder {
public:
  /// All nodes stand for the text at `range`.
  ExprBuilder(Mixer &out, Range range) : out(out), range(range) {}

  Expr *number(double value);
  Expr *dim(const Dim &dim);
  Expr *identity(const Type &type) { return make(Expr::Op::Identity, type); }
  Expr *unary(mix::UnaryKind kind, Expr *x);
  /// By elements; a scalar meets every entry.
  Expr *binary(mix::BinaryKind kind, Expr *x, Expr *y);
  /// x where the condition holds, else y.
  Expr *select(Expr *condition, Expr *x, Expr *y);
  Expr *compare(mix::BinaryKind kind, Expr *x, Expr *y);
  Expr *negated(Expr *x);
  Expr *sum(Expr *x, Expr *y);
  Expr *times(Expr *x, Expr *y);
  Expr *quotient(Expr *x, Expr *y) { return binary(mix::BinaryKind::Div, x, y); }
  /// x * y of the language: scaling, or a product of matrices, rows and columns.
  Expr *product(Expr *x, Expr *y);
  Expr *transpose(Expr *x);
  /// The sum, or the largest, of all entries.
  Expr *reduce(mix::ReduceKind kind, Expr *x);
  Expr *total(Expr *x) { return reduce(mix::ReduceKind::Sum, x); }
  /// A value of the type whose every entry is the scalar.
  Expr *fill(Expr *scalar, const Type &type);
  Expr *concat(std::vector<Expr *> parts);
  Expr *slice(Expr *x, const Dim &from, const Dim &size);
  Expr *roll(Expr *x, int64_t by);
  /// The same entries, row by row, in another shape.
  Expr *reshape(Expr *x, const Type &type);

  // Functions in simpler ones (Expand.cpp).
  Expr *sumOfSquares(Expr *x) { return total(times(x, x)); }
  Expr *l2norm(Expr *x, Expr *epsilon);
  Expr *rmsnorm(Expr *x, Expr *epsilon);
  Expr *layernorm(Expr *x, Expr *epsilon);
  Expr *softmax(Expr *x);
  Expr *mean(Expr *x);
  Expr *logsigmoid(Expr *x);
  Expr *clamp(Expr *x, Expr *low, Expr *high);

private:
  Expr *make(Expr::Op op, Type type, std::vector<Expr *> args = {});
  Expr *perEntry(Expr *total, const Expr *of);

  Mixer &out;
  Range range;
};

} // namespace mixc

#endif
