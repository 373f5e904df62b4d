// Folders and canonical patterns: rewrites that hold for every float64, infinities and NaN included.
//
//     f(constants) -> constant        x + 0, x - 0, x * 1, x / 1, x ^ 1 -> x        (x')' -> x        --x -> x
//     0 - x -> -x        x + (-y) -> x - y        x - (-y) -> x + y
//     exp(x) ^ c -> exp(c x)        sigmoid(x) ^ c -> exp(-(c softplus(-x))) for |c| < 1        for a number c, not 0
//     select of a known condition, or of x and x -> its branch
//
// x * 0 -> 0 is not among them: it is wrong for an infinite x.
#include "dialect/mix/Mix.h"
#include "dialect/mix/Scalar.h"
#include "mlir/IR/PatternMatch.h"
#include <cmath>

using namespace mlir;

namespace mixc::mix {

Operation *MixDialect::materializeConstant(OpBuilder &builder, Attribute value, Type type, Location location) {
  auto number = dyn_cast<FloatAttr>(value);
  auto tensor = dyn_cast<TensorType>(type);
  if (!number || !tensor || !tensor.isScalar() || tensor.getRate() != Rate::Constant)
    return nullptr;
  return ConstantOp::create(builder, location, tensor, number);
}

void ConstantOp::build(OpBuilder &builder, OperationState &state, double value) {
  build(builder, state, TensorType::get(builder.getContext(), {}, Rate::Constant), builder.getF64FloatAttr(value));
}

static FloatAttr numberAttr(MLIRContext *context, double value) {
  return FloatAttr::get(Float64Type::get(context), value);
}

OpFoldResult ConstantOp::fold(FoldAdaptor) { return getValueAttr(); }

OpFoldResult UnaryOp::fold(FoldAdaptor adaptor) {
  if (auto x = dyn_cast_or_null<FloatAttr>(adaptor.getX()))
    return numberAttr(getContext(), apply(getKind(), x.getValueAsDouble()));
  if (getKind() == UnaryKind::Neg)
    if (auto inner = getX().getDefiningOp<UnaryOp>(); inner && inner.getKind() == UnaryKind::Neg)
      return inner.getX();
  return {};
}

OpFoldResult BinaryOp::fold(FoldAdaptor adaptor) {
  auto x = dyn_cast_or_null<FloatAttr>(adaptor.getX()), y = dyn_cast_or_null<FloatAttr>(adaptor.getY());
  if (x && y)
    return numberAttr(getContext(), apply(getKind(), x.getValueAsDouble(), y.getValueAsDouble()));
  auto is = [](FloatAttr attribute, double number) { return attribute && attribute.getValueAsDouble() == number; };
  switch (getKind()) {
  case BinaryKind::Add:
    if (is(x, 0))
      return getY();
    return is(y, 0) ? getX() : Value();
  case BinaryKind::Sub: return is(y, 0) ? getX() : Value();
  case BinaryKind::Mul:
    if (is(x, 1))
      return getY();
    return is(y, 1) ? getX() : Value();
  case BinaryKind::Div:
  case BinaryKind::Pow: return is(y, 1) ? getX() : Value();
  default: return {};
  }
}

OpFoldResult SelectOp::fold(FoldAdaptor adaptor) {
  Value taken;
  if (auto condition = dyn_cast_or_null<FloatAttr>(adaptor.getCondition()))
    taken = condition.getValueAsDouble() != 0 ? getX() : getY();
  else if (getX() == getY())
    taken = getX();
  if (taken && taken.getType() == getType())
    return taken;
  return {};
}

OpFoldResult TransposeOp::fold(FoldAdaptor) {
  if (auto inner = getX().getDefiningOp<TransposeOp>())
    return inner.getX();
  return {};
}

/// Moves minus signs out of sums: 0 - x, x + (-y), x - (-y).
static LogicalResult moveSigns(BinaryOp op, PatternRewriter &rewriter) {
  auto negated = op.getY().getDefiningOp<UnaryOp>();
  if (negated && negated.getKind() != UnaryKind::Neg)
    negated = {};
  if (op.getKind() == BinaryKind::Add && negated) {
    rewriter.replaceOpWithNewOp<BinaryOp>(op, BinaryKind::Sub, op.getX(), negated.getX());
    return success();
  }
  if (op.getKind() == BinaryKind::Sub && negated) {
    rewriter.replaceOpWithNewOp<BinaryOp>(op, BinaryKind::Add, op.getX(), negated.getX());
    return success();
  }
  auto zero = op.getX().getDefiningOp<ConstantOp>();
  if (op.getKind() == BinaryKind::Sub && zero && zero.getValue().isZero()) {
    rewriter.replaceOpWithNewOp<UnaryOp>(op, UnaryKind::Neg, op.getY());
    return success();
  }
  return failure();
}

/// x / c = (1/c) x of a number c: one spelling, so that equal terms are found.
static LogicalResult multiplyByReciprocal(BinaryOp op, PatternRewriter &rewriter) {
  auto number = op.getY().getDefiningOp<ConstantOp>();
  if (op.getKind() != BinaryKind::Div || !number || !llvm::APFloat(1 / number.getValue().convertToDouble()).isNormal())
    return failure();
  Value reciprocal = ConstantOp::create(rewriter, number.getLoc(), 1 / number.getValue().convertToDouble());
  rewriter.replaceOpWithNewOp<BinaryOp>(op, BinaryKind::Mul, reciprocal, op.getX());
  return success();
}

/// Powers of exp(x), and roots of sigmoid(x): gates with a temperature. At x = -90 both are below what float32 holds,
/// and their 16th root is e^-5.6, with a slope. A power of sigmoid(x) of 1 or more is below that where its base is.
static LogicalResult takePowerInside(BinaryOp op, PatternRewriter &rewriter) {
  auto power = op.getY().getDefiningOp<ConstantOp>();
  auto base = op.getX().getDefiningOp<UnaryOp>();
  if (op.getKind() != BinaryKind::Pow || !power || power.getValue().isZero() || !base)
    return failure();
  const Location at = op.getLoc();
  auto times = [&](Value x) -> Value { return BinaryOp::create(rewriter, at, BinaryKind::Mul, power, x); };
  auto unary = [&](UnaryKind kind, Value x) -> Value { return UnaryOp::create(rewriter, at, kind, x); };
  if (base.getKind() == UnaryKind::Exp) {
    rewriter.replaceOp(op, unary(UnaryKind::Exp, times(base.getX())));
    return success();
  }
  if (base.getKind() == UnaryKind::Sigmoid && std::fabs(power.getValue().convertToDouble()) < 1) {
    Value toOne = unary(UnaryKind::Softplus, unary(UnaryKind::Neg, base.getX())); // -log sigmoid(x)
    rewriter.replaceOp(op, unary(UnaryKind::Exp, unary(UnaryKind::Neg, times(toOne))));
    return success();
  }
  return failure();
}

void BinaryOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add(moveSigns);
  patterns.add(multiplyByReciprocal);
  patterns.add(takePowerInside);
}

} // namespace mixc::mix
