// Makes every forward kernel save what its `saving` says, in tensors `saved.0`, `saved.1`, ...:
//
//     state    stored at the start of the chunk that begins a segment
//     write    stored for every token
//     end      stored after the loop
#include "lowering/Passes.h"
#include "lowering/adjoint/Saved.h"

namespace mixc {
#define GEN_PASS_DEF_BUILDSAVED
#include "lowering/Passes.h.inc"
} // namespace mixc

using namespace mlir;
using namespace mixc;
using namespace mixc::tile;

namespace {

/// Where one more tile of this kind is stored, after those that are there.
void setInsertionPoint(OpBuilder &builder, ChunksOp loop, Keeps keeps) {
  Block &body = loop.getBody().front(), *block = keeps == Keeps::End ? loop->getBlock() : &body;
  Block::iterator at = keeps == Keeps::State   ? body.begin()
                       : keeps == Keeps::Write ? Block::iterator(body.getTerminator())
                                               : std::next(Block::iterator(loop));
  while (at != block->end() && isa<StoreOp, FinalOp>(*at) && roleOf(at->getOperand(1)) == Role::Saved)
    ++at;
  builder.setInsertionPoint(block, at);
}

struct BuildSaved : mixc::impl::BuildSavedBase<BuildSaved> {
  void runOnOperation() override {
    for (auto kernel : getOperation().getOps<KernelOp>())
      if (kernel.getSaves())
        build(kernel);
  }

  static void build(KernelOp forward) {
    OpBuilder builder(forward.getContext());
    const SavesAttr saves = *forward.getSaves();
    const Location loc = forward.getLoc();
    auto loops = llvm::to_vector(forward.getBody().getOps<ChunksOp>());
    // Stores are users of what they store, and a tile is known by what it is used for.
    auto tiles = llvm::map_to_vector(saves.getTiles(), [&](KeptAttr kept) { return keptTile(forward, kept); });
    for (auto [number, kept, tile] : llvm::enumerate(saves.getTiles(), tiles)) {
      Value tensor = forward.addArgument(savedArgument(saves, kept, number), savedType(kept, tile), loc);
      setInsertionPoint(builder, loops[kept.getLoop()], kept.getKeeps());
      if (kept.getKeeps() == Keeps::State)
        storeSegment(builder, loc, tile, tensor, saves.getEvery());
      else if (kept.getKeeps() == Keeps::Write)
        StoreOp::create(builder, loc, tile, tensor);
      else
        FinalOp::create(builder, loc, tile, tensor);
    }
    forward.removeSavesAttr();
  }
};

} // namespace
