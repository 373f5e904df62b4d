// The order of each tile's axes in memory, lanes last. Lanes are along the axis of the first rank that the tile has:
//
//     the lane axis of states, the panel axis, the longest of key, value and free axes, source, time, seq
//
// A turned copy has the panel axis first, the longest of the others last. A tile that lies as the caller's tensor does
// is that tensor: a state in place, and a matrix of params, which is read once and stays as it is.
#include "lowering/Passes.h"
#include "lowering/cpu/Plan.h"

namespace mixc {
#define GEN_PASS_DEF_PLANLAYOUTS
#include "lowering/Passes.h.inc"
} // namespace mixc

using namespace mlir;
using namespace mixc;
using namespace mixc::cpu;
using tile::Axis;
using tile::AxisKind;
using tile::Memory;
using tile::PlaceAttr;
using tile::PlanAttr;
using tile::TileType;

namespace {

/// Of the lane axis the highest; of equal ones the last.
std::pair<int, int64_t> rankOf(const Axis &axis, const KernelPlan &plan) {
  if (axis.extent == 1)
    return {0, 0};
  if (axis.str() == plan.lane)
    return {5, 0};
  if (axis.str() == plan.panel)
    return {4, 0};
  switch (axis.kind) {
  case AxisKind::Seq: return {0, 1};
  case AxisKind::Time: return {1, 0};
  case AxisKind::Source: return {2, 0};
  default: return {3, axis.extent};
  }
}

Layout layoutOf(TileType type, bool sliced, const KernelPlan &plan) {
  Layout layout{llvm::to_vector(type.getAxes()), type.getElementType(), sliced};
  auto last = layout.axes.begin();
  for (auto axis = layout.axes.begin(); axis != layout.axes.end(); ++axis)
    if (rankOf(*axis, plan) >= rankOf(*last, plan))
      last = axis;
  if (last != layout.axes.end())
    std::rotate(last, last + 1, layout.axes.end());
  return layout;
}

void turn(Layout &layout) {
  std::rotate(layout.axes.begin(), layout.axes.end() - 1, layout.axes.end());
  std::iter_swap(std::max_element(layout.axes.begin() + 1, layout.axes.end(),
                                  [](const Axis &x, const Axis &y) { return x.extent < y.extent; }),
                 layout.axes.end() - 1);
}

/// A whole tensor of params of two or more axes.
bool isMatrixOfParams(Operation *op) {
  auto load = dyn_cast<tile::LoadOp>(op);
  return load && load.getTensor().getType().getPer() == tile::Per::Head && load.getResult().getType().rank() > 1;
}

/// Can the tile be the caller's memory itself? A state in place can, and params that are only read.
bool isExternal(Operation *op, const Layout &layout, const KernelPlan &plan) {
  Value tensor;
  if (auto init = dyn_cast<tile::InitOp>(op); init && tile::roleOf(init.getTensor()) == tile::Role::State)
    tensor = init.getTensor();
  else if (isMatrixOfParams(op))
    tensor = cast<tile::LoadOp>(op).getTensor();
  auto type = cast<TileType>(op->getResult(0).getType());
  if (type.has("seq")) // they lie apart
    return false;
  return tensor && cast<tile::ViewType>(tensor.getType()).getElementType() == layout.elementType && !layout.sliced &&
         !layout.padded(plan) && ArrayRef(layout.axes) == type.getAxes();
}

void planOp(Operation *op, const KernelPlan &plan, bool isDecode) {
  const PlanAttr known = tile::planOf(op);
  SmallVector<PlaceAttr> places(known.getPlaces());
  for (auto [result, place] : llvm::zip(op->getResults(), places)) {
    auto type = dyn_cast<TileType>(result.getType());
    if (!type)
      continue; // a buffer
    Layout layout = layoutOf(type, place.getSliced(), plan);
    if (known.getTurned())
      turn(layout);
    if (isMatrixOfParams(op) && isDecode) // touched once: as it lies
      layout.axes = llvm::to_vector(type.getAxes());
    place = place.withLayout(layout.names(op->getContext()));
    if (!isa<tile::StepsOp>(op) && isExternal(op, layout, plan))
      place = place.in(Memory::Caller);
  }
  plan::setPlan(op, known.withPlaces(places));
}

struct PlanLayouts : mixc::impl::PlanLayoutsBase<PlanLayouts> {
  using PlanLayoutsBase::PlanLayoutsBase;

  void runOnOperation() override {
    for (auto kernel : getOperation().getOps<tile::KernelOp>()) {
      const KernelPlan plan = KernelPlan::of(kernel);
      kernel.walk([&](Operation *op) {
        if (op != kernel && tile::planOf(op))
          planOp(op, plan, kernel.getEntry() == tile::Entry::Decode);
      });
    }
  }
};

} // namespace
