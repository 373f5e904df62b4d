// Builds `tile.kernel @NAME_backward` and `@NAME_replay` beside every mixer's forward kernel, which is made to save its
// states.
//
// The backward kernel has chunks of its own size. Per token it moves two tiles a state every chunk, and within the chunk has about
// three times the forward's C K: for scalar decays 32 tokens balance that. Halving (gates along an axis) makes pairs of tokens
// dearer, and steps keep a state for every token of a chunk: there 16.
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
    bool isDear = derive::findObstacle(mixer).has_value();
    for (auto component : mixer.step().getOps<mix::ComponentOp>()) {
      mix::ClassAttr found = component.getClassAttrAttr();
      isDear |= found && (found.getTransition() == mix::TransitionKind::Diagonal || found.getValueGate());
    }
    derive::KernelOptions options{"again"};
    options.chunk = chunk ? static_cast<int64_t>(chunk) : isDear ? 16 : 32;
    int64_t forwardChunk = 1;
    forward.walk([&](tile::ChunksOp loop) { forwardChunk = loop.getSize(); });
    int64_t whole = std::lcm(forwardChunk, options.chunk);
    int64_t every = (tokensASegment + whole - 1) / whole * whole;

    FailureOr<tile::KernelOp> again = derive::buildKernel(mixer, options);
    if (failed(again))
      return failure();
    for (tile::KernelOp kernel : {forward, *again}) {
      DominanceInfo dominance;
      IRRewriter rewriter(&getContext());
      eliminateCommonSubExpressions(rewriter, dominance, kernel);
    }
    bool keepWrites = keep == "writes" && canKeepWrites(forward, *again);
    FailureOr<tile::KernelOp> backward = buildBackward(*again, mixer, every, keepWrites);
    if (failed(backward))
      return failure();
    backward->getOperation()->moveAfter(forward);
    again->erase();
    save(forward, every, keepWrites);
    tile::KernelOp replay = buildReplay(forward);
    for (tile::KernelOp kernel : {forward, replay, *backward})
      if (failed(verify(kernel)))
        return failure();
    return success();
  }
};

} // namespace
