// Functions of float32 vectors become polynomials (errors of 1 to 3 ulp); float64 stays with the intrinsics, which the code generator turns
// into calls of the C library: it is used for values of params alone, once a call.
//
//   x^y = exp(y log|x|), with the sign of an odd whole y where x < 0; 0^0 = 1.
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

struct LowerMath : mixc::impl::LowerMathBase<LowerMath> {
  using LowerMathBase::LowerMathBase;

  void runOnOperation() override {
    RewritePatternSet powers(&getContext());
    powers.add<LowerPow>(&getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(powers))))
      return signalPassFailure();
    RewritePatternSet polynomials(&getContext());
    MathPolynomialApproximationOptions options;
    populateMathPolynomialApproximationPatterns(polynomials, options);
    if (failed(applyPatternsGreedily(getOperation(), std::move(polynomials))))
      return signalPassFailure();
  }
};

} // namespace
