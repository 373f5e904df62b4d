// Functions that are written in simpler ones:
//   l2norm(x)    = x * rsqrt(sum(x .* x) + eps)
//   rmsnorm(x)   = x * rsqrt(sum(x .* x) / N + eps)
//   layernorm(x) = rmsnorm(x - sum(x) / N)
//   softmax(x)   = exp(x - max x) / sum(exp(x - max x))
//   mean(x)      = sum(x) / the number of entries
//   logsigmoid(x)     = -softplus(-x)
//   clamp(x, lo, hi)  = x where lo <= x <= hi, else the bound that it is beyond: at a bound it is x still, which has
//                       all of the slope
#include "frontend/sema/ExprBuilder.h"

namespace mixc {
using mix::BinaryKind;
using mix::UnaryKind;

Expr *ExprBuilder::perEntry(Expr *total, const Expr *of) {
  const Type &type = of->type;
  Dim entries = type.isRow() ? type.cols : type.isMatrix() ? type.rows * type.cols : type.rows;
  return type.isScalar() ? total : quotient(total, dim(entries));
}

Expr *ExprBuilder::mean(Expr *x) { return perEntry(total(x), x); }

Expr *ExprBuilder::l2norm(Expr *x, Expr *epsilon) {
  return binary(BinaryKind::Mul, unary(UnaryKind::Rsqrt, binary(BinaryKind::Add, sumOfSquares(x), epsilon)), x);
}

Expr *ExprBuilder::rmsnorm(Expr *x, Expr *epsilon) {
  Expr *square = binary(BinaryKind::Add, perEntry(sumOfSquares(x), x), epsilon);
  return binary(BinaryKind::Mul, unary(UnaryKind::Rsqrt, square), x);
}

Expr *ExprBuilder::layernorm(Expr *x, Expr *epsilon) { return rmsnorm(binary(BinaryKind::Sub, x, mean(x)), epsilon); }

// The largest entry has no derivative: softmax(x) does not change with what is subtracted.
Expr *ExprBuilder::softmax(Expr *x) {
  Expr *weights = unary(UnaryKind::Exp, binary(BinaryKind::Sub, x, reduce(mix::ReduceKind::Max, x)));
  return quotient(weights, total(weights));
}

Expr *ExprBuilder::logsigmoid(Expr *x) { return negated(unary(UnaryKind::Softplus, negated(x))); }

// NaN is handed on by max and min, which are reached where no order is; a bound that is a number is none.
Expr *ExprBuilder::clamp(Expr *x, Expr *low, Expr *high) {
  auto isNumber = [](const Expr *e) { return e->op == Expr::Op::Number; };
  Expr *above = isNumber(low) ? select(compare(BinaryKind::Less, x, low), low, x)
                              : select(compare(BinaryKind::LessEqual, low, x), x, binary(BinaryKind::Max, x, low));
  return isNumber(high)
             ? select(compare(BinaryKind::Less, high, above), high, above)
             : select(compare(BinaryKind::LessEqual, above, high), above, binary(BinaryKind::Min, above, high));
}

} // namespace mixc
