// Lowers planned kernels to functions over vectors and buffers: EmitKernel.cpp the function, Loops.cpp its chunks and
// panels, an Emit*.cpp each group of ops. Scope.h is where code runs, Tiles.h where values lie, Access.h both: entries
// and vectors of a tile at a point.
#include "lowering/Passes.h"
#include "lowering/cpu/EmitKernel.h"
#include "lowering/cpu/Plan.h"
#include "lowering/plan/VerifyPlan.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

namespace mixc {
#define GEN_PASS_DEF_TILETOVECTOR
#include "lowering/Passes.h.inc"
} // namespace mixc

using namespace mlir;
using namespace mixc;

namespace {

struct TileToVector : mixc::impl::TileToVectorBase<TileToVector> {
  using TileToVectorBase::TileToVectorBase;

  void runOnOperation() override {
    for (auto kernel : llvm::make_early_inc_range(getOperation().getOps<tile::KernelOp>())) {
      if (failed(plan::verifyPlan(kernel)))
        return signalPassFailure();
      cpu::emitKernel(kernel, describe(cpu::KernelPlan::of(kernel).target));
      kernel.erase();
    }
  }
};

} // namespace
