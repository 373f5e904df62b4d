// Erases the mixers of a module whose kernels are functions: equations have no machine code of their own, and what the
// entry points need of them (lowering/emit/Interface.h) was read at stage `vector`.
#include "lowering/Passes.h"

namespace mixc {
#define GEN_PASS_DEF_LOWERMIXERS
#include "lowering/Passes.h.inc"

namespace {
struct LowerMixers : impl::LowerMixersBase<LowerMixers> {
  void runOnOperation() override {
    for (mix::MixerOp mixer : llvm::make_early_inc_range(getOperation().getOps<mix::MixerOp>()))
      mixer.erase();
  }
};
} // namespace
} // namespace mixc
