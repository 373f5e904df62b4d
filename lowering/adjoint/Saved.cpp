#include "lowering/adjoint/Saved.h"
#include "dialect/tile/TileBuilder.h"

using namespace mlir;
using namespace mixc;
using namespace mixc::tile;

/// What a body works out with more than matmuls: the writes that it solves for, and those that it finds by substitution
/// (steps whose carried tiles end with them).
static SmallVector<Value> hardWon(ChunksOp loop) {
  SmallVector<Value> found;
  auto add = [&](Value value) {
    if (TileType type = typeOf(value); type.hasTime() && type.find("time") == 0 && !value.use_empty())
      found.push_back(value);
  };
  for (Operation &op : loop.getBody().front()) {
    if (isa<SolveOp>(op))
      add(op.getResult(0));
    auto steps = dyn_cast<StepsOp>(op);
    if (steps && llvm::all_of(steps.getResults().take_front(steps.getInits().size()),
                              [](Value carried) { return carried.use_empty(); }))
      llvm::for_each(steps.getStacked(), add);
  }
  return found;
}

static bool isReadByOutputs(Value end) {
  return llvm::any_of(end.getUsers(), [](Operation *user) { return !isa<FinalOp>(user); });
}

SavesAttr mixc::findSaves(KernelOp forward, int64_t every, bool keepWrites) {
  MLIRContext *context = forward.getContext();
  SmallVector<KeptAttr> found;
  for (auto [loop, chunks] : llvm::enumerate(forward.getBody().getOps<ChunksOp>())) {
    auto add = [&](Keeps keeps, unsigned number) { found.push_back(KeptAttr::get(context, keeps, number, loop)); };
    for (unsigned i = 0; i < chunks.getNumResults(); ++i)
      add(Keeps::State, i);
    for (unsigned i = 0; keepWrites && i < hardWon(chunks).size(); ++i)
      add(Keeps::Write, i);
    for (OpResult end : chunks->getResults())
      if (isReadByOutputs(end))
        add(Keeps::End, end.getResultNumber());
  }
  return SavesAttr::get(context, every, found);
}

bool mixc::findSameWrites(KernelOp forward, KernelOp again) {
  auto shapes = [](KernelOp kernel) {
    SmallVector<Type> types;
    for (auto loop : kernel.getBody().getOps<ChunksOp>())
      for (Value write : hardWon(loop))
        types.push_back(savedType(KeptAttr::get(kernel.getContext(), Keeps::Write, 0, 0), write));
    return types;
  };
  return shapes(forward) == shapes(again);
}

Value mixc::keptTile(KernelOp kernel, KeptAttr kept) {
  ChunksOp loop = *std::next(kernel.getBody().getOps<ChunksOp>().begin(), kept.getLoop());
  switch (kept.getKeeps()) {
  case Keeps::State: return loop.getBody().getArgument(kept.getNumber());
  case Keeps::Write: return hardWon(loop)[kept.getNumber()];
  case Keeps::End: return loop.getResult(kept.getNumber());
  }
  llvm_unreachable("every kind of tile");
}

ViewType mixc::savedType(KeptAttr kept, Value tile) {
  const Keeps keeps = kept.getKeeps();
  const Per per = keeps == Keeps::State ? Per::Segment : keeps == Keeps::Write ? Per::Token : Per::Head;
  TileType type = per == Per::Token ? typeOf(tile).without("time") : typeOf(tile);
  auto shape = llvm::map_to_vector(type.getAxes(), [](const Axis &axis) { return axis.extent; });
  return ViewType::get(type.getContext(), per, shape, type.getElementType());
}

ArgumentAttr mixc::savedArgument(SavesAttr saves, KeptAttr kept, unsigned number) {
  return ArgumentAttr::get(saves.getContext(), Role::Saved, ("saved." + Twine(number)).str(), /*perGroup=*/false,
                           /*history=*/false, /*partial=*/false,
                           kept.getKeeps() == Keeps::State ? saves.getEvery() : 0);
}

void mixc::storeSegment(OpBuilder &builder, Location loc, Value tile, Value tensor, int64_t every, bool next) {
  StoreOp::create(builder, loc, tile, tensor, Value(), 0, every, next, /*add=*/false);
}
