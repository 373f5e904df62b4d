//     y[i] = sum, product or maximum over j of x[i, j]
//
// Sums keep a vector of partial sums along the lane axis of x, where that is summed over, and vectors of whole sums
// otherwise. Over the panel axis each panel adds to what those before it left.
#include "lowering/cpu/Emitters.h"

using namespace mlir;
using namespace mixc;
using namespace mixc::cpu;
using tile::Axis;
using tile::TileType;

static double identityOf(tile::ReduceKind kind) {
  switch (kind) {
  case tile::ReduceKind::Add: return 0;
  case tile::ReduceKind::Mul: return 1;
  case tile::ReduceKind::Max: return -std::numeric_limits<double>::infinity();
  }
  llvm_unreachable("all kinds are above");
}

void mixc::cpu::emitStart(const Scope &scope, Tiles &tiles, Operation *sum) {
  Access in(scope, tiles, sum->getLoc());
  Value result = sum->getResult(0);
  in.define(result);
  const Layout layout = in.place(result).layout;
  auto reduce = dyn_cast<tile::ReduceOp>(sum);
  auto contract = dyn_cast<tile::ContractOp>(sum);
  in.forEachEntry(layout.axes, [&](const Point &point) {
    Value start = contract && contract.getAcc()
                      ? startEntryOf(in, contract, point)
                      : in.number(reduce ? identityOf(reduce.getKind()) : 0, layout.elementType);
    in.putEntry(result, point, start);
  });
}

namespace {

class Reduce : Access {
public:
  Reduce(const Scope &scope, Tiles &tiles, tile::ReduceOp op)
      : Access(scope, tiles, op.getLoc()), op(op), from(place(op.getX()).layout), to(place(op.getResult()).layout),
        over(axesNamed(cast<TileType>(op.getX().getType()), op.getOver())), none(identityOf(op.getKind())),
        acrossPanels(scope.panel && has(over, plan().panel)) {}

  void emit() {
    if (has(over, from.lane()))
      sumLanes();
    else
      sumVectors();
  }

private:
  static bool has(ArrayRef<Axis> axes, StringRef name) {
    return llvm::any_of(axes, [&](const Axis &axis) { return axis.str() == name; });
  }
  void sumLanes();
  void sumVectors();
  Value combine(Value x, Value y);
  Value nest(ArrayRef<Axis> axes, const Point &point, StringRef lane, int64_t n, Value start);
  /// n entries of x, as the result has them.
  Value read(const Point &at, StringRef lane, int64_t n) {
    Value x = fetch(op.getX(), at, lane, n);
    Type element = to.elementType;
    return from.elementType == element ? x : arith::ExtFOp::create(b, loc, vector(n, element), x).getResult();
  }

  tile::ReduceOp op;
  const Layout from, to;
  const SmallVector<Axis> over;
  const double none;
  const bool acrossPanels;
};

Value Reduce::combine(Value x, Value y) {
  switch (op.getKind()) {
  case tile::ReduceKind::Add: return plus(x, y);
  case tile::ReduceKind::Max: return arith::MaxNumFOp::create(b, loc, x, y);
  case tile::ReduceKind::Mul: return bounded(times(x, y), op.getMost());
  }
  llvm_unreachable("all kinds are above");
}

/// Loops over the reduced axes; the innermost carries the partial result.
Value Reduce::nest(ArrayRef<Axis> axes, const Point &point, StringRef lane, int64_t n, Value start) {
  if (axes.empty())
    return combine(start, read(point, lane, n));
  const Axis &axis = axes.front();
  int64_t step = axis.str() == lane ? n : 1;
  return loop(0, extent(axis), step, {start}, [&](Value i, ValueRange carried) -> Values {
    Point at = point.with(axis.str(), i);
    if (axes.size() == 1 && axis.str() == lane)
      return {combine(carried[0], clearPadding(from, at, read(at, lane, n), none))};
    return {nest(axes.drop_front(), at, lane, n, carried[0])};
  })[0];
}

void Reduce::sumLanes() {
  SmallVector<Axis> laneLast = over;
  llvm::stable_sort(laneLast,
                    [&](const Axis &x, const Axis &y) { return y.str() == from.lane() && x.str() != from.lane(); });
  // One after the other where each step is bounded: the order matters then.
  const int64_t n = op.getMost().isZero() ? from.lanes(plan()) : 1;
  forEachEntry(to.axes, [&](const Point &point) {
    Value start = number(none, vector(n, to.elementType));
    Value sum = sumOf(nest(laneLast, point, from.lane(), n, start), op.getKind());
    putEntry(op.getResult(), point, acrossPanels ? combine(fetchEntry(op.getResult(), point), sum) : sum);
  });
}

void Reduce::sumVectors() {
  forEachVector(to, [&](const Point &point, int64_t n) {
    Value start = acrossPanels ? fetch(op.getResult(), point, to.lane(), n) : number(none, vector(n, to.elementType));
    put(op.getResult(), point, clearPadding(to, point, nest(over, point, to.lane(), n, start)));
  });
}

} // namespace

void mixc::cpu::emitReduce(const Scope &scope, Tiles &tiles, tile::ReduceOp op) { Reduce(scope, tiles, op).emit(); }
