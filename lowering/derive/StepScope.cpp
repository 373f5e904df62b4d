// Operands of the steps in the making: carried tiles, rows, and what every token sees whole, each once.
#include "lowering/derive/StepScope.h"

using namespace mlir;
using namespace mixc;
using namespace mixc::derive;
using tile::Axis;
using tile::TileType;

static mix::TensorType typeOf(Value value) { return cast<mix::TensorType>(value.getType()); }

StepScope::StepScope(ProgramParts parts, std::function<bool(Value)> isInside, bool reverse)
    : tiles(parts.tiles), outer(parts.local), names(parts.names), isInside(std::move(isInside)), reverse(reverse),
      before(tiles.ops().saveInsertionPoint()), body(&region.emplaceBlock()),
      inner(tiles, names, outer.getHomes(), *this) {
  tiles.ops().setInsertionPointToEnd(body);
}

/// The body's argument for a further operand of one of the three groups.
Value StepScope::argument(SmallVectorImpl<Value> &group, Value operand, Type type) {
  unsigned at = inits.size();
  if (&group != &inits)
    at += rows.size();
  if (&group == &others)
    at += others.size();
  group.push_back(operand);
  return body->insertArgument(at, type, operand.getLoc());
}

Value StepScope::carry(Value start) {
  nexts.emplace_back();
  return argument(inits, start, start.getType());
}

Value StepScope::take(Value tile) {
  if (auto number = tile.getDefiningOp<tile::ConstantOp>())
    return tiles.constant(number.getValue().convertToDouble());
  Value &inside = taken[tile];
  if (!inside) {
    auto type = cast<TileType>(tile.getType());
    inside = type.hasTime() ? argument(rows, tile, type.without("time")) : argument(others, tile, type);
  }
  return inside;
}

void StepScope::bind(Value value, Value tile, Axes axes) { bound[value] = {tile, std::move(axes)}; }

Value StepScope::emit(Value value, ArrayRef<Axis> axes) { return tiles.on(inner.emit(value, axes), axes); }

void StepScope::setNext(unsigned i, Value tile) { nexts[i] = tile; }

unsigned StepScope::stack(Value tile) {
  stacked.push_back(tile);
  return inits.size() + stacked.size() - 1;
}

tile::StepsOp StepScope::build() {
  OpBuilder &builder = tiles.ops();
  SmallVector<Value> yielded(nexts);
  llvm::append_range(yielded, stacked);
  SmallVector<Type> types(ValueRange(inits).getTypes());
  for (Value tile : stacked) {
    Axes axes{tiles.time()};
    llvm::append_range(axes, TileBuilder::axesOf(tile));
    types.push_back(tiles.type(axes));
  }
  tile::YieldOp::create(builder, tiles.getLoc(), yielded);
  builder.restoreInsertionPoint(before);
  auto steps = tile::StepsOp::create(builder, tiles.getLoc(), types, inits, rows, others, reverse);
  steps.getBody().takeBody(region);
  return steps;
}

//===-- Values of the body --------------------------------------------------------------------------------------===//

Value StepScope::fromChunk(Value value, ArrayRef<Axis> axes) {
  Value tile;
  {
    OpBuilder::InsertionGuard guard(tiles.ops());
    tiles.ops().restoreInsertionPoint(before);
    tile = outer.emit(value, axes);
  }
  return take(tile); // a constant is made anew, in the body
}

/// One token of an input, for itself.
Value StepScope::loadToken(Value input, ArrayRef<Axis> axes) {
  Value tensor = outer.getLeaves().tensorOf(input);
  Value &inside = taken[tensor];
  if (!inside)
    inside = argument(others, tensor, tensor.getType());
  return tile::LoadOp::create(tiles.ops(), tiles.getLoc(), tiles.type(axes), inside);
}

Value StepScope::shortcut(Value value, ArrayRef<Axis> axes) {
  if (auto known = bound.find(value); known != bound.end())
    return tiles.rename(known->second.first, known->second.second, axes, names);
  Operation *op = value.getDefiningOp();
  if (isInside(value) || isa_and_nonnull<mix::ConstantOp, mix::DimOp>(op))
    return {};
  bool ofToken = typeOf(value).isMatrix() && typeOf(value).getRate() >= mix::Rate::Group;
  if (!ofToken || isStacked(value))
    return fromChunk(value, axes);
  if (isa<mix::InputOp>(op))
    return loadToken(value, axes);
  return isa<mix::LagOp, mix::StateOp, mix::EndOp>(op) ? fromChunk(value, axes) : Value();
}

Value StepScope::leaf(Value, ArrayRef<Axis>) { llvm_unreachable("leaves are bound, or taken from the chunk"); }
