// Builds `tile.kernel again @NAME_again`: the forward program a second time, in the chunks of the backward kernel that
// is made of it.
//
// The backward kernel has chunks of its own size. Per token it moves two tiles a state every chunk, V K / C numbers,
// and has within the chunk about three times the forward's C (K + V): for one state with scalar decays, and writes free
// of reads or affine in them, 32 tokens balance that, and 16 where V K is at most 32 x 32 (as measured: 6 to 15 %
// faster). Anything else has more pairs of tokens (halving, mixing), or keeps a state for every token of a chunk
// (steps): there 16. Several writes that read share these (ChunkSize.h).
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

constexpr int64_t smallState = 32 * 32;

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
    const int64_t rows = largestState(forward) > smallState && arePairsCheap(mixer) ? 32 : 16;
    return derive::buildKernel(
        mixer, {tile::Entry::Again, chunk ? static_cast<int64_t>(chunk) : derive::tokensOfRows(mixer, rows)});
  }
};

} // namespace
