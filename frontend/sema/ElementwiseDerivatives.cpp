// f'(x), in terms of x or of y = f(x), whichever is cheaper. At a kink: abs'(0) = relu'(0) = 0, elu'(0) = 1, and ties
// of min and max are split evenly. What could become 0 * inf is written so that it does not.
#include "frontend/sema/ElementwiseDerivatives.h"
#include <cmath>
#include <limits>

namespace mixc {
using mix::BinaryKind;
using mix::UnaryKind;

namespace {

/// 1 - x
Expr *oneLess(ExprBuilder &make, Expr *x) { return make.binary(BinaryKind::Sub, make.number(1), x); }

/// gelu(x) = x s, s = sigmoid(2 c (x + a x^3)):   s + x s (1 - s) 2 c (1 + 3 a x^2). Where s (1 - s) has long vanished,
/// x is not let grow, whose square could overflow.
Expr *geluDerivative(ExprBuilder &make, Expr *argument) {
  constexpr double c = 0.7978845608028654, a = 0.044715;
  Expr *x = make.binary(BinaryKind::Min, make.binary(BinaryKind::Max, argument, make.number(-30)), make.number(30));
  Expr *square = make.times(x, x);
  Expr *cubic = make.times(x, make.sum(make.number(2 * c), make.times(make.number(2 * c * a), square)));
  Expr *s = make.unary(UnaryKind::Sigmoid, cubic);
  Expr *slope = make.sum(make.number(2 * c), make.times(make.number(6 * c * a), square));
  return make.sum(s, make.times(make.times(x, slope), make.times(s, oneLess(make, s))));
}

/// e^(-x^2)
Expr *bell(ExprBuilder &make, Expr *x) { return make.unary(UnaryKind::Exp, make.negated(make.times(x, x))); }

/// erfc(-u) / 2 + x e^(-u^2) / sqrt(2 pi), u = x / sqrt 2; x no larger than where its bell has vanished
Expr *geluErfDerivative(ExprBuilder &make, Expr *argument) {
  Expr *x = make.binary(BinaryKind::Min, make.binary(BinaryKind::Max, argument, make.number(-40)), make.number(40));
  Expr *u = make.times(make.number(M_SQRT1_2), x);
  Expr *tail = make.times(make.number(0.5), make.unary(UnaryKind::Erfc, make.negated(u)));
  return make.sum(tail, make.times(make.number(0.5 * M_2_SQRTPI * M_SQRT1_2), make.times(x, bell(make, u))));
}

Expr *sign(ExprBuilder &make, Expr *x) { return make.unary(UnaryKind::Sign, x); }

/// x - y, and 0 where both are the same infinity: a tie too.
Expr *difference(ExprBuilder &make, Expr *x, Expr *y) {
  constexpr double largest = std::numeric_limits<float>::max();
  auto finite = [&](Expr *value) {
    return make.binary(BinaryKind::Min, make.binary(BinaryKind::Max, value, make.number(-largest)),
                       make.number(largest));
  };
  return make.binary(BinaryKind::Sub, finite(x), finite(y));
}

/// 1 where x is not 0, and 0 where it is.
Expr *isNonzero(ExprBuilder &make, Expr *x) { return make.unary(UnaryKind::Abs, sign(make, x)); }

/// d/dx x^y = y x^(y-1), and 0 for y = 0, also at x = 0.
Expr *powerByBase(ExprBuilder &make, Expr *x, Expr *y) {
  if (y->op == Expr::Op::Number) {
    double exponent = y->number;
    if (exponent == 0 || exponent == 1)
      return make.number(exponent);
    if (exponent == 2)
      return make.times(make.number(2), x);
    return make.times(y, make.binary(BinaryKind::Pow, x, make.number(exponent - 1)));
  }
  return make.times(y, make.binary(BinaryKind::Pow, x, make.binary(BinaryKind::Sub, y, isNonzero(make, y))));
}

/// d/dy x^y = x^y log(x), and 0 at x = 0.
Expr *powerByExponent(ExprBuilder &make, Expr *power, Expr *x) {
  return make.times(power, make.unary(UnaryKind::Log, oneAtZero(make, x)));
}

} // namespace

Expr *oneAtZero(ExprBuilder &make, Expr *x) {
  return make.binary(BinaryKind::Add, x, oneLess(make, isNonzero(make, x)));
}

Expr *derivativeOf(ExprBuilder &make, Expr *y) {
  Expr *x = y->args[0];
  switch (y->unary) {
  case UnaryKind::Neg: return make.number(-1);
  case UnaryKind::Exp: return y;
  case UnaryKind::Log: return make.quotient(make.number(1), x);
  case UnaryKind::Sigmoid: return make.times(y, oneLess(make, y));
  case UnaryKind::Tanh: return oneLess(make, make.times(y, y));
  case UnaryKind::Relu: return make.unary(UnaryKind::Relu, sign(make, x));
  case UnaryKind::Silu: {
    Expr *s = make.unary(UnaryKind::Sigmoid, x);
    return make.sum(s, make.times(y, oneLess(make, s)));
  }
  case UnaryKind::Gelu: return geluDerivative(make, x);
  case UnaryKind::Softplus: return make.unary(UnaryKind::Sigmoid, x);
  case UnaryKind::Elu: return make.unary(UnaryKind::Exp, make.binary(BinaryKind::Min, x, make.number(0)));
  case UnaryKind::Sqrt: return make.quotient(make.number(0.5), y);
  case UnaryKind::Rsqrt: return make.times(make.number(-0.5), make.times(y, make.times(y, y)));
  case UnaryKind::Abs: return sign(make, x);
  case UnaryKind::Sign: return nullptr;
  case UnaryKind::Sin: return make.unary(UnaryKind::Cos, x);
  case UnaryKind::Cos: return make.negated(make.unary(UnaryKind::Sin, x));
  case UnaryKind::ExpM1: return make.unary(UnaryKind::Exp, x);
  case UnaryKind::Log1P: return make.quotient(make.number(1), make.binary(BinaryKind::Add, make.number(1), x));
  case UnaryKind::Erf: return make.times(make.number(M_2_SQRTPI), bell(make, x));
  case UnaryKind::Erfc: return make.times(make.number(-M_2_SQRTPI), bell(make, x));
  case UnaryKind::GeluErf: return geluErfDerivative(make, x);
  case UnaryKind::Not:
  case UnaryKind::Stop: return nullptr;
  }
  llvm_unreachable("all kinds are above");
}

Expr *partialOf(ExprBuilder &make, Expr *z, bool byFirst, Expr *bar) {
  Expr *x = z->args[0], *y = z->args[1];
  switch (z->binary) {
  case BinaryKind::Less:
  case BinaryKind::LessEqual:
  case BinaryKind::Equal:
  case BinaryKind::NotEqual:
  case BinaryKind::And:
  case BinaryKind::Or: return nullptr;
  case BinaryKind::Add: return bar;
  case BinaryKind::Sub: return byFirst ? bar : make.negated(bar);
  case BinaryKind::Mul: return make.times(bar, byFirst ? y : x);
  case BinaryKind::Div: return byFirst ? make.quotient(bar, y) : make.negated(make.times(bar, make.quotient(z, y)));
  case BinaryKind::Pow: return make.times(bar, byFirst ? powerByBase(make, x, y) : powerByExponent(make, z, x));
  case BinaryKind::Min:
  case BinaryKind::Max: {
    // (1 + sign(x - y)) / 2 is 1 where x is the larger, a half at a tie.
    bool wantsLarger = (z->binary == BinaryKind::Max) == byFirst;
    Expr *larger = sign(make, difference(make, x, y));
    return make.times(make.times(make.number(0.5), bar),
                      wantsLarger ? make.sum(make.number(1), larger) : oneLess(make, larger));
  }
  case BinaryKind::LogAddExp: {
    Expr *lead = byFirst ? difference(make, x, y) : difference(make, y, x);
    return make.times(bar, make.unary(UnaryKind::Sigmoid, lead));
  }
  }
  llvm_unreachable("all kinds are above");
}

} // namespace mixc
