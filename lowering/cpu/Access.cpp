//     [panel][...][lane]      a tile whose lane axis is the panel axis; other tiles have  panel * width + row  there
//
// Between the panel loops a point is one of the whole axis, inside them one of the present panel. Lanes past the end of
// an axis are padding, and that is zero, always: vectors are cleared there before they are put.
#include "lowering/cpu/Access.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mixc;
using namespace mixc::cpu;
using tile::Axis;
using tile::TileType;

SmallVector<Axis> mixc::cpu::axesNamed(TileType type, ArrayAttr names) {
  return llvm::map_to_vector(
      names, [&](Attribute name) { return type.getAxes()[type.find(cast<StringAttr>(name).getValue())]; });
}

//===-- places --------------------------------------------------------------------------------------------------===//

Value Access::scratchBuffer(const Layout &layout, int64_t offset) const {
  auto type = MemRefType::get(layout.shape(plan()), layout.elementType);
  return memref::ViewOp::create(b, loc, type, scope.frame->scratch, index(offset), ValueRange());
}

Place Access::planned(TileType type, tile::PlaceAttr attr, Block *block) const {
  Layout layout = Layout::of(type, attr);
  Value buffer;
  if (attr.isIn(tile::Memory::Carried))
    buffer = place(block->getArgument(attr.getNumber())).buffer;
  else if (attr.isIn(tile::Memory::Scratch))
    buffer = scratchBuffer(layout, attr.getNumber());
  return {layout, buffer};
}

void Access::define(Value tile) const {
  Operation *op = tile.getDefiningOp();
  auto type = dyn_cast<TileType>(tile.getType());
  if (tile::PlaceAttr attr = planOf(op).getPlace(); attr && type && !tiles.contains(tile))
    tiles.set(tile, planned(type, attr, op->getBlock()));
}

//===-- addresses -----------------------------------------------------------------------------------------------===//

int64_t Access::extent(const Axis &axis) const {
  return scope.panel && axis.str() == plan().panel ? plan().width : axis.extent;
}

SmallVector<Value> Access::indices(const Place &place, const Point &point) const {
  SmallVector<Value> result;
  const Layout &layout = place.layout;
  bool panelLane = !layout.axes.empty() && layout.lane() == plan().panel;
  Value within = plan().panel.empty() ? Value() : point.at(plan().panel);
  bool whole = !layout.sliced && panelLane;
  if (whole && scope.panel) {
    result.push_back(*scope.panel);
  } else if (whole && plan().panels() == 1) {
    result.push_back(index(0));
  } else if (whole) { // between the panel loops the index is that of the whole axis
    result.push_back(arith::DivUIOp::create(b, loc, within, index(plan().width)));
    within = arith::RemUIOp::create(b, loc, within, index(plan().width));
  }
  for (const Axis &axis : layout.axes) {
    Value at = axis.str() == plan().panel ? within : point.at(axis.str());
    if (place.row && axis.str() == "time")
      at = place.row;
    if (axis.extent == 1 && !at)
      at = index(0);
    assert(at && "no index for an axis");
    if (axis.str() == plan().panel && !layout.sliced && !panelLane && scope.panel)
      at = add(mul(*scope.panel, plan().width), at);
    result.push_back(at);
  }
  if (layout.axes.empty())
    result.push_back(index(0));
  return result;
}

Value Access::position(const Point &point, StringRef axis) const {
  Value at = point.at(axis);
  return scope.panel && axis == plan().panel ? add(mul(*scope.panel, plan().width), at) : at;
}

//===-- entries and vectors -------------------------------------------------------------------------------------===//

Value Access::fetchEntry(const Place &from, const Point &point) const {
  return memref::LoadOp::create(b, loc, from.buffer, indices(from, point));
}

Value Access::fetchEntry(Value tile, const Point &point) const {
  Type type = cast<TileType>(tile.getType()).getElementType();
  if (auto constant = tile.getDefiningOp<tile::ConstantOp>())
    return number(constant.getValue().convertToDouble(), type);
  if (tile.getDefiningOp<tile::IotaOp>()) {
    Value at = position(point, cast<TileType>(tile.getType()).getAxes().front().str());
    return arith::SIToFPOp::create(b, loc, type, arith::IndexCastOp::create(b, loc, b.getI64Type(), at));
  }
  if (auto present = tile.getDefiningOp<tile::PresentOp>()) {
    Value one = arith::ConstantOp::create(b, loc, b.getBoolAttr(true));
    return arith::XOrIOp::create(b, loc, isAbsent(tiles.tensor(present.getTensor()).pointer), one);
  }
  if (tile.getDefiningOp<tile::ValidOp>())
    return scope.rows.areAll() ? arith::ConstantOp::create(b, loc, b.getBoolAttr(true)).getResult() : rowIsValid(point);
  return fetchEntry(place(tile), point);
}

/// n entries along `lane` that lie apart, one by one, none past the end of the axis.
static Value gather(const Access &in, const Point &point, const Axis &axis, Type element, int64_t n,
                    function_ref<Value(const Point &)> entryAt) {
  Value result = arith::ConstantOp::create(in.b, in.loc, in.b.getZeroAttr(in.vector(n, element)));
  int64_t last = in.extent(axis);
  std::optional<int64_t> start = getConstantIntValue(point.at(axis.str()));
  for (int64_t i = 0; i < n && (!start || *start + i < last); ++i) {
    Value at = in.add(point.at(axis.str()), i);
    if (!start && n > 1)
      at = arith::MinUIOp::create(in.b, in.loc, at, in.index(last - 1));
    Value entry = entryAt(point.with(axis.str(), at));
    result = vector::InsertOp::create(in.b, in.loc, entry, result, ArrayRef<int64_t>{i});
  }
  return result;
}

Value Access::fetch(Value tile, const Point &point, StringRef lane, int64_t n) const {
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
  if (tile.getDefiningOp<tile::ValidOp>())
    return gather(*this, point, type.getAxes()[type.find(lane)], type.getElementType(), n,
                  [&](const Point &at) { return fetchEntry(tile, at); });
  return fetch(place(tile), point, lane, n);
}

Value Access::fetch(const Place &from, const Point &point, StringRef lane, int64_t n) const {
  const Axis *axis = llvm::find_if(from.layout.axes, [&](const Axis &axis) { return axis.str() == lane; });
  if (axis == from.layout.axes.end() || (from.row && lane == "time"))
    return splat(fetchEntry(from, point), n);
  if (from.layout.lane() == lane)
    return vector::LoadOp::create(b, loc, vector(n, from.layout.elementType), from.buffer, indices(from, point));
  return gather(*this, point, *axis, from.layout.elementType, n, [&](const Point &at) { return fetchEntry(from, at); });
}

void Access::put(const Place &to, const Point &point, Value value) const {
  vector::StoreOp::create(b, loc, value, to.buffer, indices(to, point));
}

void Access::putEntry(const Place &to, const Point &point, Value entry) const {
  memref::StoreOp::create(b, loc, entry, to.buffer, indices(to, point));
}

void Access::copy(const Place &to, std::optional<Value> row,
                  function_ref<Value(const Point &, StringRef, int64_t)> from) const {
  Layout others = to.layout;
  llvm::erase_if(others.axes, [](const Axis &axis) { return axis.str() == "time"; });
  auto at = [&](const Point &point) { return row ? point.with("time", *row) : point; };
  if (others.axes.empty() || to.layout.lane() == "time")
    return forEachEntry(others.axes, [&](const Point &point) { putEntry(to, at(point), sumOf(from(point, "", 1))); });
  forEachVector(others, [&](const Point &point, int64_t n) {
    put(to, at(point), clearPadding(others, point, from(point, others.lane(), n)));
  });
}

void Access::copy(const Place &to, std::optional<Value> row, Value tile) const {
  copy(to, row, [&](const Point &point, StringRef lane, int64_t n) { return fetch(tile, point, lane, n); });
}

void Access::copy(const Place &to, std::optional<Value> row, const Place &from) const {
  copy(to, row, [&](const Point &point, StringRef lane, int64_t n) { return fetch(from, point, lane, n); });
}

//===-- what is there -------------------------------------------------------------------------------------------===//

std::optional<Value> Access::laneMask(const Layout &layout, const Point &point, int64_t n) const {
  if (layout.axes.empty() || n == 1)
    return std::nullopt;
  const Axis &axis = layout.axes.back();
  bool panel = scope.panel && axis.str() == plan().panel; // between the panel loops a point is one of the whole axis
  int64_t end = panel ? plan().width : axis.extent;
  bool cut = panel && plan().extent % plan().width; // the last panel ends early
  if (!cut && end % n == 0)
    return std::nullopt;
  Value at = point.at(axis.str());
  Value limit = index(end);
  if (cut)
    limit = arith::MinUIOp::create(
        b, loc, limit, arith::SubIOp::create(b, loc, index(plan().extent), mul(*scope.panel, plan().width)));
  // entries left from `at` on, at least 0
  Value left = arith::SubIOp::create(b, loc, arith::MaxUIOp::create(b, loc, limit, at), at);
  return vector::CreateMaskOp::create(b, loc, VectorType::get({n}, b.getI1Type()), ValueRange{left}).getResult();
}

Value Access::clearPadding(const Layout &layout, const Point &point, Value value, double pad) const {
  auto type = cast<VectorType>(value.getType());
  std::optional<Value> mask = laneMask(layout, point, type.getNumElements());
  return mask ? arith::SelectOp::create(b, loc, *mask, value, number(pad, type)).getResult() : value;
}

Value Access::rowIsValid(const Point &point) const {
  Value row = point.at("time") ? point.at("time") : scope.step ? *scope.step : index(0);
  if (!point.at("seq"))
    return rowIsValid(row);
  return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult, add(scope.firstRow, row),
                               indexIn(scope.frame->lengths, point.at("seq")));
}

Value Access::rowIsValid(Value row) const {
  return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult, row, scope.rows.count());
}

Value Access::isFull() const {
  return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, scope.rows.count(), index(scope.chunk));
}

//===-- loops over tiles ----------------------------------------------------------------------------------------===//

void Access::forEachEntry(ArrayRef<Axis> axes, function_ref<void(const Point &)> body, Point point) const {
  if (axes.empty())
    return body(point);
  const Axis &axis = axes.front();
  auto next = [&](Value i) { forEachEntry(axes.drop_front(), body, point.with(axis.str(), i)); };
  if (scope.sequence && axis.kind == tile::AxisKind::Seq)
    return next(*scope.sequence);
  if (!scope.panel || axis.str() != plan().panel || plan().extent % plan().width == 0)
    return loop(0, extent(axis), 1, next);
  // The last panel is cut.
  Value left = arith::SubIOp::create(b, loc, index(plan().extent), mul(*scope.panel, plan().width));
  loop(index(0), arith::MinUIOp::create(b, loc, left, index(plan().width)), 1, next);
}

void Access::forEachVector(const Layout &layout, function_ref<void(const Point &, int64_t)> body) const {
  int64_t n = layout.lanes(plan());
  if (layout.axes.empty())
    return body(Point(), 1);
  if (!scope.panel && layout.lane() == plan().panel && plan().panels() > 1 && plan().width % n)
    n = 1; // between the panel loops a vector may not cross from one panel into the next
  forEachEntry(ArrayRef(layout.axes).drop_back(), [&](const Point &row) {
    loop(0, extent(layout.axes.back()), n, [&](Value at) { body(row.with(layout.lane(), at), n); });
  });
}

Code::Values Access::loopAlong(const Axis &axis, int64_t step, ValueRange start,
                               function_ref<Values(const Access &, Value, ValueRange)> body) const {
  auto here = [&](Value i, ValueRange carried) { return body(*this, i, carried); };
  if (scope.panel || axis.str() != plan().panel || plan().panels() == 1 || plan().extent % plan().width)
    return loop(0, extent(axis), step, start, here);
  return loop(0, plan().panels(), 1, start, [&](Value panel, ValueRange outer) {
    Access in = within(scope.inPanel(panel));
    return loop(0, plan().width, step, outer, [&](Value i, ValueRange carried) { return body(in, i, carried); });
  });
}

//===-- across --------------------------------------------------------------------------------------------------===//

LanesAcross::LanesAcross(const Access &in, const Layout &to, ArrayRef<StringRef> along) : layout(to) {
  llvm::erase_if(layout.axes, [&](const Axis &axis) { return llvm::is_contained(along, axis.str()); });
  areApart = layout.axes.empty() || layout.lane() != to.lane();
  if (areApart && !layout.axes.empty()) // an axis of one entry, so that no other is cut into vectors
    layout.axes.push_back({tile::AxisKind::Free, in.b.getStringAttr("none"), 1});
}

Value LanesAcross::fetch(const Access &in, Value tile, const Point &point, int64_t n) const {
  return areApart ? in.splat(in.fetchEntry(tile, point), n) : in.fetch(tile, point, lane(), n);
}

void LanesAcross::put(const Access &in, const Layout &to, Value tile, const Point &point, Value vector) const {
  if (areApart)
    in.putEntry(tile, point, in.sumOf(vector));
  else
    in.put(tile, point, in.clearPadding(to, point, vector));
}
