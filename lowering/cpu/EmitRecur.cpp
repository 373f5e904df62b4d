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
  const int64_t time = type.extent("time"), rows = op.getBlocks() ? op.getBlocks() : time;
  Layout others = to;
  llvm::erase_if(others.axes, [](const Axis &axis) { return axis.str() == "time"; });
  bool timeLane = to.lane() == "time";
  if (timeLane && !others.axes.empty()) // lanes of time lie apart: entries
    others.axes.push_back({tile::AxisKind::Free, b.getStringAttr("none"), 1});
  forEachVector(others, [&](const Point &point, int64_t n) {
    StringRef lane = timeLane ? StringRef("none") : to.lane();
    Value start = op.getInit() ? fetch(op.getInit(), point, lane, n) : number(0, vector(n, type.getElementType()));
    // Each block from `start` anew: what another one carries is not even multiplied by 0.
    loop(0, time, rows, [&](Value first) {
      loop(0, rows, 1, {start}, [&](Value i, ValueRange carried) -> SmallVector<Value> {
        Value row = add(first, i);
        if (op.getReverse())
          row = arith::SubIOp::create(b, loc, index(time - 1), row);
        Point at = point.with("time", row);
        Value next =
            bounded(fma(fetch(op.getA(), at, lane, n), carried[0], fetch(op.getB(), at, lane, n)), op.getMost());
        Value kept = op.getExclusive() ? carried[0] : next;
        if (timeLane)
          putEntry(op.getResult(), at, sumOf(kept));
        else
          put(op.getResult(), at, clearPadding(to, at, kept));
        return {next};
      });
    });
  });
}

// x, at most `most` in size (0: no bound): selects that hand on what is no number, each one minimum or maximum of the machine.
Value KernelEmitter::bounded(Value x, APFloat most) {
  if (most.isZero())
    return x;
  for (double bound : {most.convertToDouble(), -most.convertToDouble()}) {
    Value limit = number(bound, x.getType());
    auto beyond = bound > 0 ? arith::CmpFPredicate::OGT : arith::CmpFPredicate::OLT;
    x = arith::SelectOp::create(b, loc, arith::CmpFOp::create(b, loc, beyond, x, limit), limit, x);
  }
  return x;
}

// X + tril(L, -1) X = B by right-looking substitution: as many rows as there are accumulators stay in registers, whole tokens of them; each row,
// once it is known, is taken out of those below it. With several unknowns a token, row t * unknowns + m is X_tm. `transpose` goes from the last
// token to the first, with L transposed.
void KernelEmitter::emitSolve(tile::SolveOp op) {
  const Layout to = place(op.getResult()).layout;
  auto type = cast<TileType>(op.getL().getType());
  int64_t tokens = type.extent("time"), unknowns = op.getRow() ? type.extent(*op.getRow()) : 1,
          size = tokens * unknowns;
  int64_t block = std::min(tokens, std::max<int64_t>(1, target.accumulators() / unknowns)) * unknowns;
  Layout others = to;
  llvm::erase_if(others.axes,
                 [&](const Axis &axis) { return axis.str() == "time" || (op.getRow() && axis.str() == *op.getRow()); });
  bool lanesApart =
      others.axes.empty() || others.lane() != to.lane(); // the lanes are those of time or of the unknowns: entries
  if (lanesApart && !others.axes.empty())
    others.axes.push_back({tile::AxisKind::Free, b.getStringAttr("none"), 1});
  forEachVector(others, [&](const Point &point, int64_t n) {
    StringRef lane = lanesApart ? StringRef("none") : to.lane();
    auto last = [&](Value i, int64_t of) { return arith::SubIOp::create(b, loc, index(of - 1), i).getResult(); };
    // The point of an unknown, tokens in the order in which they get known.
    auto at = [&](Value token, Value unknown) {
      if (op.getTranspose()) // constants stay constants
        token = getConstantIntValue(token) ? index(tokens - 1 - *getConstantIntValue(token)) : last(token, tokens);
      Point at = point.with("time", token);
      return op.getRow() ? at.with(*op.getRow(), unknown) : at;
    };
    auto rowAt = [&](int64_t i) { return at(index(i / unknowns), index(i % unknowns)); };
    auto coefficient = [&](const Point &row, const Point &known) {
      const Point &t = op.getTranspose() ? known : row, &s = op.getTranspose() ? row : known;
      Point pair = point.with("time", t.at("time")).with("source", s.at("time"));
      if (op.getRow())
        pair = pair.with(*op.getRow(), t.at(*op.getRow())).with(*op.getColumn(), s.at(*op.getRow()));
      return arith::NegFOp::create(b, loc, splat(fetchEntry(op.getL(), pair), n)).getResult();
    };
    auto known = [&](const Point &p) -> Value {
      return lanesApart ? splat(fetchEntry(op.getResult(), p), n) : fetch(op.getResult(), p, lane, n);
    };
    for (int64_t first = 0; first < size; first += block) {
      int64_t count = std::min(block, size - first);
      SmallVector<Value> x;
      for (int64_t i = 0; i < count; ++i)
        x.push_back(fetch(op.getB(), rowAt(first + i), lane, n));
      x = loop(0, first / unknowns, 1, x, [&](Value token, ValueRange carried) {
        return loop(0, unknowns, 1, carried, [&](Value unknown, ValueRange carried) {
          Point source = at(token, unknown);
          Value solved = known(source);
          SmallVector<Value> next;
          for (int64_t i = 0; i < count; ++i)
            next.push_back(fma(coefficient(rowAt(first + i), source), solved, carried[i]));
          return next;
        });
      });
      for (int64_t j = 0; j < count; ++j)
        for (int64_t i = (j / unknowns + 1) * unknowns; i < count; ++i)
          x[i] = fma(coefficient(rowAt(first + i), rowAt(first + j)), x[j], x[i]);
      for (int64_t i = 0; i < count; ++i) {
        if (lanesApart)
          putEntry(op.getResult(), rowAt(first + i), sumOf(x[i]));
        else
          put(op.getResult(), rowAt(first + i), clearPadding(to, rowAt(first + i), x[i]));
      }
    }
  });
}
