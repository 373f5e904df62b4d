#include "dialect/tile/TileBuilder.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mixc::tile;

TileBuilder::TileBuilder(OpBuilder &builder, Location loc, int64_t chunk)
    : builder(builder), loc(loc), timeAxis{AxisKind::Time, builder.getStringAttr("time"), chunk},
      sourceAxis{AxisKind::Source, builder.getStringAttr("source"), chunk} {}

SmallVector<Axis> TileBuilder::ordered(ArrayRef<Axis> axes) const {
  auto rank = [](const Axis &axis) { return axis.kind == AxisKind::Time ? 0 : axis.kind == AxisKind::Source ? 1 : 2; };
  SmallVector<Axis> result;
  for (int wanted : {0, 1, 2})
    for (const Axis &axis : axes)
      if (rank(axis) == wanted)
        result.push_back(axis);
  return result;
}

TileType TileBuilder::type(ArrayRef<Axis> axes) const {
  return TileType::get(builder.getContext(), axes, builder.getF32Type());
}

Value TileBuilder::constant(double number, ArrayRef<Axis> axes) {
  return ConstantOp::create(builder, loc, type(axes), builder.getF64FloatAttr(number));
}

Value TileBuilder::iota(Axis axis) { return IotaOp::create(builder, loc, type(axis)); }

Value TileBuilder::valid() {
  return ValidOp::create(builder, loc, TileType::get(builder.getContext(), timeAxis, builder.getI1Type()));
}

//===-- Elementwise ---------------------------------------------------------------------------------------------===//

Value TileBuilder::map(ValueRange inputs, Body body) {
  SmallVector<Axis> axes;
  for (Value input : inputs)
    axes = unite(axes, axesOf(input));
  return map(inputs, body, ordered(axes));
}

Value TileBuilder::map(ValueRange inputs, Body body, ArrayRef<Axis> axes) { return map(inputs, body, type(axes)); }

Value TileBuilder::map(ValueRange inputs, Body body, TileType result) {
  auto op = MapOp::create(builder, loc, result, inputs);
  OpBuilder::InsertionGuard guard(builder);
  Block *block = builder.createBlock(&op.getBody());
  for (Value input : inputs)
    block->addArgument(typeOf(input).getElementType(), loc);
  Value entry = body(builder, loc, block->getArguments());
  YieldOp::create(builder, loc, entry);
  return op.getResult();
}

Value mixc::tile::scalarConstant(OpBuilder &builder, Location loc, Type type, double number) {
  return arith::ConstantOp::create(builder, loc, builder.getFloatAttr(type, number));
}

Value TileBuilder::sum(ArrayRef<Product> products, std::optional<ArrayRef<Axis>> axes) {
  SmallVector<Axis> united;
  SmallVector<Value> inputs;
  for (const Product &product : products)
    for (Value factor : product.factors) {
      united = unite(united, axesOf(factor));
      if (!llvm::is_contained(inputs, factor))
        inputs.push_back(factor);
    }
  SmallVector<Axis> onto = axes ? SmallVector<Axis>(*axes) : ordered(united);
  if (products.size() == 1 && products[0].number == 1 && products[0].factors.size() == 1 &&
      products[0].factors[0].getType() == type(onto))
    return products[0].factors[0];
  if (inputs.empty()) {
    double number = 0;
    for (const Product &product : products)
      number += product.number;
    return constant(number, onto);
  }
  auto body = [&](OpBuilder &b, Location at, ValueRange arguments) {
    Type element = arguments[0].getType();
    Value total;
    for (const Product &product : products) {
      Value term;
      for (Value factor : product.factors) {
        Value argument = arguments[llvm::find(inputs, factor) - inputs.begin()];
        term = term ? arith::MulFOp::create(b, at, term, argument).getResult() : argument;
      }
      bool negative = product.number < 0 && total; // subtract instead
      double number = negative ? -product.number : product.number;
      if (!term)
        term = scalarConstant(b, at, element, number);
      else if (number == -1)
        term = arith::NegFOp::create(b, at, term);
      else if (number != 1)
        term = arith::MulFOp::create(b, at, scalarConstant(b, at, element, number), term);
      if (!total)
        total = term;
      else if (negative)
        total = arith::SubFOp::create(b, at, total, term);
      else
        total = arith::AddFOp::create(b, at, total, term);
    }
    return total;
  };
  return map(inputs, body, onto);
}

Value TileBuilder::bounded(Value x, double most) {
  return map(x, [&](OpBuilder &b, Location at, ValueRange entry) -> Value {
    Value y = entry[0];
    for (double bound : {most, -most}) {
      Value limit = scalarConstant(b, at, y.getType(), bound);
      auto beyond = bound > 0 ? arith::CmpFPredicate::OGT : arith::CmpFPredicate::OLT;
      y = arith::SelectOp::create(b, at, arith::CmpFOp::create(b, at, beyond, y, limit), limit, y);
    }
    return y.getType().isF64() ? arith::TruncFOp::create(b, at, b.getF32Type(), y).getResult() : y;
  });
}

Value TileBuilder::in64(Value x) {
  return CastOp::create(builder, loc, typeOf(x).withElementType(builder.getF64Type()), x);
}

Value TileBuilder::select(Value mask, Value x, Value y) {
  SmallVector<Axis> axes = unite(unite(axesOf(x), axesOf(y)), axesOf(mask));
  return SelectOp::create(builder, loc, type(ordered(axes)), mask, x, y);
}

Value TileBuilder::diagonal(Axis x, Axis y) {
  auto body = [](OpBuilder &b, Location at, ValueRange positions) -> Value {
    Value same = arith::CmpFOp::create(b, at, arith::CmpFPredicate::OEQ, positions[0], positions[1]);
    Type element = positions[0].getType();
    Value one = scalarConstant(b, at, element, 1), zero = scalarConstant(b, at, element, 0);
    return arith::SelectOp::create(b, at, same, one, zero);
  };
  return map({iota(x), iota(y)}, body, {x, y});
}

Value TileBuilder::on(Value x, ArrayRef<Axis> axes) {
  if (axesOf(x) == axes)
    return x;
  if (auto number = x.getDefiningOp<ConstantOp>())
    return constant(number.getValue().convertToDouble(), axes);
  return map(x, [](OpBuilder &, Location, ValueRange entry) { return entry[0]; }, axes);
}

Value TileBuilder::with(Value x, ArrayRef<Axis> axes) {
  SmallVector<Axis> united = unite(axesOf(x), axes);
  return united.size() == axesOf(x).size() ? x : on(x, ordered(united));
}

//===-- Sums and products ---------------------------------------------------------------------------------------===//

static ArrayAttr names(OpBuilder &builder, ArrayRef<Axis> axes) {
  return builder.getArrayAttr(llvm::map_to_vector(axes, [](const Axis &axis) -> Attribute { return axis.name; }));
}

static SmallVector<Axis> others(ArrayRef<Axis> axes, ArrayRef<Axis> over) {
  return llvm::filter_to_vector(axes, [&](const Axis &axis) { return !llvm::is_contained(over, axis); });
}

Value TileBuilder::contract(Value a, Value b, ArrayRef<Axis> over, Value acc, Mask mask) {
  a = with(a, over), b = with(b, over);
  SmallVector<Axis> left = ordered(others(unite(axesOf(a), axesOf(b)), over));
  if (acc) {
    // What the sum lacks it is given on b's side; what acc lacks, on acc's.
    SmallVector<Axis> missing = others(axesOf(acc), left);
    b = with(b, missing);
    acc = with(acc, left);
    left.assign(axesOf(acc).begin(), axesOf(acc).end());
  }
  TileType result = type(left).withElementType(typeOf(a).getElementType());
  return ContractOp::create(builder, loc, result, a, b, acc, names(builder, over), mask);
}

Value TileBuilder::reduce(ReduceKind kind, Value x, ArrayRef<Axis> over) {
  x = with(x, over);
  return ReduceOp::create(builder, loc, type(others(axesOf(x), over)), kind, x, names(builder, over), APFloat(0.0));
}

Value TileBuilder::recur(Value a, Value b, Value init, bool reverse, bool exclusive, double most, int64_t blocks) {
  return RecurOp::create(builder, loc, b.getType(), a, b, init, reverse, exclusive, blocks, APFloat(most));
}

Value TileBuilder::productOverTime(Value x, double most) {
  if (chunk() == 1)
    return row(x, 0);
  return ReduceOp::create(builder, loc, type(others(axesOf(x), time())), ReduceKind::Mul, x, names(builder, time()),
                          APFloat(most));
}

Value TileBuilder::solve(Value l, Value b, std::optional<std::pair<Axis, Axis>> mixing) {
  StringAttr row = mixing ? mixing->first.name : StringAttr(), column = mixing ? mixing->second.name : StringAttr();
  return SolveOp::create(builder, loc, b.getType(), l, b, row, column, UnitAttr());
}

//===-- Parts ---------------------------------------------------------------------------------------------------===//

Value TileBuilder::row(Value x, int64_t index) {
  if (!has(x, timeAxis))
    return x;
  return RowOp::create(builder, loc, typeOf(x).without("time"), x, index);
}

Value TileBuilder::rename(Value x, Axis from, Axis to) {
  if (from == to || !has(x, from))
    return x;
  SmallVector<Axis> axes(axesOf(x));
  *llvm::find(axes, from) = to;
  auto result = TileType::get(builder.getContext(), axes, typeOf(x).getElementType());
  return RenameOp::create(builder, loc, result, x, from.str(), to.str());
}

Value TileBuilder::rename(Value x, ArrayRef<Axis> from, ArrayRef<Axis> to, function_ref<Axis(const Axis &)> fresh) {
  SmallVector<Axis> now(from);
  bool crosses = llvm::any_of(llvm::zip(from, to), [&](auto pair) {
    return !(std::get<0>(pair) == std::get<1>(pair)) && has(x, std::get<1>(pair));
  });
  if (crosses)
    for (auto [axis, after] : llvm::zip(now, to)) {
      if (axis == after)
        continue;
      Axis scratch = fresh(axis);
      x = rename(x, axis, scratch);
      axis = scratch;
    }
  for (auto [before, after] : llvm::zip(now, to))
    x = rename(x, before, after);
  return x;
}

Value TileBuilder::split(Value x, Axis axis, int64_t from, int64_t extent) {
  x = with(x, axis);
  if (extent == axis.extent)
    return x;
  SmallVector<Axis> axes(axesOf(x));
  llvm::find(axes, axis)->extent = extent;
  return SplitOp::create(builder, loc, type(axes), x, axis.str(), from);
}

Value TileBuilder::stack(ArrayRef<Value> parts, Axis axis) {
  Axis one{axis.kind, axis.name, 1};
  SmallVector<Value> slices;
  for (Value part : parts)
    slices.push_back(with(part ? part : constant(0), one));
  return join(slices, axis);
}

Value TileBuilder::entry(Value x, Axis axis, int64_t i) {
  return reduce(ReduceKind::Add, split(x, axis, i, 1), Axis{axis.kind, axis.name, 1});
}

Value TileBuilder::join(ValueRange parts, Axis axis) {
  if (parts.size() == 1)
    return parts[0];
  // The parts share all other axes.
  SmallVector<Axis> shared;
  auto isJoined = [&](const Axis &other) { return other.name == axis.name; };
  for (Value part : parts)
    shared = unite(shared, axesOf(part));
  llvm::erase_if(shared, isJoined);
  SmallVector<Value> full;
  for (Value part : parts)
    full.push_back(with(part, shared));
  shared.push_back(axis);
  return JoinOp::create(builder, loc, type(ordered(shared)), full, axis.str());
}

//===-- In the operands' type and their order of axes -----------------------------------------------------------===//

static TileType uniteTypes(Value x, Value y) {
  return TileType::get(x.getContext(), unite(typeOf(x).getAxes(), typeOf(y).getAxes()), typeOf(x).getElementType());
}

Value TileBuilder::zero(TileType type) { return ConstantOp::create(builder, loc, type, builder.getF64FloatAttr(0)); }

Value TileBuilder::add(Value x, Value y) {
  auto body = [](OpBuilder &b, Location at, ValueRange z) -> Value { return arith::AddFOp::create(b, at, z[0], z[1]); };
  return map({x, y}, body, uniteTypes(x, y));
}

Value TileBuilder::multiply(Value x, Value y) {
  auto body = [](OpBuilder &b, Location at, ValueRange z) -> Value { return arith::MulFOp::create(b, at, z[0], z[1]); };
  return map({x, y}, body, uniteTypes(x, y));
}

Value TileBuilder::negate(Value x) {
  auto body = [](OpBuilder &b, Location at, ValueRange z) -> Value { return arith::NegFOp::create(b, at, z[0]); };
  return map(x, body, typeOf(x));
}

Value TileBuilder::where(Value mask, Value x) {
  return SelectOp::create(builder, loc, x.getType(), mask, x, zeroEntry(typeOf(x).getElementType()));
}

Value TileBuilder::whereNot(Value mask, Value x) {
  return SelectOp::create(builder, loc, x.getType(), mask, zeroEntry(typeOf(x).getElementType()), x);
}

Value TileBuilder::broadcast(Value x, TileType type) {
  if (typeOf(x) == type)
    return x;
  return map(x, [](OpBuilder &, Location, ValueRange z) { return z[0]; }, type);
}

Value TileBuilder::sumTo(Value x, TileType type) {
  SmallVector<Axis> over, left;
  for (const Axis &axis : axesOf(x))
    if (!type.has(axis.str()))
      over.push_back(axis);
  if (over.empty())
    return x;
  for (const Axis &axis : type.getAxes())
    if (typeOf(x).has(axis.str()))
      left.push_back(axis);
  auto result = TileType::get(x.getContext(), left, typeOf(x).getElementType());
  return ReduceOp::create(builder, loc, result, ReduceKind::Add, x, names(builder, over), APFloat(0.0));
}
