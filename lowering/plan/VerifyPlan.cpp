// Is a plan one that can be followed? A module at stage `plan` may come from a file, and what lowers it takes its plan
// at its word. What a plan says by itself, and of the types of its op, the dialect verifies (TilePlan.cpp); here is
// what it says of the kernel as a whole:
//
//     the kernel    a panel axis that its tiles have
//     an op         a stage, in order within the loop; an odd one only where there are panels
//     a tile        a layout and one place: in scratch memory, in that of a carried tile that lies alike, or the
//                   caller's
//     an operand    that is read from memory has a place; a slice of a panel is read where that panel is at hand
#include "lowering/plan/VerifyPlan.h"
#include "lowering/plan/Plan.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mixc;
using namespace mixc::plan;
using tile::Memory;
using tile::PlaceAttr;
using tile::PlanAttr;
using tile::TileType;

namespace {

class PlanVerifier {
public:
  explicit PlanVerifier(tile::KernelOp kernel) : kernel(kernel) {}

  LogicalResult run() { return success(succeeded(verifyKernel()) && succeeded(verifyBlock(kernel.getBody().front()))); }

private:
  LogicalResult verifyKernel();
  LogicalResult verifyBlock(Block &block);
  LogicalResult verifyOp(Operation *op);
  LogicalResult verifyChunks(tile::ChunksOp chunks);
  LogicalResult verifyPlaces(Operation *op);
  LogicalResult verifyPlace(Operation *op, TileType type, PlaceAttr place);
  LogicalResult verifyOperands(Operation *op);
  LogicalResult verifyBytes(Operation *op, int64_t offset, int64_t bytes);

  /// What is known of a tile's place once its op was verified; a block argument has that of what is carried.
  PlaceAttr placeOf(Value tile);

  tile::KernelOp kernel;
  KernelPlan plan;
};

LogicalResult PlanVerifier::verifyKernel() {
  if (!kernel->getAttrOfType<tile::KernelPlanAttr>(tile::planAttrName))
    return kernel.emitError("has no plan: bring it to stage `plan` first");
  plan = KernelPlan::of(kernel);
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
    const int64_t own = tile::planOf(&op).getStage();
    if (isInnermost(&block) && own < stage)
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

PlaceAttr PlanVerifier::placeOf(Value tile) {
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
    return outer && isa<TileType>(outer.getType()) ? placeOf(outer) : PlaceAttr();
  }
  Operation *op = tile.getDefiningOp();
  const unsigned i = cast<OpResult>(tile).getResultNumber();
  if (auto chunks = dyn_cast<tile::ChunksOp>(op))
    return placeOf(chunks.getInits()[i]);
  const PlanAttr own = tile::planOf(op);
  if (own && i < own.getPlaces().size())
    return own.getPlaces()[i];
  auto rename = dyn_cast<tile::RenameOp>(op);
  return own && rename ? placeOf(rename.getX()) : PlaceAttr();
}

LogicalResult PlanVerifier::verifyOp(Operation *op) {
  const PlanAttr own = tile::planOf(op);
  if (!own)
    return op->emitError("has no plan");
  if (!own.isStaged())
    return op->emitError("has no stage in its plan");
  if (own.getStage() % 2 && plan.panel.empty())
    return op->emitError() << "is planned for stage " << own.getStage() << ", a loop over panels, and there are none";
  if (auto buffer = dyn_cast<tile::BufferOp>(op)) {
    int64_t bytes;
    if (llvm::MulOverflow(int64_t(4), ShapedType::getNumElements(buffer.getResult().getType().getShape()), bytes) ||
        llvm::MulOverflow(bytes, static_cast<int64_t>(buffer.getSlots()), bytes))
      return op->emitError("is larger than any memory");
    return own.isIn(Memory::Scratch) ? verifyBytes(op, own.getPlace().getNumber(), bytes)
                                     : op->emitError("has no place in scratch memory in its plan");
  }
  if (own.getFused()) {
    auto isStart = [&](OpOperand &use) {
      auto contract = dyn_cast<tile::ContractOp>(use.getOwner());
      return contract && contract.getAcc() == op->getResult(0);
    };
    return isa<tile::MapOp>(op) && op->hasOneUse() && isStart(*op->use_begin())
               ? verifyOperands(op)
               : op->emitError("is planned to be fused, and is no start of one contraction");
  }
  if (failed(verifyPlaces(op)) || failed(verifyOperands(op)))
    return failure();
  auto steps = dyn_cast<tile::StepsOp>(op);
  return steps ? verifyBlock(steps.getBody().front()) : success();
}

LogicalResult PlanVerifier::verifyPlaces(Operation *op) {
  ArrayRef<PlaceAttr> places = tile::planOf(op).getPlaces();
  if (places.empty()) {
    const bool hasTile = op->getNumResults() > 0 && isa<TileType>(op->getResult(0).getType());
    return hasTile && !isImmediate(op) && !isa<tile::RenameOp>(op)
               ? op->emitError("has a tile without a place in its plan")
               : success();
  }
  for (auto [result, place] : llvm::zip(op->getResults(), places))
    if (failed(verifyPlace(op, cast<TileType>(result.getType()), place)))
      return failure();
  return success();
}

LogicalResult PlanVerifier::verifyBytes(Operation *op, int64_t offset, int64_t bytes) {
  if (bytes < 0 || offset > plan.scratch || bytes > plan.scratch - offset)
    return op->emitError() << "lies outside the " << plan.scratch << " bytes of scratch memory: " << bytes
                           << " bytes at " << offset;
  return success();
}

LogicalResult PlanVerifier::verifyPlace(Operation *op, TileType type, PlaceAttr place) {
  if (!place.getLayout())
    return op->emitError("has no layout in its plan");
  const Layout layout = Layout::of(type, place);
  if (layout.sliced && (!plan.hasPanel(type) || type.extent(plan.panel) != plan.extent))
    return op->emitError("is planned as a slice of a panel, and has no panel axis");
  if (layout.sliced && tile::planOf(op).getStage() % 2 == 0)
    return op->emitError("is planned as a slice of a panel, outside the loops over them");
  if (place.isThrough() && failed(verifyBytes(op, place.getThrough(), layout.bytes(plan))))
    return failure();
  switch (place.getMemory()) {
  case Memory::Undecided: return op->emitError("is planned to lie in memory, and not where");
  case Memory::Scratch: return verifyBytes(op, place.getNumber(), layout.bytes(plan));
  case Memory::Carried: {
    const PlaceAttr carried = placeOf(op->getBlock()->getArgument(place.getNumber()));
    if (!carried || carried.getLayout() != place.getLayout() || carried.getSliced() != place.getSliced())
      return op->emitError("is planned in place of a tile of another layout");
    return success();
  }
  case Memory::Caller: break;
  }
  auto view =
      isa<tile::InitOp, tile::LoadOp>(op) ? dyn_cast<tile::ViewType>(op->getOperand(0).getType()) : tile::ViewType();
  if (!view || view.getElementType() != layout.elementType || view.getPer() != tile::Per::Head || layout.sliced ||
      layout.padded(plan) || type.has("seq"))
    return op->emitError("is planned to be the caller's memory, and lies otherwise");
  return success();
}

/// Immediate values are made where they are used; these ops read memory.
LogicalResult PlanVerifier::verifyOperands(Operation *op) {
  const bool readsMemory = isa<tile::ReduceOp, tile::RenameOp, tile::StepsOp>(op);
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
    if (def && whereComputed(def) != def && isa<tile::ContractOp>(op))
      continue;
    const PlaceAttr place = placeOf(operand.get());
    if (!place)
      return op->emitError() << "has an operand, " << operand.getOperandNumber() << ", without a place in its plan";
    if (place.getSliced() && tile::planOf(op).getStage() % 2 == 0)
      return op->emitError("reads a slice of a panel, outside the loops over them");
  }
  return success();
}

} // namespace

LogicalResult mixc::plan::verifyPlan(tile::KernelOp kernel) { return PlanVerifier(kernel).run(); }
