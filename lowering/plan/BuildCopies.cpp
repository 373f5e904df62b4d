// Sums, renames and steps read memory: what they are handed without any is copied into a buffer of its own.
//
//     %c = constant;  reduce %c      ->  %c = constant;  %m = map (%c) { yield };  reduce %m
//     chunks iter(%x), %x used twice ->  %m = map (%x) { yield };  chunks iter(%m)
//
// What a loop carries is updated where it starts, so that start must be nobody else's. A vector of bits in memory is no
// array of bits: masks have none, they are worked out where they are used.
#include "lowering/Passes.h"
#include "lowering/plan/Plan.h"

namespace mixc {
#define GEN_PASS_DEF_BUILDCOPIES
#include "lowering/Passes.h.inc"
} // namespace mixc

using namespace mlir;
using namespace mixc;
using namespace mixc::plan;
using tile::TileType;

namespace {

/// Carried tiles start in buffers that nothing else reads: of states they are such; of others they are copied to.
bool ownsBuffer(tile::ChunksOp loop, unsigned i) {
  Value init = loop.getInits()[i];
  if (!init.hasOneUse())
    return false;
  if (auto load = init.getDefiningOp<tile::LoadOp>())
    return load.getEvery() > 0;
  auto carried = dyn_cast<BlockArgument>(init);
  return init.getDefiningOp<tile::InitOp>() ||
         (carried && carried.getOwner() == loop->getBlock() &&
          carried.getOwner()->getTerminator()->getOperand(carried.getArgNumber()) == loop.getResult(i));
}

LogicalResult verifyMasks(tile::KernelOp kernel) {
  WalkResult masks = kernel.walk([](Operation *op) {
    for (Type type : op->getResultTypes())
      if (auto tile = dyn_cast<TileType>(type); tile && tile.getElementType().isInteger(1) && !isImmediate(op) &&
                                                (tile.rank() > 0 || !isa<tile::SelectOp>(op))) {
        op->emitError("keeps a mask");
        return WalkResult::interrupt();
      }
    return WalkResult::advance();
  });
  return failure(masks.wasInterrupted());
}

void build(tile::KernelOp kernel) {
  SmallVector<OpOperand *> uses;
  auto isOfImmediate = [](OpOperand &use) {
    Operation *def = use.get().getDefiningOp();
    return def && isImmediate(def);
  };
  kernel.walk([&](Operation *op) {
    if (isa<tile::ReduceOp, tile::RenameOp>(op) && isOfImmediate(op->getOpOperand(0)))
      uses.push_back(&op->getOpOperand(0));
    if (auto loop = dyn_cast<tile::ChunksOp>(op))
      for (unsigned i = 0; i < loop.getInits().size(); ++i)
        if (!ownsBuffer(loop, i))
          uses.push_back(&loop->getOpOperand(i));
    if (auto steps = dyn_cast<tile::StepsOp>(op))
      for (OpOperand &operand : steps->getOpOperands().drop_front(steps.getInits().size()))
        if (isOfImmediate(operand))
          uses.push_back(&operand);
  });
  for (OpOperand *use : uses) {
    OpBuilder builder(use->getOwner());
    use->set(copyOf(builder, use->get()));
  }
}

struct BuildCopies : mixc::impl::BuildCopiesBase<BuildCopies> {
  using BuildCopiesBase::BuildCopiesBase;

  void runOnOperation() override {
    for (auto kernel : getOperation().getOps<tile::KernelOp>()) {
      if (failed(verifyMasks(kernel)))
        return signalPassFailure();
      build(kernel);
    }
  }
};

} // namespace
