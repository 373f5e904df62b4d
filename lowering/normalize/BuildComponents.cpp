// Rewrites every mixer's states into components in normal form.
//
// Before: S_t = f(S_{t-1}, inputs) for each state, outputs over S_{t-1} and S_t, in whatever spelling.
// After, for each stratum that has one (Linearity.h, NormalForm.h, Plan.h):
//
//     r_i = sum_j S_j p_ij        w_m = phi_m(r, inputs)        S_i <- e . (sum_j S_j diag(a_ij)) + sum_m w_m u_mi'
//
// as a `mix.component`, with outputs and later updates over its reads and write values. p, a, e and u are free of the
// component's own reads; there are as few writes as directions. Other strata keep `mix.next`, which says why
// (`mix.sequential`) and where (`mix.culprit`). Dims stay symbolic. Running it again changes nothing.
#include "lowering/Passes.h"
#include "lowering/normalize/Plan.h"
#include "lowering/normalize/ThinDims.h"
#include "mlir/IR/Dominance.h"
#include "mlir/Transforms/CSE.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace mixc {
#define GEN_PASS_DEF_BUILDCOMPONENTS
#include "lowering/Passes.h.inc"

namespace {

class BuildComponents : public impl::BuildComponentsBase<BuildComponents> {
public:
  void runOnOperation() override {
    for (mix::MixerOp mixer : getOperation().getOps<mix::MixerOp>()) {
      clean(mixer);
      normalize::bindThinDims(mixer);
      normalize::Expressions expressions(mixer);
      FailureOr<std::vector<normalize::NormalForm>> components = normalize::planComponents(mixer, expressions);
      if (failed(components))
        return signalPassFailure();
      normalize::emitComponents(mixer, *components);
      clean(mixer);
    }
  }

private:
  /// Folds, and makes equal values one.
  void clean(mix::MixerOp mixer) {
    RewritePatternSet patterns(&getContext());
    mix::BinaryOp::getCanonicalizationPatterns(patterns, &getContext());
    (void)applyPatternsGreedily(mixer, std::move(patterns));
    IRRewriter rewriter(&getContext());
    DominanceInfo dominance(mixer);
    eliminateCommonSubExpressions(rewriter, dominance, mixer);
  }
};

} // namespace
} // namespace mixc
