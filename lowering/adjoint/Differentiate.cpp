// Reverse mode over a block: walk the ops from last to first, hand each result's cotangent to the operands, add up.
#include "lowering/adjoint/Adjoint.h"
#include "lowering/adjoint/Elementwise.h"

using namespace mlir;
using namespace mixc;
using namespace mixc::tile;

static bool isFloatTile(Value x) {
  auto type = dyn_cast<TileType>(x.getType());
  return type && isa<FloatType>(type.getElementType());
}

/// The tiles that change when a wanted one does.
static DenseSet<Value> dependants(Block &block, ArrayRef<Value> wanted) {
  DenseSet<Value> found(wanted.begin(), wanted.end());
  for (Operation &op : block)
    if (llvm::any_of(op.getOperands(), [&](Value x) { return found.contains(x); }))
      for (Value result : op.getResults())
        if (isFloatTile(result))
          found.insert(result);
  return found;
}

LogicalResult mixc::differentiate(Block &block, ArrayRef<Value> wanted, OpBuilder &builder,
                                  DenseMap<Value, Value> &cotangents) {
  DenseSet<Value> active = dependants(block, wanted);
  // The adjoint may be built into this same block: look only at what is there now.
  SmallVector<Operation *> ops = llvm::map_to_vector(block, [](Operation &op) { return &op; });
  for (Operation *op : llvm::reverse(ops)) {
    if (op->getNumResults() == 0)
      continue;
    if (op->getNumResults() > 1 || isa<ChunksOp>(op))
      return op->emitError("is no part of a straight line, differentiate its body");
    Value bar = cotangents.lookup(op->getResult(0));
    if (!bar || !active.contains(op->getResult(0)))
      continue;
    BitVector needed(op->getNumOperands());
    for (auto [i, operand] : llvm::enumerate(op->getOperands()))
      needed[i] = active.contains(operand);
    SmallVector<Value> parts;
    if (failed(buildAdjoint(op, bar, needed, builder, parts)))
      return failure();
    for (auto [operand, part] : llvm::zip(op->getOperands(), parts))
      if (part) {
        Value &sum = cotangents[operand];
        sum = sum ? buildAdd(builder, op->getLoc(), sum, part) : part;
      }
  }
  return success();
}
