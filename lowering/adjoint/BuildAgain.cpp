// Builds `tile.kernel again @NAME_again`: the forward program a second time, in the chunks of the backward kernel that
// is made of it.
//
// The backward kernel has chunks of its own size (lowering/Target.h). Pairs of tokens are cheap for one state with
// scalar decays, and writes free of reads or affine in them. Anything else has more pairs (halving, mixing), or keeps a
// state for every token of a chunk (steps). Several writes that read share a chunk's rows (ChunkSize.h).
#include "lowering/Passes.h"
#include "lowering/derive/ChunkProgram.h"
#include "lowering/derive/ChunkSize.h"

namespace mixc {
#define GEN_PASS_DEF_BUILDAGAIN
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

/// Numbers of the largest tile that a kernel carries from one chunk to the next.
int64_t largestState(tile::KernelOp kernel) {
  int64_t largest = 0;
  kernel.walk([&](tile::ChunksOp loop) {
    for (Type carried : loop.getResultTypes())
      largest = std::max(largest, cast<tile::TileType>(carried).size());
  });
  return largest;
}

struct BuildAgain : mixc::impl::BuildAgainBase<BuildAgain> {
  using BuildAgainBase::BuildAgainBase;

  void runOnOperation() override {
    for (auto mixer : llvm::to_vector(getOperation().getOps<mix::MixerOp>()))
      if (failed(build(mixer)))
        return signalPassFailure();
  }

  LogicalResult build(mix::MixerOp mixer) {
    tile::KernelOp forward = tile::kernelOf(getOperation(), mixer.getSymName(), tile::Entry::Forward);
    if (!forward)
      return mixer.emitError() << "`" << mixer.getSymName() << "` has no forward kernel to differentiate";
    const int64_t best = largestState(forward) > smallState && arePairsCheap(mixer) ? cheapRows : rows;
    return derive::buildKernel(
        mixer, {tile::Entry::Again, chunk ? static_cast<int64_t>(chunk) : derive::tokensOfRows(mixer, best)});
  }
};

} // namespace
