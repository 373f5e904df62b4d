#include "lowering/adjoint/Elementwise.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mixc;
using namespace mixc::tile;

TileType mixc::typeOf(Value tile) { return cast<TileType>(tile.getType()); }

Value mixc::buildMap(OpBuilder &builder, Location loc, TileType result, ValueRange inputs,
                     function_ref<Value(OpBuilder &, ValueRange)> body) {
  auto map = MapOp::create(builder, loc, result, inputs);
  OpBuilder::InsertionGuard guard(builder);
  Block *block = builder.createBlock(&map.getBody());
  for (Value input : inputs)
    block->addArgument(typeOf(input).getElementType(), loc);
  YieldOp::create(builder, loc, body(builder, block->getArguments()));
  return map;
}

static TileType uniteTypes(Value x, Value y) {
  return TileType::get(x.getContext(), unite(typeOf(x).getAxes(), typeOf(y).getAxes()), typeOf(x).getElementType());
}

Value mixc::buildAdd(OpBuilder &builder, Location loc, Value x, Value y) {
  return buildMap(builder, loc, uniteTypes(x, y), {x, y},
                  [&](OpBuilder &b, ValueRange z) -> Value { return arith::AddFOp::create(b, loc, z[0], z[1]); });
}

Value mixc::buildMul(OpBuilder &builder, Location loc, Value x, Value y) {
  return buildMap(builder, loc, uniteTypes(x, y), {x, y},
                  [&](OpBuilder &b, ValueRange z) -> Value { return arith::MulFOp::create(b, loc, z[0], z[1]); });
}

Value mixc::buildNegate(OpBuilder &builder, Location loc, Value x) {
  return buildMap(builder, loc, typeOf(x), x,
                  [&](OpBuilder &b, ValueRange z) -> Value { return arith::NegFOp::create(b, loc, z[0]); });
}

Value mixc::buildZero(OpBuilder &builder, Location loc, TileType type) {
  return ConstantOp::create(builder, loc, type, builder.getF64FloatAttr(0));
}

Value mixc::buildSumTo(OpBuilder &builder, Location loc, Value x, TileType type) {
  SmallVector<StringRef> over;
  for (const Axis &axis : typeOf(x).getAxes())
    if (!type.has(axis.str()))
      over.push_back(axis.str());
  if (over.empty())
    return x;
  SmallVector<Axis> left;
  for (const Axis &axis : type.getAxes())
    if (typeOf(x).has(axis.str()))
      left.push_back(axis);
  auto result = TileType::get(x.getContext(), left, typeOf(x).getElementType());
  return ReduceOp::create(builder, loc, result, ReduceKind::Add, x, builder.getStrArrayAttr(over), APFloat(0.0));
}

Value mixc::buildBroadcast(OpBuilder &builder, Location loc, Value x, TileType type) {
  if (typeOf(x) == type)
    return x;
  return buildMap(builder, loc, type, x, [](OpBuilder &, ValueRange z) { return z[0]; });
}
