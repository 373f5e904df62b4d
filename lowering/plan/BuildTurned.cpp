// A sum over the panel axis, which is the lane axis too, would end in a sum across lanes for every entry:
//
//     y[t, k] = sum_v x[t, v] S[v, k]        lanes of S along v
//
// Of a state, of which it needs every row, a copy with other lanes is made first, and lanes are summed no more. Sums of
// tokens' rows stay dot products, whole ones. A copy is shared by the sums that come after it.
#include "lowering/Passes.h"
#include "lowering/plan/Plan.h"

namespace mixc {
#define GEN_PASS_DEF_BUILDTURNED
#include "lowering/Passes.h.inc"
} // namespace mixc

using namespace mlir;
using namespace mixc;
using namespace mixc::plan;
using tile::Axis;
using tile::AxisKind;
using tile::TileType;

namespace {

bool isState(Value tile, const KernelPlan &plan) {
  auto type = cast<TileType>(tile.getType());
  return type.rank() > 1 && plan.hasPanel(type) && llvm::none_of(type.getAxes(), [](const Axis &axis) {
           return axis.kind == AxisKind::Time || axis.kind == AxisKind::Source;
         });
}

void build(tile::KernelOp kernel) {
  const KernelPlan plan = KernelPlan::of(kernel);
  if (plan.panel.empty() || plan.lane != plan.panel)
    return;
  const auto turned = tile::PlanAttr::get(kernel.getContext(), /*stage=*/-1, /*fused=*/false, /*turned=*/true, {});
  DenseMap<Value, Value> copies;
  kernel.walk([&](tile::ContractOp op) {
    if (!isOverPanel(op, plan) || !isInnermost(op->getBlock()))
      return;
    for (OpOperand *operand : {&op->getOpOperand(0), &op->getOpOperand(1)}) {
      if (!isState(operand->get(), plan))
        continue;
      Value &copy = copies[operand->get()];
      if (!copy || !copy.getDefiningOp()->isBeforeInBlock(op)) {
        OpBuilder builder(op);
        copy = copyOf(builder, operand->get());
        setPlan(copy.getDefiningOp(), turned);
      }
      operand->set(copy);
    }
  });
}

struct BuildTurned : mixc::impl::BuildTurnedBase<BuildTurned> {
  using BuildTurnedBase::BuildTurnedBase;

  void runOnOperation() override {
    for (auto kernel : getOperation().getOps<tile::KernelOp>())
      build(kernel);
  }
};

} // namespace
