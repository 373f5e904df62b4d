// Plans what forward is to save for backward: the attribute `saving` on every forward kernel.
//
// Forward's chunks and backward's both begin where a segment does: its tokens are a multiple of either. Writes are
// saved where both programs find the same ones with more than matmuls. What of all that no adjoint takes is known when
// there is one: mix-build-adjoint strikes it off.
#include "lowering/Passes.h"
#include "lowering/adjoint/Saved.h"
#include <numeric>

namespace mixc {
#define GEN_PASS_DEF_PLANSAVED
#include "lowering/Passes.h.inc"
} // namespace mixc

using namespace mlir;
using namespace mixc;

namespace {

int64_t chunkOf(tile::KernelOp kernel) {
  auto loops = kernel.getBody().getOps<tile::ChunksOp>();
  return loops.empty() ? 1 : static_cast<int64_t>((*loops.begin()).getSize());
}

struct PlanSaved : mixc::impl::PlanSavedBase<PlanSaved> {
  using PlanSavedBase::PlanSavedBase;

  void runOnOperation() override {
    for (auto again : getOperation().getOps<tile::KernelOp>())
      if (again.getEntry() == tile::Entry::Again && failed(plan(again)))
        return signalPassFailure();
  }

  LogicalResult plan(tile::KernelOp again) {
    tile::KernelOp forward = tile::kernelOf(getOperation(), again.getMixer(), tile::Entry::Forward);
    if (!forward)
      return again.emitError() << "has no forward kernel that could save anything";
    const int64_t whole = std::lcm(chunkOf(forward), chunkOf(again));
    const int64_t every = (segment + whole - 1) / whole * whole;
    forward.setSavesAttr(findSaves(forward, every, keep == Keep::Writes && findSameWrites(forward, again)));
    return success();
  }
};

} // namespace
