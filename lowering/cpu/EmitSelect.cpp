//     y = mask ? x : z
//
// A mask of valid rows, where all are valid, has the result x: in x's own buffer where the axes are the same. (What is
// carried has a buffer that will change.) So it is in most chunks: only where the last one ends early is the result
// written.
#include "lowering/cpu/Emitters.h"
#include "lowering/cpu/TensorAccess.h"

using namespace mlir;
using namespace mixc;
using namespace mixc::cpu;

namespace {

class Select : TensorAccess {
public:
  Select(const Scope &scope, Tiles &tiles, tile::SelectOp op)
      : TensorAccess(Access(scope, tiles, op.getLoc())), op(op), to(place(op.getResult())),
        byTime(op.getMask().getDefiningOp<tile::ValidOp>() != nullptr) {}

  void emit();

private:
  bool areAllValid() { return byTime && (scope.rows.areAll() || (scope.step && !scope.hasBlock())); }
  bool mayShare();
  bool share();
  void write();
  void writeVector(const Point &point, int64_t n);
  Value maskAt(const Point &point, int64_t n);

  tile::SelectOp op;
  const Place to;
  const bool byTime;
};

/// May the result be x itself, where that lies alike?
bool Select::mayShare() {
  Value x = op.getX();
  Operation *def = x.getDefiningOp();
  const bool isCarried = !def || isa<tile::RenameOp>(def);
  return byTime && !(def && isImmediate(def)) && !(scope.step && isCarried);
}

/// The result lies in x's place where all rows are valid, else in its own, which is written then. False where it
/// cannot.
bool Select::share() {
  const Place from = place(op.getX());
  if (from.layout.axes != to.layout.axes || from.layout.sliced != to.layout.sliced)
    return false;
  if (areAllValid()) {
    tiles.set(op.getResult(), from);
    return true;
  }
  auto whole = from.buffer.getDefiningOp<memref::ViewOp>(), own = to.buffer.getDefiningOp<memref::ViewOp>();
  if (!whole || !own || scope.hasBlock())
    return false;
  Value full;
  {
    OpBuilder::InsertionGuard guard(b);
    // Before the loop over panels: later stages use it, too.
    if (auto panel = scope.panel ? dyn_cast<BlockArgument>(*scope.panel) : BlockArgument())
      b.setInsertionPoint(panel.getOwner()->getParentOp());
    full = isFull();
    Value offset = arith::SelectOp::create(b, loc, full, whole.getByteShift(), own.getByteShift());
    tiles.set(op.getResult(),
              {to.layout, memref::ViewOp::create(b, loc, own.getType(), own.getSource(), offset, ValueRange())});
  }
  unless(full, [&] { Select(scope, tiles, op).write(); });
  return true;
}

Value Select::maskAt(const Point &point, int64_t n) {
  if (!byTime)
    return fetch(op.getMask(), point, to.layout.lane(), n);
  if (to.layout.lane() != "time")
    return rowIsValid(point);
  Value time = point.at("time");
  Value left = arith::SubIOp::create(b, loc, arith::MaxUIOp::create(b, loc, scope.rows.count(), time), time);
  return vector::CreateMaskOp::create(b, loc, VectorType::get({n}, b.getI1Type()), ValueRange{left});
}

void Select::writeVector(const Point &point, int64_t n) {
  Value chosen = fetch(op.getX(), point, to.layout.lane(), n);
  if (!areAllValid()) {
    Value y = fetch(op.getY(), point, to.layout.lane(), n), mask = maskAt(point, n);
    chosen = arith::SelectOp::create(b, loc, mask, chosen, y);
  }
  put(op.getResult(), point, clearPadding(to.layout, point, chosen));
}

// Each lane has a length of its own where lanes are sequences, and where a block's lanes are tokens: entries.
void Select::write() {
  StringRef lane = to.layout.lane();
  const bool isRagged = byTime && !scope.rows.areAll();
  if (!isRagged || (lane != "seq" && (lane != "time" || !scope.hasBlock())))
    return forEachVector(to.layout, [&](const Point &point, int64_t n) { writeVector(point, n); });
  forEachEntry(to.layout.axes, [&](const Point &point) {
    Value x = fetchEntry(op.getX(), point), y = fetchEntry(op.getY(), point);
    putEntry(to, point, arith::SelectOp::create(b, loc, rowIsValid(point), x, y));
  });
}

void Select::emit() {
  if (mayShare() && share())
    return;
  if (byTime)
    forEachForm(op.getType(), [&](const Scope &form) { Select(form, tiles, op).write(); });
  else
    write();
}

} // namespace

void mixc::cpu::emitSelect(const Scope &scope, Tiles &tiles, tile::SelectOp op) { Select(scope, tiles, op).emit(); }
