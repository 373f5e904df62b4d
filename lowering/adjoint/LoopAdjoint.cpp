#include "lowering/adjoint/LoopAdjoint.h"
#include "lowering/adjoint/Saved.h"
#include "lowering/adjoint/StepsAdjoint.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace mixc;
using namespace mixc::tile;

namespace {

class LoopAdjoint {
public:
  LoopAdjoint(ChunksOp loop, const BackwardTensors &tensors, Surroundings &outside, OpBuilder &builder)
      : loop(loop), body(loop.getBody().front()), tensors(tensors), outside(outside), builder(builder),
        loc(loop->getParentOp()->getLoc()), tiles(builder, loc) {}

  LogicalResult build();

private:
  int64_t size() { return static_cast<int64_t>(loop.getSize()); }
  ChunksOp enter(int64_t tokens, bool reverse, ValueRange inits);
  SmallVector<Value> leave(ChunksOp made, ValueRange yielded);
  SmallVector<Value> captured();
  SmallVector<Value> cloneBody(ValueRange carried, IRMapping &mapping);
  SmallVector<std::pair<Value, Value>> loadWrites(const IRMapping &mapping, bool isDifferentiated);
  void keepStates(ValueRange starts, ValueRange kept);
  FailureOr<SmallVector<Value>> adjoint(ValueRange carried, ValueRange states, ArrayRef<Value> taken);
  Value cotangentOfOutput(StoreOp store);
  void storeGradients(ArrayRef<LoadOp> loads, const Cotangents &cotangents);

  ChunksOp loop;
  Block &body;
  const BackwardTensors &tensors;
  Surroundings &outside;
  OpBuilder &builder;
  Location loc;
  TileBuilder tiles;
};

} // namespace

Value mixc::onAxesOf(TileBuilder &tiles, Value x, TileType type) {
  unsigned number = 0;
  return tiles.rename(x, typeOf(x).getAxes(), type.getAxes(), [&](const Axis &like) {
    return Axis{like.kind, tiles.ops().getStringAttr("grad" + Twine(number++)), like.extent};
  });
}

Value mixc::cotangentOrZero(TileBuilder &tiles, const Cotangents &cotangents, Value value) {
  Value bar = cotangents.lookup(value);
  return bar ? bar : tiles.zero(typeOf(value));
}

//===-- Loops and their bodies ----------------------------------------------------------------------------------===//

/// Starts a loop over chunks and moves into it; `leave` yields and moves behind it.
ChunksOp LoopAdjoint::enter(int64_t tokens, bool reverse, ValueRange inits) {
  auto made = ChunksOp::create(builder, loc, inits.getTypes(), builder.getI64IntegerAttr(tokens),
                               reverse ? builder.getUnitAttr() : UnitAttr(), UnitAttr(), inits);
  Block &block = made.getBody().emplaceBlock();
  for (Value init : inits)
    block.addArgument(init.getType(), loc);
  builder.setInsertionPointToEnd(&block);
  return made;
}

SmallVector<Value> LoopAdjoint::leave(ChunksOp made, ValueRange yielded) {
  YieldOp::create(builder, loc, yielded);
  builder.setInsertionPointAfter(made);
  return made.getResults();
}

/// The body again, without what it writes: the tiles that it yields.
SmallVector<Value> LoopAdjoint::cloneBody(ValueRange carried, IRMapping &mapping) {
  mapping.map(body.getArguments(), carried);
  for (Operation &op : body.without_terminator())
    if (!isa<StoreOp, HistoryOp>(op))
      builder.clone(op, mapping);
  return llvm::map_to_vector(body.getTerminator()->getOperands(), [&](Value x) { return mapping.lookupOrDefault(x); });
}

/// Writes that were saved need not be found again: what was worked out, and the load that stands for it. Those of a
/// body that is differentiated stay until it is.
SmallVector<std::pair<Value, Value>> LoopAdjoint::loadWrites(const IRMapping &mapping, bool isDifferentiated) {
  SmallVector<std::pair<Value, Value>> known;
  for (auto [write, tensor] : tensors.writesOf(body)) {
    Value again = mapping.lookup(write);
    auto steps = again.getDefiningOp<StepsOp>();
    if (isDifferentiated && steps && !isKnownByItsRows(steps))
      continue; // their adjoint wants what they carry
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPoint(again.getDefiningOp());
    known.emplace_back(again, LoadOp::create(builder, loc, again.getType(), tensor));
  }
  return known;
}

static void replace(ArrayRef<std::pair<Value, Value>> known) {
  for (auto [worked, loaded] : known)
    worked.replaceAllUsesWith(loaded);
}

/// Keeps the states before each chunk of a segment.
void LoopAdjoint::keepStates(ValueRange starts, ValueRange kept) {
  for (auto [state, buffer] : llvm::zip(starts, kept))
    storeSegment(builder, loc, state, buffer, size());
  ChunksOp replay = enter(size(), /*reverse=*/false, starts);
  replay.setLeaveLast(true);
  IRMapping mapping = outside.around;
  SmallVector<Value> after = cloneBody(replay.getBody().front().getArguments(), mapping);
  replace(loadWrites(mapping, /*isDifferentiated=*/false));
  for (auto [state, buffer] : llvm::zip(after, kept))
    storeSegment(builder, loc, state, buffer, size(), /*next=*/true);
  leave(replay, after);
}

//===-- One chunk -----------------------------------------------------------------------------------------------===//

/// Rows past the end have no say.
Value LoopAdjoint::cotangentOfOutput(StoreOp store) {
  Axis time{AxisKind::Time, builder.getStringAttr("time"), size()};
  TileType type = typeOf(store.getValue());
  Value bar = LoadOp::create(builder, loc, type, tensors.counterpart(store.getTensor(), Role::OutputGrad));
  Value valid = ValidOp::create(builder, loc, TileType::get(builder.getContext(), {time}, builder.getI1Type()));
  return tiles.where(valid, bar);
}

/// Gradients of the inputs that these loads read, one store for each input and lag.
void LoopAdjoint::storeGradients(ArrayRef<LoadOp> loads, const Cotangents &cotangents) {
  struct Sum {
    Value total;
    LoadOp load;
  };
  llvm::MapVector<std::pair<Value, int64_t>, Sum> totals;
  for (LoadOp load : loads) {
    Value bar = cotangentOrZero(tiles, cotangents, load.getResult());
    Sum &sum = totals[{load.getTensor(), load.getLag()}];
    if (!sum.total)
      sum = {bar, load};
    else
      sum.total = tiles.add(sum.total, onAxesOf(tiles, bar, typeOf(sum.total)));
  }
  for (auto &[key, sum] : totals) {
    Value gradient = tensors.counterpart(key.first, Role::InputGrad);
    Value past = sum.load.getHistory(), history = past ? tensors.counterpart(past, Role::InitialGrad) : Value();
    StoreOp::create(builder, loc, sum.total, gradient, history, key.second, 0, /*next=*/false,
                    argumentOf(gradient).getPartial());
  }
}

// The adjoint of one chunk, from the states before it and the carried cotangents: of the states after it, then the sums
// for the values from outside that the body takes. Gives what is carried on.
FailureOr<SmallVector<Value>> LoopAdjoint::adjoint(ValueRange carried, ValueRange states, ArrayRef<Value> taken) {
  IRMapping mapping = outside.around;
  SmallVector<Value> after = cloneBody(states, mapping);
  auto known = loadWrites(mapping, /*isDifferentiated=*/true);

  Cotangents cotangents;
  SmallVector<LoadOp> loads;
  for (Operation &op : body.without_terminator()) {
    if (auto store = dyn_cast<StoreOp>(op))
      addTo(cotangents, mapping.lookupOrDefault(store.getValue()), cotangentOfOutput(store), builder, loc);
    if (auto load = dyn_cast<LoadOp>(op); load && load.getTensor().getType().getPer() == Per::Token)
      loads.push_back(mapping.lookup(load.getResult()).getDefiningOp<LoadOp>());
  }
  for (auto [value, bar] : llvm::zip(after, carried))
    addTo(cotangents, value, bar, builder, loc);

  SmallVector<Value> wanted(states);
  for (LoadOp load : loads)
    wanted.push_back(load.getResult());
  llvm::append_range(wanted, taken);
  auto gradientOf = [&](Value tensor) { return tensors.counterpart(tensor, Role::InputGrad); };
  if (failed(differentiate(*builder.getInsertionBlock(), wanted, builder, cotangents, gradientOf)))
    return failure();
  storeGradients(loads, cotangents);
  SmallVector<Value> onwards;
  for (Value state : states)
    onwards.push_back(cotangentOrZero(tiles, cotangents, state));
  for (auto [value, sum] : llvm::zip(taken, carried.drop_front(states.size()))) {
    Value part = cotangents.lookup(value);
    onwards.push_back(part ? tiles.add(sum, onAxesOf(tiles, part, typeOf(sum))) : sum);
  }
  replace(known);
  return onwards;
}

//===-- The loop ------------------------------------------------------------------------------------------------===//

/// What the body takes from outside and has a cotangent there, as the backward kernel has it.
SmallVector<Value> LoopAdjoint::captured() {
  llvm::SetVector<Value> found;
  loop.getBody().walk([&](Operation *op) {
    for (Value operand : op->getOperands())
      if (outside.active.contains(operand) && operand.getParentBlock() == loop->getBlock())
        found.insert(outside.around.lookup(operand));
  });
  return found.takeVector();
}

LogicalResult LoopAdjoint::build() {
  const int64_t every = tensors.every();
  ValueRange inits = loop.getInits();
  SmallVector<Value> taken = captured(), starts, saved, kept;
  for (Value result : loop.getResults())
    starts.push_back(cotangentOrZero(tiles, outside.ends, result));
  for (Value value : taken)
    starts.push_back(tiles.zero(typeOf(value)));
  for (Value state : body.getArguments()) {
    saved.push_back(tensors.savedIn(state));
    if (every > size())
      kept.push_back(BufferOp::create(builder, loc, saved.back().getType(), every / size()));
  }

  ChunksOp outer = enter(every, /*reverse=*/true, starts);
  ValueRange carried = outer.getBody().front().getArguments();
  auto loadAll = [&](ArrayRef<Value> from, int64_t span) {
    SmallVector<Value> states;
    for (auto [init, tensor] : llvm::zip(inits, from))
      states.push_back(LoadOp::create(builder, loc, init.getType(), tensor, Value(), 0, span));
    return states;
  };
  SmallVector<Value> states = loadAll(saved, every), onwards;
  if (every == size()) {
    FailureOr<SmallVector<Value>> built = adjoint(carried, states, taken);
    if (failed(built))
      return failure();
    onwards = *built;
  } else {
    keepStates(states, kept);
    ChunksOp inner = enter(size(), /*reverse=*/true, carried);
    FailureOr<SmallVector<Value>> built = adjoint(inner.getBody().front().getArguments(), loadAll(kept, size()), taken);
    if (failed(built))
      return failure();
    onwards = leave(inner, *built);
  }
  SmallVector<Value> results = leave(outer, onwards);
  for (auto [init, bar] : llvm::zip(inits, results))
    addTo(outside.ends, init, bar, builder, loc);
  for (auto [value, bar] : llvm::zip(taken, ArrayRef(results).drop_front(inits.size())))
    addTo(outside.sums, value, bar, builder, loc);
  return success();
}

LogicalResult mixc::buildLoopAdjoint(ChunksOp loop, const BackwardTensors &tensors, Surroundings &outside,
                                     OpBuilder &builder) {
  return LoopAdjoint(loop, tensors, outside, builder).build();
}
