#include "lowering/adjoint/Backward.h"
#include "lowering/adjoint/Adjoint.h"
#include "lowering/adjoint/Elementwise.h"
#include "lowering/adjoint/StepsAdjoint.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace mixc;
using namespace mixc::tile;

//===-- Saving --------------------------------------------------------------------------------------------------===//

/// A tensor of such tiles, one a segment or head, or one of their rows a token.
static ViewType tensorOf(Per per, Value tile) {
  TileType type = per == Per::Token ? typeOf(tile).without("time") : typeOf(tile);
  auto shape = llvm::map_to_vector(type.getAxes(), [](const Axis &axis) { return axis.extent; });
  return ViewType::get(type.getContext(), per, shape, type.getElementType());
}

/// What is saved, by number; of segments, so many tokens each.
static ArgumentAttr savedArgument(ViewType type, unsigned number, int64_t every) {
  return ArgumentAttr::get(type.getContext(), Role::Saved, ("saved." + Twine(number)).str(), /*perGroup=*/false,
                           /*history=*/false, /*partial=*/false, type.getPer() == Per::Segment ? every : 0);
}

static void storeSegment(OpBuilder &builder, Location loc, Value tile, Value tensor, int64_t every, bool next = false) {
  StoreOp::create(builder, loc, tile, tensor, Value(), 0, every, next, /*add=*/false);
}

/// What a body works out with more than matmuls: the writes that it solves for, and those that it finds by substitution
/// (steps whose carried tiles end with them).
static SmallVector<Value> hardWon(ChunksOp loop) {
  SmallVector<Value> found;
  auto add = [&](Value value) {
    if (auto type = cast<TileType>(value.getType()); type.hasTime() && type.find("time") == 0 && !value.use_empty())
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

bool mixc::canKeepWrites(KernelOp forward, KernelOp again) {
  auto shapes = [](KernelOp kernel) {
    SmallVector<Type> types;
    for (auto loop : kernel.getBody().getOps<ChunksOp>())
      for (Value value : hardWon(loop))
        types.push_back(tensorOf(Per::Token, value));
    return types;
  };
  return shapes(forward) == shapes(again);
}

/// The ends of states that outputs read.
static SmallVector<Value> endsRead(ChunksOp loop) {
  SmallVector<Value> ends;
  llvm::copy_if(loop.getResults(), std::back_inserter(ends), [](Value end) {
    return llvm::any_of(end.getUsers(), [](Operation *user) { return !isa<FinalOp>(user); });
  });
  return ends;
}

void mixc::save(KernelOp forward, int64_t every, bool keepWrites, const BitVector &read) {
  OpBuilder builder(forward.getContext());
  Location loc = forward.getLoc();
  unsigned number = 0, candidate = 0;
  auto keep = [&](ViewType type, llvm::function_ref<void(Value tensor)> store) {
    if (!read.test(candidate++))
      return;
    store(forward.addArgument(savedArgument(type, number++, every), type, loc));
  };
  for (auto loop : forward.getBody().getOps<ChunksOp>()) {
    Block &body = loop.getBody().front();
    SmallVector<Value> writes = keepWrites ? hardWon(loop) : SmallVector<Value>(), ends = endsRead(loop);
    builder.setInsertionPointToStart(&body);
    for (BlockArgument carried : body.getArguments())
      keep(tensorOf(Per::Segment, carried), [&](Value tensor) { storeSegment(builder, loc, carried, tensor, every); });
    builder.setInsertionPoint(body.getTerminator());
    for (Value write : writes)
      keep(tensorOf(Per::Token, write), [&](Value tensor) { StoreOp::create(builder, loc, write, tensor); });
    builder.setInsertionPointAfter(loop);
    for (Value end : ends)
      keep(tensorOf(Per::Head, end), [&](Value tensor) { FinalOp::create(builder, loc, end, tensor); });
  }
}

/// Erases what no one uses.
static void eraseUnused(Block &block) {
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block))) {
    if (isOpTriviallyDead(&op)) {
      op.erase();
      continue;
    }
    if (isa<ChunksOp>(op))
      eraseUnused(op.getRegion(0).front());
  }
}

/// Takes from a loop the carried tiles that nothing takes but they themselves.
static void dropIdle(ChunksOp loop) {
  Block &body = loop.getBody().front();
  Operation *yield = body.getTerminator();
  llvm::SetVector<Value> taken;
  auto addOperands = [&](Operation &op) {
    op.walk([&](Operation *inner) { taken.insert(inner->operand_begin(), inner->operand_end()); });
  };
  for (Operation &op : body.without_terminator())
    if (!isMemoryEffectFree(&op))
      addOperands(op);
  BitVector idle(loop.getNumResults());
  for (auto [i, result] : llvm::enumerate(loop.getResults()))
    if (result.use_empty())
      idle.set(i);
    else
      taken.insert(yield->getOperand(i));
  for (size_t next = 0; next < taken.size(); ++next) {
    auto carried = dyn_cast<BlockArgument>(taken[next]);
    Operation *op = taken[next].getDefiningOp();
    if (op && op->getBlock() == &body) {
      addOperands(*op);
    } else if (carried && carried.getOwner() == &body) {
      idle.reset(carried.getArgNumber());
      taken.insert(yield->getOperand(carried.getArgNumber()));
    }
  }
  if (idle.none())
    return;
  yield->eraseOperands(idle);
  eraseUnused(body);
  body.eraseArguments(idle);
  SmallVector<Value> inits, results;
  for (auto [i, init, result] : llvm::enumerate(loop.getInits(), loop.getResults()))
    if (!idle[i]) {
      inits.push_back(init);
      results.push_back(result);
    }
  OpBuilder builder(loop);
  auto rest = ChunksOp::create(builder, loop.getLoc(), ValueRange(inits).getTypes(), loop.getSizeAttr(),
                               loop.getReverseAttr(), loop.getLeaveLastAttr(), inits);
  rest.getBody().takeBody(loop.getBody());
  for (auto [result, same] : llvm::zip(results, rest.getResults()))
    result.replaceAllUsesWith(same);
  loop.erase();
}

/// Of a kernel some of whose stores are gone: what was for them alone.
static void eraseIdle(KernelOp kernel) {
  Block &body = kernel.getBody().front();
  eraseUnused(body);
  SmallVector<ChunksOp> loops;
  kernel.walk([&](ChunksOp loop) { loops.push_back(loop); });
  llvm::for_each(loops, dropIdle);
  eraseUnused(body);
}

/// Where it stands beside the forward kernel.
static std::string symbolOf(KernelOp kernel, Entry entry) {
  return (kernel.getMixer() + "_" + stringifyEntry(entry)).str();
}

KernelOp mixc::buildReplay(KernelOp forward) {
  OpBuilder builder(forward->getContext());
  builder.setInsertionPointAfter(forward);
  auto replay = cast<KernelOp>(builder.clone(*forward));
  replay.setSymName(symbolOf(forward, Entry::Replay));
  replay.setEntry(Entry::Replay);
  replay.walk([](Operation *op) {
    auto store = dyn_cast<StoreOp>(op);
    auto final = dyn_cast<FinalOp>(op);
    if (isa<HistoryOp>(op) || (store && roleOf(store.getTensor()) != Role::Saved) ||
        (final && roleOf(final.getTensor()) != Role::Saved))
      op->erase();
  });
  BitVector dropped(replay.getArguments().size());
  for (auto [i, argument] : llvm::enumerate(replay.getArguments().getAsRange<ArgumentAttr>()))
    dropped[i] = argument.getRole() == Role::Output || argument.getRole() == Role::Final;
  eraseIdle(replay);
  replay.eraseArguments(dropped);
  return replay;
}

//===-- The backward kernel -------------------------------------------------------------------------------------===//

namespace {

class BackwardBuilder {
public:
  BackwardBuilder(KernelOp forward, int64_t every, bool keepWrites, BitVector &read)
      : forward(forward), every(every), keepWrites(keepWrites), read(read), builder(forward.getContext()),
        loc(forward.getLoc()) {}

  FailureOr<KernelOp> build();

private:
  void addTensors();
  Value addTensor(ArgumentAttr argument, ViewType type);
  bool isPartial(BlockArgument tensor);

  void cloneOutside();
  LogicalResult buildLoop(ChunksOp loop);
  SmallVector<Value> capturedBy(ChunksOp loop);
  void loadWrites(ChunksOp loop, const IRMapping &mapping, bool isDifferentiated);
  void keepStates(ChunksOp loop, ValueRange starts, ValueRange kept);
  FailureOr<SmallVector<Value>> adjointOf(ChunksOp loop, ValueRange carried, ValueRange states,
                                          ArrayRef<Value> captured);
  Value cotangentOfOutput(StoreOp store, ChunksOp loop);
  void storeGradients(ArrayRef<LoadOp> loads, const Cotangents &cotangents);
  Value onAxesOf(Value x, TileType type);
  LogicalResult leave();
  Value counterpart(Value tensor, Role role);
  Value buildInit(Type type, Value tensor) {
    return InitOp::create(builder, loc, type, tensor, Value(), llvm::APFloat(0.0), /*identity=*/false);
  }
  void dropUnread();
  TileType wholeTile(ViewType view);
  Value tileOrZero(const Cotangents &cotangents, Value value) {
    Value bar = cotangents.lookup(value);
    return bar ? bar : buildZero(builder, loc, typeOf(value));
  }

  KernelOp forward, kernel;
  int64_t every;
  bool keepWrites;
  BitVector &read;
  OpBuilder builder;
  Location loc;
  IRMapping around; // the forward kernel's tensors and what it computes before its loops
  struct Saved {
    SmallVector<Value> states;
    SmallVector<std::pair<Value, Value>> writes, ends; // of the forward kernel, and where it keeps them
  };
  DenseMap<Operation *, Saved> saved;         // of its loops
  SmallVector<std::pair<Value, Value>> known; // what need not be worked out again, and the load of it
  DenseSet<Value> active;                     // what the forward kernel computes outside its loops, of params and ends
  llvm::MapVector<Value, Value> endOf;        // the end of a state, as it was kept: the forward loop's result
  Cotangents ends;                            // of the forward loops' results and starts
  Cotangents sums;                            // of what this kernel computes outside the loops
};

} // namespace

//===-- Tensors -------------------------------------------------------------------------------------------------===//

/// Params are summed over sequences, and what heads share over heads. What the kernel comes to more than once is summed
/// as well: inputs of earlier tokens, or read in several loops, or token by token; and so is what it never comes to.
bool BackwardBuilder::isPartial(BlockArgument tensor) {
  ArgumentAttr argument = forward.argument(tensor.getArgNumber());
  if (argument.getRole() == Role::Param || argument.getPerGroup() || argument.getHistory())
    return true;
  if (argument.getRole() != Role::Input)
    return false;
  DenseSet<Operation *> loops;
  for (OpOperand &use : tensor.getUses()) {
    auto load = dyn_cast<LoadOp>(use.getOwner());
    if (!load || load.getLag()) // or its history, whose cotangent is added
      return true;
    loops.insert(load->getParentOp());
  }
  return loops.size() != 1;
}

Value BackwardBuilder::addTensor(ArgumentAttr argument, ViewType type) {
  if (argument.getPartial())
    type = ViewType::get(type.getContext(), type.getPer(), type.getShape(), builder.getF32Type());
  return kernel.addArgument(argument, type, loc);
}

void BackwardBuilder::addTensors() {
  auto all = llvm::zip(forward.getBody().front().getArguments(), forward.getArguments().getAsRange<ArgumentAttr>());
  auto add = [&](BlockArgument tensor, ArgumentAttr argument) {
    return addTensor(argument, cast<ViewType>(tensor.getType()));
  };
  for (auto [tensor, argument] : all) {
    const Role role = argument.getRole();
    if (role == Role::Output || role == Role::Final)
      add(tensor, argument.as(role == Role::Output ? Role::OutputGrad : Role::FinalGrad));
    else
      around.map(tensor, add(tensor, argument));
  }
  unsigned number = 0;
  auto addSaved = [&](Per per, Value tile) {
    ViewType type = tensorOf(per, tile);
    return addTensor(savedArgument(type, number++, every), type);
  };
  for (auto loop : forward.getBody().getOps<ChunksOp>()) {
    Saved &kept = saved[loop];
    for (Value init : loop.getInits())
      kept.states.push_back(addSaved(Per::Segment, init));
    if (keepWrites)
      for (Value write : hardWon(loop))
        kept.writes.emplace_back(write, addSaved(Per::Token, write));
    for (Value end : endsRead(loop))
      kept.ends.emplace_back(end, addSaved(Per::Head, end));
  }
  for (auto [tensor, argument] : all) {
    const Role role = argument.getRole();
    if (role == Role::Input || role == Role::Param || role == Role::Initial)
      add(tensor, argument.as(role == Role::Input   ? Role::InputGrad
                              : role == Role::Param ? Role::ParamGrad
                                                    : Role::InitialGrad,
                              isPartial(tensor)));
  }
}

/// The tensor in this role of what a tensor, of this kernel or the forward one, is declared as.
Value BackwardBuilder::counterpart(Value tensor, Role role) {
  const ArgumentAttr of = argumentOf(tensor);
  for (auto [other, argument] :
       llvm::zip(kernel.getBody().getArguments(), kernel.getArguments().getAsRange<ArgumentAttr>()))
    if (argument.getRole() == role && argument.isOf(of))
      return other;
  return Value();
}

//===-- One loop ------------------------------------------------------------------------------------------------===//

/// The body of a loop again, without what it writes: the tiles that it yields.
static SmallVector<Value> cloneBody(ChunksOp loop, ValueRange carried, OpBuilder &builder, IRMapping &mapping) {
  Block &body = loop.getBody().front();
  mapping.map(body.getArguments(), carried);
  for (Operation &op : body.without_terminator())
    if (!isa<StoreOp, HistoryOp>(op))
      builder.clone(op, mapping);
  return llvm::map_to_vector(body.getTerminator()->getOperands(), [&](Value x) { return mapping.lookupOrDefault(x); });
}

/// Starts a loop over chunks and moves into it; `leaveLoop` yields and moves behind it.
static ChunksOp enterLoop(OpBuilder &builder, Location loc, int64_t size, bool reverse, ValueRange inits) {
  auto loop = ChunksOp::create(builder, loc, inits.getTypes(), builder.getI64IntegerAttr(size),
                               reverse ? builder.getUnitAttr() : UnitAttr(), UnitAttr(), inits);
  Block &body = loop.getBody().emplaceBlock();
  for (Value init : inits)
    body.addArgument(init.getType(), loc);
  builder.setInsertionPointToEnd(&body);
  return loop;
}
static SmallVector<Value> leaveLoop(OpBuilder &builder, ChunksOp loop, ValueRange yielded) {
  YieldOp::create(builder, loop.getLoc(), yielded);
  builder.setInsertionPointAfter(loop);
  return loop.getResults();
}

/// Writes that were kept need not be found again; those of a body that is differentiated stay until it is.
void BackwardBuilder::loadWrites(ChunksOp loop, const IRMapping &mapping, bool isDifferentiated) {
  for (auto [write, tensor] : saved[loop].writes) {
    Value again = mapping.lookup(write);
    auto steps = again.getDefiningOp<StepsOp>();
    if (isDifferentiated && steps && !isKnownByItsRows(steps))
      continue; // their adjoint wants what they carry
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPoint(again.getDefiningOp());
    known.emplace_back(again, LoadOp::create(builder, loc, again.getType(), tensor));
  }
}

/// Keeps the states before each chunk of a segment.
void BackwardBuilder::keepStates(ChunksOp loop, ValueRange starts, ValueRange kept) {
  const auto size = static_cast<int64_t>(loop.getSize());
  for (auto [state, buffer] : llvm::zip(starts, kept))
    storeSegment(builder, loc, state, buffer, size);
  ChunksOp replay = enterLoop(builder, loc, size, /*reverse=*/false, starts);
  replay.setLeaveLast(true);
  IRMapping mapping = around;
  SmallVector<Value> after = cloneBody(loop, replay.getBody().front().getArguments(), builder, mapping);
  loadWrites(loop, mapping, /*isDifferentiated=*/false);
  for (auto [state, buffer] : llvm::zip(after, kept))
    storeSegment(builder, loc, state, buffer, size, /*next=*/true);
  leaveLoop(builder, replay, after);
}

/// x with its axes called as those of `type` are, one by one.
Value BackwardBuilder::onAxesOf(Value x, TileType type) {
  auto rename = [&](unsigned i, const Axis &to) {
    SmallVector<Axis> axes(typeOf(x).getAxes());
    Axis from = axes[i];
    axes[i] = to;
    x = RenameOp::create(builder, loc, TileType::get(x.getContext(), axes, typeOf(x).getElementType()), x, from.str(),
                         to.str());
  };
  SmallVector<unsigned> differing;
  for (auto [i, axis] : llvm::enumerate(type.getAxes()))
    if (typeOf(x).getAxes()[i].str() != axis.str())
      differing.push_back(i);
  // By way of names that no one has: two axes may swap theirs.
  if (differing.size() > 1)
    for (unsigned i : differing) {
      Axis axis = type.getAxes()[i];
      rename(i, {axis.kind, builder.getStringAttr("grad" + Twine(i)), axis.extent});
    }
  for (unsigned i : differing)
    rename(i, type.getAxes()[i]);
  return x;
}

/// Gradients of the inputs that these loads read, one store for each input and lag.
void BackwardBuilder::storeGradients(ArrayRef<LoadOp> loads, const Cotangents &cotangents) {
  struct Sum {
    Value total;
    LoadOp load;
  };
  llvm::MapVector<std::pair<Value, int64_t>, Sum> totals;
  for (LoadOp load : loads) {
    Value bar = cotangents.lookup(load.getResult());
    if (!bar)
      bar = buildZero(builder, loc, load.getResult().getType());
    Sum &sum = totals[{load.getTensor(), load.getLag()}];
    if (!sum.total)
      sum = {bar, load};
    else
      sum.total = buildAdd(builder, loc, sum.total, onAxesOf(bar, typeOf(sum.total)));
  }
  for (auto &[key, sum] : totals) {
    Value gradient = counterpart(key.first, Role::InputGrad);
    Value past = sum.load.getHistory(), history = past ? counterpart(past, Role::InitialGrad) : Value();
    StoreOp::create(builder, loc, sum.total, gradient, history, key.second, 0, /*next=*/false,
                    argumentOf(gradient).getPartial());
  }
}

// The adjoint of one chunk, from the states before it and the carried cotangents: of the states after it, then the sums
// for the values from outside that the body takes. Gives what is carried on.
FailureOr<SmallVector<Value>> BackwardBuilder::adjointOf(ChunksOp loop, ValueRange carried, ValueRange states,
                                                         ArrayRef<Value> captured) {
  Block &body = loop.getBody().front();
  IRMapping mapping = around;
  SmallVector<Value> after = cloneBody(loop, states, builder, mapping);
  loadWrites(loop, mapping, /*isDifferentiated=*/true);

  Cotangents cotangents;
  SmallVector<LoadOp> loads;
  for (Operation &op : body.without_terminator()) {
    if (auto store = dyn_cast<StoreOp>(op))
      addTo(cotangents, mapping.lookupOrDefault(store.getValue()), cotangentOfOutput(store, loop), builder, loc);
    if (auto load = dyn_cast<LoadOp>(op); load && load.getTensor().getType().getPer() == Per::Token)
      loads.push_back(mapping.lookup(load.getResult()).getDefiningOp<LoadOp>());
  }
  for (auto [value, bar] : llvm::zip(after, carried))
    addTo(cotangents, value, bar, builder, loc);

  SmallVector<Value> wanted(states);
  for (LoadOp load : loads)
    wanted.push_back(load.getResult());
  llvm::append_range(wanted, captured);
  auto gradientOf = [&](Value tensor) { return counterpart(tensor, Role::InputGrad); };
  if (failed(differentiate(*builder.getInsertionBlock(), wanted, builder, cotangents, gradientOf)))
    return failure();
  storeGradients(loads, cotangents);
  SmallVector<Value> onwards;
  for (Value state : states)
    onwards.push_back(tileOrZero(cotangents, state));
  for (auto [value, sum] : llvm::zip(captured, carried.drop_front(states.size()))) {
    Value part = cotangents.lookup(value);
    onwards.push_back(part ? buildAdd(builder, loc, sum, onAxesOf(part, typeOf(sum))) : sum);
  }
  return onwards;
}

/// Rows past the end have no say.
Value BackwardBuilder::cotangentOfOutput(StoreOp store, ChunksOp loop) {
  Axis time{AxisKind::Time, builder.getStringAttr("time"), static_cast<int64_t>(loop.getSize())};
  TileType type = typeOf(store.getValue());
  Value bar = LoadOp::create(builder, loc, type, counterpart(store.getTensor(), Role::OutputGrad));
  Value valid = ValidOp::create(builder, loc, TileType::get(builder.getContext(), {time}, builder.getI1Type()));
  Value none = buildZero(builder, loc, TileType::get(builder.getContext(), {}, type.getElementType()));
  return SelectOp::create(builder, loc, type, valid, bar, none);
}

/// What the loop's body takes from outside and has a cotangent there, as the backward kernel has it.
SmallVector<Value> BackwardBuilder::capturedBy(ChunksOp loop) {
  llvm::SetVector<Value> found;
  loop.getBody().walk([&](Operation *op) {
    for (Value operand : op->getOperands())
      if (active.contains(operand) && operand.getParentBlock() == &forward.getBody().front())
        found.insert(around.lookup(operand));
  });
  return found.takeVector();
}

LogicalResult BackwardBuilder::buildLoop(ChunksOp loop) {
  const auto size = static_cast<int64_t>(loop.getSize());
  ValueRange inits = loop.getInits();
  SmallVector<Value> captured = capturedBy(loop), starts, kept;
  for (Value result : loop.getResults())
    starts.push_back(tileOrZero(ends, result));
  for (Value value : captured)
    starts.push_back(buildZero(builder, loc, typeOf(value)));
  if (every > size)
    for (Value init : inits)
      kept.push_back(BufferOp::create(builder, loc, tensorOf(Per::Segment, init), every / size));

  ChunksOp outer = enterLoop(builder, loc, every, /*reverse=*/true, starts);
  ValueRange carried = outer.getBody().front().getArguments();
  auto loadAll = [&](ArrayRef<Value> from, int64_t span) {
    SmallVector<Value> states;
    for (auto [init, tensor] : llvm::zip(inits, from))
      states.push_back(LoadOp::create(builder, loc, init.getType(), tensor, Value(), 0, span));
    return states;
  };
  SmallVector<Value> states = loadAll(saved[loop].states, every), onwards;
  if (every == size) {
    FailureOr<SmallVector<Value>> built = adjointOf(loop, carried, states, captured);
    if (failed(built))
      return failure();
    onwards = *built;
  } else {
    keepStates(loop, states, kept);
    ChunksOp inner = enterLoop(builder, loc, size, /*reverse=*/true, carried);
    FailureOr<SmallVector<Value>> built =
        adjointOf(loop, inner.getBody().front().getArguments(), loadAll(kept, size), captured);
    if (failed(built))
      return failure();
    onwards = leaveLoop(builder, inner, *built);
  }
  SmallVector<Value> results = leaveLoop(builder, outer, onwards);
  for (auto [init, bar] : llvm::zip(inits, results))
    addTo(ends, init, bar, builder, loc);
  for (auto [value, bar] : llvm::zip(captured, ArrayRef(results).drop_front(inits.size())))
    addTo(sums, value, bar, builder, loc);
  return success();
}

//===-- Outside the loops ---------------------------------------------------------------------------------------===//

/// What the forward kernel computes before its loops; and the ends of states that outputs read, as they were kept.
void BackwardBuilder::cloneOutside() {
  Block &body = forward.getBody().front();
  SmallVector<Value> wanted;
  for (Operation &op : body) {
    auto load = dyn_cast<LoadOp>(op);
    auto loop = dyn_cast<ChunksOp>(op);
    if (load)
      wanted.push_back(load.getResult());
    if (loop)
      for (auto [result, tensor] : saved[loop].ends) {
        wanted.push_back(result);
        Value end = buildInit(result.getType(), tensor);
        around.map(result, end);
        endOf[end] = result;
      }
    if (isMemoryEffectFree(&op) && !loop)
      builder.clone(op, around);
  }
  active = dependants(body, wanted);
}

/// Gradients of starts, and of params.
LogicalResult BackwardBuilder::leave() {
  llvm::MapVector<Value, Value> starts, params; // by tensor of the forward kernel
  auto add = [&](llvm::MapVector<Value, Value> &sums, Value tensor, Value part) {
    Value &sum = sums[tensor];
    sum = sum ? buildAdd(builder, loc, sum, onAxesOf(part, typeOf(sum))) : part;
  };
  for (auto init : forward.getBody().getOps<InitOp>()) {
    Value bar = tileOrZero(ends, init.getResult());
    add(starts, init.getTensor(), bar);
    if (!init.getFallback())
      continue;
    auto bit = TileType::get(builder.getContext(), {}, builder.getI1Type());
    Value passed = PresentOp::create(builder, loc, bit, around.lookup(init.getTensor()));
    Value none = buildZero(builder, loc, TileType::get(builder.getContext(), {}, typeOf(bar).getElementType()));
    add(params, init.getFallback(), SelectOp::create(builder, loc, bar.getType(), passed, none, bar));
  }
  SmallVector<Value> wanted;
  for (auto load : forward.getBody().getOps<LoadOp>())
    wanted.push_back(around.lookup(load.getResult()));
  if (failed(differentiate(kernel.getBody().front(), wanted, builder, sums)))
    return failure();
  for (auto load : forward.getBody().getOps<LoadOp>())
    if (Value bar = sums.lookup(around.lookup(load.getResult())))
      add(params, load.getTensor(), bar);
  for (auto [tensor, argument] :
       llvm::zip(forward.getBody().front().getArguments(), forward.getArguments().getAsRange<ArgumentAttr>())) {
    const bool isParam = argument.getRole() == Role::Param;
    if (!isParam && (argument.getRole() != Role::Initial || argument.getHistory()))
      continue;
    Value sum = (isParam ? params : starts).lookup(tensor);
    if (!sum)
      sum = buildZero(builder, loc, wholeTile(cast<ViewType>(tensor.getType())));
    FinalOp::create(builder, loc, sum, counterpart(tensor, isParam ? Role::ParamGrad : Role::InitialGrad));
  }
  return success();
}

/// A tile of all of a tensor.
TileType BackwardBuilder::wholeTile(ViewType view) {
  SmallVector<Axis> axes;
  for (auto [i, extent] : llvm::enumerate(view.getShape()))
    axes.push_back({AxisKind::Free, builder.getStringAttr("dim" + Twine(i)), extent});
  return TileType::get(builder.getContext(), axes, builder.getF32Type());
}

FailureOr<KernelOp> BackwardBuilder::build() {
  builder.setInsertionPointAfter(forward);
  kernel = KernelOp::create(builder, loc, symbolOf(forward, Entry::Backward), forward.getMixer(), Entry::Backward,
                            builder.getArrayAttr({}), /*sequences=*/1, FormAttr(), StringAttr());
  builder.setInsertionPointToStart(&kernel.getBody().emplaceBlock());
  addTensors();
  for (auto history : forward.getBody().getOps<HistoryOp>())
    HistoryGradOp::create(builder, loc, counterpart(history.getTo(), Role::FinalGrad),
                          counterpart(history.getTokens(), Role::InputGrad),
                          counterpart(history.getPast(), Role::InitialGrad));
  cloneOutside();
  Block &body = forward.getBody().front();
  for (auto final : body.getOps<FinalOp>())
    addTo(ends, final.getValue(),
          buildInit(final.getValue().getType(), counterpart(final.getTensor(), Role::FinalGrad)), builder, loc);
  auto loops = llvm::to_vector(body.getOps<ChunksOp>());
  for (ChunksOp loop : llvm::reverse(loops)) {
    // What later loops say about this one's end.
    for (auto [end, result] : endOf)
      if (Value bar = sums.lookup(end); bar && result.getDefiningOp() == loop) {
        addTo(ends, result, bar, builder, loc);
        sums.erase(end);
      }
    if (failed(buildLoop(loop)))
      return failure();
  }
  if (failed(leave()))
    return failure();
  for (auto [worked, loaded] : known)
    worked.replaceAllUsesWith(loaded);
  dropUnread();
  return kernel;
}

/// States that no adjoint takes need not be found again, nor kept.
void BackwardBuilder::dropUnread() {
  Block &body = kernel.getBody().front();
  eraseUnused(body);
  for (auto init : llvm::make_early_inc_range(body.getOps<InitOp>()))
    if (init.use_empty())
      init.erase();
  for (auto buffer : llvm::make_early_inc_range(body.getOps<BufferOp>()))
    if (llvm::all_of(buffer->getUsers(), llvm::IsaPred<StoreOp>)) {
      for (Operation *store : llvm::make_early_inc_range(buffer->getUsers()))
        store->erase();
      buffer.erase();
    }
  eraseIdle(kernel);

  BitVector unread(body.getNumArguments());
  unsigned number = 0;
  SmallVector<Attribute> arguments(kernel.getArguments().getValue());
  for (auto [argument, tensor] : llvm::zip(arguments, body.getArguments()))
    if (cast<ArgumentAttr>(argument).getRole() == Role::Saved) {
      read.push_back(!tensor.use_empty());
      unread[tensor.getArgNumber()] = !read.back();
      argument = savedArgument(cast<ViewType>(tensor.getType()), read.back() ? number++ : number, every);
    }
  kernel.setArgumentsAttr(builder.getArrayAttr(arguments));
  kernel.eraseArguments(unread);
}

FailureOr<KernelOp> mixc::buildBackward(KernelOp forward, int64_t every, bool keepWrites, BitVector &read) {
  return BackwardBuilder(forward, every, keepWrites, read).build();
}
