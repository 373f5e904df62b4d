// Which axis is cut into panels, and how wide they are. The panel axis is the value axis of the largest state. On the
// chunk path states lie value lanes last, in panels that stay in L1 while the chunk's reads, solve, outputs and update
// pass over them; on the decode path they stay as the caller declared them, since there every entry is touched once,
// and so they do where steps load matrices to meet them.
//
//     lanes along the panel axis     as many vectors as there are accumulators for the chunk's rows
//     along another                  as many rows of the state as there are accumulators
#include "lowering/Limits.h"
#include "lowering/Passes.h"
#include "lowering/Refusal.h"
#include "lowering/Target.h"
#include "lowering/cpu/Plan.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

namespace mixc {
#define GEN_PASS_DEF_PLANPANELS
#include "lowering/Passes.h.inc"
} // namespace mixc

using namespace mlir;
using namespace mixc;
using namespace mixc::cpu;
using tile::Axis;
using tile::AxisKind;
using tile::TileType;

namespace {

/// Do steps load matrices on these axes? Then the state had best lie as they do.
bool meetsMatrices(tile::KernelOp kernel, TileType state) {
  bool found = false;
  kernel.walk([&](tile::LoadOp load) {
    found |= state.getAxes().size() > 1 && isa<tile::StepsOp>(load->getParentOp()) &&
             load.getResult().getType().getAxes() == state.getAxes();
  });
  return found;
}

/// A part of an axis has its name, and has not its panels: what is cut or joined along an axis has none.
llvm::StringSet<> axesInParts(tile::KernelOp kernel) {
  llvm::StringMap<int64_t> extents;
  llvm::StringSet<> cut;
  kernel.walk([&](Operation *op) {
    for (Type type : op->getResultTypes())
      for (const Axis &axis : isa<TileType>(type) ? cast<TileType>(type).getAxes() : ArrayRef<Axis>())
        if (extents.try_emplace(axis.str(), axis.extent).first->second != axis.extent)
          cut.insert(axis.str());
  });
  return cut;
}

void choosePanel(tile::KernelOp kernel, KernelPlan &plan) {
  const llvm::StringSet<> cut = axesInParts(kernel);
  int64_t largest = 0;
  kernel.walk([&](tile::InitOp init) {
    auto type = cast<TileType>(init.getResult().getType());
    for (const Axis &axis : type.getAxes())
      if (axis.kind == AxisKind::Value && axis.extent > 1 && type.size() > largest && !cut.contains(axis.str())) {
        largest = type.size();
        plan.panel = axis.str().str();
        plan.extent = axis.extent;
        const bool inPlace = tile::roleOf(init.getTensor()) == tile::Role::State;
        plan.lane = inPlace || meetsMatrices(kernel, type) ? type.getAxes().back().str().str() : plan.panel;
      }
  });
}

int64_t chooseWidth(tile::KernelOp kernel, const KernelPlan &plan, const Target &target) {
  if (plan.lane != plan.panel) { // some rows of the state
    bool anyWhole = false;       // what works on whole tiles wants their rows next to each other
    kernel.walk([&](tile::StepsOp steps) { anyWhole |= plan::isWhole(steps, plan); });
    return anyWhole ? plan.extent : largestDivisor(plan.extent, target.panelRows);
  }
  int64_t chunk = 1;
  kernel.walk([&](tile::ChunksOp chunks) {
    if (plan::isInnermost(&chunks.getBody().front()))
      chunk = chunks.getSize();
  });
  const int64_t vectors = llvm::divideCeil(plan.extent, plan.lanes);
  return plan.lanes * largestDivisor(vectors, std::max<int64_t>(1, target.accumulators() / chunk));
}

/// What would compile for minutes is refused before it does.
LogicalResult checkLimits(tile::KernelOp kernel) {
  auto isRead = [](tile::ArgumentAttr argument) {
    return argument.getRole() == tile::Role::Input || argument.getRole() == tile::Role::Param;
  };
  const size_t inputs = llvm::count_if(kernel.getArguments().getAsRange<tile::ArgumentAttr>(), isRead);
  if (inputs <= limits::inputs)
    return success();
  InFlightDiagnostic error = refuse(kernel.getLoc(), "MIX0142") << "`" << kernel.getMixer() << "` has " << inputs
                                                                << " inputs, and a kernel may have " << limits::inputs;
  helpOf(error) << "members of a family that are used alike are rows of one matrix input";
  return error;
}

struct PlanPanels : mixc::impl::PlanPanelsBase<PlanPanels> {
  using PlanPanelsBase::PlanPanelsBase;

  void runOnOperation() override {
    const Target target = describe(cpu);
    for (auto kernel : getOperation().getOps<tile::KernelOp>()) {
      if (failed(checkLimits(kernel)))
        return signalPassFailure();
      KernelPlan plan;
      plan.target = target.name;
      plan.lanes = target.lanes;
      choosePanel(kernel, plan);
      if (!plan.panel.empty())
        plan.width = chooseWidth(kernel, plan, target);
      plan.setOn(kernel);
    }
  }
};

} // namespace
