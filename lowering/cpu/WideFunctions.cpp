// Functions of float64 vectors, for gates of tokens: a gate that multiplies a state is computed in float64
// (CarriedFactors.h), and a call of the C library for every token is too slow there. Errors of one or two units in the
// last place. A single float64 stays with the library: values of params alone, once a call.
//
//   e^x     = 2^n e^r, x = n ln 2 + r, |r| <= ln 2 / 2: Taylor to r^12. Below e^-708 it is 0, above e^709.5 infinite.
//   log x   = e ln 2 + log m, x = 2^e m, m from sqrt(1/2) to sqrt(2); log m = 2 atanh s, s = (m - 1) / (m + 1): to
//             s^21. Numbers below 2^-1022 count as 0.
//   log1p x = log u + (x - (u - 1)) / u, u = 1 + x as rounded
#include "lowering/cpu/WideFunctions.h"
#include "lowering/cpu/Routine.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include <limits>

using namespace mlir;
using mixc::cpu::callRoutine;
using P = arith::CmpFPredicate;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double ln2High = 0x1.62e42fefa3800p-1, ln2Low = 0x1.ef35793c76730p-45; // n times the first is exact

/// Arithmetic of float64 vectors, and of their bits.
struct Wide {
  Wide(OpBuilder &b, Location loc, VectorType type)
      : b(b), loc(loc), type(type), integers(VectorType::get(type.getShape(), b.getI64Type())) {}

  Value number(double x) const {
    return arith::ConstantOp::create(b, loc, DenseElementsAttr::get(type, b.getF64FloatAttr(x)));
  }
  Value whole(int64_t x) const {
    return arith::ConstantOp::create(b, loc, DenseElementsAttr::get(integers, b.getI64IntegerAttr(x)));
  }
  Value add(Value x, Value y) const { return arith::AddFOp::create(b, loc, x, y); }
  Value sub(Value x, Value y) const { return arith::SubFOp::create(b, loc, x, y); }
  Value mul(Value x, Value y) const { return arith::MulFOp::create(b, loc, x, y); }
  Value div(Value x, Value y) const { return arith::DivFOp::create(b, loc, x, y); }
  Value fma(Value x, Value y, Value z) const { return math::FmaOp::create(b, loc, x, y, z); }
  Value bits(Value x) const { return arith::BitcastOp::create(b, loc, integers, x); }
  Value ofBits(Value x) const { return arith::BitcastOp::create(b, loc, type, x); }
  Value choose(P predicate, Value x, double y, Value yes, Value no) const {
    return arith::SelectOp::create(b, loc, arith::CmpFOp::create(b, loc, predicate, x, number(y)), yes, no);
  }
  Value orNaN(Value x, Value result) const {
    return arith::SelectOp::create(b, loc, arith::CmpFOp::create(b, loc, P::UNO, x, x), x, result);
  }

  Value exp(Value x) const {
    Value bounded = choose(P::OGT, x, 709.5, number(709.5), choose(P::OLT, x, -708, number(-708), x));
    // Added to 1.5 2^52, n stands in the lowest bits.
    Value shifted = fma(bounded, number(0x1.71547652b82fep+0), number(0x1.8p+52));
    Value n = sub(shifted, number(0x1.8p+52));
    Value r = fma(n, number(-ln2Low), fma(n, number(-ln2High), bounded));
    double factorial = 479001600; // 12!
    Value p = number(1 / factorial);
    for (int k = 12; k > 0; --k) {
      factorial /= k;
      p = fma(p, r, number(1 / factorial));
    }
    Value exponent = arith::ShLIOp::create(b, loc, bits(shifted), whole(52));
    Value result = ofBits(arith::AddIOp::create(b, loc, bits(p), exponent));
    result = choose(P::OLT, x, -708, number(0), choose(P::OGT, x, 709.5, number(infinity), result));
    return orNaN(x, result);
  }

  Value log(Value x) const {
    Value all = bits(x);
    // Exponent and mantissa as if the mantissa began at sqrt(1/2).
    Value moved = arith::SubIOp::create(b, loc, all, whole(0x3fe6a09e667f3bcd));
    Value exponent = arith::ShRSIOp::create(b, loc, moved, whole(52));
    Value m = ofBits(arith::SubIOp::create(b, loc, all, arith::ShLIOp::create(b, loc, exponent, whole(52))));
    // As a number: the low bits of 1.5 2^52.
    Value e = sub(ofBits(arith::AddIOp::create(b, loc, exponent, whole(0x4338000000000000))), number(0x1.8p+52));
    Value s = div(sub(m, number(1)), add(m, number(1))), z = mul(s, s);
    Value p = number(1.0 / 21);
    for (int k = 19; k > 0; k -= 2)
      p = fma(p, z, number(1.0 / k));
    Value result = fma(e, number(ln2High), fma(e, number(ln2Low), mul(add(s, s), p)));
    result = choose(P::OEQ, x, infinity, x, result);
    result = choose(P::OLT, x, std::numeric_limits<double>::min(), number(-infinity), result);
    result = choose(P::OLT, x, 0, number(std::numeric_limits<double>::quiet_NaN()), result);
    return orNaN(x, result);
  }

  Value log1p(Value x) const {
    Value u = add(x, number(1));
    Value result = add(log(u), div(sub(x, sub(u, number(1))), u));
    result = choose(P::OEQ, x, -1, number(-infinity), choose(P::OEQ, x, infinity, x, result));
    return choose(P::OEQ, x, 0, x, result); // -0 stays
  }

  OpBuilder &b;
  Location loc;
  VectorType type, integers;
};

template <typename Op, Value (Wide::*function)(Value) const> struct LowerWide : OpRewritePattern<Op> {
  LowerWide(MLIRContext *context) : OpRewritePattern<Op>(context, /*benefit=*/2) {}

  LogicalResult matchAndRewrite(Op op, PatternRewriter &b) const override {
    auto type = dyn_cast<VectorType>(op.getType());
    if (!type || !type.getElementType().isF64() || type.getNumElements() == 1)
      return failure();
    const StringRef name = Op::getOperationName().substr(strlen("math."));
    b.replaceOp(op, callRoutine(b, op.getLoc(), name, op.getOperand(), type, [&](ValueRange x) -> SmallVector<Value> {
                  return {(Wide(b, op.getLoc(), type).*function)(x[0])};
                }));
    return success();
  }
};

} // namespace

void mixc::cpu::populateWideFunctions(RewritePatternSet &patterns) {
  patterns.add<LowerWide<math::ExpOp, &Wide::exp>, LowerWide<math::LogOp, &Wide::log>,
               LowerWide<math::Log1pOp, &Wide::log1p>>(patterns.getContext());
}
