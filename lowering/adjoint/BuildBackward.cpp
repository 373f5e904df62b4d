// Builds `tile.kernel @NAME_backward` and `@NAME_replay` beside every mixer's forward kernel, which is made to save its
// states.
//
// The backward kernel has chunks of its own size: longer ones than the forward kernel, since it moves two tiles a state and
// works with more matmuls within the chunk; shorter ones where states are stepped through, since it keeps a state for every token of
// a chunk there.
#include "lowering/Passes.h"
#include "lowering/adjoint/Backward.h"
#include "lowering/derive/ChunkProgram.h"
#include "mlir/IR/Dominance.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Transforms/CSE.h"
#include <numeric>

namespace mixc {
#define GEN_PASS_DEF_BUILDBACKWARD
#include "lowering/Passes.h.inc"
} // namespace mixc

using namespace mlir;
using namespace mixc;

namespace {

constexpr int64_t tokensASegment = 128;

struct BuildBackward : mixc::impl::BuildBackwardBase<BuildBackward> {
  using BuildBackwardBase::BuildBackwardBase;

  void runOnOperation() override {
    for (auto mixer : llvm::to_vector(getOperation().getOps<mix::MixerOp>()))
      if (failed(build(mixer)))
        return signalPassFailure();
  }

  LogicalResult build(mix::MixerOp mixer) {
    std::string name = (mixer.getSymName() + "_forward").str();
    auto forward = getOperation().lookupSymbol<tile::KernelOp>(name);
    if (!forward)
      return mixer.emitError() << "has no kernel @" << name << " to differentiate";
    bool isStepped = derive::findObstacle(mixer).has_value();
    derive::KernelOptions options{"again"};
    options.chunk = chunk ? static_cast<int64_t>(chunk) : isStepped ? 16 : 32;
    int64_t forwardChunk = 1;
    forward.walk([&](tile::ChunksOp loop) { forwardChunk = loop.getSize(); });
    int64_t whole = std::lcm(forwardChunk, options.chunk);
    int64_t every = (tokensASegment + whole - 1) / whole * whole;

    FailureOr<tile::KernelOp> again = derive::buildKernel(mixer, options);
    if (failed(again))
      return failure();
    DominanceInfo dominance;
    IRRewriter rewriter(&getContext());
    eliminateCommonSubExpressions(rewriter, dominance, *again);
    FailureOr<tile::KernelOp> backward = buildBackward(*again, mixer, every);
    if (failed(backward))
      return failure();
    backward->getOperation()->moveAfter(forward);
    again->erase();
    saveStates(forward, every);
    tile::KernelOp replay = buildReplay(forward);
    for (tile::KernelOp kernel : {forward, replay, *backward})
      if (failed(verify(kernel)))
        return failure();
    return success();
  }
};

} // namespace
