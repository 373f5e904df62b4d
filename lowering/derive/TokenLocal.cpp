// One tile op (or a few) for each op on token values:
//
//     f(x), x . y, select      map
//     x y'                     map of x along one axis and y along the other
//     diag, I                  map of positions
//     column of A              split, reduce
//     dot(x, y), A x, A B      contract
//     sum, max                 reduce
//     concat, slice, roll      join, split
//     kron(x, y)               join of x_i y
//     reshape                  join of rows, or of parts as rows
//
// Scalar factors of a vector are multiplied with each other first, on [time], and then once with the vector.
#include "lowering/derive/TokenLocal.h"
#include "lowering/Rules.h"
#include "lowering/derive/ScalarFunctions.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mixc;
using namespace mixc::derive;
using tile::Axis;
using tile::AxisKind;

namespace {

mix::TensorType typeOf(Value value) { return cast<mix::TensorType>(value.getType()); }

std::optional<double> numberOf(Value value) {
  if (auto constant = value.getDefiningOp<mix::ConstantOp>())
    return constant.getValue().convertToDouble();
  if (auto dim = value.getDefiningOp<mix::DimOp>())
    if (std::optional<mix::Dim> parsed = mix::Dim::parse(dim.getDim()))
      if (std::optional<int64_t> number = parsed->asNumber())
        return static_cast<double>(*number);
  return std::nullopt;
}

} // namespace

TokenLocal::Key TokenLocal::key(Value value, ArrayRef<Axis> axes) {
  Key key = {value.getAsOpaquePointer()};
  for (const Axis &axis : axes)
    key.push_back(axis.name.getAsOpaquePointer());
  return key;
}

bool TokenLocal::isKnown(Value value, ArrayRef<Axis> axes) const { return known.count(key(value, axes)); }

Value TokenLocal::emit(Value value, ArrayRef<Axis> axes) {
  Key at = key(value, axes);
  if (auto found = known.find(at); found != known.end())
    return found->second;
  Location before = tiles.getLoc();
  tiles.setLoc(value.getLoc());
  Value tile = leaves.shortcut(value, axes);
  if (!tile)
    tile = compute(value, axes);
  tiles.setLoc(before);
  return known[at] = tile;
}

Axis TokenLocal::axisOf(Value vector) {
  if (std::optional<Axis> home = homes.find(vector))
    return *home;
  Axis axis = names.get(AxisKind::Free, dimTexts(vector)[0], extents(vector)[0]);
  homes.seed(vector, axis);
  return axis;
}

Axis TokenLocal::other(Axis axis, ArrayRef<Axis> than) {
  if (!llvm::is_contained(than, axis))
    return axis;
  for (int i = 1;; ++i) {
    Axis candidate = names.get(AxisKind::Free, (axis.str() + "_" + std::to_string(i)).str(), axis.extent);
    if (!llvm::is_contained(than, candidate))
      return candidate;
  }
}

/// Where a matrix lies, or one that it is computed from entry by entry.
std::optional<Axes> TokenLocal::lyingThrough(Value matrix) {
  if (std::optional<Axes> axes = leaves.lying(matrix))
    return axes;
  Operation *op = matrix.getDefiningOp();
  if (isa_and_nonnull<mix::UnaryOp, mix::BinaryOp, mix::SelectOp>(op))
    for (Value operand : op->getOperands())
      if (typeOf(operand).isMatrix())
        if (std::optional<Axes> axes = lyingThrough(operand))
          return axes;
  return std::nullopt;
}

Axes TokenLocal::axesOfMatrix(Value matrix) {
  if (std::optional<Axes> axes = lyingThrough(matrix))
    return *axes;
  if (Operation *op = matrix.getDefiningOp()) {
    if (auto transpose = dyn_cast<mix::TransposeOp>(op)) {
      Axes axes = axesOfMatrix(transpose.getX());
      return {axes[1], axes[0]};
    }
    if (auto outer = dyn_cast<mix::OuterOp>(op)) {
      Axis row = axisOf(outer.getX());
      return {row, other(axisOf(outer.getY()), row)};
    }
    if (isa<mix::UnaryOp, mix::BinaryOp, mix::SelectOp>(op))
      for (Value operand : op->getOperands())
        if (typeOf(operand).isMatrix())
          return axesOfMatrix(operand);
  }
  SmallVector<std::string> texts = dimTexts(matrix);
  SmallVector<int64_t> sizes = extents(matrix);
  Axis row = names.get(AxisKind::Free, texts[0], sizes[0]);
  return {row, other(names.get(AxisKind::Free, texts[1], sizes[1]), row)};
}

Value TokenLocal::compute(Value value, ArrayRef<Axis> axes) {
  if (std::optional<double> number = numberOf(value))
    return tiles.constant(*number);
  Operation *op = value.getDefiningOp();
  if (!op || isa<mix::InputOp, mix::ParamOp, mix::LagOp, mix::StateOp, mix::EndOp, mix::ComponentOp>(op))
    return leaves.leaf(value, axes);
  if (isa<mix::IdentityOp>(op))
    return tiles.diagonal(axes[0], axes[1]);
  if (auto fill = dyn_cast<mix::FillOp>(op))
    return emit(fill.getScalar(), {});
  if (auto unaryOp = dyn_cast<mix::UnaryOp>(op))
    return unary(unaryOp, axes);
  if (auto binaryOp = dyn_cast<mix::BinaryOp>(op))
    return binary(binaryOp, axes);
  if (auto selectOp = dyn_cast<mix::SelectOp>(op))
    return select(selectOp, axes);
  if (auto transpose = dyn_cast<mix::TransposeOp>(op))
    return emit(transpose.getX(), {axes[1], axes[0]});
  if (auto diag = dyn_cast<mix::DiagOp>(op)) {
    Value onDiagonal = tiles.diagonal(axes[0], axes[1]), entries = emit(diag.getX(), axes[0]);
    return tiles.map({onDiagonal, entries}, [](OpBuilder &b, Location at, ValueRange x) -> Value {
      Value zero = arith::ConstantOp::create(b, at, b.getFloatAttr(x[0].getType(), 0));
      Value off = arith::CmpFOp::create(b, at, arith::CmpFPredicate::OEQ, x[0], zero);
      return arith::SelectOp::create(b, at, off, zero, x[1]);
    });
  }
  if (auto column = dyn_cast<mix::ColumnOp>(op)) {
    Axes of = axesOfMatrix(column.getX());
    Axis inner = other(of[1], axes);
    Value x = tiles.with(emit(column.getX(), {axes[0], inner}), inner);
    return tiles.entry(x, inner, column.getIndex());
  }
  if (auto outer = dyn_cast<mix::OuterOp>(op))
    return tiles.sum(Product(1, {emit(outer.getX(), axes[0]), emit(outer.getY(), axes[1])}));
  if (auto product = dyn_cast<mix::MatmulOp>(op))
    return matmul(product, axes);
  if (auto dotOp = dyn_cast<mix::DotOp>(op))
    return dot(dotOp);
  if (auto reduceOp = dyn_cast<mix::ReduceOp>(op))
    return reduce(reduceOp);
  if (auto concatOp = dyn_cast<mix::ConcatOp>(op))
    return concat(concatOp, axes[0]);
  if (auto sliceOp = dyn_cast<mix::SliceOp>(op))
    return slice(sliceOp, axes[0]);
  if (auto rollOp = dyn_cast<mix::RollOp>(op))
    return roll(rollOp, axes[0]);
  if (auto kronOp = dyn_cast<mix::KronOp>(op))
    return kron(kronOp, axes[0]);
  if (auto reshapeOp = dyn_cast<mix::ReshapeOp>(op))
    return reshape(reshapeOp, axes);
  llvm_unreachable("every op of the mix dialect on token values is above");
}

//===-- Elementwise ---------------------------------------------------------------------------------------------===//

/// The axes for an operand of an elementwise op: a scalar has none.
static ArrayRef<Axis> axesFor(Value operand, ArrayRef<Axis> axes) {
  return typeOf(operand).isScalar() ? ArrayRef<Axis>() : axes;
}

Value TokenLocal::unary(mix::UnaryOp op, ArrayRef<Axis> axes) {
  Value x = emit(op.getX(), axes);
  return tiles.map(
      x, [&](OpBuilder &b, Location at, ValueRange entries) { return emitScalar(b, at, op.getKind(), entries[0]); });
}

Value TokenLocal::binary(mix::BinaryOp op, ArrayRef<Axis> axes) {
  if (Value product = scaled(op, axes))
    return product;
  // Numbers go into the region, where x^0.5 can be told from x^y; unless float32 rounds them, and the result may be
  // wanted in float64.
  bool perToken = typeOf(op.getResult()).getRate() >= mix::Rate::Group;
  SmallVector<Value> inputs;
  auto operand = [&](Value value) -> std::optional<double> {
    std::optional<double> number = numberOf(value);
    if (number && (perToken || static_cast<double>(static_cast<float>(*number)) == *number))
      return number;
    inputs.push_back(emit(value, axesFor(value, axes)));
    return std::nullopt;
  };
  std::optional<double> x = operand(op.getX()), y = operand(op.getY());
  if (inputs.empty())
    inputs.push_back(tiles.constant(*x)), x = std::nullopt;
  return tiles.map(inputs, [&](OpBuilder &b, Location at, ValueRange entries) {
    unsigned next = 0;
    auto entry = [&](std::optional<double> number) -> Value {
      if (number)
        return arith::ConstantOp::create(b, at, b.getFloatAttr(entries[0].getType(), *number));
      return entries[next++];
    };
    Value left = entry(x), right = entry(y);
    return emitScalar(b, at, op.getKind(), left, right);
  });
}

Value TokenLocal::select(mix::SelectOp op, ArrayRef<Axis> axes) {
  SmallVector<Value> inputs;
  for (Value operand : op->getOperands())
    inputs.push_back(emit(operand, axesFor(operand, axes)));
  return tiles.map(inputs, [](OpBuilder &b, Location at, ValueRange x) -> Value {
    Value zero = arith::ConstantOp::create(b, at, b.getFloatAttr(x[0].getType(), 0));
    Value holds = arith::CmpFOp::create(b, at, arith::CmpFPredicate::UNE, x[0], zero);
    return arith::SelectOp::create(b, at, holds, x[1], x[2]);
  });
}

/// (s1 * (s2 * v)) / s3 = ((s1 s2) / s3) v for a vector or matrix v of two or more scalar factors; null otherwise.
Value TokenLocal::scaled(mix::BinaryOp op, ArrayRef<Axis> axes) {
  if (axes.empty())
    return {};
  double number = 1;
  SmallVector<Value> times, over;
  Value core = op.getResult();
  while (true) {
    if (core != op.getResult() && (!core.hasOneUse() || isKnown(core, axes)))
      break;
    if (auto unaryOp = core.getDefiningOp<mix::UnaryOp>(); unaryOp && unaryOp.getKind() == mix::UnaryKind::Neg) {
      number = -number;
      core = unaryOp.getX();
      continue;
    }
    auto inner = core.getDefiningOp<mix::BinaryOp>();
    if (!inner)
      break;
    bool multiplies = inner.getKind() == mix::BinaryKind::Mul;
    Value factor, rest;
    if (typeOf(inner.getY()).isScalar() && (multiplies || inner.getKind() == mix::BinaryKind::Div))
      factor = inner.getY(), rest = inner.getX();
    else if (typeOf(inner.getX()).isScalar() && multiplies)
      factor = inner.getX(), rest = inner.getY();
    else
      break;
    (multiplies ? times : over).push_back(factor);
    core = rest;
  }
  if (times.size() + over.size() < 2)
    return {};
  countRule("s1 (s2 v) = (s1 s2) v");
  Value vector = emit(core, axes);
  Product scalars(number);
  for (Value factor : times) {
    if (std::optional<double> constant = numberOf(factor))
      scalars.number *= *constant;
    else
      scalars.factors.push_back(scalar(factor));
  }
  Value coefficient = scalars.factors.empty() ? Value() : tiles.sum(scalars);
  if (!coefficient && over.empty())
    return tiles.sum(Product(scalars.number, {vector}));
  if (!coefficient)
    coefficient = tiles.constant(scalars.number);
  for (Value factor : over)
    coefficient = tiles.map({coefficient, scalar(factor)}, [](OpBuilder &b, Location at, ValueRange x) -> Value {
      return arith::DivFOp::create(b, at, x[0], x[1]);
    });
  return tiles.sum(Product(1, {coefficient, vector}));
}

//===-- Sums of products ----------------------------------------------------------------------------------------===//

Value TokenLocal::dot(mix::DotOp op) {
  Axis axis = axisOf(op.getX());
  return tiles.contract(emit(op.getX(), axis), emit(op.getY(), axis), axis);
}

/// d of diag(d), -diag(d), s diag(d) along an axis.
std::optional<Product> TokenLocal::diagonalOf(Value matrix, Axis axis) {
  if (auto diag = matrix.getDefiningOp<mix::DiagOp>())
    return Product(1, {emit(diag.getX(), axis)});
  if (auto negative = matrix.getDefiningOp<mix::UnaryOp>(); negative && negative.getKind() == mix::UnaryKind::Neg) {
    std::optional<Product> product = diagonalOf(negative.getX(), axis);
    if (product)
      product->number = -product->number;
    return product;
  }
  auto scaling = matrix.getDefiningOp<mix::BinaryOp>();
  if (!scaling || scaling.getKind() != mix::BinaryKind::Mul)
    return std::nullopt;
  for (auto [factor, rest] : {std::pair(scaling.getX(), scaling.getY()), std::pair(scaling.getY(), scaling.getX())})
    if (typeOf(factor).isScalar())
      if (std::optional<Product> product = diagonalOf(rest, axis)) {
        if (std::optional<double> number = numberOf(factor))
          product->number *= *number;
        else
          product->factors.push_back(scalar(factor));
        return product;
      }
  return std::nullopt;
}

Value TokenLocal::matmul(mix::MatmulOp op, ArrayRef<Axis> axes) {
  // diag(d) M and M diag(d) scale rows and columns.
  if (std::optional<Product> scale = diagonalOf(op.getX(), axes[0])) {
    countRule("diag(d) M, diag(d) x");
    scale->factors.push_back(emit(op.getY(), axes));
    return tiles.sum(*scale);
  }
  if (std::optional<Product> scale = axes.size() == 2 ? diagonalOf(op.getY(), axes[1]) : std::nullopt) {
    countRule("M diag(d)");
    scale->factors.push_back(emit(op.getX(), axes));
    return tiles.sum(*scale);
  }
  Axis inner = other(axesOfMatrix(op.getX())[1], axes);
  Value x = emit(op.getX(), {axes[0], inner});
  Value y = typeOf(op.getY()).isVector() ? emit(op.getY(), inner) : emit(op.getY(), {inner, axes[1]});
  return tiles.contract(x, y, inner);
}

Value TokenLocal::reduce(mix::ReduceOp op) {
  if (typeOf(op.getX()).isScalar())
    return scalar(op.getX());
  // sum(x .* y) = x' y needs no tile of products.
  auto product = op.getX().getDefiningOp<mix::BinaryOp>();
  if (op.getKind() == mix::ReduceKind::Sum && typeOf(op.getX()).isVector() && product && product->hasOneUse() &&
      product.getKind() == mix::BinaryKind::Mul && typeOf(product.getX()).sameShape(typeOf(product.getY()))) {
    countRule("sum(x .* y) = x' y");
    Axis axis = axisOf(product.getX());
    return tiles.contract(emit(product.getX(), axis), emit(product.getY(), axis), axis);
  }
  Axes axes = typeOf(op.getX()).isVector() ? Axes{axisOf(op.getX())} : axesOfMatrix(op.getX());
  auto kind = op.getKind() == mix::ReduceKind::Sum ? tile::ReduceKind::Add : tile::ReduceKind::Max;
  return tiles.reduce(kind, emit(op.getX(), axes), axes);
}

//===-- Parts of vectors ----------------------------------------------------------------------------------------===//

Value TokenLocal::concat(mix::ConcatOp op, Axis axis) {
  SmallVector<Value> parts;
  for (Value part : op.getParts()) {
    bool isScalar = typeOf(part).isScalar();
    int64_t extent = isScalar ? 1 : extents(part)[0];
    Axis onto{axis.kind, axis.name, extent};
    if (isScalar) {
      parts.push_back(tiles.with(scalar(part), onto));
      continue;
    }
    Axis own = axisOf(part);
    parts.push_back(tiles.rename(tiles.with(emit(part, own), own), own, onto));
  }
  return tiles.join(parts, axis);
}

Value TokenLocal::slice(mix::SliceOp op, Axis axis) {
  Axis own = axisOf(op.getX());
  std::optional<mix::Dim> from = mix::Dim::parse(op.getFrom());
  Value part = tiles.split(emit(op.getX(), own), own, from->asNumber().value_or(0), axis.extent);
  return tiles.rename(part, Axis{own.kind, own.name, axis.extent}, axis);
}

Value TokenLocal::roll(mix::RollOp op, Axis axis) {
  Value x = tiles.with(emit(op.getX(), axis), axis);
  int64_t shift = static_cast<int64_t>(op.getShift()) % axis.extent;
  shift += shift < 0 ? axis.extent : 0;
  if (shift == 0)
    return x;
  return tiles.join({tiles.split(x, axis, axis.extent - shift, shift), tiles.split(x, axis, 0, axis.extent - shift)},
                    axis);
}

Value TokenLocal::kron(mix::KronOp op, Axis axis) {
  Axis own = axisOf(op.getX());
  Value x = emit(op.getX(), own);
  Axis inner = axisOf(op.getY()), part{axis.kind, axis.name, inner.extent};
  Value y = tiles.rename(tiles.with(emit(op.getY(), inner), inner), inner, part);
  SmallVector<Value> parts;
  for (int64_t i = 0; i < own.extent; ++i)
    parts.push_back(tiles.sum(Product(1, {tiles.entry(x, own, i), y})));
  return tiles.join(parts, axis);
}

Value TokenLocal::reshape(mix::ReshapeOp op, ArrayRef<Axis> axes) {
  SmallVector<Value> parts;
  if (axes.size() == 2) { // entry i * M + j is row i, column j
    Axis own = axisOf(op.getX()), row{axes[0].kind, axes[0].name, 1}, part{own.kind, own.name, axes[1].extent};
    Value x = tiles.with(emit(op.getX(), own), own);
    for (int64_t i = 0; i < axes[0].extent; ++i) {
      Value entries = tiles.split(x, own, i * axes[1].extent, axes[1].extent);
      parts.push_back(tiles.with(tiles.rename(entries, part, axes[1]), row));
    }
    return tiles.join(parts, axes[0]);
  }
  Axes own = axesOfMatrix(op.getX());
  Axis part{axes[0].kind, axes[0].name, own[1].extent};
  Value x = tiles.with(emit(op.getX(), own), own);
  for (int64_t i = 0; i < own[0].extent; ++i)
    parts.push_back(tiles.rename(tiles.entry(x, own[0], i), own[1], part));
  return tiles.join(parts, axes[0]);
}
