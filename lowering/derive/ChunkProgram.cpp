// From a mixer to its kernel.
//
//     tensors            inputs, params, initial states, outputs, final states (or states, in place, before the outputs)
//     before the loop    starts of the states, loads of params
//     tile.chunks        carries all states; inputs are loaded where they are first wanted
//       components       in order; each one's program for C tokens (ChunkedComponent) or one (OneToken)
//       outputs, states  the values that the mixer gives them; a state not in normal form (mix.next) gets the tile of its new
//                        value, token by token: any op on token values is an op on tiles
//     after the loop     ends of the states
#include "lowering/derive/ChunkProgram.h"
#include "lowering/derive/ChunkedComponent.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace mixc;
using namespace mixc::derive;
using tile::Axis;
using tile::AxisKind;

namespace {

mix::TensorType typeOf(Value value) { return cast<mix::TensorType>(value.getType()); }

class KernelBuilder : private Leaves {
public:
  KernelBuilder(mix::MixerOp mixer, const KernelOptions &options)
      : mixer(mixer), options(options), builder(mixer.getContext()),
        tiles(builder, mixer.getLoc(), options.chunk), names(mixer.getContext()), local(tiles, names, homes, *this),
        context({tiles, local, names}) {}

  tile::KernelOp build();

private:
  struct State {
    mix::StateOp op;
    Axes axes; // as declared
    BlockArgument from, to;
    Value tile;
  };
  struct Placed {
    Axis key;
    Axes value;
  };

  void addTensors(tile::KernelOp kernel);
  BlockArgument addTensor(tile::KernelOp kernel, StringRef name, StringRef role, tile::Per per, Value declared);
  void placeStates();
  void placeVectors();
  void buildBody();
  Value nextOf(State &state);

  // Leaves
  Value leaf(Value value, ArrayRef<Axis> axes) override;
  Value shortcut(Value value, ArrayRef<Axis> axes) override;
  std::optional<Axes> lying(Value value) override;
  /// The component that a read or write value belongs to, its number, and which of the two it is.
  struct Result {
    ChunkedComponent *chunked = nullptr;
    ComponentProgram *program = nullptr;
    unsigned index = 0;
    bool isWrite = false;
  };
  std::optional<Result> resultOf(Value value);
  std::optional<Result> writeOf(Value value);

  mix::MixerOp mixer;
  KernelOptions options;
  OpBuilder builder;
  TileBuilder tiles;
  AxisNames names;
  HomeAxes homes;
  TokenLocal local;
  ChunkContext context;
  SmallVector<State> states;
  DenseMap<Value, BlockArgument> tensors; // of inputs and params
  SmallVector<std::pair<mix::OutputOp, BlockArgument>> outputs;
  SmallVector<Attribute> tensorNames, roles;
  DenseMap<Operation *, Placed> placed;
  DenseMap<Operation *, std::unique_ptr<ComponentProgram>> programs;
  tile::ChunksOp loop;
};

//===-- Tensors -------------------------------------------------------------------------------------------------===//

BlockArgument KernelBuilder::addTensor(tile::KernelOp kernel, StringRef name, StringRef role, tile::Per per,
                                       Value declared) {
  tensorNames.push_back(builder.getStringAttr(name));
  roles.push_back(builder.getStringAttr(role));
  auto type = tile::ViewType::get(builder.getContext(), per, extents(declared), builder.getF32Type());
  return kernel.getBody().front().addArgument(type, declared.getLoc());
}

void KernelBuilder::addTensors(tile::KernelOp kernel) {
  for (auto input : mixer.step().getOps<mix::InputOp>())
    tensors[input.getResult()] = addTensor(kernel, input.getName(), "input", tile::Per::Token, input.getResult());
  for (auto param : mixer.step().getOps<mix::ParamOp>())
    tensors[param.getResult()] = addTensor(kernel, param.getName(), "param", tile::Per::Head, param.getResult());
  for (State &state : states)
    state.from = addTensor(kernel, state.op.getName(), options.statesInPlace ? "state" : "initial", tile::Per::Head,
                           state.op.getResult());
  for (auto output : mixer.step().getOps<mix::OutputOp>())
    outputs.push_back({output, addTensor(kernel, output.getName(), "output", tile::Per::Token, output.getValue())});
  for (State &state : states)
    state.to = options.statesInPlace ? state.from
                                     : addTensor(kernel, state.op.getName(), "final", tile::Per::Head, state.op.getResult());
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
    if (state.axes.size() == 1)
      homes.seed(state.op.getResult(), state.axes[0]);
  homes.spread(mixer);
}

//===-- Leaves --------------------------------------------------------------------------------------------------===//

std::optional<KernelBuilder::Result> KernelBuilder::resultOf(Value value) {
  Result result;
  Operation *op = value.getDefiningOp();
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    op = argument.getOwner()->getParentOp();
    result.index = argument.getArgNumber();
  } else if (op) {
    result.index = cast<OpResult>(value).getResultNumber();
  }
  auto component = dyn_cast_or_null<mix::ComponentOp>(op);
  if (!component)
    return std::nullopt;
  result.program = programs[component].get();
  if (options.chunk > 1)
    result.chunked = static_cast<ChunkedComponent *>(result.program);
  unsigned reads = component.getNumReads();
  result.isWrite = result.index >= reads;
  result.index -= result.isWrite ? reads : 0;
  return result;
}

/// The write whose value this is.
std::optional<KernelBuilder::Result> KernelBuilder::writeOf(Value value) {
  for (auto component : mixer.step().getOps<mix::ComponentOp>())
    for (auto [m, written] : llvm::enumerate(component.getPhi().front().getTerminator()->getOperands()))
      if (written == value)
        return resultOf(component.write(m));
  return std::nullopt;
}

Value KernelBuilder::leaf(Value value, ArrayRef<Axis> axes) {
  if (std::optional<Result> result = resultOf(value)) {
    Value tile = result->isWrite ? result->program->write(result->index) : result->program->read(result->index);
    return tiles.rename(tile, result->program->valueAxes(), axes, names);
  }
  Operation *op = value.getDefiningOp();
  for (State &state : states)
    if (state.op == op)
      return tiles.rename(state.tile, state.axes, axes, names);
  OpBuilder::InsertionGuard guard(builder);
  Axes all(axes);
  if (isa<mix::ParamOp>(op))
    builder.setInsertionPoint(loop);
  else
    all.insert(all.begin(), tiles.time());
  return tile::LoadOp::create(builder, tiles.getLoc(), tiles.type(all), tensors[value]);
}

std::optional<Axes> KernelBuilder::lying(Value value) {
  for (State &state : states)
    if (state.op.getResult() == value && state.axes.size() == 2)
      return state.axes;
  return std::nullopt;
}

// y = c + sum_i g_i r_i + sum_m h_m w_m, g and h scalars, is one matmul over the chunk's tokens for each write m: with g and h in its matrix.
Value KernelBuilder::shortcut(Value root, ArrayRef<Axis> axes) {
  if (options.chunk == 1 || !isa_and_nonnull<mix::BinaryOp, mix::UnaryOp>(root.getDefiningOp()))
    return {};
  auto onAxes = [&](Value value) -> std::optional<Result> {
    std::optional<Result> result = resultOf(value);
    if (!result && !axes.empty()) // a write that is free of reads goes by its own name: v
      result = writeOf(value);
    return result && result->program && result->program->valueAxes() == axes ? result : std::nullopt;
  };
  // Reads that are needed elsewhere too are worked out on their own.
  auto isLateRead = [&](Value value) {
    std::optional<Result> result = onAxes(value);
    return result && !result->isWrite && isa<OpResult>(value) && result->chunked->isLate(result->index);
  };
  auto isBase = [&](Value value) {
    std::optional<Result> result = onAxes(value);
    return isLateRead(value) || (result && result->isWrite);
  };
  if (!dependsOn(root, isLateRead))
    return {};
  bool isVector = !typeOf(root).isScalar();
  auto isOpaque = [&](Value value) {
    return (isVector && typeOf(value).isScalar()) || !dependsOn(value, isBase) ||
           (value != root && !value.hasOneUse() && !isBase(value));
  };
  Affine affine({isBase, isOpaque});
  if (!affine.isAffine(root))
    return {};
  const AffineForm &form = affine.form(root, local, tiles);

  SmallVector<ComponentProgram *> order; // of first occurrence
  std::map<ComponentProgram *, std::map<unsigned, Coefficient>> g, h;
  SmallVector<Product> rest;
  for (const auto &[base, coefficient] : form)
    if (base && isBase(base)) {
      Result result = *onAxes(base);
      (result.isWrite ? h : g)[result.program][result.index] = coefficient;
      if (!llvm::is_contained(order, result.program))
        order.push_back(result.program);
    } else {
      rest.push_back(base ? coefficient.times({local.emit(base, axes)}) : coefficient.times({}));
    }
  if (g.empty())
    return {};
  // Write values of components of which nothing is read here have no matmul to go into.
  for (ComponentProgram *program : order)
    if (!g.count(program))
      for (const auto &[m, coefficient] : h[program])
        rest.push_back(coefficient.times({program->write(m)}));
  Axes rows{tiles.time()};
  llvm::append_range(rows, axes);
  Value sum = rest.empty() ? Value() : tiles.sum(rest, ArrayRef<Axis>(rows));
  for (ComponentProgram *program : order)
    if (g.count(program))
      sum = static_cast<ChunkedComponent *>(program)->accumulate(g[program], h[program], sum);
  return sum;
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
  tile::YieldOp::create(builder, mixer.getLoc(), after);
}

/// Erases what no one uses: tiles asked for while a form was found, and not needed in the end.
void eraseUnused(Block &block) {
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
  auto kernel = tile::KernelOp::create(builder, loc, (name + "_" + options.suffix).str(), name, builder.getArrayAttr({}),
                                       builder.getArrayAttr({}));
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

} // namespace

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
  tile::KernelOp kernel = KernelBuilder(mixer, options).build();
  // A kernel that does not verify is our bug, and is found here, where it is made.
  if (failed(verify(kernel)))
    return failure();
  return kernel;
}
