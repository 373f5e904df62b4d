//     tensor[firstRow + t - lag, ...] = tile[t, ...]        or  +=
//
// Rows past the end are not stored. What reaches back goes to the token that it belongs to, or to the history.
#include "lowering/cpu/Emitters.h"
#include "lowering/cpu/TensorAccess.h"

using namespace mlir;
using namespace mixc;
using namespace mixc::cpu;
using tile::TileType;

namespace {

class Store : TensorAccess {
public:
  Store(const Scope &scope, Tiles &tiles, tile::StoreOp op)
      : TensorAccess(Access(scope, tiles, op.getLoc())), op(op), type(cast<TileType>(op.getValue().getType())),
        view(op.getTensor().getType()), layout(layoutOf(tiles, op)),
        movesVectors(tiles.contains(op.getValue()) && endAlike(view, type, layout)) {}

  void emit();
  void emitRows();

private:
  /// An immediate value lies nowhere: its axes are as its type has them.
  static Layout layoutOf(const Tiles &tiles, tile::StoreOp op) {
    if (tiles.contains(op.getValue()))
      return tiles.place(op.getValue()).layout;
    Layout layout;
    auto type = cast<TileType>(op.getValue().getType());
    layout.elementType = type.getElementType();
    layout.axes.assign(type.getAxes().begin(), type.getAxes().end());
    return layout;
  }
  /// The first row of the segment that is stored: the present chunk's, or of the one after it.
  Value segmentStart() { return op.getNext() ? add(scope.firstRow, scope.chunk) : scope.firstRow; }
  void emitPart(const Point &point, Lanes lanes);
  void emitLagged(const Point &point, Value row, Value numbers, std::optional<Value> mask);
  void writeTo(Value tensor, Value at, Value numbers, std::optional<Value> mask) {
    Value stored = rounded(numbers, cast<tile::ViewType>(tensor.getType()));
    if (op.getAdd())
      addTo(stored, mask, tensor, at);
    else
      write(stored, mask, tensor, at);
  }

  tile::StoreOp op;
  const TileType type;
  const tile::ViewType view;
  const Layout layout;
  const bool movesVectors;
};

void Store::emit() {
  auto rows = [&] { forEachForm(type, [&](const Scope &form) { Store(form, tiles, op).emitRows(); }); };
  auto ofSegments = [&] {
    if (static_cast<int64_t>(op.getEvery()) <= scope.chunk)
      return rows();
    Value within = arith::RemUIOp::create(b, loc, segmentStart(), index(static_cast<int64_t>(op.getEvery())));
    when(arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, within, index(0)), rows);
  };
  // What reaches back is for two tensors; each may be wanted without the other.
  if (!op.getHistory() && tile::isOptional(*tile::roleOf(op.getTensor())))
    unless(isAbsent(tiles.tensor(op.getTensor()).pointer), ofSegments);
  else
    ofSegments();
}

void Store::emitRows() {
  auto part = [&](const Point &point, Lanes lanes) {
    Value row = point.at("time") ? point.at("time") : scope.sequence ? index(0) : Value();
    if (scope.rows.areAll() || !row)
      return emitPart(point, lanes);
    when(rowIsValid(row), [&] { emitPart(point, lanes); });
  };
  if (movesVectors)
    forEachVector(layout, [&](const Point &point, int64_t n) { part(point, n); });
  else
    forEachEntry(layout.axes, [&](const Point &point) { part(point, std::nullopt); });
}

void Store::emitPart(const Point &point, Lanes lanes) {
  Value numbers = lanes ? fetch(op.getValue(), point, layout.lane(), *lanes) : fetchEntry(op.getValue(), point);
  std::optional<Value> mask = lanes ? laneMask(layout, point, *lanes) : std::nullopt;
  if (view.getPer() == tile::Per::Segment) {
    Value row = segmentRow(op.getTensor(), segmentStart(), static_cast<int64_t>(op.getEvery()));
    return writeTo(op.getTensor(), offset(view, op.getTensor(), type, row, point), numbers, mask);
  }
  Value within = scope.step ? *scope.step : point.at("time"); // a kept state has neither
  Value row = within ? add(scope.firstRow, within) : scope.firstRow;
  if (op.getHistory())
    return emitLagged(point, add(row, -static_cast<int64_t>(op.getLag())), numbers, mask);
  writeTo(op.getTensor(), offset(view, op.getTensor(), type, row, point), numbers, mask);
}

void Store::emitLagged(const Point &point, Value row, Value numbers, std::optional<Value> mask) {
  auto ifPresent = [&](Value tensor, function_ref<void()> then) {
    unless(isAbsent(tiles.tensor(tensor).pointer), then);
  };
  auto toTokens = [&] { writeTo(op.getTensor(), offset(view, op.getTensor(), type, row, point), numbers, mask); };
  auto toHistory = [&] {
    const auto dims = tile::ViewType::get(b.getContext(), tile::Per::Head, view.getShape(), view.getElementType());
    Value at = mul(add(row, op.getHistory().getType().getShape().front()), ShapedType::getNumElements(view.getShape()));
    writeTo(op.getHistory(), add(at, offset(dims, op.getTensor(), type, {}, point)), numbers, mask);
  };
  when(
      arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sge, row, index(0)),
      [&] { ifPresent(op.getTensor(), toTokens); }, [&] { ifPresent(op.getHistory(), toHistory); });
}

} // namespace

void mixc::cpu::emitStore(const Scope &scope, Tiles &tiles, tile::StoreOp op) {
  TensorAccess(Access(scope, tiles, op.getLoc())).forEachSequence(op, [&](const Scope &sequence, Tiles &own) {
    Store(sequence, own, op).emit();
  });
}
