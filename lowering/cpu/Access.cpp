// Entries and vectors of tiles: the only code that knows how a layout becomes an address.
#include "lowering/cpu/KernelEmitter.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mixc;
using namespace mixc::cpu;
using tile::Axis;
using tile::TileType;

Value KernelEmitter::index(int64_t value) { return arith::ConstantIndexOp::create(b, loc, value); }

Value KernelEmitter::add(Value x, Value y) {
  if (auto c = getConstantIntValue(y))
    return add(x, *c);
  if (auto c = getConstantIntValue(x))
    return add(y, *c);
  return arith::AddIOp::create(b, loc, x, y, arith::IntegerOverflowFlags::nsw);
}

Value KernelEmitter::add(Value x, int64_t y) {
  if (auto c = getConstantIntValue(x))
    return index(*c + y);
  return y == 0 ? x : arith::AddIOp::create(b, loc, x, index(y), arith::IntegerOverflowFlags::nsw).getResult();
}

Value KernelEmitter::mul(Value x, int64_t y) {
  if (auto c = getConstantIntValue(x))
    return index(*c * y);
  return y == 1 ? x : arith::MulIOp::create(b, loc, x, index(y), arith::IntegerOverflowFlags::nsw).getResult();
}

Value KernelEmitter::number(double value, Type type) {
  if (auto vector = dyn_cast<VectorType>(type))
    return arith::ConstantOp::create(
        b, loc, DenseElementsAttr::get(vector, b.getFloatAttr(vector.getElementType(), value).getValue()));
  return arith::ConstantOp::create(b, loc, b.getFloatAttr(type, value));
}

Value KernelEmitter::splat(Value entry, int64_t n) {
  return vector::BroadcastOp::create(b, loc, vector(n, entry.getType()), entry);
}

// Products and sums may fuse: one rounding less.
static constexpr auto contractFlag = arith::FastMathFlags::contract;

Value KernelEmitter::fma(Value x, Value y, Value z) {
  if (isa<VectorType>(x.getType()))
    return vector::FMAOp::create(b, loc, x, y, z);
  return math::FmaOp::create(b, loc, x, y, z);
}
Value KernelEmitter::plus(Value x, Value y) { return arith::AddFOp::create(b, loc, x, y, contractFlag); }
Value KernelEmitter::times(Value x, Value y) { return arith::MulFOp::create(b, loc, x, y, contractFlag); }

Value KernelEmitter::sumOf(Value vector, tile::ReduceKind kind) {
  if (cast<VectorType>(vector.getType()).getNumElements() == 1)
    return vector::ExtractOp::create(b, loc, vector, ArrayRef<int64_t>{0});
  if (kind == tile::ReduceKind::Max)
    return vector::ReductionOp::create(b, loc, vector::CombiningKind::MAXNUMF, vector);
  auto combining = kind == tile::ReduceKind::Mul ? vector::CombiningKind::MUL : vector::CombiningKind::ADD;
  return vector::ReductionOp::create(b, loc, combining, vector, arith::FastMathFlags::reassoc);
}

void KernelEmitter::loop(int64_t from, int64_t to, int64_t step, function_ref<void(Value)> body) {
  if (from >= to)
    return;
  if (from + step >= to)
    return body(index(from));
  auto op = scf::ForOp::create(b, loc, index(from), index(to), index(step));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(op.getBody());
  body(op.getInductionVar());
}

/// The body of a loop that carries values; one that carries none is made with its yield.
static SmallVector<Value> fill(OpBuilder &b, scf::ForOp op, function_ref<SmallVector<Value>(Value, ValueRange)> body) {
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(op.getBody());
  SmallVector<Value> next = body(op.getInductionVar(), op.getRegionIterArgs());
  if (!next.empty())
    scf::YieldOp::create(b, op.getLoc(), next);
  return op.getResults();
}

SmallVector<Value> KernelEmitter::loop(int64_t from, int64_t to, int64_t step, ValueRange start,
                                       function_ref<SmallVector<Value>(Value, ValueRange)> body) {
  if (from >= to)
    return start;
  if (from + step >= to)
    return body(index(from), start);
  return fill(b, scf::ForOp::create(b, loc, index(from), index(to), index(step), start), body);
}

SmallVector<Value> KernelEmitter::loop(Value from, Value to, ValueRange start,
                                       function_ref<SmallVector<Value>(Value, ValueRange)> body) {
  if (auto first = getConstantIntValue(from), end = getConstantIntValue(to); first && end)
    return loop(*first, *end, 1, start, body);
  return fill(b, scf::ForOp::create(b, loc, from, to, index(1), start), body);
}

SmallVector<Value> KernelEmitter::loopAlong(const Axis &axis, int64_t step, ValueRange start,
                                            function_ref<SmallVector<Value>(Value, ValueRange)> body) {
  if (panelIndex || axis.str() != plan.panel || plan.panels() == 1 || plan.extent % plan.width)
    return loop(0, extent(axis), step, start, body);
  auto carried = loop(0, plan.panels(), 1, start, [&](Value panel, ValueRange outer) {
    panelIndex = panel;
    auto sums = loop(0, plan.width, step, outer, body);
    panelIndex = {};
    return sums;
  });
  return carried;
}

int64_t KernelEmitter::extent(const Axis &axis) const {
  return panelIndex && axis.str() == plan.panel ? plan.width : axis.extent;
}

Value KernelEmitter::scratchBuffer(const Layout &layout, int64_t offset) {
  auto type = MemRefType::get(layout.shape(plan), layout.elementType);
  return memref::ViewOp::create(b, loc, type, scratch, index(offset), ValueRange());
}

const Place &KernelEmitter::place(Value tile) {
  auto it = places.find(tile);
  assert(it != places.end() && "a tile without a buffer");
  return it->second;
}

Place KernelEmitter::placeOf(TileType type, tile::PlaceAttr attr, Block *block) {
  Layout layout = Layout::of(type, attr);
  Value buffer;
  if (attr.isIn(tile::Memory::Carried))
    buffer = place(block->getArgument(attr.getNumber())).buffer;
  else if (attr.isIn(tile::Memory::Scratch))
    buffer = scratchBuffer(layout, attr.getNumber());
  return {layout, buffer};
}

/// Gives a tile the buffer of its plan.
void KernelEmitter::definePlace(Value tile) {
  Operation *op = tile.getDefiningOp();
  if (tile::PlaceAttr attr = planOf(op).getPlace(); attr && isa<TileType>(tile.getType()))
    places[tile] = placeOf(cast<TileType>(tile.getType()), attr, op->getBlock());
}

// [panel][...][lane], a row axis of panels as panel * width + row.
SmallVector<Value> KernelEmitter::indices(const Place &place, const Point &point) {
  SmallVector<Value> result;
  const Layout &layout = place.layout;
  bool panelLane = !layout.axes.empty() && layout.lane() == plan.panel;
  Value within = plan.panel.empty() ? Value() : point.at(plan.panel);
  bool whole = !layout.sliced && panelLane;
  if (whole && panelIndex) {
    result.push_back(panelIndex);
  } else if (whole && plan.panels() == 1) {
    result.push_back(index(0));
  } else if (whole) { // between the panel loops the index is that of the whole axis
    result.push_back(arith::DivUIOp::create(b, loc, within, index(plan.width)));
    within = arith::RemUIOp::create(b, loc, within, index(plan.width));
  }
  for (const Axis &axis : layout.axes) {
    Value at = axis.str() == plan.panel ? within : point.at(axis.str());
    if (place.row && axis.str() == "time")
      at = place.row;
    if (axis.extent == 1 && !at)
      at = index(0);
    assert(at && "no index for an axis");
    if (axis.str() == plan.panel && !layout.sliced && !panelLane && panelIndex)
      at = add(mul(panelIndex, plan.width), at);
    result.push_back(at);
  }
  if (layout.axes.empty())
    result.push_back(index(0));
  return result;
}

Value KernelEmitter::position(const Point &point, StringRef axis) {
  Value at = point.at(axis);
  return panelIndex && axis == plan.panel ? add(mul(panelIndex, plan.width), at) : at;
}

Value KernelEmitter::fetchEntry(Value tile, const Point &point) {
  Type type = cast<TileType>(tile.getType()).getElementType();
  if (auto constant = tile.getDefiningOp<tile::ConstantOp>())
    return number(constant.getValue().convertToDouble(), type);
  if (tile.getDefiningOp<tile::IotaOp>()) {
    Value at = position(point, cast<TileType>(tile.getType()).getAxes().front().str());
    return arith::SIToFPOp::create(b, loc, type, arith::IndexCastOp::create(b, loc, b.getI64Type(), at));
  }
  if (auto present = tile.getDefiningOp<tile::PresentOp>()) {
    Value one = arith::ConstantOp::create(b, loc, b.getBoolAttr(true));
    return arith::XOrIOp::create(b, loc, isAbsent(pointers[present.getTensor()]), one);
  }
  if (tile.getDefiningOp<tile::ValidOp>())
    return validRows ? rowIsValid(point) : arith::ConstantOp::create(b, loc, b.getBoolAttr(true)).getResult();
  const Place &from = place(tile);
  return memref::LoadOp::create(b, loc, from.buffer, indices(from, point));
}

/// n entries along `lane` from the point on; a tile without that axis is broadcast.
Value KernelEmitter::fetch(Value tile, const Point &point, StringRef lane, int64_t n) {
  auto type = cast<TileType>(tile.getType());
  if (!type.has(lane) || tile.getDefiningOp<tile::ConstantOp>())
    return splat(fetchEntry(tile, point), n);
  if (tile.getDefiningOp<tile::IotaOp>()) {
    SmallVector<APFloat> steps;
    for (int64_t i = 0; i < n; ++i)
      steps.push_back(b.getFloatAttr(type.getElementType(), i).getValue());
    Value ramp = arith::ConstantOp::create(b, loc, DenseElementsAttr::get(vector(n, type.getElementType()), steps));
    return plus(ramp, splat(fetchEntry(tile, point), n));
  }
  if (!tile.getDefiningOp<tile::ValidOp>())
    if (const Place &from = place(tile); from.layout.lane() == lane)
      return vector::LoadOp::create(b, loc, vector(n, type.getElementType()), from.buffer, indices(from, point));
  // Lanes lie apart: one by one, none past the end.
  Value result = arith::ConstantOp::create(b, loc, b.getZeroAttr(vector(n, type.getElementType())));
  int64_t last = extent(type.getAxes()[type.find(lane)]);
  std::optional<int64_t> start = getConstantIntValue(point.at(lane));
  for (int64_t i = 0; i < n && (!start || *start + i < last); ++i) {
    Value at = add(point.at(lane), i);
    if (!start && n > 1)
      at = arith::MinUIOp::create(b, loc, at, index(last - 1));
    Value entry = fetchEntry(tile, point.with(lane, at));
    result = vector::InsertOp::create(b, loc, entry, result, ArrayRef<int64_t>{i});
  }
  return result;
}

void KernelEmitter::put(const Place &to, const Point &point, Value value) {
  vector::StoreOp::create(b, loc, value, to.buffer, indices(to, point));
}

void KernelEmitter::putEntry(const Place &to, const Point &point, Value entry) {
  memref::StoreOp::create(b, loc, entry, to.buffer, indices(to, point));
}

/// Which of n lanes from the point on are entries of the tile; null if all are.
Value KernelEmitter::laneMask(const Layout &layout, const Point &point, int64_t n) {
  if (layout.axes.empty() || n == 1)
    return {};
  const Axis &axis = layout.axes.back();
  bool panel = panelIndex && axis.str() == plan.panel; // between the panel loops a point is one of the whole axis
  int64_t end = panel ? plan.width : axis.extent;
  bool cut = panel && plan.extent % plan.width; // the last panel ends early
  if (!cut && end % n == 0)
    return {};
  Value at = point.at(axis.str());
  Value limit = index(end);
  if (cut)
    limit = arith::MinUIOp::create(b, loc, limit,
                                   arith::SubIOp::create(b, loc, index(plan.extent), mul(panelIndex, plan.width)));
  // entries left from `at` on, at least 0
  Value left = arith::SubIOp::create(b, loc, arith::MaxUIOp::create(b, loc, limit, at), at);
  return vector::CreateMaskOp::create(b, loc, VectorType::get({n}, b.getI1Type()), ValueRange{left});
}

Value KernelEmitter::clearPadding(const Layout &layout, const Point &point, Value value, double pad) {
  auto type = cast<VectorType>(value.getType());
  Value mask = laneMask(layout, point, type.getNumElements());
  return mask ? arith::SelectOp::create(b, loc, mask, value, number(pad, type)).getResult() : value;
}

/// The row of the point, or else the present one; of the sequence of the point, where there is a block.
Value KernelEmitter::rowIsValid(const Point &point) {
  Value row = point.at("time") ? point.at("time") : stepRow ? stepRow : index(0);
  if (!point.at("seq"))
    return rowIsValid(row);
  return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult, add(firstRow, row), lengthOf(point.at("seq")));
}

Value KernelEmitter::rowIsValid(Value row) {
  return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult, row, validRows);
}
