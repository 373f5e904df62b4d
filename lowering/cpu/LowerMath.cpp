// Functions of float32 vectors become polynomials (errors of 1 to 3 ulp); float64 stays with the intrinsics, which the code generator turns
// into calls of the C library: it is used for values of params alone, once a call.
//
//   x^y = exp(y log|x|), with the sign of an odd whole y where x < 0; 0^0 = 1.
//   e^x - 1 = 2^n (e^r - 1) + (2^n - 1), x = n ln 2 + r: one rounding near 0, where e^x - 1 loses every digit.
#include "lowering/Passes.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mixc {
#define GEN_PASS_DEF_LOWERMATH
#include "lowering/Passes.h.inc"
} // namespace mixc

using namespace mlir;

namespace {

bool isFloat32(Type type) { return getElementTypeOrSelf(type).isF32(); }

struct LowerPow : OpRewritePattern<math::PowFOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(math::PowFOp op, PatternRewriter &b) const override {
    Type type = op.getType();
    if (!isFloat32(type))
      return failure();
    Location loc = op.getLoc();
    auto number = [&](float value) -> Value {
      Attribute entry = b.getF32FloatAttr(value);
      if (auto vector = dyn_cast<VectorType>(type))
        entry = DenseElementsAttr::get(vector, entry);
      return arith::ConstantOp::create(b, loc, cast<TypedAttr>(entry));
    };
    Value x = op.getLhs(), y = op.getRhs(), zero = number(0);
    auto compare = [&](arith::CmpFPredicate predicate, Value a, Value c) -> Value {
      return arith::CmpFOp::create(b, loc, predicate, a, c);
    };
    Value size = math::AbsFOp::create(b, loc, x);
    Value power = math::ExpOp::create(b, loc, arith::MulFOp::create(b, loc, y, math::LogOp::create(b, loc, size)));
    // x < 0: y whole and odd changes the sign, y not whole has no value
    Value half = arith::MulFOp::create(b, loc, y, number(0.5f));
    Value whole = compare(arith::CmpFPredicate::OEQ, math::FloorOp::create(b, loc, y), y);
    Value even = compare(arith::CmpFPredicate::OEQ, math::FloorOp::create(b, loc, half), half);
    Value turned = arith::SelectOp::create(b, loc, even, power, arith::NegFOp::create(b, loc, power));
    Value none = number(std::numeric_limits<float>::quiet_NaN());
    Value negative = arith::SelectOp::create(b, loc, whole, turned, none);
    Value result = arith::SelectOp::create(b, loc, compare(arith::CmpFPredicate::OLT, x, zero), negative, power);
    b.replaceOpWithNewOp<arith::SelectOp>(op, compare(arith::CmpFPredicate::OEQ, y, zero), number(1), result);
    return success();
  }
};

struct LowerExpM1 : OpRewritePattern<math::ExpM1Op> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(math::ExpM1Op op, PatternRewriter &b) const override {
    auto type = dyn_cast<VectorType>(op.getType());
    if (!type || !isFloat32(type))
      return failure();
    Location loc = op.getLoc();
    auto number = [&](float value) -> Value {
      return arith::ConstantOp::create(b, loc, DenseElementsAttr::get(type, b.getF32FloatAttr(value)));
    };
    auto fma = [&](Value x, Value y, Value z) -> Value { return math::FmaOp::create(b, loc, x, y, z); };
    // Beyond these e^x - 1 is -1 or infinite in float32.
    Value x =
        arith::MaxNumFOp::create(b, loc, arith::MinNumFOp::create(b, loc, op.getOperand(), number(89)), number(-40));
    Value n = math::RoundEvenOp::create(b, loc, arith::MulFOp::create(b, loc, x, number(0x1.715476p+0f)));
    Value r = fma(n, number(-0x1.62e4p-1f), x); // ln 2 in two parts: n times the first is exact
    r = fma(n, number(-0x1.7f7d1cp-20f), r);
    Value p = number(1.0f / 5040);
    for (float coefficient : {1.0f / 720, 1.0f / 120, 1.0f / 24, 1.0f / 6, 0.5f})
      p = fma(p, r, number(coefficient));
    p = fma(arith::MulFOp::create(b, loc, r, r), p, r);
    // 2^n as 2^(n/2) 2^(n - n/2): n = 128 has no float32 of its own
    auto integers = VectorType::get(type.getShape(), b.getI32Type());
    auto whole = [&](int32_t value) -> Value {
      return arith::ConstantOp::create(b, loc, DenseElementsAttr::get(integers, b.getI32IntegerAttr(value)));
    };
    Value k = arith::FPToSIOp::create(b, loc, integers, n);
    Value half = arith::ShRSIOp::create(b, loc, k, whole(1));
    auto power = [&](Value exponent) -> Value {
      Value bits = arith::ShLIOp::create(b, loc, arith::AddIOp::create(b, loc, exponent, whole(127)), whole(23));
      return arith::BitcastOp::create(b, loc, type, bits);
    };
    Value first = power(half), second = power(arith::SubIOp::create(b, loc, k, half));
    Value scale = arith::MulFOp::create(b, loc, first, second);
    // where 2^n itself overflows, the -1 is far below the last digit
    Value small = fma(scale, p, arith::SubFOp::create(b, loc, scale, number(1)));
    Value large = arith::MulFOp::create(b, loc, fma(p, first, first), second);
    Value isLarge = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OGT, n, number(64));
    Value result = arith::SelectOp::create(b, loc, isLarge, large, small);
    Value isNaN = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::UNO, op.getOperand(), op.getOperand());
    b.replaceOpWithNewOp<arith::SelectOp>(op, isNaN, op.getOperand(), result);
    return success();
  }
};

struct LowerMath : mixc::impl::LowerMathBase<LowerMath> {
  using LowerMathBase::LowerMathBase;

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    populateMathPolynomialApproximationPatterns(patterns, MathPolynomialApproximationOptions());
    patterns.add<LowerPow, LowerExpM1>(&getContext(), /*benefit=*/2); // before those of the same functions
    // These ops and what they turn into; a few among many.
    SmallVector<Operation *> functions;
    getOperation()->walk([&](Operation *op) {
      if (isa_and_present<math::MathDialect>(op->getDialect()))
        functions.push_back(op);
    });
    GreedyRewriteConfig config;
    config.setStrictness(GreedyRewriteStrictness::ExistingAndNewOps);
    if (failed(applyOpPatternsGreedily(functions, std::move(patterns), config)))
      return signalPassFailure();
  }
};

} // namespace
