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

static void setNames(KernelOp kernel, ArrayRef<Attribute> names, ArrayRef<Attribute> roles) {
  Builder builder(kernel.getContext());
  kernel.setNamesAttr(builder.getArrayAttr(names));
  kernel.setRolesAttr(builder.getArrayAttr(roles));
}

static void storeSegment(OpBuilder &builder, Location loc, Value tile, Value tensor, int64_t every, bool next = false) {
  StoreOp::create(builder, loc, tile, tensor, Value(), 0, every, next, /*add=*/false);
}

/// What a body works out with more than matmuls: the writes that it solves for, and those that it finds by substitution (steps whose
/// carried tiles end with them).
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
  SmallVector<Attribute> names(forward.getNames().getValue()), roles(forward.getRoles().getValue());
  unsigned number = 0, candidate = 0;
  auto keep = [&](ViewType type, llvm::function_ref<void(Value tensor)> store) {
    if (!read.test(candidate++))
      return;
    names.push_back(builder.getStringAttr("saved." + Twine(number++)));
    roles.push_back(builder.getStringAttr("saved"));
    store(forward.getBody().addArgument(type, loc));
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
  setNames(forward, names, roles);
  forward->setAttr("segment", builder.getI64IntegerAttr(every));
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

static std::string symbolOf(KernelOp kernel, StringRef entry) { return (kernel.getMixer() + "_" + entry).str(); }

KernelOp mixc::buildReplay(KernelOp forward) {
  OpBuilder builder(forward->getContext());
  builder.setInsertionPointAfter(forward);
  auto replay = cast<KernelOp>(builder.clone(*forward));
  replay.setSymName(symbolOf(forward, "replay"));
  replay.walk([](Operation *op) {
    auto store = dyn_cast<StoreOp>(op);
    auto final = dyn_cast<FinalOp>(op);
    if (isa<HistoryOp>(op) || (store && roleOf(store.getTensor()) != "saved") ||
        (final && roleOf(final.getTensor()) != "saved"))
      op->erase();
  });
  Block &body = replay.getBody().front();
  SmallVector<Attribute> names, roles;
  BitVector dropped(body.getNumArguments());
  for (auto [i, name, role] : llvm::enumerate(replay.getNames(), replay.getRoles()))
    if (llvm::is_contained({"output", "final"}, cast<StringAttr>(role).getValue())) {
      dropped.set(i);
    } else {
      names.push_back(name);
      roles.push_back(role);
    }
  eraseIdle(replay);
  body.eraseArguments(dropped);
  setNames(replay, names, roles);
  return replay;
}

//===-- The backward kernel -------------------------------------------------------------------------------------===//

namespace {

class BackwardBuilder {
public:
  BackwardBuilder(KernelOp forward, mix::MixerOp mixer, int64_t every, bool keepWrites, BitVector &read)
      : forward(forward), mixer(mixer), every(every), keepWrites(keepWrites), read(read), builder(forward.getContext()),
        loc(forward.getLoc()) {}

  FailureOr<KernelOp> build();

private:
  void addTensors();
  Value addTensor(Attribute name, StringRef role, ViewType type, bool isPartial = false);
  bool isPartial(BlockArgument tensor, StringRef role);
  bool isShared(StringRef name);

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
  Value argumentOf(Value tensor, StringRef role);
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
  mix::MixerOp mixer;
  int64_t every;
  bool keepWrites;
  BitVector &read;
  OpBuilder builder;
  Location loc;
  IRMapping around; // the forward kernel's tensors and what it computes before its loops
  SmallVector<Attribute> names, roles;
  SmallVector<int64_t> partials;
  DenseMap<std::pair<StringRef, StringRef>, Value> tensors; // by role and name
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

/// Is there one of it for each group of heads?
bool BackwardBuilder::isShared(StringRef name) {
  name.consume_back(".history");
  for (Operation &op : mixer.step())
    if (isa<mix::InputOp, mix::ParamOp, mix::StateOp>(op) && op.getAttrOfType<StringAttr>("name").getValue() == name)
      return mix::isPerGroup(cast<mix::TensorType>(op.getResult(0).getType()));
  return false;
}

/// Params are summed over sequences, and what heads share over heads. What the kernel comes to more than once is summed as well:
/// inputs of earlier tokens, or read in several loops, or token by token; and so is what it never comes to.
bool BackwardBuilder::isPartial(BlockArgument tensor, StringRef role) {
  StringRef name = cast<StringAttr>(forward.getNames()[tensor.getArgNumber()]).getValue();
  if (role == "param" || isShared(name) || (role == "initial" && name.ends_with(".history")))
    return true;
  if (role != "input")
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

Value BackwardBuilder::addTensor(Attribute name, StringRef role, ViewType type, bool isPartial) {
  names.push_back(name);
  roles.push_back(builder.getStringAttr(role));
  partials.push_back(isPartial);
  if (isPartial)
    type = ViewType::get(type.getContext(), type.getPer(), type.getShape(), builder.getF32Type());
  Value tensor = kernel.getBody().addArgument(type, loc);
  tensors[{cast<StringAttr>(roles.back()).getValue(), cast<StringAttr>(name).getValue()}] = tensor;
  return tensor;
}

void BackwardBuilder::addTensors() {
  auto all = llvm::zip(forward.getBody().front().getArguments(), forward.getNames(), forward.getRoles());
  auto roleOf = [](Attribute role) { return cast<StringAttr>(role).getValue(); };
  for (auto [argument, name, role] : all) {
    StringRef text = roleOf(role);
    auto type = cast<ViewType>(argument.getType());
    if (text == "output" || text == "final")
      addTensor(name, text == "output" ? "output_grad" : "final_grad", type);
    else
      around.map(argument, addTensor(name, text, type));
  }
  unsigned number = 0;
  auto addSaved = [&](Per per, Value tile) {
    return addTensor(builder.getStringAttr("saved." + Twine(number++)), "saved", tensorOf(per, tile));
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
  for (auto [argument, name, role] : all) {
    StringRef text = roleOf(role);
    if (text != "input" && text != "param" && text != "initial")
      continue;
    bool partial = isPartial(argument, text);
    StringRef result = text == "input" ? "input_grad" : text == "param" ? "param_grad" : "initial_grad";
    addTensor(name, result, cast<ViewType>(argument.getType()), partial);
  }
  setNames(kernel, names, roles);
  kernel->setAttr("segment", builder.getI64IntegerAttr(every));
}

/// The tensor of another role under the same name.
Value BackwardBuilder::argumentOf(Value tensor, StringRef role) {
  auto argument = cast<BlockArgument>(tensor);
  return tensors.lookup({role, cast<StringAttr>(forward.getNames()[argument.getArgNumber()]).getValue()});
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
    // The kernel's tensors stand for the forward kernel's: find the latter by its name.
    StringRef name = cast<StringAttr>(names[cast<BlockArgument>(key.first).getArgNumber()]).getValue();
    Value gradient = tensors.lookup({"input_grad", name});
    bool add = partials[cast<BlockArgument>(gradient).getArgNumber()];
    Value history = sum.load.getHistory()
                        ? tensors.lookup({"initial_grad", builder.getStringAttr(name + ".history").getValue()})
                        : Value();
    StoreOp::create(builder, loc, sum.total, gradient, history, key.second, 0, /*next=*/false, add);
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
  auto gradientOf = [&](Value tensor) {
    StringRef name = cast<StringAttr>(names[cast<BlockArgument>(tensor).getArgNumber()]).getValue();
    return tensors.lookup({"input_grad", name});
  };
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
  Value bar = LoadOp::create(builder, loc, type, argumentOf(store.getTensor(), "output_grad"));
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
  for (auto [argument, role] : llvm::zip(forward.getBody().front().getArguments(), forward.getRoles())) {
    StringRef text = cast<StringAttr>(role).getValue();
    bool isParam = text == "param";
    bool isHistory = cast<StringAttr>(forward.getNames()[argument.getArgNumber()]).getValue().ends_with(".history");
    if (!isParam && (text != "initial" || isHistory))
      continue;
    Value sum = (isParam ? params : starts).lookup(argument);
    if (!sum)
      sum = buildZero(builder, loc, wholeTile(cast<ViewType>(argument.getType())));
    FinalOp::create(builder, loc, sum, argumentOf(argument, isParam ? "param_grad" : "initial_grad"));
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
  kernel = KernelOp::create(builder, loc, symbolOf(forward, "backward"), forward.getMixer(), builder.getArrayAttr({}),
                            builder.getArrayAttr({}));
  builder.setInsertionPointToStart(&kernel.getBody().emplaceBlock());
  addTensors();
  for (auto history : forward.getBody().getOps<HistoryOp>())
    HistoryGradOp::create(builder, loc, argumentOf(history.getTo(), "final_grad"),
                          argumentOf(history.getTokens(), "input_grad"), argumentOf(history.getPast(), "initial_grad"));
  cloneOutside();
  Block &body = forward.getBody().front();
  for (auto final : body.getOps<FinalOp>())
    addTo(ends, final.getValue(), buildInit(final.getValue().getType(), argumentOf(final.getTensor(), "final_grad")),
          builder, loc);
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
  for (auto [i, role] : llvm::enumerate(roles))
    if (cast<StringAttr>(role).getValue() == "saved") {
      read.push_back(!body.getArgument(i).use_empty());
      unread[i] = !read.back();
      names[i] = builder.getStringAttr("saved." + Twine(unread[i] ? number : number++));
    }
  auto drop = [&](auto &list) {
    unsigned i = 0;
    llvm::erase_if(list, [&](const auto &) { return unread[i++]; });
  };
  drop(names), drop(roles), drop(partials);
  body.eraseArguments(unread);
  setNames(kernel, names, roles);
  kernel->setAttr("partials", builder.getI64ArrayAttr(partials));
}

FailureOr<KernelOp> mixc::buildBackward(KernelOp forward, mix::MixerOp mixer, int64_t every, bool keepWrites,
                                        BitVector &read) {
  return BackwardBuilder(forward, mixer, every, keepWrites, read).build();
}
