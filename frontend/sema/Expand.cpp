// Functions that are written in simpler ones:
//   l2norm(x)    = x * rsqrt(sum(x .* x) + eps)
//   rmsnorm(x)   = x * rsqrt(sum(x .* x) / N + eps)
//   layernorm(x) = rmsnorm(x - sum(x) / N)
//   softmax(x)   = exp(x - max x) / sum(exp(x - max x))
#include "frontend/sema/ExprBuilder.h"

namespace mixc {
using mix::BinaryKind;
using mix::UnaryKind;

Expr *ExprBuilder::mean(Expr *total, const Expr *of) { return quotient(total, dim(of->type.rows)); }

Expr *ExprBuilder::l2norm(Expr *x, Expr *epsilon) {
  return binary(BinaryKind::Mul, unary(UnaryKind::Rsqrt, binary(BinaryKind::Add, sumOfSquares(x), epsilon)), x);
}

Expr *ExprBuilder::rmsnorm(Expr *x, Expr *epsilon) {
  Expr *square = binary(BinaryKind::Add, mean(sumOfSquares(x), x), epsilon);
  return binary(BinaryKind::Mul, unary(UnaryKind::Rsqrt, square), x);
}

Expr *ExprBuilder::layernorm(Expr *x, Expr *epsilon) {
  return rmsnorm(binary(BinaryKind::Sub, x, mean(total(x), x)), epsilon);
}

// The largest entry has no derivative: softmax(x) does not change with what is subtracted.
Expr *ExprBuilder::softmax(Expr *x) {
  Expr *weights = unary(UnaryKind::Exp, binary(BinaryKind::Sub, x, reduce(mix::ReduceKind::Max, x)));
  return quotient(weights, total(weights));
}

} // namespace mixc
