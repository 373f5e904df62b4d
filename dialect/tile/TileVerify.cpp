// Verifiers of the kernel, its loop and what touches memory. A constraint's label is the name of the test that breaks
// it.
#include "dialect/tile/TileVerify.h"

using namespace mlir;
using namespace mixc::tile;

std::string mixc::tile::format(ArrayRef<Axis> axes) {
  std::string text = "[";
  for (const Axis &axis : axes) {
    StringRef kind = stringifyAxisKind(axis.kind);
    text += text.size() > 1 ? ", " : "";
    text += kind == axis.str() ? kind.str() : (kind + "(" + axis.str() + ")").str();
    text += ":" + std::to_string(axis.extent);
  }
  return text + "]";
}

bool mixc::tile::isAmong(ArrayRef<Axis> part, ArrayRef<Axis> whole) {
  return llvm::all_of(part, [&](const Axis &axis) { return llvm::is_contained(whole, axis); });
}

bool mixc::tile::areSame(ArrayRef<Axis> x, ArrayRef<Axis> y) { return x.size() == y.size() && isAmong(x, y); }

SmallVector<Axis> mixc::tile::drop(ArrayRef<Axis> axes, ArrayAttr names) {
  SmallVector<Axis> left;
  for (const Axis &axis : axes)
    if (!llvm::is_contained(names, Attribute(axis.name)))
      left.push_back(axis);
  return left;
}

LogicalResult mixc::tile::verifyOver(Operation *op, ArrayAttr names, TileType type) {
  for (auto [i, name] : llvm::enumerate(names)) {
    StringRef text = cast<StringAttr>(name).getValue();
    if (!type.has(text))
      return op->emitOpError() << "goes over `" << text << "`, but " << format(type.getAxes()) << " has no such axis";
    if (llvm::is_contained(names.getValue().take_front(i), name))
      return op->emitOpError() << "goes over `" << text << "` twice";
  }
  return success();
}

LogicalResult mixc::tile::verifyAxes(Operation *op, StringRef what, ArrayRef<Axis> found, ArrayRef<Axis> expected) {
  if (!areSame(found, expected))
    return op->emitOpError() << what << " has axes " << format(found) << ", expected " << format(expected);
  return success();
}

LogicalResult mixc::tile::verifyOneElementType(Operation *op, ArrayRef<TileType> types) {
  for (TileType type : types.drop_front())
    if (type.getElementType() != types.front().getElementType())
      return op->emitOpError() << "mixes element types " << types.front().getElementType() << " and "
                               << type.getElementType();
  return success();
}

//===-- Kernel and loop -----------------------------------------------------------------------------------------===//

LogicalResult KernelOp::verify() {
  Block &body = getBody().front();
  // kernel_c5: a block has sequences.
  if (static_cast<int64_t>(getSequences()) < 1)
    return emitOpError() << "works on " << static_cast<int64_t>(getSequences()) << " sequences at once";
  // kernel_c7: what is to be saved is there.
  auto loops = llvm::to_vector(body.getOps<ChunksOp>());
  for (KeptAttr kept : getSaves() ? getSaves()->getTiles() : ArrayRef<KeptAttr>())
    if (kept.getLoop() >= loops.size() ||
        (kept.getKeeps() != Keeps::Write && kept.getNumber() >= loops[kept.getLoop()].getNumResults()))
      return emitOpError() << "has no " << kept << " to save";
  // kernel_c1 to kernel_c4, and kernel_c6: verifyArguments.
  auto arguments = llvm::to_vector(getArguments().getAsRange<ArgumentAttr>());
  return verifyArguments([&] { return emitOpError(); }, arguments, body.getArgumentTypes());
}

LogicalResult ChunksOp::verify() {
  Block &body = getBody().front();
  // chunks_c1: a chunk has at least one token.
  if (getSize() < 1)
    return emitOpError() << "has chunks of " << static_cast<int64_t>(getSize()) << " tokens";
  // chunks_c2: what goes in, is carried and comes out has the same types.
  if (TypeRange(getInits()) != TypeRange(getResults()) || TypeRange(getInits()) != TypeRange(body.getArguments()))
    return emitOpError("starting values, carried tiles and results differ in type");
  // chunks_c3: the body yields what is carried.
  if (TypeRange(body.getTerminator()->getOperands()) != TypeRange(getResults()))
    return emitOpError("yields other types than it carries");
  // chunks_c4: loops stand in a kernel, or in a loop of them over whole chunks of theirs.
  Operation *parent = (*this)->getParentOp();
  auto outer = dyn_cast_or_null<ChunksOp>(parent);
  if (!outer && !isa_and_nonnull<KernelOp>(parent))
    return emitOpError("stands outside a kernel's body");
  if (outer && outer.getSize() % getSize() != 0)
    return emitOpError() << "cuts chunks of " << static_cast<int64_t>(outer.getSize()) << " tokens into chunks of "
                         << static_cast<int64_t>(getSize());
  // chunks_c5: the sequences of a block end at different tokens, so they begin together.
  auto kernel = (*this)->getParentOfType<KernelOp>();
  if (kernel.getSequences() > 1 && (getReverse() || getLeaveLast() || outer))
    return emitOpError("of a block of sequences goes over all chunks, first to last");
  return success();
}

LogicalResult StepsOp::verify() {
  // steps_c1: only inside the loop over chunks, whose tokens they are.
  auto chunks = dyn_cast_or_null<ChunksOp>((*this)->getParentOp());
  if (!chunks)
    return emitOpError("stands outside `tile.chunks`");
  Block &body = getBody().front();
  auto size = static_cast<int64_t>(chunks.getSize());
  auto isRows = [&](TileType type) { return type.hasTime() && type.extent("time") == size; };
  // steps_c2: rows have the time axis of the chunk; what is carried has none.
  for (Value rows : getRows())
    if (!isRows(cast<TileType>(rows.getType())))
      return emitOpError() << "takes rows of " << rows.getType() << ", in a chunk of " << size << " tokens";
  for (Value init : getInits())
    if (cast<TileType>(init.getType()).hasTime())
      return emitOpError() << "carries a tile with a time axis, " << init.getType();
  // steps_c3: a block argument an operand, rows without their time axis.
  if (body.getNumArguments() != getNumOperands())
    return emitOpError() << "has " << body.getNumArguments() << " block arguments for " << getNumOperands()
                         << " operands";
  unsigned firstRow = getInits().size(), firstOther = firstRow + getRows().size();
  for (auto [i, argument] : llvm::enumerate(body.getArguments())) {
    Type expected = getOperand(i).getType();
    if (i >= firstRow && i < firstOther)
      expected = cast<TileType>(expected).without("time");
    if (argument.getType() != expected)
      return emitOpError() << "gives its body " << argument.getType() << " for " << getOperand(i).getType();
  }
  // steps_c4: the results are the carried tiles, then what is yielded, stacked along time.
  ValueRange yielded = body.getTerminator()->getOperands();
  if (yielded.size() != getNumResults() || getNumResults() < firstRow)
    return emitOpError() << "yields " << yielded.size() << " tiles for " << getNumResults() << " results";
  for (auto [i, value] : llvm::enumerate(yielded)) {
    auto result = cast<TileType>(getResult(i).getType());
    bool fits = i < firstRow ? result == getInits()[i].getType() && result == value.getType()
                             : isRows(result) && result.getAxes().front().kind == AxisKind::Time &&
                                   result.without("time") == value.getType();
    if (!fits)
      return emitOpError() << "makes " << result << " of a yielded " << value.getType();
  }
  return success();
}

//===-- Memory --------------------------------------------------------------------------------------------------===//

/// The tensor is an argument of the kernel with one of these roles.
static LogicalResult verifyRole(Operation *op, Value tensor, ArrayRef<Role> roles) {
  std::optional<Role> role = roleOf(tensor);
  if (!role)
    return op->emitOpError("takes a tensor that is no argument of the kernel");
  if (!llvm::is_contained(roles, *role))
    return op->emitOpError() << "takes a tensor with role `" << stringifyRole(*role) << "`";
  return success();
}

/// The tile's axes, after `time` for a tensor per token (but not for a kept state, and not in tile.steps), are the
/// tensor's dims in order; `time` is a whole chunk. In between comes `seq`, where there is a block of sequences.
static LogicalResult verifyTensorAxes(Operation *op, TileType tile, ViewType tensor, bool isPerSequence,
                                      bool isKept = false) {
  ArrayRef<Axis> axes = tile.getAxes();
  if (tensor.getPer() == Per::Token && !isKept && !isa<StepsOp>(op->getParentOp())) {
    auto chunks = op->getParentOfType<ChunksOp>();
    if (!chunks)
      return op->emitOpError("takes a tensor per token outside `tile.chunks`");
    if (axes.empty() || axes.front().kind != AxisKind::Time ||
        axes.front().extent != static_cast<int64_t>(chunks.getSize()))
      return op->emitOpError() << "of a tensor per token starts with axis time:" << chunks.getSize() << ", found "
                               << format(axes);
    axes = axes.drop_front();
  }
  auto sequences = static_cast<int64_t>(op->getParentOfType<KernelOp>().getSequences());
  if (isPerSequence && sequences > 1) {
    if (axes.empty() || !(axes.front() == sequenceAxis(op->getContext(), sequences)))
      return op->emitOpError() << "of a block of sequences lacks the axis seq:" << sequences << " in "
                               << format(tile.getAxes());
    axes = axes.drop_front();
  }
  SmallVector<int64_t> extents = llvm::map_to_vector(axes, [](const Axis &axis) { return axis.extent; });
  if (ArrayRef<int64_t>(extents) != tensor.getShape())
    return op->emitOpError() << "has tile axes " << format(axes) << " for tensor " << tensor;
  if (!isa<FloatType>(tile.getElementType()))
    return op->emitOpError("moves a tile of masks");
  return success();
}

/// A tensor of segments is taken `every` so many tokens, which are whole chunks, inside the loop; no other is.
static LogicalResult verifyEvery(Operation *op, ViewType tensor, int64_t every) {
  if (tensor.getPer() != Per::Segment)
    return every == 0 ? success() : op->emitOpError() << "takes " << tensor << " every " << every << " tokens";
  auto chunks = op->getParentOfType<ChunksOp>();
  if (!chunks || isa<StepsOp>(op->getParentOp()))
    return op->emitOpError("takes a tensor of segments outside `tile.chunks`");
  const auto size = static_cast<int64_t>(chunks.getSize());
  if (every < 1 || (every % size != 0 && size % every != 0))
    return op->emitOpError() << "takes a segment of " << every << " tokens in chunks of "
                             << static_cast<int64_t>(chunks.getSize());
  return success();
}

/// A history is a tensor per head of tokens of the input.
static LogicalResult verifyHistory(Operation *op, ViewType tokens, ViewType history) {
  if (tokens.getPer() == Per::Token && history.getPer() == Per::Head && !history.getShape().empty() &&
      history.getShape().drop_front() == tokens.getShape())
    return success();
  return op->emitOpError() << "takes " << history << " as a history of " << tokens;
}

template <class Op> static LogicalResult verifyLag(Op op, ArrayRef<Role> roles) {
  if (!op.getHistory())
    return op.emitOpError("lags, and has no history");
  if (failed(verifyRole(op, op.getHistory(), roles)) ||
      failed(verifyHistory(op, op.getTensor().getType(), op.getHistory().getType())))
    return failure();
  const int64_t lag = op.getLag(), length = op.getHistory().getType().getShape().front();
  if (lag < 1 || lag > length)
    return op.emitOpError() << "lags by " << lag << " tokens with a history of " << length;
  return success();
}

LogicalResult LoadOp::verify() {
  // load_c1: reads inputs and params, cotangents, and what was kept.
  if (failed(verifyRole(*this, getTensor(), {Role::Input, Role::Param, Role::OutputGrad, Role::Saved, Role::Buffer})) ||
      failed(verifyEvery(*this, getTensor().getType(), getEvery())))
    return failure();
  // load_c3: what lags has a history that reaches as far.
  if ((getLag() != 0 || getHistory()) && failed(verifyLag(*this, {Role::Initial, Role::State})))
    return failure();
  // load_c4: a token by itself is the present one.
  if (getHistory() && isa<StepsOp>((*this)->getParentOp()))
    return emitOpError("lags inside `tile.steps`");
  // load_c2: a tensor per token only inside the loop, a whole chunk of it, dims in order.
  return verifyTensorAxes(*this, getResult().getType(), getTensor().getType(), isPerSequence(getTensor()));
}

LogicalResult HistoryOp::verify() {
  // history_c1: reads an input and what came before it, writes a state.
  if (failed(verifyRole(*this, getTokens(), {Role::Input})) ||
      failed(verifyRole(*this, getPast(), {Role::Initial, Role::State})) ||
      failed(verifyRole(*this, getTo(), {Role::Final, Role::State, Role::Kept})))
    return failure();
  // history_c2: both histories are so many tokens.
  if (failed(verifyHistory(*this, getTokens().getType(), getPast().getType())))
    return failure();
  if (getTo().getType().getShape() != getPast().getType().getShape())
    return emitOpError() << "writes " << getTo().getType() << " after " << getPast().getType();
  // history_c3: a kept one is written token by token, a final one after the loop.
  auto chunks = (*this)->getParentOfType<ChunksOp>();
  if (roleOf(getTo()) != Role::Kept ? static_cast<bool>(chunks) : !chunks || chunks.getSize() != 1)
    return emitOpError() << "writes a history with role `" << stringifyRole(*roleOf(getTo())) << "` "
                         << (chunks ? "in the loop" : "after the loop");
  return success();
}

LogicalResult StoreOp::verify() {
  // store_c1: writes outputs, gradients, states that are kept, and what is saved.
  if (failed(verifyRole(*this, getTensor(), {Role::Output, Role::Kept, Role::InputGrad, Role::Saved, Role::Buffer})) ||
      failed(verifyEvery(*this, getTensor().getType(), getEvery())))
    return failure();
  // store_c5: only a segment has a next one.
  if (getNext() && !getEvery())
    return emitOpError("of the next segment takes no segments");
  // store_c6: sums are made in float32.
  if (getAdd() && !(getTensor().getType().getElementType().isF32() &&
                    (!getHistory() || getHistory().getType().getElementType().isF32())))
    return emitOpError() << "adds to " << getTensor().getType() << ", expected f32";
  // store_c4: what lags has a history that reaches as far, and adds.
  if (getLag() != 0 || getHistory()) {
    if (failed(verifyLag(*this, {Role::InitialGrad})))
      return failure();
    if (!getAdd() || isa<StepsOp>((*this)->getParentOp()))
      return emitOpError("lags, but does not add whole chunks");
  }
  // store_c3: a kept state is the one after the only token of a chunk of one.
  if (roleOf(getTensor()) == Role::Kept) {
    auto chunks = (*this)->getParentOfType<ChunksOp>();
    if (!chunks || chunks.getSize() != 1)
      return emitOpError("keeps a state outside a loop over single tokens");
    return verifyTensorAxes(*this, getValue().getType(), getTensor().getType(), /*isPerSequence=*/true,
                            /*isKept=*/true);
  }
  // store_c2: a tensor per token only inside the loop, a whole chunk of it, dims in order.
  return verifyTensorAxes(*this, getValue().getType(), getTensor().getType(), /*isPerSequence=*/true);
}

LogicalResult HistoryGradOp::verify() {
  // history_grad_c1: from a cotangent of a history to the gradients of what it was made of.
  if (failed(verifyRole(*this, getCotangent(), {Role::FinalGrad})) ||
      failed(verifyRole(*this, getTokens(), {Role::InputGrad})) ||
      failed(verifyRole(*this, getPast(), {Role::InitialGrad})))
    return failure();
  // history_grad_c2: both histories are so many tokens.
  if (failed(verifyHistory(*this, getTokens().getType(), getPast().getType())))
    return failure();
  if (getCotangent().getType().getShape() != getPast().getType().getShape())
    return emitOpError() << "takes " << getCotangent().getType() << " apart into " << getPast().getType();
  // history_grad_c4: sums are made in float32.
  if (!getTokens().getType().getElementType().isF32() || !getPast().getType().getElementType().isF32())
    return emitOpError() << "adds to " << getTokens().getType() << " and " << getPast().getType() << ", expected f32";
  // history_grad_c3: once, not in a loop.
  return (*this)->getParentOfType<ChunksOp>() ? emitOpError("stands in the loop") : success();
}

LogicalResult BufferOp::verify() {
  // buffer_c1: segments of float32 in a kernel's body.
  ViewType type = getResult().getType();
  if (type.getPer() != Per::Segment || !type.getElementType().isF32())
    return emitOpError() << "is a " << type << ", expected segments of f32";
  if (getSlots() < 1 || !isa_and_nonnull<KernelOp>((*this)->getParentOp()))
    return emitOpError() << "with " << static_cast<int64_t>(getSlots())
                         << " slots stands outside a kernel's body, or has none";
  return success();
}

LogicalResult PresentOp::verify() {
  // present_c1: one bit about an argument of the kernel.
  TileType type = getResult().getType();
  if (!argumentOf(getTensor()) || type.rank() != 0 || !type.getElementType().isInteger(1))
    return emitOpError() << "gives " << type << ", expected !tile.t<[], i1> about an argument of the kernel";
  return success();
}

LogicalResult InitOp::verify() {
  // init_c1: reads states.
  if (failed(verifyRole(*this, getTensor(), {Role::Initial, Role::State, Role::FinalGrad, Role::Saved})))
    return failure();
  // init_c2: the tile's axes are the tensor's dims in order.
  TileType type = getResult().getType();
  if (failed(verifyTensorAxes(*this, type, getTensor().getType(), /*isPerSequence=*/true)))
    return failure();
  // init_c4: what it falls back on is a param of the same dims.
  if (getFallback() && (failed(verifyRole(*this, getFallback(), {Role::Param})) ||
                        failed(verifyTensorAxes(*this, type, getFallback().getType(), /*isPerSequence=*/true))))
    return failure();
  // init_c3: an identity is square.
  SmallVector<Axis> axes = withoutSequences(type.getAxes());
  if (getIdentity() && (axes.size() != 2 || axes[0].extent != axes[1].extent))
    return emitOpError() << "starts with the identity on " << format(type.getAxes());
  return success();
}

LogicalResult FinalOp::verify() {
  // final_c1: writes states, and gradients per head.
  if (failed(
          verifyRole(*this, getTensor(), {Role::Final, Role::State, Role::ParamGrad, Role::InitialGrad, Role::Saved})))
    return failure();
  // final_c2: the tile's axes are the tensor's dims in order.
  return verifyTensorAxes(*this, getValue().getType(), getTensor().getType(), /*isPerSequence=*/true);
}

LogicalResult ValidOp::verify() {
  // valid_c1: only inside the loop.
  auto chunks = (*this)->getParentOfType<ChunksOp>();
  if (!chunks)
    return emitOpError("stands outside `tile.chunks`");
  // valid_c2: one bit for every row of the chunk.
  TileType type = getResult().getType();
  auto size = static_cast<int64_t>(chunks.getSize());
  auto kernel = (*this)->getParentOfType<KernelOp>();
  const int64_t sequences = kernel ? static_cast<int64_t>(kernel.getSequences()) : 1;
  auto i1 = IntegerType::get(getContext(), 1);
  SmallVector<Axis> none, rows{{AxisKind::Time, StringAttr::get(getContext(), "time"), size}};
  TileType row = TileType::get(getContext(), none, i1), chunk = TileType::get(getContext(), rows, i1);
  bool isRow = isa<StepsOp>((*this)->getParentOp());
  if (sequences > 1) {
    row = withSequences(row, sequences), chunk = withSequences(chunk, sequences);
    // valid_c3: of a block of sequences, a row by itself where there is a present one.
    if ((isRow || size == 1) && type == row)
      return success();
  }
  if (isRow || type != chunk)
    return emitOpError() << "gives " << type << ", expected " << (isRow ? row : chunk);
  return success();
}
