// Along time: running products and scans, and the triangular solve.
#include "lowering/cpu/KernelEmitter.h"

using namespace mlir;
using namespace mixc;
using namespace mixc::cpu;
using tile::Axis;
using tile::TileType;

// y_t = a_t y_{t-1} + b_t: one carried vector for every vector of the other axes.
void KernelEmitter::emitRecur(tile::RecurOp op) {
  const Layout to = place(op.getResult()).layout;
  auto type = cast<TileType>(op.getResult().getType());
  int64_t time = type.extent("time");
  Layout others = to;
  llvm::erase_if(others.axes, [](const Axis &axis) { return axis.str() == "time"; });
  bool timeLane = to.lane() == "time";
  if (timeLane && !others.axes.empty()) // lanes of time lie apart: entries
    others.axes.push_back({tile::AxisKind::Free, b.getStringAttr("none"), 1});
  forEachVector(others, [&](const Point &point, int64_t n) {
    StringRef lane = timeLane ? StringRef("none") : to.lane();
    Value start = op.getInit() ? fetch(op.getInit(), point, lane, n) : number(0, vector(n, type.getElementType()));
    loop(0, time, 1, {start}, [&](Value i, ValueRange carried) -> SmallVector<Value> {
      Value row = i;
      if (op.getReverse())
        row = arith::SubIOp::create(b, loc, index(time - 1), i);
      Point at = point.with("time", row);
      Value next = fma(fetch(op.getA(), at, lane, n), carried[0], fetch(op.getB(), at, lane, n));
      Value kept = op.getExclusive() ? carried[0] : next;
      if (timeLane)
        putEntry(op.getResult(), at, sumOf(kept));
      else
        put(op.getResult(), at, clearPadding(to, at, kept));
      return {next};
    });
  });
}

// X + tril(L, -1) X = B by right-looking substitution: as many rows as there are accumulators stay in registers; each row, once it is known,
// is taken out of those below it. `transpose` goes from the last row to the first, with L transposed.
void KernelEmitter::emitSolve(tile::SolveOp op) {
  const Layout to = place(op.getResult()).layout;
  int64_t size = cast<TileType>(op.getL().getType()).extent("time");
  int64_t block = std::min(size, target.accumulators());
  Layout others = to;
  llvm::erase_if(others.axes, [](const Axis &axis) { return axis.str() == "time"; });
  bool timeLane = to.lane() == "time";
  if (timeLane && !others.axes.empty())
    others.axes.push_back({tile::AxisKind::Free, b.getStringAttr("none"), 1});
  forEachVector(others, [&](const Point &point, int64_t n) {
    StringRef lane = timeLane ? StringRef("none") : to.lane();
    auto row = [&](int64_t i) { return op.getTranspose() ? size - 1 - i : i; }; // the i-th to be known
    auto at = [&](int64_t i) { return point.with("time", index(row(i))); };
    auto coefficient = [&](Point pair, Value i, Value j) {
      pair = op.getTranspose() ? pair.with("time", j).with("source", i) : pair.with("time", i).with("source", j);
      Value l = splat(fetchEntry(op.getL(), pair), n);
      return arith::NegFOp::create(b, loc, l).getResult();
    };
    auto known = [&](Value i) -> Value {
      Point p = point.with("time", i);
      return timeLane ? splat(fetchEntry(op.getResult(), p), n) : fetch(op.getResult(), p, lane, n);
    };
    for (int64_t first = 0; first < size; first += block) {
      int64_t count = std::min(block, size - first);
      SmallVector<Value> x;
      for (int64_t i = 0; i < count; ++i)
        x.push_back(fetch(op.getB(), at(first + i), lane, n));
      x = loop(0, first, 1, x, [&](Value j, ValueRange carried) {
        Value source = op.getTranspose() ? arith::SubIOp::create(b, loc, index(size - 1), j).getResult() : j;
        Value solved = known(source);
        SmallVector<Value> next;
        for (int64_t i = 0; i < count; ++i)
          next.push_back(fma(coefficient(point, index(row(first + i)), source), solved, carried[i]));
        return next;
      });
      for (int64_t j = 0; j < count; ++j)
        for (int64_t i = j + 1; i < count; ++i)
          x[i] = fma(coefficient(point, index(row(first + i)), index(row(first + j))), x[j], x[i]);
      for (int64_t i = 0; i < count; ++i) {
        if (timeLane)
          putEntry(op.getResult(), at(first + i), sumOf(x[i]));
        else
          put(op.getResult(), at(first + i), clearPadding(to, at(first + i), x[i]));
      }
    }
  });
}
