// From a mixer to its kernel.
//
//     tensors            inputs, params, initial states, outputs, final states (or states in place, before
//                        the outputs, and after them the states to keep after each token)
//     before the loop    starts of the states, loads of params
//     tile.chunks        carries all states; inputs are loaded where they are first wanted
//       components       in order; each one's program for C tokens (ChunkedComponent) or for one (OneToken)
//       outputs, states  the tiles of the values that the mixer gives them
//     after the loop     ends of the states
//
// A state that is not in normal form (mix.next) gets the tile of its new value, token by token: any op on token values
// is an op on tiles.
#include "lowering/derive/KernelBuilder.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace mixc;
using namespace mixc::derive;
using tile::Axis;
using tile::AxisKind;

static mix::TensorType typeOf(Value value) { return cast<mix::TensorType>(value.getType()); }

//===-- Tensors -------------------------------------------------------------------------------------------------===//

BlockArgument KernelBuilder::addTensor(tile::KernelOp kernel, StringRef name, StringRef role, tile::Per per,
                                       Value declared, Operation *declaration) {
  tensorNames.push_back(builder.getStringAttr(name));
  roles.push_back(builder.getStringAttr(role));
  auto type = tile::ViewType::get(builder.getContext(), per, extents(declared), mix::elementTypeOf(declaration));
  return kernel.getBody().front().addArgument(type, declared.getLoc());
}

void KernelBuilder::addTensors(tile::KernelOp kernel) {
  for (auto input : mixer.step().getOps<mix::InputOp>())
    tensors[input.getResult()] =
        addTensor(kernel, input.getName(), "input", tile::Per::Token, input.getResult(), input);
  for (auto param : mixer.step().getOps<mix::ParamOp>())
    tensors[param.getResult()] = addTensor(kernel, param.getName(), "param", tile::Per::Head, param.getResult(), param);
  for (State &state : states)
    state.from = addTensor(kernel, state.op.getName(), options.statesInPlace ? "state" : "initial", tile::Per::Head,
                           state.op.getResult(), state.op);
  for (auto output : mixer.step().getOps<mix::OutputOp>())
    outputs.push_back(
        {output, addTensor(kernel, output.getName(), "output", tile::Per::Token, output.getValue(), output)});
  for (State &state : states)
    if (options.statesInPlace) {
      state.to = state.from;
      state.kept = addTensor(kernel, state.op.getName(), "kept", tile::Per::Token, state.op.getResult(), state.op);
    } else {
      state.to = addTensor(kernel, state.op.getName(), "final", tile::Per::Head, state.op.getResult(), state.op);
    }
  kernel.setNamesAttr(builder.getArrayAttr(tensorNames));
  kernel.setRolesAttr(builder.getArrayAttr(roles));
}

//===-- Axes ----------------------------------------------------------------------------------------------------===//

void KernelBuilder::placeStates() {
  DenseMap<Value, Axes> axesOfState;
  for (auto component : mixer.step().getOps<mix::ComponentOp>()) {
    Value first = component.getStates()[0];
    SmallVector<std::string> texts = dimTexts(first);
    SmallVector<int64_t> sizes = extents(first);
    bool isMatrix = typeOf(first).isMatrix();
    unsigned keyDim = isMatrix && !component.getTurned() ? 1 : 0;
    Placed &place = placed[component];
    place.key = names.get(AxisKind::Key, texts[keyDim], sizes[keyDim]);
    if (isMatrix)
      place.value.push_back(names.get(AxisKind::Value, texts[1 - keyDim], sizes[1 - keyDim]));
    Axes declared = isMatrix ? Axes{place.value[0], place.key} : Axes{place.key};
    if (isMatrix && keyDim == 0)
      std::swap(declared[0], declared[1]);
    for (Value state : component.getStates())
      axesOfState[state] = declared;
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
    const Placed &place = placed[component];
    seedAll(component.getReadDirs(), place.key);
    seedAll(component.getWriteDirs(), place.key);
    seedAll(component.getTransition(), place.key);
  }
  for (auto component : components) {
    const Placed &place = placed[component];
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

Value KernelBuilder::nextOf(State &state) {
  for (auto component : mixer.step().getOps<mix::ComponentOp>())
    for (auto [i, value] : llvm::enumerate(component.getStates()))
      if (value == state.op.getResult()) {
        tiles.setLoc(component.getLoc());
        return programs[component]->next(i);
      }
  for (auto next : mixer.step().getOps<mix::NextOp>())
    if (next.getName() == state.op.getName()) {
      tiles.setLoc(next.getLoc());
      Value value = tiles.row(local.emit(next.getValue(), state.axes), 0);
      return tiles.on(value, state.axes);
    }
  return state.tile;
}

void KernelBuilder::buildBody() {
  for (auto component : mixer.step().getOps<mix::ComponentOp>()) {
    const Placed &place = placed[component];
    tiles.setLoc(component.getLoc());
    SmallVector<Value> before;
    for (Value value : component.getStates())
      for (State &state : states)
        if (state.op.getResult() == value)
          before.push_back(state.tile);
    ProgramParts parts{tiles, local, names};
    if (options.chunk > 1)
      programs[component] = std::make_unique<ChunkedComponent>(component, context, place.key, place.value, before[0]);
    else
      programs[component] = makeOneToken(component, parts, place.key, place.value, before);
  }
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
  SmallVector<Value> after;
  for (State &state : states)
    after.push_back(nextOf(state));
  for (auto [state, value] : llvm::zip(states, after))
    if (state.kept)
      tile::StoreOp::create(builder, state.op.getLoc(), value, state.kept);
  tile::YieldOp::create(builder, mixer.getLoc(), after);
}

/// Erases what no one uses: tiles asked for while a form was found, and not needed in the end.
static void eraseUnused(Block &block) {
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block))) {
    if (auto loop = dyn_cast<tile::ChunksOp>(op))
      eraseUnused(loop.getBody().front());
    else if (isOpTriviallyDead(&op))
      op.erase();
  }
}

tile::KernelOp KernelBuilder::build() {
  Location loc = mixer.getLoc();
  builder.setInsertionPointAfter(mixer);
  while (builder.getInsertionPoint() != mixer->getBlock()->end() &&
         isa<tile::KernelOp>(*builder.getInsertionPoint())) // kernels in the order in which they are built
    builder.setInsertionPointAfter(&*builder.getInsertionPoint());
  StringRef name = mixer.getSymName();
  auto kernel = tile::KernelOp::create(builder, loc, (name + "_" + options.suffix).str(), name,
                                       builder.getArrayAttr({}), builder.getArrayAttr({}));
  Block &body = kernel.getBody().emplaceBlock();
  placeStates();
  placeVectors();
  addTensors(kernel);
  builder.setInsertionPointToEnd(&body);
  SmallVector<Value> inits;
  for (State &state : states) {
    double start = state.op.getStart() ? state.op.getStart()->convertToDouble() : 0;
    inits.push_back(tile::InitOp::create(builder, state.op.getLoc(), tiles.type(state.axes), state.from,
                                         llvm::APFloat(start), state.op.getIdentityStart()));
  }
  loop = tile::ChunksOp::create(builder, loc, ValueRange(inits).getTypes(), builder.getI64IntegerAttr(options.chunk),
                                UnitAttr(), inits);
  Block &step = loop.getBody().emplaceBlock();
  for (auto [state, init] : llvm::zip(states, inits))
    state.tile = step.addArgument(init.getType(), init.getLoc());
  builder.setInsertionPointToEnd(&step);
  buildBody();
  builder.setInsertionPointToEnd(&body);
  for (auto [state, result] : llvm::zip(states, loop.getResults()))
    tile::FinalOp::create(builder, state.op.getLoc(), result, state.to);
  eraseUnused(body);
  return kernel;
}

std::optional<Obstacle> derive::findObstacle(mix::MixerOp mixer) {
  for (auto next : mixer.step().getOps<mix::NextOp>())
    return Obstacle{next.getLoc(), "`" + next.getName().str() + "` has an update of no normal form"};
  for (auto component : mixer.step().getOps<mix::ComponentOp>()) {
    std::string why;
    if (!ChunkedComponent::isSupported(component, why)) {
      auto state = component.getStates()[0].getDefiningOp<mix::StateOp>();
      return Obstacle{component.getLoc(), "`" + state.getName().str() + "`: " + why};
    }
  }
  return std::nullopt;
}

/// What is interpreted, and has no tile program yet.
static LogicalResult refuseUnbuilt(mix::MixerOp mixer) {
  WalkResult walk = mixer.walk([](Operation *op) -> WalkResult {
    std::string what, instead;
    if (auto lag = dyn_cast<mix::LagOp>(op)) {
      what = ("`" + lag.getX().getDefiningOp<mix::InputOp>().getName() + "[t-" + Twine(lag.getBy()) + "]`").str();
      instead = "for a kernel, keep it in a state";
    } else if (auto end = dyn_cast<mix::EndOp>(op)) {
      what = ("`" + end.getName() + "[end]`").str();
      instead = "a kernel knows states at `[t]` and `[t-1]`";
    } else if (auto state = dyn_cast<mix::StateOp>(op); state && state.getStartParam()) {
      what = "a state that starts at a param";
      instead = "for a kernel, pass the start as the state's initial value";
    } else if (isa<mix::ReshapeOp>(op)) {
      what = "the gradient of a `kron`";
      instead = "for a kernel, write the gradient out";
    }
    if (what.empty())
      return WalkResult::advance();
    InFlightDiagnostic error = op->emitError() << "unsupported: " << what << " in a kernel";
    error.attachNote() << "help: `mixc run --kernel=interpreter` runs it; " << instead;
    return WalkResult::interrupt();
  });
  return failure(walk.wasInterrupted());
}

FailureOr<tile::KernelOp> derive::buildKernel(mix::MixerOp mixer, const KernelOptions &options) {
  if (failed(refuseUnbuilt(mixer)))
    return failure();
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
  tile::KernelOp kernel = KernelBuilder(mixer, options).build();
  // A kernel that does not verify is our bug, and is found here, where it is made.
  if (failed(verify(kernel)))
    return failure();
  return kernel;
}
