#include "lowering/adjoint/Backward.h"
#include "dialect/tile/IdleTiles.h"
#include "lowering/adjoint/LoopAdjoint.h"
#include "lowering/derive/ChunkProgram.h"

using namespace mlir;
using namespace mixc;
using namespace mixc::tile;

namespace {

class BackwardBuilder {
public:
  BackwardBuilder(KernelOp forward, KernelOp kernel, SavesAttr saves)
      : forward(forward), kernel(kernel), builder(OpBuilder::atBlockBegin(&kernel.getBody().front())),
        tiles(builder, forward.getLoc()), tensors(forward, kernel, saves, outside.around) {}

  /// What of all that could be saved it takes.
  FailureOr<SavesAttr> build();

private:
  void cloneOutside();
  LogicalResult leave();
  void addStarts(llvm::MapVector<Value, Value> &starts, llvm::MapVector<Value, Value> &params);
  Value buildInit(Type type, Value tensor) {
    return InitOp::create(builder, tiles.getLoc(), type, tensor, Value(), llvm::APFloat(0.0), /*identity=*/false);
  }
  void add(llvm::MapVector<Value, Value> &sums, Value tensor, Value part) {
    Value &sum = sums[tensor];
    sum = sum ? tiles.add(sum, onAxesOf(tiles, part, typeOf(sum))) : part;
  }

  KernelOp forward, kernel;
  OpBuilder builder;
  TileBuilder tiles;
  Surroundings outside;
  BackwardTensors tensors;
  llvm::MapVector<Value, Value> endOf; // the end of a state, as it was kept: the forward loop's result
};

} // namespace

/// What the forward kernel computes before its loops; and the ends of states that outputs read, as they were kept.
void BackwardBuilder::cloneOutside() {
  Block &body = forward.getBody().front();
  SmallVector<Value> wanted;
  for (Operation &op : body) {
    auto load = dyn_cast<LoadOp>(op);
    auto loop = dyn_cast<ChunksOp>(op);
    if (load)
      wanted.push_back(load.getResult());
    for (Value result : op.getResults())
      if (Value tensor = loop ? tensors.savedIn(result) : Value()) {
        wanted.push_back(result);
        Value end = buildInit(result.getType(), tensor);
        outside.around.map(result, end);
        endOf[end] = result;
      }
    if (isMemoryEffectFree(&op) && !loop)
      builder.clone(op, outside.around);
  }
  outside.active = dependants(body, wanted);
}

/// A tile of all of a tensor.
static TileType wholeTile(ViewType view) {
  SmallVector<Axis> axes;
  for (auto [i, extent] : llvm::enumerate(view.getShape()))
    axes.push_back({AxisKind::Free, StringAttr::get(view.getContext(), "dim" + Twine(i)), extent});
  return TileType::get(view.getContext(), axes, Float32Type::get(view.getContext()));
}

/// By tensor of the forward kernel, gradients of starts; and of params that states start from.
void BackwardBuilder::addStarts(llvm::MapVector<Value, Value> &starts, llvm::MapVector<Value, Value> &params) {
  for (auto init : forward.getBody().getOps<InitOp>()) {
    Value bar = cotangentOrZero(tiles, outside.ends, init.getResult());
    add(starts, init.getTensor(), bar);
    if (!init.getFallback())
      continue;
    auto bit = TileType::get(builder.getContext(), {}, builder.getI1Type());
    Value passed = PresentOp::create(builder, tiles.getLoc(), bit, outside.around.lookup(init.getTensor()));
    add(params, init.getFallback(), tiles.whereNot(passed, bar));
  }
}

/// Gradients of starts, and of params.
LogicalResult BackwardBuilder::leave() {
  llvm::MapVector<Value, Value> starts, params;
  addStarts(starts, params);
  SmallVector<Value> wanted;
  for (auto load : forward.getBody().getOps<LoadOp>())
    wanted.push_back(outside.around.lookup(load.getResult()));
  if (failed(differentiate(kernel.getBody().front(), wanted, builder, outside.sums)))
    return failure();
  for (auto load : forward.getBody().getOps<LoadOp>())
    if (Value bar = outside.sums.lookup(outside.around.lookup(load.getResult())))
      add(params, load.getTensor(), bar);
  for (auto [tensor, argument] :
       llvm::zip(forward.getBody().front().getArguments(), forward.getArguments().getAsRange<ArgumentAttr>())) {
    const bool isParam = argument.getRole() == Role::Param;
    if (!isParam && (argument.getRole() != Role::Initial || argument.getHistory()))
      continue;
    Value sum = (isParam ? params : starts).lookup(tensor);
    if (!sum)
      sum = tiles.zero(wholeTile(cast<ViewType>(tensor.getType())));
    FinalOp::create(builder, tiles.getLoc(), sum,
                    tensors.counterpart(tensor, isParam ? Role::ParamGrad : Role::InitialGrad));
  }
  return success();
}

FailureOr<SavesAttr> BackwardBuilder::build() {
  Block &body = forward.getBody().front();
  for (auto history : body.getOps<HistoryOp>())
    HistoryGradOp::create(builder, tiles.getLoc(), tensors.counterpart(history.getTo(), Role::FinalGrad),
                          tensors.counterpart(history.getTokens(), Role::InputGrad),
                          tensors.counterpart(history.getPast(), Role::InitialGrad));
  cloneOutside();
  for (auto final : body.getOps<FinalOp>())
    addTo(outside.ends, final.getValue(),
          buildInit(final.getValue().getType(), tensors.counterpart(final.getTensor(), Role::FinalGrad)), builder,
          tiles.getLoc());
  auto loops = llvm::to_vector(body.getOps<ChunksOp>());
  for (ChunksOp loop : llvm::reverse(loops)) {
    // What later loops say about this one's end.
    for (auto [end, result] : endOf)
      if (Value bar = outside.sums.lookup(end); bar && result.getDefiningOp() == loop) {
        addTo(outside.ends, result, bar, builder, tiles.getLoc());
        outside.sums.erase(end);
      }
    if (failed(buildLoopAdjoint(loop, tensors, outside, builder)))
      return failure();
  }
  if (failed(leave()))
    return failure();
  // States that no adjoint takes need not be found again, nor kept.
  eraseIdle(kernel);
  return tensors.dropUnread();
}

FailureOr<Backward> mixc::buildBackward(KernelOp again, SavesAttr saves) {
  OpBuilder builder(again.getContext());
  builder.setInsertionPointAfter(again);
  StringRef mixer = again.getMixer();
  auto kernel =
      KernelOp::create(builder, again.getLoc(), derive::symbolOf(mixer, Entry::Backward), mixer, Entry::Backward,
                       builder.getArrayAttr({}), /*sequences=*/1, FormAttr(), StringAttr(), SavesAttr());
  kernel.getBody().emplaceBlock();
  FailureOr<SavesAttr> taken = BackwardBuilder(again, kernel, saves).build();
  if (failed(taken))
    return failure();
  return Backward{kernel, *taken};
}
