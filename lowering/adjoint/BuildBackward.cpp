// Builds `tile.kernel @NAME_backward` and `@NAME_replay` beside every mixer's forward kernel, which is made to save its
// states.
//
// The backward kernel has chunks of its own size (lowering/Target.h). Pairs of tokens are cheap for one state with
// scalar decays, and writes free of reads or affine in them. Anything else has more pairs (halving, mixing), or keeps a
// state for every token of a chunk (steps). Several writes that read share a chunk's rows (ChunkSize.h).
#include "lowering/Passes.h"
#include "lowering/adjoint/Backward.h"
#include "lowering/derive/ChunkProgram.h"
#include "lowering/derive/ChunkSize.h"
#include "mlir/IR/Dominance.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Transforms/CSE.h"
#include <numeric>

namespace mixc {
#define GEN_PASS_DEF_BUILDBACKWARD
#include "lowering/Passes.h.inc"
} // namespace mixc

using namespace mlir;
using namespace mixc;

namespace {

bool arePairsCheap(mix::MixerOp mixer) {
  if (derive::findObstacle(mixer))
    return false;
  return llvm::all_of(mixer.step().getOps<mix::ComponentOp>(), [](mix::ComponentOp component) {
    mix::ClassAttr found = component.getClassAttrAttr();
    return found && component.getStates().size() == 1 && found.getTransition() != mix::TransitionKind::Diagonal &&
           !found.getValueGate() &&
           (found.getWrites() == mix::WriteKind::Free || found.getWrites() == mix::WriteKind::Affine);
  });
}

/// Chunks of the forward kernel, and numbers of the largest tile that it carries from one to the next.
struct Chunks {
  explicit Chunks(tile::KernelOp kernel) {
    kernel.walk([&](tile::ChunksOp loop) {
      size = loop.getSize();
      for (Type carried : loop.getResultTypes())
        state = std::max(state, cast<tile::TileType>(carried).size());
    });
  }
  int64_t size = 1, state = 0;
};

struct BuildBackward : mixc::impl::BuildBackwardBase<BuildBackward> {
  using BuildBackwardBase::BuildBackwardBase;

  void runOnOperation() override {
    for (auto mixer : llvm::to_vector(getOperation().getOps<mix::MixerOp>()))
      if (failed(build(mixer)))
        return signalPassFailure();
  }

  LogicalResult build(mix::MixerOp mixer) {
    tile::KernelOp forward = tile::kernelOf(getOperation(), mixer.getSymName(), tile::Entry::Forward);
    if (!forward)
      return mixer.emitError() << "`" << mixer.getSymName() << "` has no forward kernel to differentiate";
    derive::KernelOptions options{tile::Entry::Forward, "again"};
    const Chunks chunks(forward);
    const int64_t best = chunks.state > smallState && arePairsCheap(mixer) ? cheapRows : rows;
    options.chunk = chunk ? static_cast<int64_t>(chunk) : derive::tokensOfRows(mixer, best);
    int64_t whole = std::lcm(chunks.size, options.chunk);
    int64_t every = (segment + whole - 1) / whole * whole;

    FailureOr<tile::KernelOp> again = derive::buildKernel(mixer, options);
    if (failed(again))
      return failure();
    for (tile::KernelOp kernel : {forward, *again}) {
      DominanceInfo dominance;
      IRRewriter rewriter(&getContext());
      eliminateCommonSubExpressions(rewriter, dominance, kernel);
    }
    bool keepWrites = keep == Keep::Writes && canKeepWrites(forward, *again);
    llvm::BitVector read;
    FailureOr<tile::KernelOp> backward = buildBackward(*again, every, keepWrites, read);
    if (failed(backward))
      return failure();
    backward->getOperation()->moveAfter(forward);
    again->erase();
    save(forward, every, keepWrites, read);
    tile::KernelOp replay = buildReplay(forward);
    for (tile::KernelOp kernel : {forward, replay, *backward})
      if (failed(verify(kernel)))
        return failure();
    return success();
  }
};

} // namespace
