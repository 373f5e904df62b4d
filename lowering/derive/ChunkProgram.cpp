// From a mixer to its kernel.
//
//     tensors            inputs, params, initial states, outputs, final states (or states in place, before
//                        the outputs, and after them the states to keep after each token); after the states the
//                        histories of inputs that are read at earlier tokens
//     before the loop    starts of the states, loads of params
//     tile.chunks        carries all states; inputs are loaded where they are first wanted
//       components       in order; each one's program for C tokens (ChunkedComponent) or for one (OneToken)
//       other states     stepped through, token by token (SteppedStates)
//       outputs, states  the tiles of the values that the mixer gives them
//     after the loop     ends of the states, histories
//
// An output that reads H[end] has a loop of its own, after the one that finds the end.
#include "dialect/tile/IdleTiles.h"
#include "lowering/Rules.h"
#include "lowering/derive/KernelBuilder.h"
#include "lowering/normalize/Classify.h"
#include "lowering/normalize/Strata.h"
#include "mlir/IR/Verifier.h"

using namespace mlir;
using namespace mixc;
using namespace mixc::derive;
using tile::Axis;
using tile::AxisKind;

static mix::TensorType typeOf(Value value) { return cast<mix::TensorType>(value.getType()); }

//===-- Tensors -------------------------------------------------------------------------------------------------===//

BlockArgument KernelBuilder::addTensor(tile::KernelOp kernel, tile::Role role, StringRef name, Value declared,
                                       Operation *declaration) {
  // An output is computed for every head, even if nothing in it depends on the head.
  const bool perGroup = role != tile::Role::Output && mix::isPerGroup(typeOf(declared));
  auto type = tile::ViewType::get(builder.getContext(), tile::isPerToken(role) ? tile::Per::Token : tile::Per::Head,
                                  extents(declared), mix::elementTypeOf(declaration));
  return kernel.addArgument(tile::ArgumentAttr::get(builder.getContext(), role, name, perGroup), type,
                            declared.getLoc());
}

/// The history of an input in one of a state's roles: the input's last tokens, oldest first.
BlockArgument KernelBuilder::addHistory(tile::KernelOp kernel, tile::Role role, mix::InputOp input) {
  SmallVector<int64_t> shape = extents(input.getResult());
  shape.insert(shape.begin(), mix::historyOf(input));
  auto type = tile::ViewType::get(builder.getContext(), tile::isPerToken(role) ? tile::Per::Token : tile::Per::Head,
                                  shape, mix::historyTypeOf(input));
  return kernel.addArgument(tile::ArgumentAttr::get(builder.getContext(), role, input.getName(),
                                                    mix::isPerGroup(typeOf(input.getResult())), /*history=*/true),
                            type, input.getLoc());
}

void KernelBuilder::addTensors(tile::KernelOp kernel) {
  using tile::Role;
  const bool inPlace = options.entry == tile::Entry::Decode;
  const Role start = inPlace ? Role::State : Role::Initial;
  for (auto input : mixer.step().getOps<mix::InputOp>())
    tensors[input.getResult()] = addTensor(kernel, Role::Input, input.getName(), input.getResult(), input);
  for (auto param : mixer.step().getOps<mix::ParamOp>())
    tensors[param.getResult()] = addTensor(kernel, Role::Param, param.getName(), param.getResult(), param);
  for (State &state : states)
    state.from = addTensor(kernel, start, state.op.getName(), state.op.getResult(), state.op);
  for (auto input : mixer.step().getOps<mix::InputOp>())
    if (mix::historyOf(input))
      histories[input.getResult()].from = addHistory(kernel, start, input);
  for (auto output : mixer.step().getOps<mix::OutputOp>())
    outputs.push_back({output, addTensor(kernel, Role::Output, output.getName(), output.getValue(), output)});
  for (State &state : states)
    if (inPlace) {
      state.to = state.from;
      state.kept = addTensor(kernel, Role::Kept, state.op.getName(), state.op.getResult(), state.op);
    } else {
      state.to = addTensor(kernel, Role::Final, state.op.getName(), state.op.getResult(), state.op);
    }
  for (auto &[value, history] : histories) {
    auto input = value.getDefiningOp<mix::InputOp>();
    history.to = inPlace ? history.from : addHistory(kernel, Role::Final, input);
    if (inPlace)
      history.kept = addHistory(kernel, Role::Kept, input);
  }
}

//===-- Axes ----------------------------------------------------------------------------------------------------===//

void KernelBuilder::placeStates() {
  DenseMap<Value, Axes> axesOfState;
  for (auto component : mixer.step().getOps<mix::ComponentOp>()) {
    StateAxes &place = placed[component];
    for (auto [i, value] : llvm::enumerate(component.getStates())) {
      SmallVector<std::string> texts = dimTexts(value);
      SmallVector<int64_t> sizes = extents(value);
      bool isMatrix = typeOf(value).isMatrix();
      unsigned keyDim = isMatrix && !component.isTurned(i) ? 1 : 0;
      Axis key = names.get(AxisKind::Key, texts[keyDim], sizes[keyDim]);
      if (isMatrix && i == 0)
        place.value.push_back(names.get(AxisKind::Value, texts[1 - keyDim], sizes[1 - keyDim]));
      place.keys.push_back(key);
      Axes declared = isMatrix ? Axes{place.value[0], key} : Axes{key};
      if (isMatrix && keyDim == 0)
        std::swap(declared[0], declared[1]);
      axesOfState[value] = declared;
    }
  }
  for (auto op : mixer.step().getOps<mix::StateOp>()) {
    State &state = states.emplace_back();
    state.op = op;
    if (auto found = axesOfState.find(op.getResult()); found != axesOfState.end()) {
      state.axes = found->second;
      continue;
    }
    SmallVector<std::string> texts = dimTexts(op.getResult());
    SmallVector<int64_t> sizes = extents(op.getResult());
    AxisKind kinds[] = {AxisKind::Value, AxisKind::Key};
    for (unsigned i = 0; i < sizes.size(); ++i)
      state.axes.push_back(names.get(kinds[i], texts[i], sizes[i]));
  }
}

void KernelBuilder::placeVectors() {
  auto seedAll = [&](ValueRange values, ArrayRef<Axis> axes) {
    for (Value value : values)
      if (axes.size() == 1)
        homes.seed(value, axes[0]);
  };
  auto components = mixer.step().getOps<mix::ComponentOp>();
  for (auto component : components) {
    const StateAxes &place = placed[component];
    auto seedDirections = [&](OperandRange directions, ArrayRef<int64_t> index, unsigned stateAt) {
      for (auto [x, along] : llvm::enumerate(directions))
        seedAll(along, place.keys[index[2 * x + stateAt]]);
    };
    seedDirections(component.getReadDirs(), component.getReadIndex(), 1);
    seedDirections(component.getWriteDirs(), component.getWriteIndex(), 1);
    seedDirections(component.getTransition(), component.getTransitionIndex(), 0);
  }
  for (auto component : components) {
    const StateAxes &place = placed[component];
    seedAll(component.getGate(), place.value);
    seedAll(component.getValues(), place.value);
    seedAll(ValueRange(component.getPhi().getArguments()), place.value);
    seedAll(component.getPhi().front().getTerminator()->getOperands(), place.value);
  }
  for (State &state : states)
    seedAll(state.op.getResult(), state.axes);
  for (auto next : mixer.step().getOps<mix::NextOp>())
    for (State &state : states)
      if (state.op.getName() == next.getName())
        seedAll(next.getValue(), state.axes);
  // S x and S' x, of a state that is a tile as a whole.
  for (auto product : mixer.step().getOps<mix::MatmulOp>()) {
    auto turned = product.getX().getDefiningOp<mix::TransposeOp>();
    if (std::optional<Axes> axes = lying(turned ? turned.getX() : product.getX())) {
      seedAll(product.getResult(), (*axes)[turned ? 1 : 0]);
      seedAll(product.getY(), (*axes)[turned ? 0 : 1]);
    }
  }
  homes.spread(mixer);
}

//===-- The loop ------------------------------------------------------------------------------------------------===//

KernelBuilder::State &KernelBuilder::stateOf(Value value) {
  return *llvm::find_if(states, [&](State &state) { return state.op.getResult() == value; });
}

ComponentProgram *KernelBuilder::programOf(mix::ComponentOp component) {
  if (auto [at, isNew] = programs.try_emplace(component); !isNew)
    return at->second.get();
  Location outside = tiles.getLoc();
  tiles.setLoc(component.getLoc());
  PerState before;
  for (Value value : component.getStates())
    before.push_back(stateOf(value).tile);
  std::unique_ptr<ComponentProgram> program;
  if (options.chunk > 1)
    program = std::make_unique<ChunkedComponent>(component, context, placed[component], before);
  else
    program = makeOneToken(component, {tiles, local, names}, placed[component], before);
  tiles.setLoc(outside);
  return (programs[component] = std::move(program)).get();
}

/// The tiles of all states after the chunk. A state that takes another is found before that one, which may then be
/// overwritten.
SmallVector<Value> KernelBuilder::nextStates() {
  DenseMap<Value, Value> after;
  for (auto component : mixer.step().getOps<mix::ComponentOp>()) {
    tiles.setLoc(component.getLoc());
    ArrayRef<int64_t> index = component.getTransitionIndex();
    auto takers = [&](unsigned j) { // how many other states take state j
      unsigned count = 0;
      for (size_t x = 0; x < component.getTransition().size(); ++x)
        count += index[2 * x + 1] == j && index[2 * x] != j;
      return count;
    };
    auto order = llvm::to_vector(llvm::seq<unsigned>(0, component.getStates().size()));
    llvm::stable_sort(order, [&](unsigned i, unsigned j) { return takers(i) < takers(j); });
    for (unsigned i : order)
      after[component.getStates()[i]] = programOf(component)->next(i);
  }
  for (const auto &unit : stepped)
    for (auto [i, member] : llvm::enumerate(unit->getMembers()))
      after[member.state] = unit->next(i, {tiles, local, names});
  SmallVector<Value> result;
  for (State &state : states) {
    Value known = after.lookup(state.op.getResult());
    result.push_back(known ? known : state.tile); // of one that nothing updates
  }
  return result;
}

void KernelBuilder::buildBody() {
  stepped = findSteppedStates(mixer, [&](mix::NextOp next) {
    State &state = *llvm::find_if(states, [&](State &known) { return known.op.getName() == next.getName(); });
    return SteppedStates::Member{next, state.op.getResult(), state.axes, state.tile};
  });
  for (auto component : mixer.step().getOps<mix::ComponentOp>())
    programOf(component);
  for (auto [output, tensor] : outputs) {
    tiles.setLoc(output.getLoc());
    Value value = output.getValue();
    Axes axes;
    if (typeOf(value).isVector())
      axes.push_back(local.axisOf(value));
    else if (typeOf(value).isMatrix())
      axes = local.axesOfMatrix(value);
    Axes rows{tiles.time()};
    llvm::append_range(rows, axes);
    tile::StoreOp::create(builder, output.getLoc(), tiles.on(local.emit(value, axes), rows), tensor);
  }
  SmallVector<Value> after = nextStates();
  for (auto [state, value] : llvm::zip(states, after))
    if (state.kept)
      tile::StoreOp::create(builder, state.op.getLoc(), value, state.kept);
  for (const auto &[input, history] : histories)
    if (history.kept)
      tile::HistoryOp::create(builder, input.getLoc(), tensors[input], history.from, history.kept);
  tile::YieldOp::create(builder, mixer.getLoc(), after);
}

Value KernelBuilder::startOf(State &state) {
  double number = state.op.getStart() ? state.op.getStart()->convertToDouble() : 0;
  Value param;
  for (auto op : mixer.step().getOps<mix::ParamOp>())
    if (op.getName() == state.op.getStartParam())
      param = tensors[op.getResult()];
  return tile::InitOp::create(builder, state.op.getLoc(), tiles.type(state.axes), state.from, param,
                              llvm::APFloat(number), state.op.getIdentityStart());
}

//===-- The end of the sequence ---------------------------------------------------------------------------------===//

Value KernelBuilder::endOf(State &state) {
  if (!state.end) {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPoint(loop);
    state.end = startOf(state);
  }
  return state.end;
}

// Where an output reads the end of a state, the sequence is walked twice: first to know the end, storing nothing; then,
// from the starts again, for the outputs, with those states alone that they still need on the way.
tile::ChunksOp KernelBuilder::knowEnds() {
  if (llvm::none_of(states, [](State &state) { return state.end; }))
    return loop;
  countRule("H[end]: the sequence is walked twice");
  builder.setInsertionPoint(loop);
  auto first = cast<tile::ChunksOp>(builder.clone(*loop));
  for (Operation &op : llvm::make_early_inc_range(first.getBody().front()))
    if (isa<tile::StoreOp>(op))
      op.erase();
  for (auto [i, state] : llvm::enumerate(states)) {
    loop.setOperand(i, builder.clone(*loop.getInits()[i].getDefiningOp())->getResult(0));
    if (state.end) {
      state.end.replaceAllUsesWith(first.getResult(i));
      state.end.getDefiningOp()->erase();
    }
  }
  IRRewriter rewriter(builder);
  loop = tile::dropIdleTiles(loop, rewriter);
  return first;
}

tile::KernelOp KernelBuilder::build() {
  Location loc = mixer.getLoc();
  builder.setInsertionPointAfter(mixer);
  while (builder.getInsertionPoint() != mixer->getBlock()->end() &&
         isa<tile::KernelOp>(*builder.getInsertionPoint())) // kernels in the order in which they are built
    builder.setInsertionPointAfter(&*builder.getInsertionPoint());
  StringRef name = mixer.getSymName();
  auto kernel =
      tile::KernelOp::create(builder, loc, symbolOf(name, options.entry), name, options.entry, builder.getArrayAttr({}),
                             /*sequences=*/1, tile::FormAttr(), StringAttr(), tile::SavesAttr());
  Block &body = kernel.getBody().emplaceBlock();
  placeStates();
  placeVectors();
  addTensors(kernel);
  builder.setInsertionPointToEnd(&body);
  SmallVector<Value> inits;
  for (State &state : states)
    inits.push_back(startOf(state));
  loop = tile::ChunksOp::create(builder, loc, ValueRange(inits).getTypes(), builder.getI64IntegerAttr(options.chunk),
                                UnitAttr(), UnitAttr(), inits);
  Block &step = loop.getBody().emplaceBlock();
  for (auto [state, init] : llvm::zip(states, inits))
    state.tile = step.addArgument(init.getType(), init.getLoc());
  builder.setInsertionPointToEnd(&step);
  buildBody();
  tile::ChunksOp last = knowEnds();
  builder.setInsertionPointToEnd(&body);
  for (auto [state, result] : llvm::zip(states, last.getResults()))
    tile::FinalOp::create(builder, state.op.getLoc(), result, state.to);
  for (const auto &[input, history] : histories)
    tile::HistoryOp::create(builder, input.getLoc(), tensors[input], history.from, history.to);
  tile::eraseUnused(body); // tiles asked for while a form was found, and not needed in the end
  return kernel;
}

std::optional<Obstacle> derive::findObstacle(mix::MixerOp mixer) {
  for (auto next : mixer.step().getOps<mix::NextOp>())
    return Obstacle{next.getLoc(), "`" + next.getName().str() + "` has an update of no normal form"};
  return std::nullopt;
}

/// The class decides which program is built for a component. One that does not fit it is our bug, and is found before
/// it is built.
static LogicalResult checkClass(mix::ComponentOp component) {
  const mix::ClassAttr said = normalize::classOf(component), found = normalize::classify(component);
  auto isDiagonal = [](mix::ClassAttr a) { return a.getTransition() == mix::TransitionKind::Diagonal; };
  if (isDiagonal(said) != isDiagonal(found) || said.getWrites() != found.getWrites()) // 1 / K may be 1 by now
    return component.emitOpError() << "is said to be " << said << ", and is " << found;
  if (ChunkedComponent::canBeSolved(component) != (said.getWrites() == mix::WriteKind::Affine))
    return component.emitOpError() << "is " << said << ", and its writes say otherwise";
  return success();
}

FailureOr<tile::KernelOp> derive::buildKernel(mix::MixerOp mixer, const KernelOptions &options) {
  // Every dim must be a number by now.
  WalkResult bound = mixer.walk([&](Operation *op) {
    for (Value value : op->getResults())
      if (auto type = dyn_cast<mix::TensorType>(value.getType()))
        for (const mix::Dim &dim : type.getDims())
          if (!dim.asNumber()) {
            op->emitError() << "dim `" << dim.str() << "` has no number yet: run mix-bind-dims";
            return WalkResult::interrupt();
          }
    return WalkResult::advance();
  });
  if (bound.wasInterrupted())
    return failure();
  for (auto component : mixer.step().getOps<mix::ComponentOp>())
    if (failed(checkClass(component)))
      return failure();
  for (auto next : mixer.step().getOps<mix::NextOp>())
    if (!normalize::stratumOf(next))
      return next.emitOpError() << "is of no stratum yet: run mix-build-components";
  tile::KernelOp kernel = KernelBuilder(mixer, options).build();
  // A kernel that does not verify is our bug, and is found here, where it is made.
  if (failed(verify(kernel)))
    return failure();
  return kernel;
}
