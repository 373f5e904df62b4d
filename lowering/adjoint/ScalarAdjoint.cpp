// Derivatives of the scalar ops, with z = f(x, y) and z' given:
//
//   x + y  z', z'            exp    z' z              tanh   z' 4e / (1 + e)^2 abs   z' sign(x), 0 at 0
//   x - y  z', -z'           expm1  z' e^x            sin    z' cos x          sqrt  z' / 2z, 0 at 0
//   x y    z' y, z' x        log    z' / x            cos   -z' sin x          rsqrt -z' z^3 / 2
//   x / y  z'/y, -z'/y z     log1p  z' / (1 + x)      x ^ y  z' y x^(y-1) (0 for y = 0), z' z log x (0 for x <= 0)
//   max    to the larger one, halves at a tie         select to the branch taken
//   erf    z' 2 / sqrt(pi) e^(-x^2), erfc minus that  stop   nothing
//
// with e = e^(-2|x|): 1 - z^2 and z + 1 have no digits left where z is nearly 1 or -1.
//
// A cotangent that is exactly 0 stays 0: what takes no part has gradient 0, whatever its slope. So where the slope is
// no constant, the product is selected where z' is not 0.
#include "lowering/adjoint/ScalarAdjoint.h"
#include "dialect/tile/Tile.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/TypeSwitch.h"
#include <cmath>

using namespace mlir;
using namespace mixc;
using P = arith::CmpFPredicate;

namespace {

/// Scalar expressions at one place.
struct Scalars {
  OpBuilder &builder;
  Location loc;

  Value number(double x, Type type) { return arith::ConstantOp::create(builder, loc, builder.getFloatAttr(type, x)); }
  Value mul(Value x, Value y) { return arith::MulFOp::create(builder, loc, x, y); }
  Value mul(Value x, double y) { return mul(x, number(y, x.getType())); }
  /// x where the cotangent is not 0.
  Value unlessZero(Value bar, Value x) { return select(compare(P::UNE, bar, 0), x, number(0, x.getType())); }
  Value times(Value bar, Value slope) {
    Value product = mul(bar, slope);
    return slope.getDefiningOp<arith::ConstantOp>() ? product : unlessZero(bar, product);
  }
  Value over(Value bar, Value y) { return unlessZero(bar, div(bar, y)); }
  Value div(Value x, Value y) { return arith::DivFOp::create(builder, loc, x, y); }
  Value add(Value x, Value y) { return arith::AddFOp::create(builder, loc, x, y); }
  Value add(Value x, double y) { return add(x, number(y, x.getType())); }
  Value neg(Value x) { return arith::NegFOp::create(builder, loc, x); }
  Value compare(P p, Value x, Value y) { return arith::CmpFOp::create(builder, loc, p, x, y); }
  Value compare(P p, Value x, double y) { return compare(p, x, number(y, x.getType())); }
  Value select(Value c, Value x, Value y) { return arith::SelectOp::create(builder, loc, c, x, y); }
  Value both(Value x, Value y) {
    return !x || !y || x == y ? (x ? x : y) : Value(arith::AndIOp::create(builder, loc, x, y));
  }
  Value either(Value x, Value y) { return arith::OrIOp::create(builder, loc, x, y); }
  Value flip(Value x) {
    Value one = arith::ConstantOp::create(builder, loc, builder.getBoolAttr(true));
    return arith::XOrIOp::create(builder, loc, x, one);
  }
  template <class Op> Value call(ValueRange x) { return Op::create(builder, loc, x); }
  /// erf'(x) = 2 / sqrt(pi) e^(-x^2), with all digits of x^2; from 40 on it is 0 in float64, too.
  Value bell(Value x) {
    Value size = call<arith::MinimumFOp>({call<math::AbsFOp>(x), number(40, x.getType())}), square = mul(size, size);
    Value lost = call<math::FmaOp>({size, size, neg(square)}), found = call<math::ExpOp>(neg(square));
    return mul(call<math::FmaOp>({neg(lost), found, found}), M_2_SQRTPI);
  }
};

} // namespace

Value mixc::resolve(ScalarCotangent x, OpBuilder &builder, Location loc) {
  Scalars s{builder, loc};
  return x.guard ? s.select(x.guard, x.value, s.number(0, x.value.getType())) : x.value;
}

ScalarCotangent mixc::add(ScalarCotangent x, ScalarCotangent y, OpBuilder &builder, Location loc) {
  if (!x || !y)
    return x ? x : y;
  Scalars s{builder, loc};
  if (x.guard == y.guard)
    return {s.add(x.value, y.value), x.guard};
  // Where neither holds, the sum must not be looked at either.
  Value guard = x.guard && y.guard ? s.either(x.guard, y.guard) : Value();
  return {s.add(resolve(x, builder, loc), resolve(y, builder, loc)), guard};
}

FailureOr<ScalarCotangent> mixc::scalarAdjoint(Operation *op, unsigned index, ScalarCotangent bar, OpBuilder &builder) {
  using R = FailureOr<ScalarCotangent>;
  Scalars s{builder, op->getLoc()};
  Value b = bar.value, z = op->getResult(0);
  Value x = op->getNumOperands() > 0 ? op->getOperand(0) : Value();
  Value y = op->getNumOperands() > 1 ? op->getOperand(1) : Value();
  auto to = [&](Value value) -> R { return ScalarCotangent{value, bar.guard}; };
  auto where = [&](Value guard, Value value) -> R { return ScalarCotangent{value, s.both(bar.guard, guard)}; };
  auto none = [](auto) -> R { return ScalarCotangent{}; };
  auto larger = [&](auto) -> R {
    Value other = index == 0 ? y : x, self = index == 0 ? x : y;
    return where(s.compare(P::OGE, self, other), s.select(s.compare(P::OEQ, x, y), s.mul(b, 0.5), b));
  };
  auto smaller = [&](auto) -> R {
    Value other = index == 0 ? y : x, self = index == 0 ? x : y;
    return where(s.compare(P::OLE, self, other), s.select(s.compare(P::OEQ, x, y), s.mul(b, 0.5), b));
  };

  return llvm::TypeSwitch<Operation *, R>(op)
      .Case([&](arith::AddFOp) { return to(b); })
      .Case([&](arith::SubFOp) { return to(index == 0 ? b : s.neg(b)); })
      .Case([&](arith::MulFOp) { return to(s.times(b, index == 0 ? y : x)); })
      .Case(
          [&](arith::DivFOp) { return to(index == 0 ? s.over(b, y) : s.unlessZero(b, s.neg(s.mul(s.div(b, y), z)))); })
      .Case([&](arith::NegFOp) { return to(s.neg(b)); })
      .Case<arith::MaximumFOp, arith::MaxNumFOp>(larger)
      .Case<arith::MinimumFOp, arith::MinNumFOp>(smaller)
      .Case([&](arith::SelectOp) -> R {
        if (index == 0)
          return ScalarCotangent{};
        return where(index == 1 ? x : s.flip(x), b);
      })
      .Case([&](arith::ExtFOp) -> R {
        return ScalarCotangent{arith::TruncFOp::create(builder, s.loc, x.getType(), b), bar.guard};
      })
      .Case([&](arith::TruncFOp) -> R {
        return ScalarCotangent{arith::ExtFOp::create(builder, s.loc, x.getType(), b), bar.guard};
      })
      .Case<tile::StopOp, arith::ConstantOp, arith::CmpFOp, arith::UIToFPOp, arith::AndIOp, arith::OrIOp, arith::XOrIOp,
            math::FloorOp>(none)
      .Case([&](math::ExpOp) { return to(s.times(b, z)); })
      .Case([&](math::Exp2Op) { return to(s.mul(s.times(b, z), M_LN2)); })
      .Case([&](math::ExpM1Op) { return to(s.times(b, s.call<math::ExpOp>(x))); })
      .Case([&](math::LogOp) { return to(s.over(b, x)); })
      .Case([&](math::Log2Op) { return to(s.over(s.mul(b, M_LOG2E), x)); })
      .Case([&](math::Log1pOp) { return to(s.over(b, s.add(x, 1))); })
      .Case([&](math::ErfOp) { return to(s.times(b, s.bell(x))); })
      .Case([&](math::ErfcOp) { return to(s.neg(s.times(b, s.bell(x)))); })
      .Case([&](math::TanhOp) {
        Value fading = s.call<math::ExpOp>(s.mul(s.call<math::AbsFOp>(x), -2)), whole = s.add(fading, 1);
        return to(s.times(b, s.div(s.mul(fading, 4), s.mul(whole, whole))));
      })
      .Case([&](math::SinOp) { return to(s.times(b, s.call<math::CosOp>(x))); })
      .Case([&](math::CosOp) { return to(s.neg(s.times(b, s.call<math::SinOp>(x)))); })
      .Case([&](math::SqrtOp) { return where(s.compare(P::UNE, z, 0), s.over(s.mul(b, 0.5), z)); })
      .Case([&](math::RsqrtOp) { return to(s.unlessZero(b, s.mul(s.mul(s.mul(b, -0.5), z), s.mul(z, z)))); })
      .Case([&](math::AbsFOp) {
        return where(s.compare(P::UNE, x, 0), s.select(s.compare(P::OLT, x, 0.0), s.neg(b), b));
      })
      .Case([&](math::PowFOp) {
        if (index == 0)
          return where(s.compare(P::UNE, y, 0), s.times(s.mul(b, y), s.call<math::PowFOp>({x, s.add(y, -1)})));
        return where(s.compare(P::OGT, x, 0), s.times(s.times(b, z), s.call<math::LogOp>(x)));
      })
      .Case([&](math::FmaOp op) { return to(index == 2 ? b : s.times(b, index == 0 ? op.getB() : op.getA())); })
      .Case([&](math::CopySignOp) -> R {
        if (index == 1)
          return ScalarCotangent{};
        Value one = s.number(1, b.getType());
        Value signs = s.mul(s.call<math::CopySignOp>({one, x}), s.call<math::CopySignOp>({one, y}));
        return to(s.mul(b, signs));
      })
      .Default([](Operation *op) -> R { return op->emitError("has no derivative"), failure(); });
}
