// Functions of one and two numbers.
//
//     sigmoid(x)     1 / (1 + e^-x): e^-x may be inf, then the result is 0
//     softplus(x)    max(x, 0) + log1p(e^-|x|)
//     logaddexp(x,y) max(x, y) + log1p(e^-|x - y|), the difference 0 where x = y, so that -inf, -inf gives -inf
//     gelu(x)        x sigmoid(2 sqrt(2/pi) (x + 0.044715 x^3)) = 0.5 x (1 + tanh ...), without its cancellation
//                    Here and in silu, where sigmoid is 0 or 1 in float32 nothing depends on it: infinities have their
//                    limits and slopes
//     gelu_erf(x)    x erfc(-x / sqrt 2) / 2 = 0.5 x (1 + erf ...), without its cancellation; x itself where erfc is 2
//     elu(x)         x, or expm1(x) below 0
//     x < y, not x   1 or 0
//     x^n            products and roots for the exponents that people write; powf else
#include "lowering/derive/ScalarFunctions.h"
#include "dialect/tile/Tile.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"
#include <cmath>
#include <limits>

using namespace mlir;
using namespace mixc;
using mix::BinaryKind;
using mix::UnaryKind;
using P = arith::CmpFPredicate;

namespace {

/// Shorthand for scalar ops of one element type.
class Scalars {
public:
  Scalars(OpBuilder &builder, Location loc, Type type) : b(builder), loc(loc), type(type) {}

  Value number(double value) { return arith::ConstantOp::create(b, loc, b.getFloatAttr(type, value)); }
  Value add(Value x, Value y) { return arith::AddFOp::create(b, loc, x, y); }
  Value sub(Value x, Value y) { return arith::SubFOp::create(b, loc, x, y); }
  Value mul(Value x, Value y) { return arith::MulFOp::create(b, loc, x, y); }
  Value div(Value x, Value y) { return arith::DivFOp::create(b, loc, x, y); }
  Value neg(Value x) { return arith::NegFOp::create(b, loc, x); }
  Value max(Value x, Value y) { return arith::MaximumFOp::create(b, loc, x, y); }
  Value min(Value x, Value y) { return arith::MinimumFOp::create(b, loc, x, y); }
  Value abs(Value x) { return math::AbsFOp::create(b, loc, x); }
  Value exp(Value x) { return math::ExpOp::create(b, loc, x); }
  Value log1p(Value x) { return math::Log1pOp::create(b, loc, x); }
  Value sqrt(Value x) { return math::SqrtOp::create(b, loc, x); }
  Value choose(P predicate, Value x, Value y, Value ifTrue, Value ifFalse) {
    Value condition = arith::CmpFOp::create(b, loc, predicate, x, y);
    return arith::SelectOp::create(b, loc, condition, ifTrue, ifFalse);
  }

  Value sigmoid(Value x) {
    Value isNegative = arith::CmpFOp::create(b, loc, P::OLT, x, number(0));
    auto choose = [&](Value ifTrue, Value ifFalse) -> Value {
      return arith::SelectOp::create(b, loc, isNegative, ifTrue, ifFalse);
    };
    Value e = exp(choose(x, neg(x)));
    return div(choose(e, number(1)), add(number(1), e));
  }

  Value atLeast(Value x, double least) { return choose(P::OLT, x, number(least), number(least), x); }
  Value atMost(Value x, double most) { return choose(P::OGT, x, number(most), number(most), x); }

  Value silu(Value x) {
    Value low = atLeast(x, -200);
    return mul(low, sigmoid(atMost(low, 200)));
  }

  /// 0 at 0, and so is its derivative, as the language has it: a maximum would halve a tie.
  Value relu(Value x) { return choose(P::UGT, x, number(0), x, number(0)); }

  Value gelu(Value x) {
    const double scale = 2 * std::sqrt(2 / M_PI);
    Value low = atLeast(x, -15), z = atMost(low, 15), square = mul(z, z);
    Value inner = mul(mul(number(scale), z), add(number(1), mul(number(0.044715), square)));
    return mul(low, sigmoid(inner));
  }

  /// Below -40 all is 0, and -inf no factor of it; above 10 erfc is 2, and infinity no factor of its slope.
  Value geluErf(Value x) {
    Value bounded = max(x, number(-40));
    Value tail = math::ErfcOp::create(b, loc, mul(bounded, number(-M_SQRT1_2)));
    return choose(P::OGT, x, number(10), x, mul(mul(number(0.5), bounded), tail));
  }

  Value condition(Value holds) { return arith::SelectOp::create(b, loc, holds, number(1), number(0)); }
  Value holds(Value x) { return arith::CmpFOp::create(b, loc, P::UNE, x, number(0)); }

  Value sign(Value x) {
    Value positive = choose(P::OGT, x, number(0), number(1), number(0));
    Value signedOne = choose(P::OLT, x, number(0), number(-1), positive);
    return choose(P::UNO, x, x, x, signedOne);
  }

  Value logaddexp(Value x, Value y) {
    Value gap = choose(P::OEQ, x, y, number(0), neg(abs(sub(x, y))));
    return add(max(x, y), log1p(exp(gap)));
  }

  /// x^n by squaring, n > 0.
  Value power(Value x, int n) {
    if (n == 1)
      return x;
    Value half = power(x, n / 2), square = mul(half, half);
    return n % 2 ? mul(square, x) : square;
  }

  Value pow(Value x, Value y) {
    FloatAttr exponent;
    if (matchPattern(y, m_Constant(&exponent))) {
      double n = exponent.getValueAsDouble();
      if (n == 0)
        return number(1);
      if (n == 0.5)
        return sqrt(x);
      if (n == -0.5)
        return div(number(1), sqrt(x));
      if (n == std::trunc(n) && std::fabs(n) <= 8) {
        Value whole = power(x, static_cast<int>(std::fabs(n)));
        return n > 0 ? whole : div(number(1), whole);
      }
    }
    return math::PowFOp::create(b, loc, x, y);
  }

private:
  OpBuilder &b;
  Location loc;
  Type type;
};

} // namespace

namespace mixc::derive {

Value emitScalar(OpBuilder &builder, Location loc, UnaryKind kind, Value x) {
  Scalars s(builder, loc, x.getType());
  switch (kind) {
  case UnaryKind::Neg: return s.neg(x);
  case UnaryKind::Exp: return s.exp(x);
  case UnaryKind::Log: return math::LogOp::create(builder, loc, x);
  case UnaryKind::Sigmoid: return s.sigmoid(x);
  case UnaryKind::Tanh: return math::TanhOp::create(builder, loc, x);
  case UnaryKind::Relu: return s.relu(x);
  case UnaryKind::Silu: return s.silu(x);
  case UnaryKind::Gelu: return s.gelu(x);
  case UnaryKind::Softplus: return s.add(s.max(x, s.number(0)), s.log1p(s.exp(s.neg(s.abs(x)))));
  case UnaryKind::Elu: return s.choose(P::OGT, x, s.number(0), x, math::ExpM1Op::create(builder, loc, x));
  case UnaryKind::Sqrt: return s.sqrt(x);
  case UnaryKind::Rsqrt: return s.div(s.number(1), s.sqrt(x));
  case UnaryKind::Abs: return s.abs(x);
  case UnaryKind::Sign: return s.sign(x);
  case UnaryKind::Sin: return math::SinOp::create(builder, loc, x);
  case UnaryKind::Cos: return math::CosOp::create(builder, loc, x);
  case UnaryKind::ExpM1: return math::ExpM1Op::create(builder, loc, x);
  case UnaryKind::Log1P: return s.log1p(x);
  case UnaryKind::Erf: return math::ErfOp::create(builder, loc, x);
  case UnaryKind::Erfc: return math::ErfcOp::create(builder, loc, x);
  case UnaryKind::GeluErf: return s.geluErf(x);
  case UnaryKind::Not: return s.choose(P::OEQ, x, s.number(0), s.number(1), s.number(0));
  case UnaryKind::Stop: return tile::StopOp::create(builder, loc, x);
  }
  llvm_unreachable("all kinds are above");
}

Value emitScalar(OpBuilder &builder, Location loc, BinaryKind kind, Value x, Value y) {
  Scalars s(builder, loc, x.getType());
  switch (kind) {
  case BinaryKind::Add: return s.add(x, y);
  case BinaryKind::Sub: return s.sub(x, y);
  case BinaryKind::Mul: return s.mul(x, y);
  case BinaryKind::Div: return s.div(x, y);
  case BinaryKind::Pow: return s.pow(x, y);
  case BinaryKind::Min: return s.min(x, y);
  case BinaryKind::Max: return s.max(x, y);
  case BinaryKind::LogAddExp: return s.logaddexp(x, y);
  case BinaryKind::Less: return s.choose(P::OLT, x, y, s.number(1), s.number(0));
  case BinaryKind::LessEqual: return s.choose(P::OLE, x, y, s.number(1), s.number(0));
  case BinaryKind::Equal: return s.choose(P::OEQ, x, y, s.number(1), s.number(0));
  case BinaryKind::NotEqual: return s.choose(P::UNE, x, y, s.number(1), s.number(0));
  case BinaryKind::And: return s.condition(arith::AndIOp::create(builder, loc, s.holds(x), s.holds(y)));
  case BinaryKind::Or: return s.condition(arith::OrIOp::create(builder, loc, s.holds(x), s.holds(y)));
  }
  llvm_unreachable("all kinds are above");
}

} // namespace mixc::derive
