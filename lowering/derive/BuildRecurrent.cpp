// Builds `tile.kernel @NAME_decode` beside every mixer: chunks of one token, states updated in place.
//
//     r = S p      w = phi(r)      S <- e . (S diag(a)) + w u'      y = psi(r, w)
//
// Tensors: inputs, params, states, outputs, and the states after each token of the call, where the caller wants them.
// Every mixer has this form but one whose outputs read the end of a state.
#include "lowering/Passes.h"
#include "lowering/derive/ChunkProgram.h"

namespace mixc {
#define GEN_PASS_DEF_BUILDRECURRENT
#include "lowering/Passes.h.inc"
} // namespace mixc

using namespace mlir;
using namespace mixc;

namespace {

struct BuildRecurrent : mixc::impl::BuildRecurrentBase<BuildRecurrent> {
  void runOnOperation() override {
    for (auto mixer : llvm::to_vector(getOperation().getOps<mix::MixerOp>())) {
      if (!mixer.step().getOps<mix::EndOp>().empty())
        continue; // no output is known before the last token
      FailureOr<tile::KernelOp> kernel = derive::buildKernel(mixer, {tile::Entry::Decode});
      if (failed(kernel))
        return signalPassFailure();
      kernel->setForm(tile::Form::Recurrent);
    }
  }
};

} // namespace
