//     tile[t, ...] = tensor[firstRow + t - lag, ...]
//
// Rows of a chunk lie a whole [heads, dims] apart outside: copied next to each other they share no cache sets. The rows
// of the next chunk are prefetched meanwhile. Rows past the end repeat the last token.
//
// Row t of a load with lag n is token t - n: of the sequence, or, before its first token, one of the history's last
// rows (0 where there is no history). Only the first chunks can reach that far back, so the others have a path of their
// own without the question.
#include "lowering/cpu/Emitters.h"
#include "lowering/cpu/TensorAccess.h"

using namespace mlir;
using namespace mixc;
using namespace mixc::cpu;
using tile::TileType;

namespace {

class Load : TensorAccess {
public:
  Load(const Scope &scope, Tiles &tiles, tile::LoadOp op)
      : TensorAccess(Access(scope, tiles, op.getLoc())), op(op), type(cast<TileType>(op.getResult().getType())),
        view(op.getTensor().getType()), layout(place(op.getResult()).layout) {}

  void emit();
  void zero() {
    forEachEntry(layout.axes,
                 [&](const Point &point) { putEntry(op.getResult(), point, number(0, layout.elementType)); });
  }

private:
  void emitLagged(bool reachesBack);
  /// The token at a point: its row in the tensor, whose last one stands for those past the end.
  Value rowAt(const Point &point);
  Value token(Value row);
  Value numbersAt(Value row, const Point &point, Lanes lanes);
  /// Of a row before the first token, which is negative: from the history, if there is one.
  Value pastAt(Value row, const Point &point, Lanes lanes);
  Type typeOf(Lanes lanes) { return lanes ? Type(vector(*lanes, layout.elementType)) : layout.elementType; }
  bool movesVectors() { return endAlike(view, type, layout) && layout.elementType.isF32(); }
  void forEachPart(function_ref<Value(const Point &, Lanes)> numbers);

  tile::LoadOp op;
  const TileType type;
  const tile::ViewType view;
  const Layout layout;
};

Value Load::token(Value row) {
  return scope.rows.areAll() ? row : arith::MinUIOp::create(b, loc, row, add(scope.length, -1)).getResult();
}

Value Load::rowAt(const Point &point) {
  if (view.getPer() == tile::Per::Segment)
    return segmentRow(op.getTensor(), scope.firstRow, static_cast<int64_t>(op.getEvery()));
  if (scope.step && view.getPer() == tile::Per::Token) { // a token by itself
    Value row = add(scope.firstRow, *scope.step);
    return scope.sequence ? token(row) : row;
  }
  return point.at("time") ? token(add(scope.firstRow, point.at("time"))) : Value();
}

Value Load::numbersAt(Value row, const Point &point, Lanes lanes) {
  return read(op.getTensor(), offset(view, op.getTensor(), type, row, point), layout, point, lanes);
}

/// Fills the tile, vector by vector where it ends as the tensor does.
void Load::forEachPart(function_ref<Value(const Point &, Lanes)> numbers) {
  if (movesVectors())
    return forEachVector(layout, [&](const Point &point, int64_t n) { put(op.getResult(), point, numbers(point, n)); });
  forEachEntry(layout.axes, // the last panel ends before its width
               [&](const Point &point) { putEntry(op.getResult(), point, numbers(point, std::nullopt)); });
}

void Load::emit() {
  const bool prefetches = view.getPer() == tile::Per::Token && type.hasTime() && scope.rows.areAll() && scope.chunk > 1;
  Value nextRow; // of the next chunk; in any case one that `chunk` rows follow
  if (prefetches && scope.isReversed)
    nextRow = arith::MaxSIOp::create(b, loc, add(scope.firstRow, -scope.chunk), index(0));
  else if (prefetches)
    nextRow = arith::MinUIOp::create(b, loc, add(scope.firstRow, scope.chunk), add(scope.length, -scope.chunk));
  if (planOf(op).isIn(tile::Memory::Caller))
    return defineExternal(op.getResult(), op.getTensor());
  if (op.getHistory()) {
    Value first = scope.firstRow, lag = index(static_cast<int64_t>(op.getLag()));
    if (scope.sequence) // a short sequence repeats an early token
      first = token(first);
    return when(
        arith::CmpIOp::create(b, loc, arith::CmpIPredicate::uge, first, lag), [&] { emitLagged(false); },
        [&] { emitLagged(true); });
  }
  forEachPart([&](const Point &point, Lanes lanes) {
    Value numbers = numbersAt(rowAt(point), point, lanes);
    if (prefetches && lanes)
      memref::PrefetchOp::create(b, loc, tiles.tensor(op.getTensor()).memory,
                                 offset(view, op.getTensor(), type, add(nextRow, point.at("time")), point),
                                 /*isWrite=*/false, /*localityHint=*/2, /*isDataCache=*/true);
    return numbers;
  });
}

void Load::emitLagged(bool reachesBack) {
  forEachPart([&](const Point &point, Lanes lanes) {
    Value row = add(token(add(scope.firstRow, point.at("time"))), -static_cast<int64_t>(op.getLag()));
    if (!reachesBack)
      return numbersAt(row, point, lanes);
    Value inSequence = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sge, row, index(0));
    return choose(
        inSequence, typeOf(lanes), [&] { return numbersAt(row, point, lanes); },
        [&] { return pastAt(row, point, lanes); });
  });
}

Value Load::pastAt(Value row, const Point &point, Lanes lanes) {
  const auto dims = tile::ViewType::get(b.getContext(), tile::Per::Head, view.getShape(), view.getElementType());
  auto fromHistory = [&] {
    Value at = mul(add(row, op.getHistory().getType().getShape().front()), ShapedType::getNumElements(view.getShape()));
    return read(op.getHistory(), add(at, offset(dims, op.getTensor(), type, {}, point)), layout, point, lanes);
  };
  return choose(
      isAbsent(tiles.tensor(op.getHistory()).pointer), typeOf(lanes), [&] { return number(0, typeOf(lanes)); },
      fromHistory);
}

} // namespace

void mixc::cpu::emitLoad(const Scope &scope, Tiles &tiles, tile::LoadOp op) {
  TensorAccess memory(Access(scope, tiles, op.getLoc()));
  if (op.getHistory() && !scope.hasBlock())
    return Load(scope, tiles, op).emit();
  if (!tile::isPerSequence(op.getTensor()) || !scope.hasBlock())
    return memory.forEachForm(op.getResult().getType(), [&](const Scope &form) { Load(form, tiles, op).emit(); });
  memory.forEachSequence(op, [&](const Scope &sequence, Tiles &own) {
    Load load(sequence, own, op);
    if (sequence.rows.areAll())
      return load.emit();
    // A sequence of no tokens has none to repeat.
    Value isEmpty =
        arith::CmpIOp::create(memory.b, memory.loc, arith::CmpIPredicate::eq, sequence.length, memory.index(0));
    memory.when(isEmpty, [&] { load.zero(); }, [&] { load.emit(); });
  });
}
