// Reverse mode over a block: walk the ops from last to first, hand each result's cotangent to the operands, add up.
#include "dialect/tile/TileBuilder.h"
#include "lowering/adjoint/Adjoint.h"
#include "lowering/adjoint/StepsAdjoint.h"

using namespace mlir;
using namespace mixc;
using namespace mixc::tile;

static bool isFloatTile(Value x) {
  auto type = dyn_cast<TileType>(x.getType());
  return type && isa<FloatType>(type.getElementType());
}

DenseSet<Value> mixc::dependants(Block &block, ArrayRef<Value> wanted) {
  DenseSet<Value> found(wanted.begin(), wanted.end());
  auto loadsTokens = [](Operation &op) {
    auto steps = dyn_cast<StepsOp>(op);
    return steps && !steps.getBody().getOps<LoadOp>().empty();
  };
  for (Operation &op : block)
    if (loadsTokens(op) || llvm::any_of(op.getOperands(), [&](Value x) { return found.contains(x); }))
      for (Value result : op.getResults())
        if (isFloatTile(result))
          found.insert(result);
  return found;
}

// A cotangent has its value's type, the order of axes included. A matmul starts from the sum so far.
void mixc::addTo(Cotangents &cotangents, Value value, Value part, OpBuilder &builder, Location loc) {
  TileBuilder tiles(builder, loc);
  part = tiles.broadcast(part, typeOf(value));
  Value &sum = cotangents[value];
  auto product = part.getDefiningOp<ContractOp>();
  if (!sum)
    sum = part;
  else if (product && !product.getAcc() && part.use_empty() && typeOf(sum) == typeOf(part))
    product.getAccMutable().assign(sum), sum = part;
  else
    sum = tiles.add(sum, part);
}

LogicalResult mixc::differentiate(Block &block, ArrayRef<Value> wanted, OpBuilder &builder, Cotangents &cotangents,
                                  GradientOf gradientOf) {
  DenseSet<Value> active = dependants(block, wanted);
  // The adjoint may be built into this same block: look only at what is there now.
  SmallVector<Operation *> ops = llvm::map_to_vector(block, [](Operation &op) { return &op; });
  for (Operation *op : llvm::reverse(ops)) {
    bool isReached = llvm::any_of(op->getResults(),
                                  [&](Value result) { return active.contains(result) && cotangents.lookup(result); });
    if (!isReached)
      continue;
    if (auto steps = dyn_cast<StepsOp>(op)) {
      if (failed(buildStepsAdjoint(steps, active, builder, cotangents, gradientOf)))
        return failure();
      continue;
    }
    if (op->getNumResults() > 1 || isa<ChunksOp>(op))
      return op->emitError("is no part of a straight line, differentiate its body");
    BitVector needed(op->getNumOperands());
    for (auto [i, operand] : llvm::enumerate(op->getOperands()))
      needed[i] = active.contains(operand);
    SmallVector<Value> parts;
    if (failed(buildAdjoint(op, cotangents.lookup(op->getResult(0)), needed, builder, parts)))
      return failure();
    for (auto [operand, part] : llvm::zip(op->getOperands(), parts))
      if (part)
        addTo(cotangents, operand, part, builder, op->getLoc());
  }
  return success();
}
