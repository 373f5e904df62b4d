// The schedule over an axis that is cut into panels. Key-side ops (no panel axis) run once a chunk, in the even stages:
//
//   stage(op) = max over operands x of   x key-side:    the even stage at which x is complete
//                                        x has panels:  its own odd stage
//   and an op over panels runs in an odd stage, one more than the last even stage that it needs.
//
// A sum over the panel axis is complete only after its loop, one stage later. Steps whose body keeps the panels apart
// run in an odd stage, a panel's carried tiles in L1 for the whole chunk; where the body sums over the panel axis, in
// an even one. Loads need nothing: those of panels run in the stage of their first use. A map of one use, a
// contraction's `acc`, is fused: the accumulators start with it.
#include "lowering/Passes.h"
#include "lowering/plan/Plan.h"
#include <map>

namespace mixc {
#define GEN_PASS_DEF_PLANSTAGES
#include "lowering/Passes.h.inc"
} // namespace mixc

using namespace mlir;
using namespace mixc;
using namespace mixc::plan;
using tile::PlaceAttr;
using tile::PlanAttr;
using tile::TileType;

namespace {

class Stages {
public:
  explicit Stages(tile::KernelOp kernel) : kernel(kernel), plan(KernelPlan::of(kernel)) {}

  void run() {
    for (Block *block : blocksOf(kernel)) {
      for (Operation &op : *block)
        stages[&op] = isa<tile::ChunksOp>(op) ? 0 : stageOf(&op);
      fuseStarts(*block);
      sinkLoads(*block);
      for (auto steps : block->getOps<tile::StepsOp>()) {
        Block &body = steps.getBody().front();
        for (Operation &op : body)
          stages[&op] = stages[steps];
        fuseStarts(body);
        write(body);
      }
      if (isInnermost(block))
        sort(*block);
      write(*block);
    }
  }

private:
  bool touchesPanel(Operation *op) const;
  int64_t stageOf(Operation *op);
  void fuseStarts(Block &block);
  void sinkLoads(Block &block);
  void sort(Block &block);
  void write(Block &block);
  unsigned tilesInMemory(Operation *op) const;

  tile::KernelOp kernel;
  const KernelPlan plan;
  DenseMap<Operation *, int64_t> stages;
  DenseSet<Operation *> fused;
};

bool Stages::touchesPanel(Operation *op) const {
  auto touches = [&](Operation *inner) {
    return llvm::any_of(inner->getOperandTypes(), [&](Type type) { return plan.hasPanel(type); }) ||
           llvm::any_of(inner->getResultTypes(), [&](Type type) { return plan.hasPanel(type); });
  };
  if (auto steps = dyn_cast<tile::StepsOp>(op);
      steps && llvm::any_of(steps.getBody().front(), [&](Operation &inner) { return touches(&inner); }))
    return true;
  return touches(op);
}

int64_t Stages::stageOf(Operation *op) {
  int64_t even = 0, odd = 0;
  for (Value operand : op->getOperands()) {
    Operation *def = operand.getDefiningOp();
    if (!def || def->getBlock() != op->getBlock() || isImmediate(def))
      continue; // or a tensor
    int64_t stage = stages[def];
    if (stage % 2 == 0)
      even = std::max(even, stage);
    else if (plan.hasPanel(operand.getType()))
      odd = std::max(odd, stage);
    else
      even = std::max(even, stage + 1); // a sum over panels: complete after its loop
  }
  if (isWhole(op, plan))
    return odd ? std::max(even, odd + 1) : even;
  if (touchesPanel(op))
    return std::max(even + 1, odd);
  return even;
}

void Stages::fuseStarts(Block &block) {
  for (auto contract : block.getOps<tile::ContractOp>()) {
    auto map = contract.getAcc() ? contract.getAcc().getDefiningOp<tile::MapOp>() : tile::MapOp();
    if (map && map->getBlock() == &block && map->hasOneUse() &&
        map.getResult().getType() == contract.getResult().getType()) {
      fused.insert(map);
      stages[map] = stages[contract];
    }
  }
}

void Stages::sinkLoads(Block &block) {
  for (Operation &op : block) {
    if (!isa<tile::LoadOp>(op) || !touchesPanel(&op))
      continue;
    int64_t first = INT64_MAX;
    for (Operation *user : op.getUsers())
      if (user->getBlock() == &block && !user->hasTrait<OpTrait::IsTerminator>())
        first = std::min(first, stages[user]);
    if (first != INT64_MAX)
      stages[&op] = first % 2 ? first : first - 1;
  }
}

/// In order of their stages; within one, as they were.
void Stages::sort(Block &block) {
  std::map<int64_t, SmallVector<Operation *>> byStage;
  for (Operation &op : block.without_terminator())
    byStage[stages[&op]].push_back(&op);
  for (auto &[stage, ops] : byStage)
    for (Operation *op : ops)
      op->moveBefore(block.getTerminator());
}

/// A rename of another axis is the same memory under another name.
unsigned Stages::tilesInMemory(Operation *op) const {
  if (isa<tile::StepsOp, tile::BufferOp>(op))
    return op->getNumResults();
  return op->getNumResults() == 1 && isa<TileType>(op->getResult(0).getType()) && !isImmediate(op) &&
         !fused.contains(op) && (!isa<tile::RenameOp>(op) || isWhole(op, plan));
}

void Stages::write(Block &block) {
  for (Operation *op : plannedOps(block)) {
    PlanAttr known = tile::planOf(op);
    const SmallVector<PlaceAttr> places(tilesInMemory(op), PlaceAttr::get(op->getContext()));
    setPlan(op, PlanAttr::get(op->getContext(), stages[op], fused.contains(op), known && known.getTurned(),
                              ArrayRef(places)));
  }
}

struct PlanStages : mixc::impl::PlanStagesBase<PlanStages> {
  using PlanStagesBase::PlanStagesBase;

  void runOnOperation() override {
    for (auto kernel : getOperation().getOps<tile::KernelOp>())
      Stages(kernel).run();
  }
};

} // namespace
