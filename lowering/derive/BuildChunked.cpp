// Builds `tile.kernel @NAME_forward` beside every mixer.
//
// States in normal form advance by chunks of C tokens (ChunkedComponent.h); scans and sequential states step through
// the chunk (SteppedStates.h), and then the kernel says why: form = "stepped", why = "...". Requires bound dims; what a
// mixer that `require`s chunks cannot have is an error.
#include "lowering/Limits.h"
#include "lowering/Passes.h"
#include "lowering/Refusal.h"
#include "lowering/derive/ChunkProgram.h"
#include "lowering/derive/ChunkSize.h"

namespace mixc {
#define GEN_PASS_DEF_BUILDCHUNKED
#include "lowering/Passes.h.inc"
} // namespace mixc

using namespace mlir;
using namespace mixc;

namespace {

struct BuildChunked : mixc::impl::BuildChunkedBase<BuildChunked> {
  using BuildChunkedBase::BuildChunkedBase;

  void runOnOperation() override {
    if (chunk < 0) {
      getOperation().emitError() << "chunks of " << static_cast<int64_t>(chunk)
                                 << " tokens; at least 1 is expected (0: chosen)";
      return signalPassFailure();
    }
    for (auto mixer : llvm::to_vector(getOperation().getOps<mix::MixerOp>()))
      if (failed(build(mixer)))
        return signalPassFailure();
  }

  /// What would compile for minutes is refused before it does.
  static LogicalResult checkLimits(mix::ComponentOp component) {
    if (component.getNumWrites() <= limits::writes)
      return success();
    auto state = component.getStates().front().getDefiningOp<mix::StateOp>();
    InFlightDiagnostic error = refuse(state.getLoc(), "MIX0143")
                               << "`" << state.getName() << "` has " << component.getNumWrites()
                               << " writes at every token, and may have " << limits::writes;
    helpOf(error) << "fewer factors or outer products a token, or the same ones over several tokens";
    return error;
  }

  LogicalResult build(mix::MixerOp mixer) {
    for (auto component : mixer.step().getOps<mix::ComponentOp>())
      if (failed(checkLimits(component)))
        return failure();
    std::optional<derive::Obstacle> obstacle = derive::findObstacle(mixer);
    if (obstacle && mixer.getRequireChunked())
      return refuse(obstacle->loc) << "`" << mixer.getSymName()
                                   << "` cannot be chunked, and it says `require chunked`; " << obstacle->why;
    derive::KernelOptions options{tile::Entry::Forward, "forward"};
    options.chunk = chunk ? static_cast<int64_t>(chunk) : derive::tokensOfRows(mixer, rows);
    FailureOr<tile::KernelOp> kernel = derive::buildKernel(mixer, options);
    if (failed(kernel))
      return failure();
    kernel->setForm(options.chunk == 1 ? tile::Form::Recurrent : obstacle ? tile::Form::Stepped : tile::Form::Chunked);
    if (obstacle)
      kernel->setWhy(obstacle->why);
    return success();
  }
};

} // namespace
