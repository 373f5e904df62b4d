// Lowers planned kernels to functions over vectors and buffers (KernelEmitter.h).
#include "lowering/cpu/KernelEmitter.h"
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
      const Target target = describe(cpu::KernelPlan::of(kernel).target);
      OpBuilder builder(kernel);
      if (failed(cpu::KernelEmitter(kernel, target, builder).emit()))
        return signalPassFailure();
      kernel.erase();
    }
  }
};

} // namespace
