// Conditions: comparisons of numbers, what joins them, and what takes them.
//   a < b                 both shapes agree, or one side is a scalar
//   a and b, not a        of conditions
//   where(a, x, y)        a condition and two numbers, shapes as above
// A condition is no number, and a number no condition: `let` may name either, everything else says which it takes.
#include "frontend/sema/ExprBuilder.h"
#include "frontend/sema/ExprChecker.h"
#include "frontend/syntax/Print.h"
#include <fmt/format.h>

namespace mixc {
using ast::BinaryOp;
using mix::BinaryKind;

Expr *ExprChecker::check(const ast::Expr &e) {
  Expr *x = checkEither(e);
  if (!x->type.isCondition)
    return x;
  std::string text = printExpr(e);
  diagnostics.add(Code::ConditionAsNumber, e.range, "a condition is not a number")
      .label(x->type.str())
      .help(text.size() > 40 ? "`where(condition, 1, 0)` is 1 where it holds"
                             : fmt::format("`where({}, 1, 0)` is 1 where it holds", text));
  return error(e.range);
}

Expr *ExprChecker::condition(const ast::Expr &e) {
  Expr *x = checkEither(e);
  if (x->type.isError() || x->type.isCondition)
    return x;
  std::string text = operandText(e);
  diagnostics.add(Code::NumberAsCondition, e.range, "a number is not a condition")
      .label(x->type.str())
      .help(fmt::format("compare it: `{} != 0`", text.empty() ? "x" : text));
  return error(e.range);
}

Expr *ExprChecker::compare(const ast::Binary &e) {
  Expr *a = check(*e.left), *b = check(*e.right);
  if (a->type.isError() || b->type.isError())
    return error(e.range);
  bool turns = e.op == BinaryOp::Greater || e.op == BinaryOp::GreaterEqual;
  BinaryKind kind = e.op == BinaryOp::Less || e.op == BinaryOp::Greater ? BinaryKind::Less
                    : e.op == BinaryOp::Equal                           ? BinaryKind::Equal
                    : e.op == BinaryOp::NotEqual                        ? BinaryKind::NotEqual
                                                                        : BinaryKind::LessEqual;
  Expr *result = elementwise(kind, "comparison", e.range, *e.left, *e.right, a, b);
  if (turns && result->args.size() == 2)
    std::swap(result->args[0], result->args[1]);
  result->type = result->type.conditions();
  return result;
}

Expr *ExprChecker::both(const ast::Binary &e) {
  Expr *a = condition(*e.left), *b = condition(*e.right);
  if (a->type.isError() || b->type.isError())
    return error(e.range);
  BinaryKind kind = e.op == BinaryOp::And ? BinaryKind::And : BinaryKind::Or;
  return elementwise(kind, fmt::format("`{}`", spelling(e.op)), e.range, *e.left, *e.right, a, b);
}

Expr *ExprChecker::where(const ast::Call &e) {
  const ast::Expr &first = *e.arguments[0], &second = *e.arguments[1], &third = *e.arguments[2];
  Expr *holds = condition(first), *x = check(second), *y = check(third);
  if (holds->type.isError() || x->type.isError() || y->type.isError())
    return error(e.range);
  std::optional<Type> branch = meet(x->type, y->type);
  if (!branch) {
    meetMismatch("`where`", second, third, x, y);
    return error(e.range);
  }
  std::optional<Type> type = meet(holds->type.numbers(), *branch);
  if (!type) {
    bool byFirst = !x->type.isScalar();
    meetMismatch("`where`", first, byFirst ? second : third, holds, byFirst ? x : y);
    return error(e.range);
  }
  if (type->isMatrix())
    for (Expr *part : {holds, x, y})
      fit(part, type->rows);
  return make(Expr::Op::Select, *type, e.range, {holds, x, y});
}

Expr *ExprChecker::clamp(const ast::Call &e) {
  Expr *parts[3];
  Type type = Type::scalar();
  for (unsigned i = 0; i < 3; ++i) {
    parts[i] = check(*e.arguments[i]);
    if (parts[i]->type.isError())
      return error(e.range);
    std::optional<Type> both = meet(type, parts[i]->type);
    if (!both) {
      unsigned other = i == 1 || !meet(parts[0]->type, parts[i]->type) ? 0 : 1;
      meetMismatch("`clamp`", *e.arguments[other], *e.arguments[i], parts[other], parts[i]);
      return error(e.range);
    }
    type = *both;
  }
  auto [x, low, high] = parts;
  if (type.isSquare()) {
    diagnostics.add(Code::IdentitySize, x->range, "nothing tells the size of this `I`");
    return error(e.range);
  }
  if (low->op == Expr::Op::Number && high->op == Expr::Op::Number && low->number > high->number) {
    diagnostics.add(Code::EmptyClamp, low->range.to(high->range), "nothing lies between these bounds")
        .help("the lower bound comes first: `clamp(x, lo, hi)`");
    return error(e.range);
  }
  if (type.isMatrix())
    for (Expr *part : parts)
      fit(part, type.rows);
  return ExprBuilder(out, e.range).clamp(x, low, high);
}

} // namespace mixc
