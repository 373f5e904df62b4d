// The type of every expression of one equation.
#ifndef MIXC_FRONTEND_SEMA_EXPRCHECKER_H
#define MIXC_FRONTEND_SEMA_EXPRCHECKER_H

#include "frontend/sema/Functions.h"
#include "frontend/sema/Instance.h"
#include <set>

namespace mixc {

/// What the equations of a mixer share while they are checked.
struct Checking {
  Scope &scope;
  Mixer &out;
  const Equations &equations;
  std::map<std::pair<unsigned, int64_t>, unsigned> letDefinitions = {}; // node -> definition
  std::set<unsigned> usedDeclarations = {}, usedLets = {};
  bool tooLarge = false;
};

/// More than any mixer that a person writes unrolls to.
constexpr size_t maxExpressions = 1'000'000;

class ExprChecker {
public:
  ExprChecker(Checking &shared, const Node &node, DiagnosticList &diagnostics, DiagnosticList &lagDiagnostics)
      : shared(shared), scope(shared.scope), out(shared.out), node(node),
        instance(shared.equations.instances[node.instance]), indices(instance.indices), diagnostics(diagnostics),
        lagDiagnostics(lagDiagnostics) {}

  /// Never null; its type is an error where one was reported.
  Expr *check(const ast::Expr &e);
  /// Gives an expression made of `I` its size.
  void fit(Expr *e, const Dim &size);
  /// The shape that the whole equation is to have, where it is declared: tells which of two shapes is the wrong one.
  Type wanted;

private:
  Expr *make(Expr::Op op, Type type, Range range, std::vector<Expr *> args = {});
  Expr *error(Range range) { return make(Expr::Op::Error, Type::error(), range); }
  Expr *number(double value, Range range);
  Expr *unrollsTooFar(Range range);

  Expr *reference(const ast::Reference &e);
  Expr *stateReference(const ast::Reference &e, const Target &target);
  Expr *letReference(const ast::Reference &e, const Target &target);
  bool checkLag(const ast::Reference &e, int64_t lag);

  Expr *binary(const ast::Binary &e);
  Expr *elementwise(mix::BinaryKind kind, std::string_view what, Range range, const ast::Expr &left,
                    const ast::Expr &right, Expr *a, Expr *b);
  Expr *product(const ast::Binary &e, Expr *a, Expr *b);
  Expr *productMismatch(const ast::Binary &e, Expr *a, Expr *b);
  Expr *sumOver(const ast::Sum &e);
  void meetMismatch(std::string_view what, const ast::Expr &left, const ast::Expr &right, Expr *a, Expr *b);

  Expr *call(const ast::Call &e);
  Expr *normalize(const ast::Call &e, const Function &function, Expr *x);
  Expr *concat(const ast::Call &e);
  Expr *slice(const ast::Call &e, Expr *x);
  Expr *roll(const ast::Call &e, Expr *x);
  Expr *grad(const ast::Call &e);
  Expr *argumentError(const ast::Call &e, const Expr *argument, std::string_view wants);
  Expr *transpose(Expr *x, Range range);

  Checking &shared;
  Scope &scope;
  Mixer &out;
  const Node &node;
  const Instance &instance;
  Indices indices;
  DiagnosticList &diagnostics;
  DiagnosticList &lagDiagnostics; // for what depends on the lag, where `diagnostics` is mute
};

/// An operand as it may stand in a suggestion; empty if it is too long to be repeated.
std::string operandText(const ast::Expr &e);
/// How `e`, of this type, would have the transposed one: `v * k'` for `k * v'`, `k` for `k'`, `k'` for `k`.
std::string transposedText(const ast::Expr &e, const Type &type);

} // namespace mixc

#endif
