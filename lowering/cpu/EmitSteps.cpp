//     for t in the chunk's valid rows:  carried <- body(carried, rows[t], others);  stacked[t] <- what the body yields
//
// Carried tiles stay in their buffers; rows are views. Rows of what is stacked, past the end, repeat the last one.
#include "lowering/cpu/Emitters.h"

using namespace mlir;
using namespace mixc;
using namespace mixc::cpu;
using tile::TileType;

namespace {

class Steps : Access {
public:
  Steps(const Scope &scope, Tiles &tiles, tile::StepsOp op)
      : Access(scope, tiles, op.getLoc()), op(op), body(op.getBody().front()),
        yielded(body.getTerminator()->getOperands()), carried(op.getInits().size()), plans(planOf(op).getPlaces()) {}

  void emit();

private:
  void begin();
  void emitStep(Value step);
  void emitRest(Value count, Value last);
  /// What the body knows: its arguments, over the places around.
  Tiles bodyTiles(Value step);
  /// Of a tile that is handed on by itself to the next token: the buffer that it goes by way of.
  std::optional<Place> through(unsigned result) {
    if (!plans[result].isThrough())
      return std::nullopt;
    Place place = tiles.place(op.getResult(result));
    place.buffer = scratchBuffer(place.layout, plans[result].getThrough());
    return place;
  }

  tile::StepsOp op;
  Block &body;
  const ValueRange yielded;
  const unsigned carried;
  const ArrayRef<tile::PlaceAttr> plans;
};

/// Carried tiles lie where their results do.
void Steps::begin() {
  defineSteps(scope, tiles, op);
  for (unsigned i = 0; i < carried; ++i)
    if (!plans[i].isIn(tile::Memory::Carried))
      copy(place(op.getResult(i)), {}, op.getInits()[i]);
}

Tiles Steps::bodyTiles(Value step) {
  Tiles own = tiles;
  for (unsigned i = 0; i < carried; ++i)
    own.set(body.getArgument(i), Place(place(op.getResult(i))));
  for (auto [rows, argument] : llvm::zip(op.getRows(), body.getArguments().slice(carried, op.getRows().size()))) {
    Place row = place(rows);
    row.row = step;
    own.set(argument, row);
  }
  for (auto [other, argument] :
       llvm::zip(op.getOthers(), body.getArguments().drop_front(carried + op.getRows().size())))
    if (isa<TileType>(other.getType()))
      own.set(argument, Place(place(other)));
    else
      own.set(argument, Tensor(tiles.tensor(other)));
  return own;
}

void Steps::emitStep(Value step) {
  Tiles own = bodyTiles(step);
  Scope inner = scope.atStep(step);
  Access in(inner, own, loc);
  auto isArgument = [](Value value) { return isa<BlockArgument>(value); };
  // A tile that is handed on by itself, before the body changes it: to the next token by way of a buffer, or out.
  for (auto [i, value] : llvm::enumerate(yielded)) {
    if (!isArgument(value))
      continue;
    if (i >= carried)
      in.copy(place(op.getResult(i)), step, value);
    else if (std::optional<Place> by = through(i))
      in.copy(*by, {}, value);
  }
  for (Operation &op : body.without_terminator())
    emitOp(inner, own, &op);
  for (auto [i, value] : llvm::enumerate(yielded)) {
    const Place to = place(op.getResult(i));
    if (i >= carried) {
      if (!isArgument(value))
        in.copy(to, step, value);
    } else if (std::optional<Place> by = through(i)) {
      in.copy(to, {}, *by);
    } else if (!isArgument(value) && !(own.contains(value) && own.place(value).buffer == to.buffer)) {
      in.copy(to, {}, value);
    }
  }
}

void Steps::emitRest(Value count, Value last) {
  for (Value stacked : op.getStacked()) {
    const Place to = place(stacked);
    Place from = to;
    from.row = last;
    loop(count, index(scope.chunk), 1, [&](Value row) { copy(to, row, from); });
  }
}

void Steps::emit() {
  begin();
  Value count = scope.rows.areAll() ? index(scope.chunk) : scope.rows.count(), last = add(count, -1);
  auto step = [&](Value i) { emitStep(op.getReverse() ? arith::SubIOp::create(b, loc, last, i).getResult() : i); };
  if (scope.chunk == 1)
    step(index(0));
  else
    loop(index(0), count, 1, step);
  if (!scope.rows.areAll())
    emitRest(count, last);
}

} // namespace

void mixc::cpu::defineSteps(const Scope &scope, Tiles &tiles, tile::StepsOp op) {
  Access in(scope, tiles, op.getLoc());
  for (auto [result, attr] : llvm::zip(op.getResults(), planOf(op).getPlaces()))
    if (!tiles.contains(result))
      tiles.set(result, in.planned(cast<TileType>(result.getType()), attr, op->getBlock()));
}

void mixc::cpu::emitSteps(const Scope &scope, Tiles &tiles, tile::StepsOp op) { Steps(scope, tiles, op).emit(); }
