// Passes that Passes.td names and that have no body yet. A weak definition here gives way to the real one.
#include "lowering/Passes.h"

using namespace mlir;

namespace mixc {
namespace {
struct Pending : PassWrapper<Pending, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(Pending)
  Pending(StringRef flag) : flag(flag) {}
  void runOnOperation() override {
    getOperation().emitError() << "the pass " << flag << " is not built yet";
    signalPassFailure();
  }
  StringRef getArgument() const override { return flag; }
  StringRef flag;
};
} // namespace

#define PENDING(Name, flag)                                                                                              \
  __attribute__((weak)) std::unique_ptr<Pass> create##Name() { return std::make_unique<Pending>(flag); }
#define PENDING_WITH_OPTIONS(Name, flag)                                                                                 \
  PENDING(Name, flag)                                                                                                    \
  __attribute__((weak)) std::unique_ptr<Pass> create##Name(Name##Options) { return create##Name(); }

PENDING(BuildComponents, "mix-build-components")
PENDING(ClassifyComponents, "mix-classify-components")
PENDING_WITH_OPTIONS(BindDims, "mix-bind-dims")
PENDING_WITH_OPTIONS(BuildChunked, "mix-build-chunked")
PENDING(BuildRecurrent, "mix-build-recurrent")
PENDING(InferPrecision, "mix-infer-precision")
PENDING_WITH_OPTIONS(PlanCpu, "mix-plan-cpu")
PENDING(TileToVector, "mix-tile-to-vector")
PENDING(LowerMath, "mix-lower-math")
} // namespace mixc
