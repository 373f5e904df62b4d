// Functions of float32 vectors become polynomials (errors of 1 to 4 units in the last place), and so do those of float64 vectors that
// gates have (WideFunctions.h). Any other float64 stays with the intrinsics, which the code generator turns into calls of the C library: it
// is used for values of params alone, once a call.
//
//   x^y = exp(y log|x|), with the sign of an odd whole y where x < 0; 0^0 = 1.
//   e^x - 1 = 2^n (e^r - 1) + (2^n - 1), x = n ln 2 + r: one rounding near 0, where e^x - 1 loses every digit.
//   sin(x), cos(x) = +- sin(r) or +- cos(r), x = n pi/2 + r, |r| <= pi/4: minimax polynomials in r^2, by whether n is even. From 2^23 on
//   float32 numbers lie 1 radian or more apart, and the angle is taken as 0.
#include "lowering/Passes.h"
#include "lowering/cpu/WideFunctions.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mixc {
#define GEN_PASS_DEF_LOWERMATH
#include "lowering/Passes.h.inc"
} // namespace mixc

using namespace mlir;

namespace {

bool isFloat32(Type type) { return getElementTypeOrSelf(type).isF32(); }

/// Arithmetic of one float32 or of vectors of them.
struct Numbers {
  Numbers(Operation *op, PatternRewriter &b) : b(b), loc(op->getLoc()), type(op->getResult(0).getType()) {}

  Value number(float value) const {
    Attribute entry = b.getF32FloatAttr(value);
    if (auto vector = dyn_cast<VectorType>(type))
      entry = DenseElementsAttr::get(vector, entry);
    return arith::ConstantOp::create(b, loc, cast<TypedAttr>(entry));
  }
  Value mul(Value x, Value y) const { return arith::MulFOp::create(b, loc, x, y); }
  Value fma(Value x, Value y, Value z) const { return math::FmaOp::create(b, loc, x, y, z); }
  /// ((p_0 x + p_1) x + ...) x + p_n
  Value polynomial(ArrayRef<float> coefficients, Value x) const {
    Value p = number(coefficients.front());
    for (float coefficient : coefficients.drop_front())
      p = fma(p, x, number(coefficient));
    return p;
  }
  Value compare(arith::CmpFPredicate predicate, Value x, Value y) const {
    return arith::CmpFOp::create(b, loc, predicate, x, y);
  }
  Value select(Value condition, Value x, Value y) const { return arith::SelectOp::create(b, loc, condition, x, y); }

  PatternRewriter &b;
  Location loc;
  Type type;
};

struct LowerPow : OpRewritePattern<math::PowFOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(math::PowFOp op, PatternRewriter &b) const override {
    if (!isFloat32(op.getType()))
      return failure();
    Numbers of(op, b);
    Location loc = op.getLoc();
    Value x = op.getLhs(), y = op.getRhs(), zero = of.number(0);
    Value size = math::AbsFOp::create(b, loc, x);
    Value power = math::ExpOp::create(b, loc, of.mul(y, math::LogOp::create(b, loc, size)));
    // x < 0: y whole and odd changes the sign, y not whole has no value
    Value half = of.mul(y, of.number(0.5f));
    Value whole = of.compare(arith::CmpFPredicate::OEQ, math::FloorOp::create(b, loc, y), y);
    Value even = of.compare(arith::CmpFPredicate::OEQ, math::FloorOp::create(b, loc, half), half);
    Value turned = of.select(even, power, arith::NegFOp::create(b, loc, power));
    Value negative = of.select(whole, turned, of.number(std::numeric_limits<float>::quiet_NaN()));
    Value result = of.select(of.compare(arith::CmpFPredicate::OLT, x, zero), negative, power);
    b.replaceOp(op, of.select(of.compare(arith::CmpFPredicate::OEQ, y, zero), of.number(1), result));
    return success();
  }
};

/// sin(x + quarters pi/2)
template <typename Op, int quarters> struct LowerSine : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;

  LogicalResult matchAndRewrite(Op op, PatternRewriter &b) const override {
    if (!isFloat32(op.getType()))
      return failure();
    Numbers of(op, b);
    Location loc = op.getLoc();
    auto floor = [&](Value x) -> Value { return math::FloorOp::create(b, loc, x); };
    Value x = op.getOperand();
    Value known = of.compare(arith::CmpFPredicate::OLT, math::AbsFOp::create(b, loc, x), of.number(0x1p+23f));
    x = of.select(known, x, of.mul(x, of.number(0)));
    Value n = math::RoundEvenOp::create(b, loc, of.mul(x, of.number(0x1.45f306p-1f)));
    Value r = x; // pi/2 in three parts: r - n times the first is exact
    for (float part : {-0x1.921fb6p+0f, 0x1.777a5cp-25f, 0x1.ee59dap-50f})
      r = of.fma(n, of.number(part), r);
    Value z = of.mul(r, r);
    Value sine = of.fma(of.mul(r, z), of.polynomial({-0x1.9943e0p-13f, 0x1.11073ap-7f, -0x1.555546p-3f}, z), r);
    Value cosine = of.polynomial({0x1.99eb9cp-16f, -0x1.6c0c34p-10f, 0x1.55554ap-5f, -0.5f, 1}, z);
    // n modulo 4
    Value quarter = arith::AddFOp::create(b, loc, n, of.number(quarters));
    quarter = of.fma(floor(of.mul(quarter, of.number(0.25f))), of.number(-4), quarter);
    Value half = of.mul(quarter, of.number(0.5f));
    Value isEven = of.compare(arith::CmpFPredicate::OEQ, floor(half), half);
    Value result = of.select(isEven, sine, cosine);
    Value isSecondHalf = of.compare(arith::CmpFPredicate::OGE, quarter, of.number(2));
    b.replaceOp(op, of.select(isSecondHalf, arith::NegFOp::create(b, loc, result), result));
    return success();
  }
};

struct LowerExpM1 : OpRewritePattern<math::ExpM1Op> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(math::ExpM1Op op, PatternRewriter &b) const override {
    auto type = dyn_cast<VectorType>(op.getType());
    if (!type || !isFloat32(type))
      return failure();
    Numbers of(op, b);
    Location loc = op.getLoc();
    // Beyond these e^x - 1 is -1 or infinite in float32.
    Value x = arith::MaxNumFOp::create(b, loc, arith::MinNumFOp::create(b, loc, op.getOperand(), of.number(89)),
                                       of.number(-40));
    Value n = math::RoundEvenOp::create(b, loc, of.mul(x, of.number(0x1.715476p+0f)));
    Value r = of.fma(n, of.number(-0x1.62e4p-1f), x); // ln 2 in two parts: n times the first is exact
    r = of.fma(n, of.number(-0x1.7f7d1cp-20f), r);
    Value p = of.polynomial({1.0f / 5040, 1.0f / 720, 1.0f / 120, 1.0f / 24, 1.0f / 6, 0.5f}, r);
    p = of.fma(of.mul(r, r), p, r);
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
    Value scale = of.mul(first, second);
    // where 2^n itself overflows, the -1 is far below the last digit
    Value small = of.fma(scale, p, arith::SubFOp::create(b, loc, scale, of.number(1)));
    Value large = of.mul(of.fma(p, first, first), second);
    Value result = of.select(of.compare(arith::CmpFPredicate::OGT, n, of.number(64)), large, small);
    Value isNaN = of.compare(arith::CmpFPredicate::UNO, op.getOperand(), op.getOperand());
    b.replaceOp(op, of.select(isNaN, op.getOperand(), result));
    return success();
  }
};

struct LowerMath : mixc::impl::LowerMathBase<LowerMath> {
  using LowerMathBase::LowerMathBase;

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    populateMathPolynomialApproximationPatterns(patterns, MathPolynomialApproximationOptions());
    mixc::cpu::populateWideFunctions(patterns);
    patterns.add<LowerPow, LowerExpM1, LowerSine<math::SinOp, 0>, LowerSine<math::CosOp, 1>>(
        &getContext(), /*benefit=*/2); // before those of the same functions
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
