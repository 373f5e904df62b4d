// Builds `tile.kernel replay @NAME_replay` beside every forward kernel that has a backward one: it saves what forward
// saves, and does nothing else.
#include "dialect/tile/IdleTiles.h"
#include "lowering/Passes.h"
#include "lowering/derive/ChunkProgram.h"

namespace mixc {
#define GEN_PASS_DEF_BUILDREPLAY
#include "lowering/Passes.h.inc"
} // namespace mixc

using namespace mlir;
using namespace mixc;
using namespace mixc::tile;

namespace {

struct BuildReplay : mixc::impl::BuildReplayBase<BuildReplay> {
  void runOnOperation() override {
    for (auto kernel : llvm::to_vector(getOperation().getOps<KernelOp>()))
      if (kernel.getEntry() == Entry::Forward && kernelOf(getOperation(), kernel.getMixer(), Entry::Backward))
        build(kernel);
  }

  static void build(KernelOp forward) {
    OpBuilder builder(forward->getContext());
    builder.setInsertionPointAfter(forward);
    auto replay = cast<KernelOp>(builder.clone(*forward));
    replay.setSymName(derive::symbolOf(forward.getMixer(), Entry::Replay));
    replay.setEntry(Entry::Replay);
    replay.walk([](Operation *op) {
      if (isa<HistoryOp>(op) || (isa<StoreOp, FinalOp>(op) && roleOf(op->getOperand(1)) != Role::Saved))
        op->erase();
    });
    BitVector dropped(replay.getArguments().size());
    for (auto [i, argument] : llvm::enumerate(replay.getArguments().getAsRange<ArgumentAttr>()))
      dropped[i] = argument.getRole() == Role::Output || argument.getRole() == Role::Final;
    eraseIdle(replay);
    replay.eraseArguments(dropped);
  }
};

} // namespace
