// Makes `tile.kernel backward @NAME_backward` of every @NAME_again: the adjoint of its program (Backward.h), behind the
// forward kernel, whose `saving` loses what the adjoint does not take.
#include "lowering/Passes.h"
#include "lowering/adjoint/Backward.h"

namespace mixc {
#define GEN_PASS_DEF_BUILDADJOINT
#include "lowering/Passes.h.inc"
} // namespace mixc

using namespace mlir;
using namespace mixc;

namespace {

struct BuildAdjoint : mixc::impl::BuildAdjointBase<BuildAdjoint> {
  void runOnOperation() override {
    for (auto kernel : llvm::to_vector(getOperation().getOps<tile::KernelOp>()))
      if (kernel.getEntry() == tile::Entry::Again && failed(build(kernel)))
        return signalPassFailure();
  }

  LogicalResult build(tile::KernelOp again) {
    tile::KernelOp forward = tile::kernelOf(getOperation(), again.getMixer(), tile::Entry::Forward);
    if (!forward || !forward.getSaves())
      return again.emitError() << "has no forward kernel that says what it saves";
    FailureOr<Backward> built = buildBackward(again, *forward.getSaves());
    if (failed(built))
      return failure();
    forward.setSavesAttr(built->saves);
    built->kernel->moveAfter(forward);
    again.erase();
    return success();
  }
};

} // namespace
