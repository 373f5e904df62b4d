// Affine forms: one term a base, coefficients as number * tile, so that signs and 1 cost no op.
#include "lowering/derive/Affine.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mixc;
using namespace mixc::derive;
using mix::BinaryKind;

//===-- Coefficients --------------------------------------------------------------------------------------------===//

Product Coefficient::times(std::initializer_list<Value> others, double sign) const {
  Product product(sign * number, {tile});
  for (Value other : others)
    if (other)
      product.factors.push_back(other);
  return product;
}

Coefficient derive::multiply(TileBuilder &tiles, const Coefficient &x, const Coefficient &y) {
  Coefficient result{x.number * y.number, x.tile ? x.tile : y.tile};
  if (x.tile && y.tile)
    result.tile = tiles.sum(Product(1, {x.tile, y.tile}));
  return result;
}

Coefficient derive::add(TileBuilder &tiles, const Coefficient &x, const Coefficient &y) {
  if (!x.tile && !y.tile)
    return {x.number + y.number, {}};
  return {1, tiles.sum({x.times({}), y.times({})})};
}

static Coefficient reciprocal(TileBuilder &tiles, Value tile) {
  return {1, tiles.map(tile, [](OpBuilder &b, Location at, ValueRange x) -> Value {
            Value one = arith::ConstantOp::create(b, at, b.getFloatAttr(x[0].getType(), 1));
            return arith::DivFOp::create(b, at, one, x[0]);
          })};
}

//===-- Forms ---------------------------------------------------------------------------------------------------===//

static bool isScalar(Value value) { return cast<mix::TensorType>(value.getType()).isScalar(); }

std::optional<Affine::Scaling> Affine::scaling(Value value) {
  auto op = value.getDefiningOp<mix::BinaryOp>();
  if (!op || (op.getKind() != BinaryKind::Mul && op.getKind() != BinaryKind::Div))
    return std::nullopt;
  auto isFactor = [&](Value x) { return isScalar(x) && rules.isOpaque(x); };
  bool divides = op.getKind() == BinaryKind::Div;
  if (isFactor(op.getY()))
    return Scaling{op.getY(), op.getX(), divides};
  if (!divides && isFactor(op.getX()))
    return Scaling{op.getX(), op.getY(), false};
  return std::nullopt;
}

bool Affine::isAffine(Value value) {
  if (auto found = affine.find(value); found != affine.end())
    return found->second;
  bool result = false;
  if (rules.isBase(value)) {
    result = true;
  } else if (std::optional<Scaling> factor = scaling(value)) {
    result = isAffine(factor->rest);
  } else if (auto unary = value.getDefiningOp<mix::UnaryOp>(); unary && unary.getKind() == mix::UnaryKind::Neg) {
    result = isAffine(unary.getX());
  } else if (auto binary = value.getDefiningOp<mix::BinaryOp>();
             binary && (binary.getKind() == BinaryKind::Add || binary.getKind() == BinaryKind::Sub)) {
    // A scalar added to every entry of a vector is no term of ours.
    result = binary.getX().getType() == binary.getY().getType() || isScalar(binary.getX()) == isScalar(binary.getY());
    result = result && isAffine(binary.getX()) && isAffine(binary.getY());
  }
  result = result || rules.isOpaque(value);
  affine[value] = result;
  return result;
}

const AffineForm &Affine::form(Value value, TokenLocal &local, TileBuilder &tiles) {
  const void *key = value.getAsOpaquePointer();
  if (auto found = forms.find(key); found != forms.end())
    return found->second;
  AffineForm computed = compute(value, local, tiles);
  return forms[key] = std::move(computed);
}

static void addTerm(TileBuilder &tiles, AffineForm &form, Value base, const Coefficient &coefficient) {
  auto [at, isNew] = form.insert({base, coefficient});
  if (!isNew)
    at->second = add(tiles, at->second, coefficient);
}

AffineForm Affine::compute(Value value, TokenLocal &local, TileBuilder &tiles) {
  if (!rules.isBase(value))
    return expanded(value, local, tiles);
  AffineForm result;
  addTerm(tiles, result, value, {});
  return result;
}

AffineForm Affine::expanded(Value value, TokenLocal &local, TileBuilder &tiles) {
  AffineForm result;
  // Scalar factors of an opaque vector are worth finding too: they go to the [time] side.
  if (std::optional<Scaling> factor = scaling(value);
      factor && isAffine(factor->rest) && !(isScalar(value) && rules.isOpaque(value))) {
    Coefficient scale{1, local.scalar(factor->scalar)};
    if (auto constant = factor->scalar.getDefiningOp<mix::ConstantOp>()) {
      double number = constant.getValue().convertToDouble();
      scale = {factor->divides ? 1 / number : number, {}};
    } else if (factor->divides) {
      scale = reciprocal(tiles, scale.tile);
    }
    for (const auto &[base, coefficient] : form(factor->rest, local, tiles))
      addTerm(tiles, result, base, multiply(tiles, scale, coefficient));
    return result;
  }
  if (rules.isOpaque(value)) {
    if (isScalar(value))
      addTerm(tiles, result, Value(), {1, local.scalar(value)});
    else
      addTerm(tiles, result, value, {});
    return result;
  }
  if (auto unary = value.getDefiningOp<mix::UnaryOp>()) {
    for (auto [base, coefficient] : form(unary.getX(), local, tiles))
      addTerm(tiles, result, base, {-coefficient.number, coefficient.tile});
    return result;
  }
  auto binary = value.getDefiningOp<mix::BinaryOp>();
  double sign = binary.getKind() == BinaryKind::Sub ? -1 : 1;
  AffineForm x = form(binary.getX(), local, tiles), y = form(binary.getY(), local, tiles);
  for (const auto &[base, coefficient] : x)
    addTerm(tiles, result, base, coefficient);
  for (const auto &[base, coefficient] : y)
    addTerm(tiles, result, base, {sign * coefficient.number, coefficient.tile});
  return result;
}
