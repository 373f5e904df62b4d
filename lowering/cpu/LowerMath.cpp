// Functions of float32 vectors become polynomials (errors of 1 to 4 units in the last place), and so do those of
// float64 vectors that gates have (WideFunctions.h). Any other float64 stays with the intrinsics, which the code
// generator turns into calls of the C library: it is used for values of params alone, once a call.
//
//   x^y = exp(y log|x|), with the sign of an odd whole y where x < 0; 0^0 = 1.
//   e^x - 1 = 2^n (e^r - 1) + (2^n - 1), x = n ln 2 + r: one rounding near 0, where e^x - 1 loses every digit.
//   sin(x), cos(x) = +- sin(r) or +- cos(r), |x| = k pi/2 + r, |r| <= pi/4: minimax polynomials in r^2, by whether
//   k is even. r is in two parts, by subtractions that round nothing away; from 2^16 on, behind a branch, by integers
//   (Payne and Hanek): to 1.2 units over all of float32.
#include "lowering/Passes.h"
#include "lowering/cpu/Routine.h"
#include "lowering/cpu/WideFunctions.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
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

  /// One of these or as many as there are numbers.
  Type like(Type element) const {
    auto vector = dyn_cast<VectorType>(type);
    return vector ? Type(vector.clone(element)) : element;
  }
  Value constant(Type of, Attribute entry) const {
    if (auto vector = dyn_cast<VectorType>(of))
      entry = DenseElementsAttr::get(vector, entry);
    return arith::ConstantOp::create(b, loc, cast<TypedAttr>(entry));
  }
  Value number(float value) const { return constant(type, b.getF32FloatAttr(value)); }
  Value add(Value x, Value y) const { return arith::AddFOp::create(b, loc, x, y); }
  Value sub(Value x, Value y) const { return arith::SubFOp::create(b, loc, x, y); }
  Value mul(Value x, Value y) const { return arith::MulFOp::create(b, loc, x, y); }
  Value div(Value x, Value y) const { return arith::DivFOp::create(b, loc, x, y); }
  Value neg(Value x) const { return arith::NegFOp::create(b, loc, x); }
  Value exp(Value x) const { return math::ExpOp::create(b, loc, x); }
  Value fma(Value x, Value y, Value z) const { return math::FmaOp::create(b, loc, x, y, z); }
  /// ((p_0 x + p_1) x + ...) x + p_n
  Value polynomial(ArrayRef<float> coefficients, Value x) const {
    Value p = number(coefficients.front());
    for (float coefficient : coefficients.drop_front())
      p = fma(p, x, number(coefficient));
    return p;
  }
  /// erf(x) = x + x p(x^2), |x| <= 1
  Value erfNearZero(Value x) const {
    Value p = polynomial({0x1.496a5ep-14f, -0x1.a3f710p-11f, 0x1.5405b4p-8f, -0x1.b7f90ep-6f, 0x1.ce2cf8p-4f,
                          -0x1.81273ep-2f, 0x1.06eba8p-3f},
                         mul(x, x));
    return fma(x, p, x);
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

/// x = k pi/2 + r + low, |r| <= pi/4, of x >= 0; k counts modulo 4 alone.
struct Angle {
  Value r, low, k;
};

/// Where float32 has the digits for it: to x = 2^16.
Angle nearAngle(const Numbers &of, Value x) {
  Value n = math::RoundEvenOp::create(of.b, of.loc, of.mul(x, of.number(0x1.45f306p-1f)));
  // pi/2 in three parts: x - n times the first is exact, and n times the second in two parts
  constexpr float second = 0x1.777a5cp-25f;
  Value first = of.fma(n, of.number(-0x1.921fb6p+0f), x), shift = of.mul(n, of.number(second));
  Value rest = of.fma(n, of.number(second), of.neg(shift)), r = of.add(first, shift);
  Value low = of.fma(n, of.number(0x1.ee59dap-50f), rest);
  low = of.add(of.add(of.sub(first, r), shift), low);
  return {r, low, arith::FPToSIOp::create(of.b, of.loc, of.like(of.b.getI32Type()), n)};
}

/// For any x >= 2^-7: x = m 2^(s - 1) of an m of 24 bits. 2/pi times 2^s is whole turns, which are left out, and 96
/// bits that follow. Of their product with m the first two bits are quarters, and 62 more are what is left.
Angle farAngle(const Numbers &of, Value x) {
  constexpr int64_t bitsOf2OverPi[] = {0,          0xA2F9836E, 0x4E441529, 0xFC2757D1,
                                       0xF534DDC0, 0xDB629599, 0x3C439041, 0xFE5163AB};
  OpBuilder &b = of.b;
  Type shorts = of.like(b.getI32Type()), longs = of.like(b.getI64Type()), doubles = of.like(b.getF64Type());
  auto whole = [&](Type type, int64_t value) {
    return of.constant(type, b.getIntegerAttr(getElementTypeOrSelf(type), value));
  };
  auto left = [&](Value y, int64_t z) -> Value { return arith::ShLIOp::create(b, of.loc, y, whole(y.getType(), z)); };
  auto right = [&](Value y, int64_t z) -> Value { return arith::ShRUIOp::create(b, of.loc, y, whole(y.getType(), z)); };
  auto both = [&](Value y, int64_t z) -> Value { return arith::AndIOp::create(b, of.loc, y, whole(y.getType(), z)); };
  auto plus = [&](Value y, Value z) -> Value { return arith::AddIOp::create(b, of.loc, y, z); };
  auto times = [&](Value y, Value z) -> Value { return arith::MulIOp::create(b, of.loc, y, z); };
  auto extend = [&](Value y) -> Value { return arith::ExtUIOp::create(b, of.loc, longs, y); };

  Value bits = arith::BitcastOp::create(b, of.loc, shorts, x);
  Value m = extend(plus(both(bits, 0x7fffff), whole(shorts, 0x800000)));
  Value skipped = plus(right(bits, 23), whole(shorts, -120)); // bits of the table before the 96
  skipped = arith::MaxSIOp::create(b, of.loc, skipped, whole(shorts, 0));
  Value word = right(skipped, 5), by = extend(both(skipped, 31));
  auto tableAt = [&](int64_t i) {
    Value found = whole(longs, bitsOf2OverPi[i]);
    for (int64_t w = 1; w <= 4 && i + w < 8; ++w) {
      Value isHere = arith::CmpIOp::create(b, of.loc, arith::CmpIPredicate::eq, word, whole(shorts, w));
      found = of.select(isHere, whole(longs, bitsOf2OverPi[i + w]), found);
    }
    return found;
  };
  Value table[] = {tableAt(0), tableAt(1), tableAt(2), tableAt(3)}, part[3];
  for (int i = 0; i < 3; ++i) {
    Value two = arith::OrIOp::create(b, of.loc, left(table[i], 32), table[i + 1]);
    part[i] = right(arith::ShLIOp::create(b, of.loc, two, by), 32);
  }
  Value turn = plus(plus(left(times(m, part[0]), 32), times(m, part[1])), right(times(m, part[2]), 32));
  Value quarters = right(plus(turn, whole(longs, int64_t{1} << 61)), 62);
  Value rest = arith::SubIOp::create(b, of.loc, turn, left(quarters, 62));
  Value exact = arith::SIToFPOp::create(b, of.loc, doubles, rest);
  exact = arith::MulFOp::create(b, of.loc, exact, of.constant(doubles, b.getF64FloatAttr(M_PI_2 * 0x1p-62)));
  Value r = arith::TruncFOp::create(b, of.loc, of.type, exact);
  Value low = arith::SubFOp::create(b, of.loc, exact, arith::ExtFOp::create(b, of.loc, doubles, r));
  r = of.add(r, of.mul(x, of.number(0))); // NaN of infinity
  return {r, arith::TruncFOp::create(b, of.loc, of.type, low), arith::TruncIOp::create(b, of.loc, shorts, quarters)};
}

/// Nearly always all are near.
Angle angle(const Numbers &of, Value x) {
  OpBuilder &b = of.b;
  Angle near = nearAngle(of, x);
  Value isFar = of.compare(arith::CmpFPredicate::UGE, x, of.number(0x1p+16f)), anyFar = isFar;
  if (isa<VectorType>(isFar.getType()))
    anyFar = vector::ReductionOp::create(b, of.loc, vector::CombiningKind::OR, isFar);
  auto far =
      scf::IfOp::create(b, of.loc, TypeRange{near.r.getType(), near.low.getType(), near.k.getType()}, anyFar, true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(far.thenBlock());
  auto parts = [&](ValueRange arguments) -> SmallVector<Value> {
    Angle exact = farAngle(of, arguments[0]);
    return {exact.r, exact.low, exact.k};
  };
  ValueRange exact = mixc::cpu::callRoutine(b, of.loc, "far_angle", x, far.getResultTypes(), parts);
  auto chosen = [&](Value y, Value z) { return of.select(isFar, y, z); };
  scf::YieldOp::create(b, of.loc, {chosen(exact[0], near.r), chosen(exact[1], near.low), chosen(exact[2], near.k)});
  b.setInsertionPointToStart(far.elseBlock());
  scf::YieldOp::create(b, of.loc, {near.r, near.low, near.k});
  return {far.getResult(0), far.getResult(1), far.getResult(2)};
}

/// sin(|x| + quarters pi/2), with the sign of x where that is an odd function.
template <typename Op, int quarters> struct LowerSine : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;

  LogicalResult matchAndRewrite(Op op, PatternRewriter &b) const override {
    if (!isFloat32(op.getType()))
      return failure();
    Numbers of(op, b);
    Location loc = op.getLoc();
    Type integers = of.like(b.getI32Type());
    auto whole = [&](int32_t value) { return of.constant(integers, b.getI32IntegerAttr(value)); };
    auto both = [&](Value x, int32_t y) -> Value { return arith::AndIOp::create(b, loc, x, whole(y)); };
    auto bits = [&](Value x) -> Value { return arith::BitcastOp::create(b, loc, integers, x); };
    Value x = op.getOperand();
    auto [r, low, k] = angle(of, math::AbsFOp::create(b, loc, x));
    Value z = of.mul(r, r);
    Value s = of.polynomial({-0x1.9943e0p-13f, 0x1.11073ap-7f, -0x1.555546p-3f}, z);
    Value sine = of.add(r, of.fma(of.mul(r, z), s, low));
    Value cosine = of.polynomial({0x1.99eb9cp-16f, -0x1.6c0c34p-10f, 0x1.55554ap-5f, -0.5f, 1}, z);
    if (quarters)
      k = arith::AddIOp::create(b, loc, k, whole(quarters));
    Value isEven = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, both(k, 1), whole(0));
    Value sign = arith::ShLIOp::create(b, loc, both(k, 2), whole(30));
    if (!quarters)
      sign = arith::XOrIOp::create(b, loc, sign, both(bits(x), std::numeric_limits<int32_t>::min()));
    Value result = arith::XOrIOp::create(b, loc, bits(of.select(isEven, sine, cosine)), sign);
    b.replaceOpWithNewOp<arith::BitcastOp>(op, of.type, result);
    return success();
  }
};

/// Below 1 x + x p(x^2), from there on 1 - e^-q(x), which is 1 from 4 on.
struct LowerErf : OpRewritePattern<math::ErfOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(math::ErfOp op, PatternRewriter &b) const override {
    if (!isFloat32(op.getType()))
      return failure();
    Numbers of(op, b);
    Value x = op.getOperand(), size = math::AbsFOp::create(b, op.getLoc(), x);
    Value bounded = arith::MinNumFOp::create(b, op.getLoc(), size, of.number(4));
    Value large = of.sub(of.number(1), of.exp(of.neg(of.polynomial(erfTail, bounded))));
    large = math::CopySignOp::create(b, op.getLoc(), large, x);
    Value result = of.select(of.compare(arith::CmpFPredicate::OGE, size, of.number(1)), large, of.erfNearZero(x));
    b.replaceOp(op, result); // NaN is not large
    return success();
  }
  static constexpr float erfTail[] = {-0x1.896d30p-13f, 0x1.83fb88p-9f, -0x1.66a31ep-6f, 0x1.a6c7c6p-4f,
                                      0x1.46a996p-1f,   0x1.208e4ep+0f, 0x1.5033c0p-12f};
};

/// Below 1/2 1 - erf(x); from there on e^(-x^2) p(w) / (1 + 2x), w = (x - 4) / (x + 4), and 2 minus that of -x.
struct LowerErfc : OpRewritePattern<math::ErfcOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(math::ErfcOp op, PatternRewriter &b) const override {
    if (!isFloat32(op.getType()))
      return failure();
    Numbers of(op, b);
    Value x = op.getOperand(), size = math::AbsFOp::create(b, op.getLoc(), x);
    Value a = arith::MinNumFOp::create(b, op.getLoc(), size, of.number(10.25f));
    Value w = of.div(of.sub(a, of.number(4)), of.add(a, of.number(4)));
    Value square = of.mul(a, a), lost = of.fma(a, a, of.neg(square)); // x^2 has twice the digits, and all of them count
    Value bell = of.exp(of.neg(square));
    bell = of.fma(of.neg(lost), bell, bell);
    Value tail = of.mul(bell, of.div(of.polynomial(scaled, w), of.fma(a, of.number(2), of.number(1))));
    Value isNegative = of.compare(arith::CmpFPredicate::OLT, x, of.number(0));
    Value large = of.select(isNegative, of.sub(of.number(2), tail), tail);
    Value small = of.sub(of.number(1), of.erfNearZero(x));
    b.replaceOp(op, of.select(of.compare(arith::CmpFPredicate::OGE, size, of.number(0.5f)), large, small));
    return success();
  }
  static constexpr float scaled[] = {0x1.5715f0p-8f,  -0x1.1070c4p-6f, 0x1.2f03e8p-5f, -0x1.0f527cp-4f, 0x1.8017c4p-4f,
                                     -0x1.9de37ep-4f, 0x1.16e9acp-4f,  0x1.f7f82ep-7f, -0x1.1df1a4p-3f, 0x1.3ba592p+0f};
};

/// x + 1 = 2^e (1 + m), -1/4 <= m <= 1/2: m = 2^-e x + (2^-e - 1) has one rounding, and log(1 + x) = e ln 2 + m + m^2
/// p(m).
struct LowerLog1p : OpRewritePattern<math::Log1pOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(math::Log1pOp op, PatternRewriter &b) const override {
    if (!isFloat32(op.getType()))
      return failure();
    Numbers of(op, b);
    Location loc = op.getLoc();
    Type integers = of.like(b.getI32Type());
    auto whole = [&](int32_t value) { return of.constant(integers, b.getI32IntegerAttr(value)); };
    auto bits = [&](Value x) -> Value { return arith::BitcastOp::create(b, loc, integers, x); };
    auto from = [&](Value x) -> Value { return arith::BitcastOp::create(b, loc, of.type, x); };
    auto minus = [&](Value x, Value y) -> Value { return arith::SubIOp::create(b, loc, x, y); };
    Value x = op.getOperand();
    Value e = minus(bits(of.add(x, of.number(1))), whole(0x3f400000)); // 3/4
    e = arith::AndIOp::create(b, loc, e, whole(static_cast<int32_t>(0xff800000)));
    Value quadrupled = from(minus(whole(0x40800000), e)); // 4 2^-e
    Value m = of.add(from(minus(bits(x), e)), of.fma(of.number(0.25f), quadrupled, of.number(-1)));
    Value p = of.fma(of.mul(m, m), of.polynomial(slope, m), m);
    Value exponent = arith::SIToFPOp::create(b, loc, of.type, e);
    Value result = of.fma(exponent, of.number(0x1.62e430p-24f), p); // ln 2 2^-23
    Value infinity = of.number(std::numeric_limits<float>::infinity());
    Value beyond =
        of.select(of.compare(arith::CmpFPredicate::OLT, x, of.number(-1)),
                  of.number(std::numeric_limits<float>::quiet_NaN()), x); // infinity, NaN, and 0 with its sign
    beyond = of.select(of.compare(arith::CmpFPredicate::OEQ, x, of.number(-1)), of.neg(infinity), beyond);
    Value isFinite = arith::AndIOp::create(b, loc, of.compare(arith::CmpFPredicate::OGT, x, of.number(-1)),
                                           of.compare(arith::CmpFPredicate::OLT, x, infinity));
    Value isNonzero = of.compare(arith::CmpFPredicate::ONE, x, of.number(0));
    b.replaceOp(op, of.select(arith::AndIOp::create(b, loc, isFinite, isNonzero), result, beyond));
    return success();
  }
  static constexpr float slope[] = {-0x1.6f8422p-5f, 0x1.abf452p-4f,  -0x1.0da306p-3f, 0x1.289e80p-3f, -0x1.54f13cp-3f,
                                    0x1.9967d0p-3f,  -0x1.000026p-2f, 0x1.5555a8p-2f,  -0.5f};
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
    Value isItself = of.compare(arith::CmpFPredicate::UEQ, op.getOperand(), of.number(0)); // NaN, and 0 with its sign
    b.replaceOp(op, of.select(isItself, op.getOperand(), result));
    return success();
  }
};

/// A float64 function that is no intrinsic: the C library's, number by number.
void callLibrary(Operation *op, StringRef name) {
  OpBuilder b(op);
  Location loc = op->getLoc();
  auto module = op->getParentOfType<ModuleOp>();
  Type number = b.getF64Type();
  if (!module.lookupSymbol(name)) {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(module.getBody());
    func::FuncOp::create(b, loc, name, b.getFunctionType(number, number)).setPrivate();
  }
  auto call = [&](Value x) { return func::CallOp::create(b, loc, name, number, x).getResult(0); };
  Value x = op->getOperand(0), result;
  if (auto type = dyn_cast<VectorType>(x.getType())) {
    result = x;
    for (int64_t i = 0; i < type.getNumElements(); ++i)
      result = vector::InsertOp::create(b, loc, call(vector::ExtractOp::create(b, loc, x, i)), result, i);
  } else {
    result = call(x);
  }
  op->getResult(0).replaceAllUsesWith(result);
  op->erase();
}

struct LowerMath : mixc::impl::LowerMathBase<LowerMath> {
  using LowerMathBase::LowerMathBase;

  void getDependentDialects(DialectRegistry &registry) const override {
    LowerMathBase::getDependentDialects(registry);
    registry.insert<scf::SCFDialect, func::FuncDialect>(); // the branch to far angles, calls of the C library
  }

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    populateMathPolynomialApproximationPatterns(patterns, MathPolynomialApproximationOptions());
    mixc::cpu::populateWideFunctions(patterns);
    patterns.add<LowerPow, LowerExpM1, LowerErf, LowerErfc, LowerLog1p, LowerSine<math::SinOp, 0>,
                 LowerSine<math::CosOp, 1>>(&getContext(), /*benefit=*/2); // before those of the same functions
    // These ops and what they turn into; a few among many.
    SmallVector<Operation *> functions;
    getOperation()->walk([&](Operation *op) {
      bool isCalled = isa<math::ErfOp, math::ErfcOp>(op) && !isFloat32(op->getResult(0).getType());
      if (isCalled)
        return callLibrary(op, isa<math::ErfOp>(op) ? "erf" : "erfc");
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
