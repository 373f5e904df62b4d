// Where the values of a kernel come from: tensors, carried states, components; and the matmul that stands for a whole
// sum of them.
#include "lowering/Rules.h"
#include "lowering/derive/KernelBuilder.h"

using namespace mlir;
using namespace mixc;
using namespace mixc::derive;
using tile::Axis;

static mix::TensorType typeOf(Value value) { return cast<mix::TensorType>(value.getType()); }

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
  result.program = programOf(component);
  unsigned reads = component.getNumReads();
  result.isWrite = result.index >= reads;
  result.index -= result.isWrite ? reads : 0;
  return result;
}

std::optional<KernelBuilder::Result> KernelBuilder::writeOf(Value value) {
  if (writesByValue.empty())
    for (auto component : mixer.step().getOps<mix::ComponentOp>())
      for (auto [m, written] : llvm::enumerate(component.getPhi().front().getTerminator()->getOperands()))
        writesByValue[written].push_back(cast<OpResult>(component.write(m)));
  auto writes = writesByValue.find(value);
  for (OpResult write : writes == writesByValue.end() ? ArrayRef<OpResult>() : ArrayRef<OpResult>(writes->second))
    if (auto made = programs.find(write.getOwner()); made != programs.end() && made->second)
      return resultOf(write);
  return std::nullopt;
}

bool KernelBuilder::takesReads(Value value) {
  if (takingReads.empty())
    mixer.step().walk<WalkOrder::PreOrder>([&](Operation *op) {
      if (isa<mix::ComponentOp>(op) ||
          llvm::any_of(op->getOperands(), [&](Value x) { return takingReads.contains(x); }))
        takingReads.insert_range(op->getResults());
      for (Region &region : op->getRegions())
        for (Block &block : region)
          takingReads.insert_range(block.getArguments());
    });
  return takingReads.contains(value);
}

Value KernelBuilder::leaf(Value value, ArrayRef<Axis> axes) {
  if (std::optional<Result> result = resultOf(value)) {
    Value tile = result->isWrite ? result->program->write(result->index) : result->program->read(result->index);
    return tiles.rename(tile, result->program->valueAxes(), axes, names);
  }
  Operation *op = value.getDefiningOp();
  for (State &state : states)
    if (state.op == op) {
      assert(options.chunk == 1 && "in a longer chunk a state has a value for every token");
      return tiles.rename(state.tile, state.axes, axes, names);
    }
  if (auto end = dyn_cast<mix::EndOp>(op)) {
    State &state = *llvm::find_if(states, [&](State &known) { return known.op.getName() == end.getName(); });
    return tiles.rename(endOf(state), state.axes, axes, names);
  }
  OpBuilder::InsertionGuard guard(builder);
  Axes all(axes);
  if (isa<mix::ParamOp>(op))
    builder.setInsertionPoint(loop);
  else
    all.insert(all.begin(), tiles.time());
  if (auto lag = dyn_cast<mix::LagOp>(op))
    return tile::LoadOp::create(builder, tiles.getLoc(), tiles.type(all), tensors[lag.getX()],
                                histories[lag.getX()].from, lag.getBy());
  return tile::LoadOp::create(builder, tiles.getLoc(), tiles.type(all), tensors[value]);
}

bool KernelBuilder::isStacked(Value value) {
  return llvm::any_of(stepped, [&](const auto &unit) { return unit->isStacked(value); });
}

std::optional<Axes> KernelBuilder::lying(Value value) {
  auto end = value.getDefiningOp<mix::EndOp>();
  for (State &state : states)
    if ((state.op.getResult() == value || (end && state.op.getName() == end.getName())) && state.axes.size() == 2)
      return state.axes;
  for (auto next : mixer.step().getOps<mix::NextOp>())
    for (State &state : states)
      if (next.getValue() == value && state.op.getName() == next.getName() && state.axes.size() == 2)
        return state.axes;
  return std::nullopt;
}

Value KernelBuilder::lateRead(Value value, ArrayRef<Axis> axes) {
  auto chunkedOf = [&](Value state) -> std::pair<ChunkedComponent *, unsigned> {
    for (auto component : mixer.step().getOps<mix::ComponentOp>())
      if (auto found = llvm::find(component.getStates(), state); found != component.getStates().end())
        if (ComponentProgram *program = programOf(component)) // none while it is being built
          return {program->asChunked(), found - component.getStates().begin()};
    return {nullptr, 0};
  };
  Operation *op = value.getDefiningOp();
  if (auto dot = dyn_cast_or_null<mix::DotOp>(op)) {
    for (auto [state, x] : {std::pair(dot.getX(), dot.getY()), std::pair(dot.getY(), dot.getX())})
      if (auto [chunked, j] = chunkedOf(state); chunked)
        return chunked->readAlong(j, x);
    return {};
  }
  auto product = dyn_cast_or_null<mix::MatmulOp>(op);
  if (!product || !typeOf(value).isVector())
    return {};
  auto transpose = product.getX().getDefiningOp<mix::TransposeOp>();
  auto [chunked, j] = chunkedOf(transpose ? transpose.getX() : product.getX());
  if (!chunked)
    return {};
  // The declared state has its keys second, unless it is turned.
  bool isAcross = static_cast<bool>(transpose) != chunked->component().isTurned(j);
  Value read = isAcross ? chunked->readAcross(j, product.getY()) : chunked->readAlong(j, product.getY());
  return tiles.rename(read, isAcross ? chunked->keyAxis(j) : chunked->valueAxes(), axes, names);
}

// y = c + sum_i g_i r_i + sum_m h_m w_m, g and h scalars, is one matmul over the chunk's tokens for each write m: with
// g and h in its matrix.
Value KernelBuilder::shortcut(Value root, ArrayRef<Axis> axes) {
  for (const auto &unit : stepped)
    if (unit->isStacked(root)) {
      auto [tile, own] = unit->stacked(root, {tiles, local, names});
      return tiles.rename(tile, own, axes, names);
    }
  if (options.chunk == 1)
    return {};
  if (Value read = lateRead(root, axes))
    return read;
  if (!isa_and_nonnull<mix::BinaryOp, mix::UnaryOp>(root.getDefiningOp()) || !takesReads(root))
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
    return result && !result->isWrite && isa<OpResult>(value) && result->program->asChunked()->isLate(result->index);
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
  for (const auto &[base, coefficient] : form)
    if (base && isLateRead(base)) {
      Result result = *onAxes(base);
      g[result.program][result.index] = coefficient;
      if (!llvm::is_contained(order, result.program))
        order.push_back(result.program);
    }
  if (order.empty())
    return {};
  countRule(order.size() == 1 ? "c + g r + h w: one sum over the chunk" : "c + g r + h w of several components");
  // Write values of components of which nothing is read here have no matmul to go into. They stand for themselves: this
  // sum may be what their component finds its other writes from.
  SmallVector<Product> rest;
  for (const auto &[base, coefficient] : form) {
    std::optional<Result> result = base ? onAxes(base) : std::nullopt;
    if (result && isBase(base) && g.count(result->program)) {
      if (result->isWrite)
        h[result->program][result->index] = coefficient;
    } else {
      rest.push_back(base ? coefficient.times({local.emit(base, axes)}) : coefficient.times({}));
    }
  }
  Axes rows{tiles.time()};
  llvm::append_range(rows, axes);
  Value sum = rest.empty() ? Value() : tiles.sum(rest, ArrayRef<Axis>(rows));
  for (ComponentProgram *program : order)
    sum = program->asChunked()->accumulate(g[program], h[program], sum);
  return sum;
}
