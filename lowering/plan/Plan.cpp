#include "lowering/plan/Plan.h"
#include "mlir/IR/Builders.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mixc;
using namespace mixc::plan;

tile::KernelPlanAttr KernelPlan::toAttr(MLIRContext *context) const {
  auto name = [&](StringRef text) { return StringAttr::get(context, text); };
  return tile::KernelPlanAttr::get(context, name(target), lanes, name(panel), extent, width, name(lane), scratch);
}

KernelPlan KernelPlan::of(tile::KernelOp kernel) {
  auto attr = kernel->getAttrOfType<tile::KernelPlanAttr>(tile::planAttrName);
  return {attr.getTarget().str(), attr.getLanes(),      attr.getPanel().str(), attr.getExtent(),
          attr.getWidth(),        attr.getLane().str(), attr.getScratch()};
}

bool KernelPlan::hasPanel(Type type) const {
  auto tile = dyn_cast<tile::TileType>(type);
  return tile && !panel.empty() && tile.has(panel);
}

int64_t Layout::lanes(const KernelPlan &plan) const {
  if (axes.empty() || axes.back().extent == 1)
    return 1;
  return elementType.isF64() ? std::max<int64_t>(plan.lanes / 2, 1) : plan.lanes;
}

SmallVector<int64_t> Layout::shape(const KernelPlan &plan) const {
  SmallVector<int64_t> shape;
  bool panelLane = !axes.empty() && lane() == plan.panel;
  if (panelLane && !sliced)
    shape.push_back(plan.panels());
  for (const tile::Axis &axis : axes) {
    int64_t extent = axis.extent;
    if (axis.str() == plan.panel && (panelLane || sliced))
      extent = plan.width;
    shape.push_back(&axis == &axes.back() ? llvm::alignTo(extent, lanes(plan)) : extent);
  }
  if (axes.empty())
    shape.push_back(1);
  return shape;
}

bool Layout::padded(const KernelPlan &plan) const {
  int64_t entries = 1, slots = 1;
  for (const tile::Axis &axis : axes)
    entries *= sliced && axis.str() == plan.panel ? plan.width : axis.extent;
  for (int64_t extent : shape(plan))
    slots *= extent;
  return entries != slots || (sliced && plan.extent % plan.width);
}

int64_t Layout::bytes(const KernelPlan &plan) const {
  int64_t bytes = elementType.isF64() ? 8 : 4;
  for (int64_t extent : shape(plan))
    bytes *= extent;
  return llvm::alignTo(bytes, 64);
}

ArrayAttr Layout::names(MLIRContext *context) const {
  SmallVector<Attribute> names;
  for (const tile::Axis &axis : axes)
    names.push_back(axis.name);
  return ArrayAttr::get(context, names);
}

Layout Layout::of(tile::TileType type, ArrayAttr names, bool sliced) {
  Layout layout;
  layout.elementType = type.getElementType();
  layout.sliced = sliced;
  for (Attribute name : names)
    layout.axes.push_back(type.getAxes()[type.find(cast<StringAttr>(name).getValue())]);
  return layout;
}

bool mixc::plan::isOverPanel(Operation *op, const KernelPlan &plan) {
  auto over = op->getAttrOfType<ArrayAttr>("over");
  return over && llvm::any_of(over, [&](Attribute name) { return cast<StringAttr>(name).getValue() == plan.panel; });
}

bool mixc::plan::isWhole(Operation *op, const KernelPlan &plan) {
  if (tile::PlanAttr own = tile::planOf(op); own && own.getTurned())
    return true;
  if (isa<tile::ContractOp>(op) && isOverPanel(op, plan) && plan.lane == plan.panel && isInnermost(op->getBlock()))
    return true;
  if (auto steps = dyn_cast<tile::StepsOp>(op))
    return llvm::any_of(steps.getBody().front(),
                        [&](Operation &inner) { return isWhole(&inner, plan) || isOverPanel(&inner, plan); });
  if (auto rename = dyn_cast<tile::RenameOp>(op))
    return rename.getFrom() == plan.panel || rename.getTo() == plan.panel;
  auto axis = op->getAttrOfType<StringAttr>("axis");
  return isa<tile::SplitOp, tile::JoinOp>(op) && axis.getValue() == plan.panel;
}

Operation *mixc::plan::whereComputed(Operation *op) {
  tile::PlanAttr plan = tile::planOf(op);
  return plan && plan.getFused() && !op->use_empty() ? *op->user_begin() : op;
}

SmallVector<Block *> mixc::plan::blocksOf(tile::KernelOp kernel) {
  SmallVector<Block *> blocks{&kernel.getBody().front()};
  kernel.walk([&](tile::ChunksOp chunks) { blocks.push_back(&chunks.getBody().front()); });
  return blocks;
}

SmallVector<Operation *> mixc::plan::plannedOps(Block &block) {
  SmallVector<Operation *> ops;
  for (Operation &op : block)
    if (!isa<tile::ChunksOp>(op) && !op.hasTrait<OpTrait::IsTerminator>())
      ops.push_back(&op);
  return ops;
}

Value mixc::plan::copyOf(OpBuilder &builder, Value tile) {
  auto map = tile::MapOp::create(builder, tile.getLoc(), tile.getType(), tile);
  OpBuilder::InsertionGuard guard(builder);
  Type number = cast<tile::TileType>(tile.getType()).getElementType();
  Block *body = builder.createBlock(&map.getBody(), {}, {number}, {map.getLoc()});
  tile::YieldOp::create(builder, map.getLoc(), ValueRange{body->getArgument(0)});
  return map.getResult();
}

int64_t mixc::plan::largestDivisor(int64_t number, int64_t limit) {
  for (int64_t divisor = std::min(number, limit); divisor > 1; --divisor)
    if (number % divisor == 0)
      return divisor;
  return 1;
}
