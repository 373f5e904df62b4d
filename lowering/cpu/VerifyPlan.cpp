// Is a plan one that can be followed? A module at stage `plan` may come from a file, and what lowers it takes its plan
// at its word. For every kernel and op (Plan.h says what the entries are):
//
//     the kernel    every entry, of its type; widths and memory in their bounds; a panel axis that its tiles have
//     an op         a stage, in order within the loop; an odd one only where there are panels
//     a tile        a layout that orders its axes, and one place: in scratch memory, in that of a carried tile, or the
//                   caller's
//     an operand    that is read from memory has a place; a slice of a panel is read where that panel is at hand
#include "lowering/cpu/VerifyPlan.h"
#include "lowering/cpu/Plan.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mixc;
using namespace mixc::cpu;
using tile::TileType;

namespace {

/// As many bytes as any scratch memory may have.
constexpr int64_t mostBytes = int64_t(1) << 40;

class PlanVerifier {
public:
  explicit PlanVerifier(tile::KernelOp kernel) : kernel(kernel) {}

  LogicalResult run() { return success(succeeded(verifyKernel()) && succeeded(verifyBlock(kernel.getBody().front()))); }

private:
  LogicalResult verifyKernel();
  LogicalResult verifyBlock(Block &block);
  LogicalResult verifyOp(Operation *op);
  LogicalResult verifyChunks(tile::ChunksOp chunks);
  LogicalResult verifySteps(tile::StepsOp steps, DictionaryAttr attr);
  LogicalResult verifyPlace(Operation *op, TileType type, DictionaryAttr attr, bool mayBeExternal);
  LogicalResult verifyInPlace(Operation *op, TileType type, DictionaryAttr attr, const Layout &layout);
  LogicalResult verifyOperands(Operation *op);
  LogicalResult verifyOffset(Operation *op, DictionaryAttr attr, StringRef name, int64_t bytes);

  static DictionaryAttr planOf(Operation *op) { return op->getAttrOfType<DictionaryAttr>(planAttr); }
  static std::optional<int64_t> numberOf(DictionaryAttr attr, StringRef name) {
    auto number = attr.getAs<IntegerAttr>(name);
    if (!number || !number.getType().isSignlessInteger(64))
      return std::nullopt;
    return number.getInt();
  }
  /// What is known of a tile's place once its op was verified; a block argument has that of what is carried.
  DictionaryAttr placeOf(Value tile);

  tile::KernelOp kernel;
  KernelPlan plan;
};

LogicalResult PlanVerifier::verifyKernel() {
  auto attr = planOf(kernel);
  if (!attr)
    return kernel.emitError("has no plan: run mix-plan-cpu first");
  for (StringRef name : {"lanes", "extent", "width", "scratch"})
    if (!numberOf(attr, name))
      return kernel.emitError() << "has no number `" << name << "` in its plan";
  for (StringRef name : {"cpu", "panel"})
    if (!attr.getAs<StringAttr>(name))
      return kernel.emitError() << "has no name `" << name << "` in its plan";
  plan = KernelPlan::of(kernel);
  if (plan.lanes < 1 || plan.lanes > 64 || !llvm::isPowerOf2_64(plan.lanes))
    return kernel.emitError() << "is planned for vectors of " << plan.lanes << " lanes";
  if (plan.extent < 1 || plan.width < 1 || plan.width > static_cast<int64_t>(llvm::alignTo(plan.extent, 64)))
    return kernel.emitError() << "is planned for panels of " << plan.width << " of " << plan.extent << " entries";
  if (plan.scratch < 0 || plan.scratch > mostBytes)
    return kernel.emitError() << "is planned for " << plan.scratch << " bytes of scratch memory";
  bool occurs = plan.panel.empty();
  kernel.walk([&](Operation *op) {
    for (Type type : op->getResultTypes())
      if (auto tile = dyn_cast<TileType>(type); tile && !occurs && tile.has(plan.panel))
        occurs = tile.extent(plan.panel) == plan.extent;
  });
  if (!occurs)
    return kernel.emitError() << "is planned for panels of `" << plan.panel << "`, and has no tiles with "
                              << plan.extent << " of it";
  return success();
}

LogicalResult PlanVerifier::verifyBlock(Block &block) {
  const bool isInnermost = isa<tile::ChunksOp>(block.getParentOp()) && block.getOps<tile::ChunksOp>().empty();
  int64_t stage = 0;
  for (Operation &op : block) {
    if (op.hasTrait<OpTrait::IsTerminator>()) {
      for (Value yielded : op.getOperands())
        if (isa<TileType>(yielded.getType()) && yielded.getDefiningOp() && !isImmediate(yielded.getDefiningOp()) &&
            !placeOf(yielded))
          return op.emitError("yields a tile that has no place in its plan");
      continue;
    }
    if (auto chunks = dyn_cast<tile::ChunksOp>(op)) {
      if (failed(verifyChunks(chunks)))
        return failure();
      continue;
    }
    if (failed(verifyOp(&op)))
      return failure();
    const int64_t own = *numberOf(planOf(&op), "stage");
    if (isInnermost && own < stage)
      return op.emitError() << "is planned for stage " << own << ", after one of stage " << stage;
    stage = own;
  }
  return success();
}

LogicalResult PlanVerifier::verifyChunks(tile::ChunksOp chunks) {
  for (Value init : chunks.getInits())
    if (!placeOf(init))
      return chunks.emitError("carries a tile that has no place in its plan");
  return verifyBlock(chunks.getBody().front());
}

DictionaryAttr PlanVerifier::placeOf(Value tile) {
  if (auto argument = dyn_cast<BlockArgument>(tile)) {
    const unsigned i = argument.getArgNumber();
    if (auto chunks = dyn_cast<tile::ChunksOp>(argument.getOwner()->getParentOp()))
      return placeOf(chunks.getInits()[i]);
    auto steps = dyn_cast<tile::StepsOp>(argument.getOwner()->getParentOp());
    if (!steps)
      return {};
    if (i < steps.getInits().size())
      return placeOf(steps.getResult(i));
    Value outer = steps.operandOf(argument);
    return outer && isa<TileType>(outer.getType()) ? placeOf(outer) : DictionaryAttr();
  }
  Operation *op = tile.getDefiningOp();
  if (auto chunks = dyn_cast<tile::ChunksOp>(op))
    return placeOf(chunks.getInits()[cast<OpResult>(tile).getResultNumber()]);
  DictionaryAttr attr = planOf(op);
  if (!attr)
    return {};
  if (isa<tile::StepsOp>(op)) {
    auto results = attr.getAs<ArrayAttr>("results");
    const unsigned i = cast<OpResult>(tile).getResultNumber();
    return results && i < results.size() ? dyn_cast<DictionaryAttr>(results[i]) : DictionaryAttr();
  }
  if (auto rename = dyn_cast<tile::RenameOp>(op); rename && !attr.contains("layout"))
    return placeOf(rename.getX());
  return attr.contains("layout") ? attr : DictionaryAttr();
}

LogicalResult PlanVerifier::verifyOp(Operation *op) {
  DictionaryAttr attr = planOf(op);
  if (!attr)
    return op->emitError("has no plan");
  std::optional<int64_t> stage = numberOf(attr, "stage");
  if (!stage || *stage < 0)
    return op->emitError("has no stage in its plan");
  if (*stage % 2 && plan.panel.empty())
    return op->emitError() << "is planned for stage " << *stage << ", a loop over panels, and there are none";
  if (auto steps = dyn_cast<tile::StepsOp>(op))
    return verifySteps(steps, attr);
  if (auto buffer = dyn_cast<tile::BufferOp>(op)) {
    int64_t bytes;
    if (llvm::MulOverflow(int64_t(4), ShapedType::getNumElements(buffer.getResult().getType().getShape()), bytes) ||
        llvm::MulOverflow(bytes, static_cast<int64_t>(buffer.getSlots()), bytes))
      return op->emitError("is larger than any memory");
    return verifyOffset(op, attr, "offset", bytes);
  }
  if (attr.contains("fused")) {
    auto isStart = [&](OpOperand &use) {
      auto contract = dyn_cast<tile::ContractOp>(use.getOwner());
      return contract && contract.getAcc() == op->getResult(0);
    };
    return isa<tile::MapOp>(op) && op->hasOneUse() && isStart(*op->use_begin())
               ? verifyOperands(op)
               : op->emitError("is planned to be fused, and is no start of one contraction");
  }
  const bool hasTile = op->getNumResults() == 1 && isa<TileType>(op->getResult(0).getType());
  if (hasTile && !isImmediate(op) && (!isa<tile::RenameOp>(op) || attr.contains("layout")))
    if (failed(verifyPlace(op, cast<TileType>(op->getResult(0).getType()), attr, isa<tile::InitOp, tile::LoadOp>(op))))
      return failure();
  return verifyOperands(op);
}

LogicalResult PlanVerifier::verifySteps(tile::StepsOp steps, DictionaryAttr attr) {
  auto results = attr.getAs<ArrayAttr>("results");
  if (!results || results.size() != steps.getNumResults())
    return steps.emitError() << "has " << steps.getNumResults() << " results, and a plan of other ones";
  for (auto [i, result] : llvm::enumerate(steps.getResults())) {
    auto own = dyn_cast<DictionaryAttr>(results[i]);
    if (!own)
      return steps.emitError() << "has no plan of result " << i;
    auto type = cast<TileType>(result.getType());
    if (failed(verifyPlace(steps, type, own, /*mayBeExternal=*/false)))
      return failure();
    if (own.contains("through") &&
        failed(verifyOffset(steps, own, "through",
                            Layout::of(type, own.getAs<ArrayAttr>("layout"), own.contains("sliced")).bytes(plan))))
      return failure();
  }
  if (failed(verifyOperands(steps)))
    return failure();
  return verifyBlock(steps.getBody().front());
}

LogicalResult PlanVerifier::verifyOffset(Operation *op, DictionaryAttr attr, StringRef name, int64_t bytes) {
  std::optional<int64_t> offset = numberOf(attr, name);
  if (!offset)
    return op->emitError() << "has no `" << name << "` in its plan";
  if (*offset < 0 || bytes < 0 || *offset > plan.scratch || bytes > plan.scratch - *offset)
    return op->emitError() << "lies outside the " << plan.scratch << " bytes of scratch memory: " << bytes
                           << " bytes at " << *offset;
  return success();
}

LogicalResult PlanVerifier::verifyPlace(Operation *op, TileType type, DictionaryAttr attr, bool mayBeExternal) {
  auto names = attr.getAs<ArrayAttr>("layout");
  if (!names)
    return op->emitError("has no `layout` in its plan");
  bool ordersAxes = names.size() == type.getAxes().size();
  for (auto [i, name] : llvm::enumerate(names))
    ordersAxes = ordersAxes && isa<StringAttr>(name) && type.has(cast<StringAttr>(name).getValue()) &&
                 !llvm::is_contained(names.getValue().take_front(i), name);
  if (!ordersAxes)
    return op->emitError() << "has the layout " << names << " in its plan, which does not order the axes of its tile";
  const Layout layout = Layout::of(type, names, attr.contains("sliced"));
  if (layout.sliced && (plan.panel.empty() || !type.has(plan.panel) || type.extent(plan.panel) != plan.extent))
    return op->emitError("is planned as a slice of a panel, and has no panel axis");
  if (layout.sliced && *numberOf(planOf(op), "stage") % 2 == 0)
    return op->emitError("is planned as a slice of a panel, outside the loops over them");
  if (attr.contains("in_place"))
    return verifyInPlace(op, type, attr, layout);
  if (!attr.contains("external"))
    return verifyOffset(op, attr, "offset", layout.bytes(plan));
  auto view = mayBeExternal ? dyn_cast<tile::ViewType>(op->getOperand(0).getType()) : tile::ViewType();
  if (!view || view.getElementType() != layout.elementType || view.getPer() != tile::Per::Head || layout.sliced ||
      layout.padded(plan) || type.has("seq"))
    return op->emitError("is planned to be the caller's memory, and lies otherwise");
  return success();
}

/// In the memory of a tile that the loop around it carries.
LogicalResult PlanVerifier::verifyInPlace(Operation *op, TileType type, DictionaryAttr attr, const Layout &layout) {
  std::optional<int64_t> index = numberOf(attr, "in_place");
  Block *block = op->getBlock();
  const bool isCarried = index && *index >= 0 && *index < block->getNumArguments() &&
                         isa<tile::ChunksOp, tile::StepsOp>(block->getParentOp());
  if (!isCarried || block->getArgument(*index).getType() != type)
    return op->emitError("is planned in place of a tile that is not carried, or of another type");
  DictionaryAttr place = placeOf(block->getArgument(*index));
  auto names = place ? place.getAs<ArrayAttr>("layout") : ArrayAttr();
  if (!names || names != layout.names(op->getContext()) || place.contains("sliced") != layout.sliced)
    return op->emitError("is planned in place of a tile of another layout");
  return success();
}

/// Immediate values are made where they are used; these ops read memory.
LogicalResult PlanVerifier::verifyOperands(Operation *op) {
  const bool readsMemory = isa<tile::ReduceOp, tile::RenameOp, tile::StepsOp>(op);
  const int64_t stage = *numberOf(planOf(op), "stage");
  for (OpOperand &operand : op->getOpOperands()) {
    if (!isa<TileType>(operand.get().getType()))
      continue;
    Operation *def = operand.get().getDefiningOp();
    if (def && isImmediate(def)) {
      if (readsMemory &&
          !(isa<tile::StepsOp>(op) && operand.getOperandNumber() < cast<tile::StepsOp>(op).getInits().size()))
        return op->emitError("reads memory, and its operand has none");
      continue;
    }
    if (def && planOf(def) && planOf(def).contains("fused") && isa<tile::ContractOp>(op))
      continue;
    DictionaryAttr place = placeOf(operand.get());
    if (!place)
      return op->emitError() << "has an operand, " << operand.getOperandNumber() << ", without a place in its plan";
    if (place.contains("sliced") && stage % 2 == 0)
      return op->emitError("reads a slice of a panel, outside the loops over them");
  }
  return success();
}

} // namespace

LogicalResult mixc::cpu::verifyPlan(tile::KernelOp kernel) { return PlanVerifier(kernel).run(); }
