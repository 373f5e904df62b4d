// Replaces conversions between float32 and the 16-bit types that the target has no instruction for by integer
// arithmetic, so that no library call is left. With x the 32 bits of a float32, h the 16 bits of the other:
//
//     bf16 -> f32     x = h << 16
//     f32 -> bf16     h = (x + 0x7fff + (x >> 16 & 1)) >> 16: to nearest, ties to even; NaNs are made quiet
//     f16 -> f32      exponent 0:  m 2^-24, by converting m: as a float32 it would be a denormal, and flushed
//                     exponent 31: x = h << 13 | 0x7f800000      else: x = (h << 13) + (112 << 23)
//     f32 -> f16      |x| < 2^-14: the last bits of |x| + 0.5, which the addition rounds
//                     else (x - (112 << 23) + 0xfff + (x >> 13 & 1)) >> 13, at most infinity; NaN is 0x7e00
//
// bf16 always, since the instruction that exists (AVX512-BF16) reads denormals as 0; f16 where there is no F16C.
#include "lowering/Passes.h"
#include "lowering/Target.h"
#include "mlir/Transforms/WalkPatternRewriteDriver.h"

namespace mixc {
#define GEN_PASS_DEF_LOWERCONVERSIONS
#include "lowering/Passes.h.inc"
} // namespace mixc

using namespace mlir;

namespace {

/// Integer arithmetic on scalars or vectors of one shape.
class Bits {
public:
  Bits(OpBuilder &b, Location loc, Type shape) : b(b), loc(loc), shape(shape) {}

  Type typed(Type element) const {
    auto vector = dyn_cast<VectorType>(shape);
    return vector ? Type(vector.clone(element)) : element;
  }
  Value constant(int64_t value) const { return constant(b.getI32IntegerAttr(static_cast<int32_t>(value))); }
  Value number(float value) const { return constant(b.getF32FloatAttr(value)); }
  Value add(Value x, Value y) const { return arith::AddIOp::create(b, loc, x, y); }
  Value sub(Value x, Value y) const { return arith::SubIOp::create(b, loc, x, y); }
  Value both(Value x, int64_t mask) const { return arith::AndIOp::create(b, loc, x, constant(mask)); }
  Value either(Value x, Value y) const { return arith::OrIOp::create(b, loc, x, y); }
  Value left(Value x, int64_t by) const { return arith::ShLIOp::create(b, loc, x, constant(by)); }
  Value right(Value x, int64_t by) const { return arith::ShRUIOp::create(b, loc, x, constant(by)); }
  Value select(Value condition, Value x, Value y) const { return arith::SelectOp::create(b, loc, condition, x, y); }
  Value compare(arith::CmpIPredicate predicate, Value x, int64_t y) const {
    return arith::CmpIOp::create(b, loc, predicate, x, constant(y));
  }
  Value least(Value x, int64_t y) const { return arith::MinUIOp::create(b, loc, x, constant(y)); }

  Value ofFloat(Value x) const { return arith::BitcastOp::create(b, loc, typed(b.getI32Type()), x); }
  Value toFloat(Value x) const { return arith::BitcastOp::create(b, loc, typed(b.getF32Type()), x); }
  Value ofHalf(Value h) const {
    Value narrow = arith::BitcastOp::create(b, loc, typed(b.getI16Type()), h);
    return arith::ExtUIOp::create(b, loc, typed(b.getI32Type()), narrow);
  }
  Value toHalf(Value h, Type element) const {
    Value narrow = arith::TruncIOp::create(b, loc, typed(b.getI16Type()), h);
    return arith::BitcastOp::create(b, loc, typed(element), narrow);
  }
  /// x / 2^by, rounded to the nearest whole number, to the even one of two.
  Value rounded(Value x, int64_t by) const {
    Value odd = both(right(x, by), 1);
    return right(add(x, add(odd, constant((int64_t(1) << (by - 1)) - 1))), by);
  }

  OpBuilder &b;
  Location loc;

private:
  Value constant(TypedAttr entry) const {
    if (auto vector = dyn_cast<VectorType>(shape))
      return arith::ConstantOp::create(b, loc, DenseElementsAttr::get(vector.clone(entry.getType()), Attribute(entry)));
    return arith::ConstantOp::create(b, loc, entry);
  }
  Type shape;
};

constexpr int64_t quietNaN = 0x7fc00000, infinity = 0x7f800000, magnitude = 0x7fffffff;

Value extendBf16(const Bits &bits, Value x) { return bits.toFloat(bits.left(bits.ofHalf(x), 16)); }

Value roundToBf16(const Bits &bits, Value value, Type element) {
  Value x = bits.ofFloat(value);
  Value isNaN = bits.compare(arith::CmpIPredicate::ugt, bits.both(x, magnitude), infinity);
  Value quiet = bits.right(bits.either(x, bits.constant(quietNaN & ~infinity)), 16);
  return bits.toHalf(bits.select(isNaN, quiet, bits.rounded(x, 16)), element);
}

Value extendF16(const Bits &bits, Value value) {
  Value h = bits.ofHalf(value);
  Value sign = bits.left(bits.both(h, 0x8000), 16), size = bits.both(h, 0x7fff);
  Value wide = bits.left(size, 13);
  Value normal = bits.add(wide, bits.constant(112 << 23));
  Value special = bits.either(wide, bits.constant(infinity));
  Value whole = arith::SIToFPOp::create(bits.b, bits.loc, bits.typed(bits.b.getF32Type()), size);
  Value tiny = bits.ofFloat(arith::MulFOp::create(bits.b, bits.loc, whole, bits.number(0x1p-24f)));
  Value result = bits.select(bits.compare(arith::CmpIPredicate::ult, size, 0x400), tiny, normal);
  result = bits.select(bits.compare(arith::CmpIPredicate::uge, size, 0x7c00), special, result);
  return bits.toFloat(bits.either(result, sign));
}

Value roundToF16(const Bits &bits, Value value, Type element) {
  Value x = bits.ofFloat(value);
  Value sign = bits.both(bits.right(x, 16), 0x8000), size = bits.both(x, magnitude);
  Value normal = bits.least(bits.rounded(bits.sub(size, bits.constant(112 << 23)), 13), 0x7c00);
  Value half = bits.number(0.5f);
  Value sum = arith::AddFOp::create(bits.b, bits.loc, bits.toFloat(size), half);
  Value tiny = bits.sub(bits.ofFloat(sum), bits.ofFloat(half));
  Value result = bits.select(bits.compare(arith::CmpIPredicate::ult, size, 113 << 23), tiny, normal);
  result = bits.select(bits.compare(arith::CmpIPredicate::ugt, size, infinity), bits.constant(0x7e00), result);
  return bits.toHalf(bits.either(result, sign), element);
}

/// Which 16-bit types are converted by integer arithmetic.
using IsLowered = bool (*)(Type);

struct LowerExtension : OpRewritePattern<arith::ExtFOp> {
  LowerExtension(MLIRContext *context, IsLowered isLowered) : OpRewritePattern(context), isLowered(isLowered) {}

  LogicalResult matchAndRewrite(arith::ExtFOp op, PatternRewriter &rewriter) const override {
    Type from = getElementTypeOrSelf(op.getIn().getType());
    if (!getElementTypeOrSelf(op.getType()).isF32() || !isLowered(from))
      return failure();
    Bits bits(rewriter, op.getLoc(), op.getType());
    rewriter.replaceOp(op, from.isBF16() ? extendBf16(bits, op.getIn()) : extendF16(bits, op.getIn()));
    return success();
  }

  IsLowered isLowered;
};

struct LowerTruncation : OpRewritePattern<arith::TruncFOp> {
  LowerTruncation(MLIRContext *context, IsLowered isLowered) : OpRewritePattern(context), isLowered(isLowered) {}

  LogicalResult matchAndRewrite(arith::TruncFOp op, PatternRewriter &rewriter) const override {
    Type to = getElementTypeOrSelf(op.getType());
    if (!getElementTypeOrSelf(op.getIn().getType()).isF32() || !isLowered(to))
      return failure();
    Bits bits(rewriter, op.getLoc(), op.getType());
    rewriter.replaceOp(op, to.isBF16() ? roundToBf16(bits, op.getIn(), to) : roundToF16(bits, op.getIn(), to));
    return success();
  }

  IsLowered isLowered;
};

struct LowerConversions : mixc::impl::LowerConversionsBase<LowerConversions> {
  using LowerConversionsBase::LowerConversionsBase;

  void runOnOperation() override {
    IsLowered isLowered = [](Type type) { return type.isBF16() || type.isF16(); };
    if (mixc::describe(cpu).convertsF16)
      isLowered = [](Type type) { return type.isBF16(); };
    RewritePatternSet patterns(&getContext());
    patterns.add<LowerExtension, LowerTruncation>(&getContext(), isLowered);
    walkAndApplyPatterns(getOperation(), std::move(patterns)); // what they make has no conversions
  }
};

} // namespace
