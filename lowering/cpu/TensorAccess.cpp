#include "lowering/cpu/TensorAccess.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

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

Tensor mixc::cpu::readTensor(const Code &code, const Frame &frame, Value tensor, Value sequence) {
  auto ptr = LLVM::LLVMPointerType::get(code.b.getContext());
  const int64_t first = cast<BlockArgument>(tile::rootOf(tensor)).getArgNumber() * frame.sequences;
  Value at = arith::IndexCastOp::create(code.b, code.loc, code.b.getI64Type(), code.add(sequence, first));
  Value address = LLVM::GEPOp::create(code.b, code.loc, ptr, ptr, frame.tensors, ArrayRef<LLVM::GEPArg>{at});
  Value pointer = LLVM::LoadOp::create(code.b, code.loc, ptr, address);
  Type stored = cast<tile::ViewType>(tensor.getType()).getElementType();
  return {pointer, code.memoryAt(pointer, inMemory(code.b, stored)), {}};
}

//===-- sequences and forms -------------------------------------------------------------------------------------===//

void TensorAccess::forEachSequence(Operation *op, function_ref<void(const Scope &, Tiles &)> body) const {
  if (!scope.hasBlock())
    return body(scope, tiles);
  loop(0, scope.frame->sequences, 1, [&](Value s) {
    Scope inner = scope;
    inner.sequence = s;
    inner.length = indexIn(scope.frame->lengths, s);
    if (!scope.rows.areAll()) { // rows left from the chunk's first on, at least 0
      Value end = arith::MaxUIOp::create(b, loc, inner.length, scope.firstRow);
      Value left = arith::SubIOp::create(b, loc, end, scope.firstRow);
      inner.rows = Rows::first(arith::MinUIOp::create(b, loc, left, index(scope.chunk)));
    }
    Tiles own = tiles;
    for (Value operand : op->getOperands())
      if (isa<tile::ViewType>(operand.getType()) && tile::isPerSequence(operand)) {
        Tensor tensor = readTensor(*this, *scope.frame, operand, s);
        tensor.rowStride = tiles.tensor(operand).rowStride;
        own.set(operand, tensor);
      }
    body(inner, own);
  });
}

void TensorAccess::forEachForm(TileType type, function_ref<void(const Scope &)> body) const {
  if (scope.rows.areAll() || scope.hasBlock() || !type.hasTime())
    return body(scope);
  when(isFull(), [&] { body(scope.with(Rows::all())); }, [&] { body(scope); });
}

//===-- where numbers lie ---------------------------------------------------------------------------------------===//

// A tile has the tensor's dims in order, after time and sequences. What only kernels see, segments, lies with the value
// axis last, as panels do; not with this kernel's panel axis last: forward and backward may have different ones.
SmallVector<std::pair<Axis, int64_t>> TensorAccess::axesInMemory(tile::ViewType view, TileType type) {
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

bool TensorAccess::endAlike(tile::ViewType view, TileType type, const Layout &layout) {
  auto axes = axesInMemory(view, type);
  return !layout.axes.empty() && !axes.empty() && layout.lane() == axes.back().first.str();
}

Value TensorAccess::offset(tile::ViewType view, Value tensor, TileType type, Value row, const Point &point) const {
  Value offset;
  int64_t stride = 1;
  auto axes = axesInMemory(view, type);
  for (auto [axis, size] : llvm::reverse(axes)) {
    Value term = mul(position(point, axis.str()), stride);
    offset = offset ? add(offset, term) : term;
    stride *= size;
  }
  if (view.getPer() != tile::Per::Head) {
    Value start = arith::MulIOp::create(b, loc, row, tiles.tensor(tensor).rowStride, arith::IntegerOverflowFlags::nsw);
    offset = offset ? add(start, offset) : start;
  }
  return offset ? offset : index(0);
}

Value TensorAccess::segmentRow(Value tensor, Value token, int64_t every) const {
  Value segment = arith::DivUIOp::create(b, loc, token, index(every));
  if (auto own = tensor.getDefiningOp<tile::BufferOp>())
    segment = arith::RemUIOp::create(b, loc, segment, index(own.getSlots()));
  return segment;
}

void TensorAccess::defineExternal(Value tile, Value tensor) const {
  Layout layout = Layout::of(cast<TileType>(tile.getType()), planOf(tile.getDefiningOp()).getPlace());
  SmallVector<int64_t> shape = layout.shape(plan()), strides;
  int64_t stride = 1;
  for (const Axis &axis : llvm::reverse(layout.axes)) {
    strides.insert(strides.begin(), stride);
    stride *= axis.extent;
  }
  if (shape.size() > layout.axes.size() && !layout.axes.empty())
    strides.insert(strides.begin(), plan().width);
  if (layout.axes.empty())
    strides = {1};
  auto memory = MemRefType::get(shape, layout.elementType, StridedLayoutAttr::get(b.getContext(), 0, strides));
  Value buffer = memref::ReinterpretCastOp::create(b, loc, memory, tiles.tensor(tensor).memory,
                                                   /*offset=*/int64_t(0), shape, strides);
  tiles.set(tile, {layout, buffer});
}

//===-- numbers -------------------------------------------------------------------------------------------------===//

Value TensorAccess::extended(Value stored, tile::ViewType view, Type element) const {
  if (!view.getElementType().isF32()) {
    Value narrow = arith::BitcastOp::create(b, loc, like(stored, view.getElementType()), stored);
    stored = arith::ExtFOp::create(b, loc, like(stored, b.getF32Type()), narrow);
  }
  return element.isF32() ? stored : arith::ExtFOp::create(b, loc, like(stored, element), stored).getResult();
}

Value TensorAccess::rounded(Value computed, tile::ViewType view) const {
  if (getElementTypeOrSelf(computed.getType()).isF64())
    computed = arith::TruncFOp::create(b, loc, like(computed, b.getF32Type()), computed);
  if (view.getElementType().isF32())
    return computed;
  Value narrow = arith::TruncFOp::create(b, loc, like(computed, view.getElementType()), computed);
  return arith::BitcastOp::create(b, loc, like(computed, b.getI16Type()), narrow);
}

Value TensorAccess::read(Value tensor, Value at, const Layout &layout, const Point &point, Lanes lanes) const {
  auto view = cast<tile::ViewType>(tensor.getType());
  Value memory = tiles.tensor(tensor).memory;
  if (!lanes)
    return extended(memref::LoadOp::create(b, loc, memory, at), view, layout.elementType);
  auto type = vector(*lanes, inMemory(b, view.getElementType()));
  Value numbers;
  if (std::optional<Value> mask = laneMask(layout, point, *lanes))
    numbers = vector::MaskedLoadOp::create(b, loc, type, memory, at, *mask,
                                           arith::ConstantOp::create(b, loc, b.getZeroAttr(type)));
  else
    numbers = vector::LoadOp::create(b, loc, type, memory, at);
  return extended(numbers, view, layout.elementType);
}

/// The lanes that the mask has, one by one.
static void writeLanes(const Code &code, Value numbers, Value mask, Value memory, Value at) {
  OpBuilder &b = code.b;
  code.loop(0, cast<VectorType>(numbers.getType()).getNumElements(), 1, [&](Value lane) {
    code.when(vector::ExtractOp::create(b, code.loc, mask, lane), [&] {
      memref::StoreOp::create(b, code.loc, vector::ExtractOp::create(b, code.loc, numbers, lane), memory,
                              code.add(at, lane));
    });
  });
}

void TensorAccess::write(Value numbers, std::optional<Value> mask, Value tensor, Value at) const {
  Value memory = tiles.tensor(tensor).memory;
  auto view = cast<tile::ViewType>(tensor.getType());
  // A masked store of 16-bit lanes that LLVM 22 can tell to have one lane only, it writes as 32 bits: past the end.
  if (!isa<VectorType>(numbers.getType()))
    memref::StoreOp::create(b, loc, numbers, memory, at);
  else if (mask && !view.getElementType().isF32())
    writeLanes(*this, numbers, *mask, memory, at);
  else if (mask)
    vector::MaskedStoreOp::create(b, loc, memory, at, *mask, numbers);
  else
    vector::StoreOp::create(b, loc, numbers, memory, at);
}

void TensorAccess::addTo(Value numbers, std::optional<Value> mask, Value tensor, Value at) const {
  assert(cast<tile::ViewType>(tensor.getType()).getElementType().isF32() && "what is added to is float32");
  Value memory = tiles.tensor(tensor).memory;
  auto type = dyn_cast<VectorType>(numbers.getType());
  if (!type) {
    memref::StoreOp::create(b, loc, plus(memref::LoadOp::create(b, loc, memory, at), numbers), memory, at);
  } else if (mask) {
    Value none = arith::ConstantOp::create(b, loc, b.getZeroAttr(type));
    Value there = vector::MaskedLoadOp::create(b, loc, type, memory, at, *mask, none);
    vector::MaskedStoreOp::create(b, loc, memory, at, *mask, plus(there, numbers));
  } else {
    vector::StoreOp::create(b, loc, plus(vector::LoadOp::create(b, loc, type, memory, at), numbers), memory, at);
  }
}
