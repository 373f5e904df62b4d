#include "lowering/adjoint/MapAdjoint.h"
#include "dialect/tile/TileBuilder.h"
#include "lowering/adjoint/ScalarAdjoint.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace mixc;
using namespace mixc::tile;

/// The float values of the region that depend on this argument.
static DenseSet<Value> dependants(Block &body, Value argument) {
  DenseSet<Value> found = {argument};
  for (Operation &op : body.without_terminator())
    if (isa<FloatType>(op.getResult(0).getType()) &&
        llvm::any_of(op.getOperands(), [&](Value x) { return found.contains(x); }))
      found.insert(op.getResult(0));
  return found;
}

/// The other factor, if the map is one product of two tiles.
static Value otherFactor(MapOp op, unsigned index) {
  Block &body = op.getBody().front();
  auto product = body.getTerminator()->getOperand(0).getDefiningOp<arith::MulFOp>();
  if (!product || !llvm::hasSingleElement(body.without_terminator()))
    return Value();
  auto x = dyn_cast<BlockArgument>(product.getLhs()), y = dyn_cast<BlockArgument>(product.getRhs());
  if (!x || !y || x == y)
    return Value();
  return op.getInputs()[(x.getArgNumber() == index ? y : x).getArgNumber()];
}

/// Is the tile one of functions, which are infinite at finite numbers: exp, 1 / x?
static bool isOfFunctions(Value tile) {
  auto map = tile.getDefiningOp<MapOp>();
  return map && llvm::any_of(map.getBody().front(), [](Operation &inner) {
           return isa<arith::DivFOp>(inner) || isa<math::MathDialect>(inner.getDialect());
         });
}

/// Is a cotangent of the result summed over more than tokens to be one of the operand?
static bool isSummed(TileType operand, TileType result) {
  return llvm::any_of(result.getAxes(),
                      [&](const Axis &axis) { return axis.str() != "time" && !operand.has(axis.str()); });
}

/// What a map computes in vain, and the tiles that it takes for that alone: states among them would be worked out
/// again.
static void dropUnused(MapOp map) {
  Block &body = map.getBody().front();
  for (Operation &inner : llvm::make_early_inc_range(llvm::reverse(body)))
    if (isOpTriviallyDead(&inner))
      inner.erase();
  BitVector unused(body.getNumArguments());
  for (BlockArgument argument : body.getArguments())
    unused[argument.getArgNumber()] = argument.use_empty();
  body.eraseArguments(unused);
  map->eraseOperands(unused);
}

FailureOr<Value> mixc::buildMapAdjoint(MapOp op, unsigned index, Value resultCotangent, OpBuilder &builder) {
  Block &body = op.getBody().front();
  Value argument = body.getArgument(index), yielded = body.getTerminator()->getOperand(0);
  DenseSet<Value> active = dependants(body, argument);
  if (!active.contains(yielded))
    return Value();

  Location loc = op.getLoc();
  TileBuilder tiles(builder, loc);
  SmallVector<Value> inputs(op.getInputs());
  inputs.push_back(resultCotangent);
  TileType operandType = typeOf(op.getInputs()[index]);
  TileType resultType = typeOf(op.getResult()).withElementType(operandType.getElementType());
  if (operandType.rank() == resultType.rank())
    resultType = operandType; // its order of axes
  // A sum of products without functions is a contraction, where 0 times infinity is NaN as in any other.
  Value other = otherFactor(op, index);
  if (other && !isOfFunctions(other) && isSummed(operandType, typeOf(op.getResult())))
    return tiles.sumTo(tiles.multiply(resultCotangent, other), operandType);
  bool failed = false;
  auto walkBack = [&](OpBuilder &b, Location, ValueRange x) -> Value {
    IRMapping mapping;
    mapping.map(body.getArguments(), x.drop_back());
    DenseMap<Value, ScalarCotangent> bars; // by value of the old region
    bars[yielded] = {x.back(), Value()};
    for (Operation &inner : body.without_terminator())
      b.clone(inner, mapping);
    for (Operation &inner : llvm::reverse(body.without_terminator())) {
      ScalarCotangent bar = bars.lookup(inner.getResult(0));
      for (OpOperand &operand : inner.getOpOperands()) {
        if (!bar || !active.contains(operand.get()))
          continue;
        Operation *again = mapping.lookup(&inner);
        FailureOr<ScalarCotangent> part = scalarAdjoint(again, operand.getOperandNumber(), bar, b);
        failed |= mlir::failed(part);
        if (succeeded(part))
          bars[operand.get()] = add(bars.lookup(operand.get()), *part, b, loc);
      }
    }
    ScalarCotangent bar = bars.lookup(argument);
    if (bar)
      return resolve(bar, b, loc);
    return scalarConstant(b, loc, operandType.getElementType(), 0);
  };
  Value product = tiles.map(inputs, walkBack, resultType);
  if (failed)
    return failure();
  dropUnused(product.getDefiningOp<MapOp>());
  return tiles.sumTo(product, operandType);
}
