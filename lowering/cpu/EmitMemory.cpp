// The caller's tensors: rows of a chunk into tiles and back, states in and out.
#include "lowering/cpu/KernelEmitter.h"

using namespace mlir;
using namespace mixc;
using namespace mixc::cpu;
using tile::Axis;
using tile::TileType;

// Numbers of 16 bits are integers in memory: a code generator without them as floats may not take them apart.
static Type inMemory(OpBuilder &b, Type element) { return element.isF32() ? element : b.getI16Type(); }

/// The type, or a vector of it, as `x` is one.
static Type like(Value x, Type element) {
  auto vector = dyn_cast<VectorType>(x.getType());
  return vector ? Type(vector.clone(element)) : element;
}

/// A number of a tensor, or a vector of them, as it is computed with: extended in steps that the machine has (float16
/// to float64 has none).
Value KernelEmitter::extended(Value stored, tile::ViewType view, Type element) {
  if (!view.getElementType().isF32()) {
    Value narrow = arith::BitcastOp::create(b, loc, like(stored, view.getElementType()), stored);
    stored = arith::ExtFOp::create(b, loc, like(stored, b.getF32Type()), narrow);
  }
  return element.isF32() ? stored : arith::ExtFOp::create(b, loc, like(stored, element), stored).getResult();
}

/// As the caller keeps it: rounded to nearest, ties to even; from float64 by way of float32.
Value KernelEmitter::rounded(Value computed, tile::ViewType view) {
  if (getElementTypeOrSelf(computed.getType()).isF64())
    computed = arith::TruncFOp::create(b, loc, like(computed, b.getF32Type()), computed);
  if (view.getElementType().isF32())
    return computed;
  Value narrow = arith::TruncFOp::create(b, loc, like(computed, view.getElementType()), computed);
  return arith::BitcastOp::create(b, loc, like(computed, b.getI16Type()), narrow);
}

void KernelEmitter::forEachSequence(Operation *op, function_ref<void()> body) {
  if (sequences == 1)
    return body();
  const Value outerLength = length, outerRows = validRows;
  loop(0, sequences, 1, [&](Value s) {
    sequence = s;
    length = lengthOf(s);
    if (validRows) { // rows left from the chunk's first on, at least 0
      Value left = arith::SubIOp::create(b, loc, arith::MaxUIOp::create(b, loc, length, firstRow), firstRow);
      validRows = arith::MinUIOp::create(b, loc, left, index(chunk));
    }
    for (Value operand : op->getOperands())
      if (isa<tile::ViewType>(operand.getType()) && tile::isPerSequence(operand))
        readTensor(operand, s);
    body();
  });
  sequence = {};
  length = outerLength;
  validRows = outerRows;
}

Value KernelEmitter::isFull() {
  return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, validRows, index(chunk));
}

void KernelEmitter::forEachForm(TileType type, function_ref<void()> body) {
  if (!validRows || sequences > 1 || !type.hasTime())
    return body();
  auto forms = scf::IfOp::create(b, loc, isFull(), /*withElse=*/true);
  OpBuilder::InsertionGuard guard(b);
  Value rows = std::exchange(validRows, {});
  b.setInsertionPointToStart(forms.thenBlock());
  body();
  validRows = rows;
  b.setInsertionPointToStart(forms.elseBlock());
  body();
}

/// A tile has the tensor's dims in order, after time and sequences. What only kernels see, segments, lies with the
/// value axis last, as panels do; not with this kernel's panel axis last: forward and backward may have different ones.
SmallVector<std::pair<Axis, int64_t>> KernelEmitter::axesInMemory(tile::ViewType view, TileType type) {
  SmallVector<std::pair<Axis, int64_t>> axes;
  for (const Axis &axis : type.getAxes())
    if (axis.str() != "time" && axis.kind != tile::AxisKind::Seq)
      axes.emplace_back(axis, view.getShape()[axes.size()]);
  if (view.getPer() == tile::Per::Segment)
    llvm::stable_sort(axes, [](const auto &x, const auto &y) {
      return (x.first.kind == tile::AxisKind::Value) < (y.first.kind == tile::AxisKind::Value);
    });
  return axes;
}

/// Entry of the tensor at a point of the tile: row * stride + the row-major index of the dims.
Value KernelEmitter::tensorOffset(tile::ViewType view, Value tensor, TileType type, Value row, const Point &point) {
  Value offset;
  int64_t stride = 1;
  auto axes = axesInMemory(view, type);
  for (auto [axis, size] : llvm::reverse(axes)) {
    Value term = mul(position(point, axis.str()), stride);
    offset = offset ? add(offset, term) : term;
    stride *= size;
  }
  if (view.getPer() != tile::Per::Head) {
    Value start = arith::MulIOp::create(b, loc, row, rowStrides[tensor], arith::IntegerOverflowFlags::nsw);
    offset = offset ? add(start, offset) : start;
  }
  return offset ? offset : index(0);
}

/// The row of a tensor of segments that belongs to the segment of a token.
Value KernelEmitter::segmentRow(Value tensor, Value token, int64_t every) {
  Value segment = arith::DivUIOp::create(b, loc, token, index(every));
  if (auto own = tensor.getDefiningOp<tile::BufferOp>())
    segment = arith::RemUIOp::create(b, loc, segment, index(own.getSlots()));
  return segment;
}

/// Memory of the kernel's own, of float32.
void KernelEmitter::defineBuffer(tile::BufferOp op) {
  int64_t offset = planOf(op).getPlace().getNumber();
  int64_t size = ShapedType::getNumElements(op.getResult().getType().getShape());
  auto type = MemRefType::get({size * static_cast<int64_t>(op.getSlots())}, b.getF32Type());
  buffers[op.getResult()] = memref::ViewOp::create(b, loc, type, scratch, index(offset), ValueRange());
  rowStrides[op.getResult()] = index(size);
}

Value KernelEmitter::readNumbers(Value tensor, Value at, const Layout &layout, const Point &point, int64_t n) {
  auto view = cast<tile::ViewType>(tensor.getType());
  Value buffer = buffers[tensor];
  if (n == 0)
    return extended(memref::LoadOp::create(b, loc, buffer, at), view, layout.elementType);
  auto type = vector(n, inMemory(b, view.getElementType()));
  Value numbers;
  if (Value mask = laneMask(layout, point, n))
    numbers = vector::MaskedLoadOp::create(b, loc, type, buffer, at, mask,
                                           arith::ConstantOp::create(b, loc, b.getZeroAttr(type)));
  else
    numbers = vector::LoadOp::create(b, loc, type, buffer, at);
  return extended(numbers, view, layout.elementType);
}

// Rows of a chunk lie a whole [heads, dims] apart outside: copied next to each other they share no cache sets. The rows
// of the next chunk are prefetched meanwhile.
void KernelEmitter::emitLoad(tile::LoadOp op) {
  if (op.getHistory() && sequences == 1)
    return emitRows(op);
  if (!tile::isPerSequence(op.getTensor()) || sequences == 1)
    return forEachForm(op.getResult().getType(), [&] { emitRows(op); });
  forEachSequence(op, [&] {
    if (!validRows)
      return emitRows(op);
    // A sequence of no tokens has none to repeat.
    Value isEmpty = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, length, index(0));
    auto branch = scf::IfOp::create(b, loc, isEmpty, /*withElse=*/true);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.thenBlock());
    const Layout layout = place(op.getResult()).layout;
    forEachEntry(layout.axes,
                 [&](const Point &point) { putEntry(op.getResult(), point, number(0, layout.elementType)); });
    b.setInsertionPointToStart(branch.elseBlock());
    emitRows(op);
  });
}

void KernelEmitter::emitRows(tile::LoadOp op) {
  auto type = cast<TileType>(op.getResult().getType());
  tile::ViewType view = op.getTensor().getType();
  const Layout layout = place(op.getResult()).layout;
  const bool prefetches = type.hasTime() && !validRows && chunk > 1;
  Value nextRow; // of the next chunk; in any case one that `chunk` rows follow
  if (prefetches && isReversed)
    nextRow = arith::MaxSIOp::create(b, loc, add(firstRow, -chunk), index(0));
  else if (prefetches)
    nextRow = arith::MinUIOp::create(b, loc, add(firstRow, chunk), add(length, -chunk));
  auto source = [&](const Point &point, bool next) {
    Value row = point.at("time");
    if (view.getPer() == tile::Per::Segment) {
      row = segmentRow(op.getTensor(), firstRow, op.getEvery());
    } else if (stepRow && view.getPer() == tile::Per::Token) { // a token by itself
      row = add(firstRow, stepRow);
      if (sequence && validRows)
        row = arith::MinUIOp::create(b, loc, row, add(length, -1));
    } else if (row) {
      row = add(next ? nextRow : firstRow, row);
      if (validRows)
        row = arith::MinUIOp::create(b, loc, row, add(length, -1));
    }
    return tensorOffset(view, op.getTensor(), type, row, point);
  };
  if (planOf(op).isIn(tile::Memory::Caller))
    return defineExternal(op.getResult(), op.getTensor());
  auto inMemory = axesInMemory(view, type);
  bool contiguous = !layout.axes.empty() && !inMemory.empty() && layout.lane() == inMemory.back().first.str() &&
                    layout.elementType.isF32();
  if (op.getHistory())
    return emitLaggedLoad(op, contiguous);
  if (!contiguous) {
    forEachEntry(layout.axes, [&](const Point &point) {
      // the last panel ends before its width
      putEntry(op.getResult(), point, readNumbers(op.getTensor(), source(point, false), layout, point, 0));
    });
    return;
  }
  forEachVector(layout, [&](const Point &point, int64_t n) {
    Value numbers = readNumbers(op.getTensor(), source(point, false), layout, point, n);
    if (prefetches)
      memref::PrefetchOp::create(b, loc, buffers[op.getTensor()], source(point, true), /*isWrite=*/false,
                                 /*localityHint=*/2,
                                 /*isDataCache=*/true);
    put(op.getResult(), point, numbers);
  });
}

/// The lanes that the mask has, one by one.
void KernelEmitter::storeLanes(Value value, Value mask, Value buffer, Value at, int64_t n) {
  loop(0, n, 1, [&](Value lane) {
    auto present = scf::IfOp::create(b, loc, vector::ExtractOp::create(b, loc, mask, lane), /*withElse=*/false);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(present.thenBlock());
    memref::StoreOp::create(b, loc, vector::ExtractOp::create(b, loc, value, lane), buffer, add(at, lane));
  });
}

/// Adds to float32 numbers in memory; those lanes that the mask has, if there is one.
void KernelEmitter::addNumbers(Value buffer, tile::ViewType view, Value at, Value numbers, Value mask) {
  assert(view.getElementType().isF32() && "what is added to is float32");
  auto type = dyn_cast<VectorType>(numbers.getType());
  if (!type) {
    memref::StoreOp::create(b, loc, plus(memref::LoadOp::create(b, loc, buffer, at), numbers), buffer, at);
  } else if (mask) {
    Value none = arith::ConstantOp::create(b, loc, b.getZeroAttr(type));
    Value there = vector::MaskedLoadOp::create(b, loc, type, buffer, at, mask, none);
    vector::MaskedStoreOp::create(b, loc, buffer, at, mask, plus(there, numbers));
  } else {
    vector::StoreOp::create(b, loc, plus(vector::LoadOp::create(b, loc, type, buffer, at), numbers), buffer, at);
  }
}

/// n entries of the tile from a point on; of a lagged one to the token that they belong to, or to the history.
void KernelEmitter::storeAt(tile::StoreOp op, const Layout &layout, bool contiguous, const Point &point, int64_t n) {
  auto type = cast<TileType>(op.getValue().getType());
  tile::ViewType view = op.getTensor().getType();
  Value numbers, mask;
  if (contiguous) {
    numbers = fetch(op.getValue(), point, layout.lane(), n);
    mask = laneMask(layout, point, n);
  } else {
    numbers = fetchEntry(op.getValue(), point);
  }
  auto write = [&](Value buffer, tile::ViewType view, Value at) {
    Value value = rounded(numbers, view);
    if (op.getAdd())
      return addNumbers(buffer, view, at, value, mask);
    // A masked store of 16-bit lanes that LLVM 22 can tell to have one lane only, it writes as 32 bits: past the end.
    if (!contiguous)
      memref::StoreOp::create(b, loc, value, buffer, at);
    else if (mask && !view.getElementType().isF32())
      storeLanes(value, mask, buffer, at, n);
    else if (mask)
      vector::MaskedStoreOp::create(b, loc, buffer, at, mask, value);
    else
      vector::StoreOp::create(b, loc, value, buffer, at);
  };
  if (view.getPer() == tile::Per::Segment) {
    Value row = segmentRow(op.getTensor(), op.getNext() ? add(firstRow, chunk) : firstRow, op.getEvery());
    return write(buffers[op.getTensor()], view, tensorOffset(view, op.getTensor(), type, row, point));
  }
  Value within = stepRow ? stepRow : point.at("time"); // a kept state has neither
  Value row = within ? add(firstRow, within) : firstRow;
  if (!op.getHistory())
    return write(buffers[op.getTensor()], view, tensorOffset(view, op.getTensor(), type, row, point));

  row = add(row, -static_cast<int64_t>(op.getLag()));
  Value inSequence = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sge, row, index(0));
  auto branch = scf::IfOp::create(b, loc, inSequence, /*withElse=*/true);
  OpBuilder::InsertionGuard guard(b);
  auto ifPresent = [&](Value tensor) {
    b.setInsertionPointToStart(scf::IfOp::create(b, loc, isAbsent(pointers[tensor]), /*withElse=*/true).elseBlock());
  };
  b.setInsertionPointToStart(branch.thenBlock());
  ifPresent(op.getTensor());
  write(buffers[op.getTensor()], view, tensorOffset(view, op.getTensor(), type, row, point));
  b.setInsertionPointToStart(branch.elseBlock());
  ifPresent(op.getHistory());
  tile::ViewType past = op.getHistory().getType();
  const auto dims = tile::ViewType::get(b.getContext(), tile::Per::Head, view.getShape(), view.getElementType());
  Value at = mul(add(row, past.getShape().front()), ShapedType::getNumElements(view.getShape()));
  write(buffers[op.getHistory()], past, add(at, tensorOffset(dims, op.getTensor(), type, {}, point)));
}

void KernelEmitter::emitStore(tile::StoreOp op) {
  forEachSequence(op, [&] { storeRows(op); });
}

void KernelEmitter::storeRows(tile::StoreOp op) {
  auto type = cast<TileType>(op.getValue().getType());
  tile::ViewType view = op.getTensor().getType();
  Layout layout;
  bool immediate = !places.count(op.getValue());
  if (immediate) {
    layout.elementType = type.getElementType();
    layout.axes.assign(type.getAxes().begin(), type.getAxes().end());
  } else {
    layout = place(op.getValue()).layout;
  }
  auto inMemory = axesInMemory(view, type);
  bool contiguous =
      !immediate && !layout.axes.empty() && !inMemory.empty() && layout.lane() == inMemory.back().first.str();
  auto guarded = [&](const Point &point, int64_t n) {
    Value row = point.at("time") ? point.at("time") : sequence ? index(0) : Value();
    if (!validRows || !row)
      return storeAt(op, layout, contiguous, point, n);
    auto valid = scf::IfOp::create(b, loc, rowIsValid(row), /*withElse=*/false);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(valid.thenBlock());
    storeAt(op, layout, contiguous, point, n);
  };
  OpBuilder::InsertionGuard guard(b);
  // What reaches back is for two tensors; each may be wanted without the other.
  if (!op.getHistory() && tile::isOptional(*tile::roleOf(op.getTensor()))) {
    auto absent = scf::IfOp::create(b, loc, isAbsent(pointers[op.getTensor()]), /*withElse=*/true);
    b.setInsertionPointToStart(absent.elseBlock());
  }
  if (static_cast<int64_t>(op.getEvery()) > chunk) {
    Value within = arith::RemUIOp::create(b, loc, op.getNext() ? add(firstRow, chunk) : firstRow, index(op.getEvery()));
    Value begins = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, within, index(0));
    b.setInsertionPointToStart(scf::IfOp::create(b, loc, begins, /*withElse=*/false).thenBlock());
  }
  forEachForm(type, [&] {
    if (contiguous)
      forEachVector(layout, guarded);
    else
      forEachEntry(layout.axes, [&](const Point &point) { guarded(point, 1); });
  });
}

/// The tile is the caller's memory.
void KernelEmitter::defineExternal(Value tile, Value tensor) {
  Layout layout = Layout::of(cast<TileType>(tile.getType()), planOf(tile.getDefiningOp()).getPlace());
  SmallVector<int64_t> shape = layout.shape(plan), strides;
  int64_t stride = 1;
  for (const Axis &axis : llvm::reverse(layout.axes)) {
    strides.insert(strides.begin(), stride);
    stride *= axis.extent;
  }
  if (shape.size() > layout.axes.size() && !layout.axes.empty())
    strides.insert(strides.begin(), plan.width);
  if (layout.axes.empty())
    strides = {1};
  auto memory = MemRefType::get(shape, layout.elementType, StridedLayoutAttr::get(b.getContext(), 0, strides));
  Value buffer = memref::ReinterpretCastOp::create(b, loc, memory, buffers[tensor],
                                                   /*offset=*/int64_t(0), shape, strides);
  places[tile] = {layout, buffer};
}

void KernelEmitter::emitInit(tile::InitOp op) {
  auto type = cast<TileType>(op.getResult().getType());
  tile::ViewType view = op.getTensor().getType();
  if (planOf(op).isIn(tile::Memory::Caller))
    return defineExternal(op.getResult(), op.getTensor());
  if (!places.count(op.getResult()))
    definePlace(op.getResult());
  const Type element = type.getElementType();
  auto fill = [&](bool present) {
    forEachEntry(type.getAxes(), [&](const Point &point) {
      Value entry;
      if (present) {
        entry = memref::LoadOp::create(b, loc, buffers[op.getTensor()],
                                       tensorOffset(view, op.getTensor(), type, {}, point));
        entry = extended(entry, view, element);
      } else if (tile::ViewType param = op.getFallback() ? op.getFallback().getType() : tile::ViewType()) {
        entry = memref::LoadOp::create(b, loc, buffers[op.getFallback()],
                                       tensorOffset(param, op.getFallback(), type, {}, point));
        entry = extended(entry, param, element);
      } else if (op.getIdentity()) {
        SmallVector<Axis> axes = tile::withoutSequences(type.getAxes());
        Value row = position(point, axes[0].str()), column = position(point, axes[1].str());
        Value same = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, row, column);
        entry = arith::SelectOp::create(b, loc, same, number(1, element), number(0, element));
      } else {
        entry = number(op.getStart().convertToDouble(), element);
      }
      putEntry(op.getResult(), point, entry);
    });
  };
  // A block that is not full lacks sequences, and so their states in place, too.
  if (sequences == 1 && tile::roleOf(op.getTensor()) == tile::Role::State)
    return fill(true);
  forEachSequence(op, [&] {
    auto absent = scf::IfOp::create(b, loc, isAbsent(pointers[op.getTensor()]), /*withElse=*/true);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(absent.thenBlock());
    fill(false);
    b.setInsertionPointToStart(absent.elseBlock());
    fill(true);
  });
}

void KernelEmitter::emitFinal(tile::FinalOp op) {
  auto type = cast<TileType>(op.getValue().getType());
  tile::ViewType view = op.getTensor().getType();
  if (auto init = op.getValue().getDefiningOp<tile::ChunksOp>()) {
    auto result = cast<OpResult>(op.getValue()).getResultNumber();
    Operation *start = init.getInits()[result].getDefiningOp();
    if (tile::PlanAttr plan = start ? planOf(start) : tile::PlanAttr();
        plan && plan.isIn(tile::Memory::Caller) && start->getOperand(0) == op.getTensor())
      return; // already there
  }
  forEachSequence(op, [&] {
    auto wanted = scf::IfOp::create(b, loc, isAbsent(pointers[op.getTensor()]), /*withElse=*/true);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(wanted.elseBlock());
    forEachEntry(type.getAxes(), [&](const Point &point) {
      memref::StoreOp::create(b, loc, rounded(fetchEntry(op.getValue(), point), view), buffers[op.getTensor()],
                              tensorOffset(view, op.getTensor(), type, {}, point));
    });
  });
}
