// Steps: a loop over the rows of the chunk that are valid. Carried tiles stay in their buffers; rows are views.
#include "lowering/cpu/KernelEmitter.h"

using namespace mlir;
using namespace mixc;
using namespace mixc::cpu;
using tile::Axis;
using tile::TileType;

/// Results lie where the plan says, carried tiles where their results do.
void KernelEmitter::defineSteps(tile::StepsOp op) {
  for (auto [result, attr] : llvm::zip(op.getResults(), planOf(op).getPlaces()))
    if (!places.count(result))
      places[result] = placeOf(cast<TileType>(result.getType()), attr, op->getBlock());
}

/// Writes a tile of which `from` gives n entries along a lane axis from a point on; with `row`, into that row.
void KernelEmitter::copyTile(const Place &to, Value row, function_ref<Value(const Point &, StringRef, int64_t)> from) {
  Layout others = to.layout;
  llvm::erase_if(others.axes, [](const Axis &axis) { return axis.str() == "time"; });
  auto at = [&](const Point &point) { return row ? point.with("time", row) : point; };
  if (others.axes.empty() || to.layout.lane() == "time")
    return forEachEntry(others.axes, [&](const Point &point) { putEntry(to, at(point), sumOf(from(point, "", 1))); });
  forEachVector(others, [&](const Point &point, int64_t n) {
    put(to, at(point), clearPadding(others, point, from(point, others.lane(), n)));
  });
}

void KernelEmitter::copyTile(const Place &to, Value row, Value tile) {
  copyTile(to, row, [&](const Point &point, StringRef lane, int64_t n) { return fetch(tile, point, lane, n); });
}

LogicalResult KernelEmitter::emitSteps(tile::StepsOp op) {
  Block &body = op.getBody().front();
  ValueRange yielded = body.getTerminator()->getOperands();
  unsigned carried = op.getInits().size(), firstOther = carried + op.getRows().size();
  ArrayRef<tile::PlaceAttr> plans = planOf(op).getPlaces();
  defineSteps(op);
  for (unsigned i = 0; i < carried; ++i) {
    setPlace(body.getArgument(i), place(op.getResult(i)));
    if (!plans[i].isIn(tile::Memory::Carried))
      copyTile(place(op.getResult(i)), {}, op.getInits()[i]);
  }
  for (auto [other, argument] : llvm::zip(op.getOthers(), body.getArguments().drop_front(firstOther))) {
    if (isa<TileType>(other.getType())) {
      setPlace(argument, place(other));
      continue;
    }
    pointers[argument] = Value(pointers.lookup(other));
    buffers[argument] = Value(buffers.lookup(other));
    rowStrides[argument] = Value(rowStrides.lookup(other));
  }
  // A tile that is handed on by itself: to the next token by way of a buffer, or out.
  auto isArgument = [](Value value) { return isa<BlockArgument>(value); };
  auto through = [&](unsigned i) -> std::optional<Place> {
    if (!plans[i].isThrough())
      return std::nullopt;
    Place place = this->place(op.getResult(i));
    place.buffer = scratchBuffer(place.layout, plans[i].getThrough());
    return place;
  };

  Value count = validRows ? validRows : index(chunk), last = add(count, -1);
  LogicalResult done = success();
  {
    OpBuilder::InsertionGuard guard(b);
    Value outer = stepRow;
    if (chunk == 1) {
      stepRow = index(0);
    } else {
      auto steps = scf::ForOp::create(b, loc, index(0), count, index(1));
      b.setInsertionPointToStart(steps.getBody());
      stepRow = steps.getInductionVar();
    }
    if (op.getReverse())
      stepRow = arith::SubIOp::create(b, loc, last, stepRow);
    for (auto [rows, argument] : llvm::zip(op.getRows(), body.getArguments().slice(carried, op.getRows().size()))) {
      Place row = place(rows);
      row.row = stepRow;
      places[argument] = row;
    }
    for (Operation &inner : body.without_terminator())
      for (Value result : inner.getResults())
        places.erase(result);
    for (auto [i, value] : llvm::enumerate(yielded)) {
      if (!isArgument(value))
        continue;
      if (i >= carried)
        copyTile(place(op.getResult(i)), stepRow, value);
      else if (std::optional<Place> by = through(i))
        copyTile(*by, {}, value);
    }
    for (Operation &inner : body.without_terminator())
      if (failed(emitOp(&inner)))
        done = failure();
    for (auto [i, value] : llvm::enumerate(yielded)) {
      Place to = place(op.getResult(i));
      if (i >= carried) {
        if (!isArgument(value))
          copyTile(to, stepRow, value);
        continue;
      }
      std::optional<Place> by = through(i);
      if (by) {
        Value alias = body.getArgument(i); // for the time of the copy
        Place own = place(alias);
        places[alias] = *by;
        copyTile(to, {}, alias);
        places[alias] = own;
      } else if (!isArgument(value) && !(places.count(value) && place(value).buffer == to.buffer)) {
        copyTile(to, {}, value);
      }
    }
    stepRow = outer;
  }
  if (!validRows)
    return done;
  // Rows past the end repeat the last one.
  for (Value stacked : op.getStacked()) {
    Place from = place(stacked);
    from.row = last;
    auto rest = scf::ForOp::create(b, loc, count, index(chunk), index(1));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(rest.getBody());
    Place to = place(stacked);
    places[stacked] = from;
    copyTile(to, rest.getInductionVar(), stacked);
    places[stacked] = to;
  }
  return done;
}
