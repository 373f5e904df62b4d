// Which tiles hold one panel at a time: those with the panel axis, worked out in a loop over panels, that no other
// stage, block or op on whole tiles uses.
//
//     stage 1:  for panels p  { r = S_p q;  y = f(r) }      r, y   sliced, if only stage 1 uses them
//
// What steps carry is one panel for the whole chunk, and what is written in place of it in their body, too.
#include "lowering/Passes.h"
#include "lowering/plan/Plan.h"

namespace mixc {
#define GEN_PASS_DEF_PLANSLICES
#include "lowering/Passes.h.inc"
} // namespace mixc

using namespace mlir;
using namespace mixc;
using namespace mixc::plan;
using tile::Memory;
using tile::PlaceAttr;
using tile::PlanAttr;

namespace {

class Slices {
public:
  explicit Slices(tile::KernelOp kernel) : kernel(kernel), plan(KernelPlan::of(kernel)) {}

  void run() {
    for (Block *block : blocksOf(kernel))
      for (Operation *op : plannedOps(*block)) {
        planOp(op, [&](OpResult result) {
          return isa<tile::StepsOp>(op) ? !needsWhole(result, op) : isInnermost(block) && !needsWhole(result, op);
        });
        if (auto steps = dyn_cast<tile::StepsOp>(op))
          planSteps(steps);
      }
  }

private:
  static int64_t stageOf(Operation *op) {
    PlanAttr plan = tile::planOf(op);
    return plan ? plan.getStage() : 0; // of a loop over chunks
  }
  bool needsWhole(Value value, Operation *producer) const;
  void planOp(Operation *op, function_ref<bool(OpResult)> isOfOnePanel);
  void planSteps(tile::StepsOp steps);

  tile::KernelOp kernel;
  const KernelPlan plan;
};

/// A tile that a later stage, another block or a whole-tile op uses cannot live in one panel.
bool Slices::needsWhole(Value value, Operation *producer) const {
  for (Operation *user : value.getUsers()) {
    if (user->getBlock() != producer->getBlock() || isWhole(user, plan) || stageOf(user) != stageOf(producer) ||
        user->hasTrait<OpTrait::IsTerminator>())
      return true;
    if (auto rename = dyn_cast<tile::RenameOp>(user); rename && needsWhole(rename.getResult(), producer))
      return true;
  }
  return false;
}

void Slices::planOp(Operation *op, function_ref<bool(OpResult)> isOfOnePanel) {
  PlanAttr known = tile::planOf(op);
  SmallVector<PlaceAttr> places(known.getPlaces());
  for (auto [result, place] : llvm::zip(op->getResults(), places))
    if (plan.hasPanel(result.getType()) && known.getStage() % 2 && isOfOnePanel(result))
      place = place.slicedInPanels();
  setPlan(op, known.withPlaces(places));
}

void Slices::planSteps(tile::StepsOp steps) {
  ArrayRef<PlaceAttr> carried = tile::planOf(steps).getPlaces().take_front(steps.getInits().size());
  for (Operation *op : plannedOps(steps.getBody().front())) {
    PlaceAttr place = tile::planOf(op).getPlace();
    const bool isInPlace = place && place.isIn(Memory::Carried);
    planOp(op, [&](OpResult) { return !isInPlace || carried[place.getNumber()].getSliced(); });
  }
}

struct PlanSlices : mixc::impl::PlanSlicesBase<PlanSlices> {
  using PlanSlicesBase::PlanSlicesBase;

  void runOnOperation() override {
    for (auto kernel : getOperation().getOps<tile::KernelOp>())
      Slices(kernel).run();
  }
};

} // namespace
