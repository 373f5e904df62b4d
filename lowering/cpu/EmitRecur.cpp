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
    auto block = [&](Value first, int64_t count) {
      loop(0, count, 1, {start}, [&](Value i, ValueRange carried) -> SmallVector<Value> {
        Value within = op.getReverse() ? arith::SubIOp::create(b, loc, index(count - 1), i).getResult() : i;
        Point at = point.with("time", add(first, within));
        Value next =
            bounded(fma(fetch(op.getA(), at, lane, n), carried[0], fetch(op.getB(), at, lane, n)), op.getMost());
        Value kept = op.getExclusive() ? carried[0] : next;
        if (timeLane)
          putEntry(op.getResult(), at, sumOf(kept));
        else
          put(op.getResult(), at, clearPadding(to, at, kept));
        return {next};
      });
    };
    const int64_t whole = time / rows * rows;
    loop(0, whole, rows, [&](Value first) { block(first, rows); });
    if (whole < time)
      block(index(whole), time - whole);
  });
}

// x, at most `most` in size (0: no bound): selects that hand on what is no number, each one minimum or maximum of the
// machine.
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

// X + tril(L, -1) X = B by right-looking substitution: as many rows as there are accumulators stay in registers; each
// row, once it is known, is taken out of those below it. With several unknowns a token, row t * unknowns + m is X_tm.
// `transpose` goes from the last row to the first, with L transposed. Where a token's rows fit the registers, blocks of
// whole tokens are written out; where not, blocks of a token's rows are a loop, so that the code does not grow with the
// unknowns.
void KernelEmitter::emitSolve(tile::SolveOp op) {
  const Layout to = place(op.getResult()).layout;
  auto type = cast<TileType>(op.getL().getType());
  const int64_t tokens = type.extent("time"), unknowns = op.getRow() ? type.extent(*op.getRow()) : 1;
  Layout others = to;
  llvm::erase_if(others.axes,
                 [&](const Axis &axis) { return axis.str() == "time" || (op.getRow() && axis.str() == *op.getRow()); });
  bool lanesApart =
      others.axes.empty() || others.lane() != to.lane(); // the lanes are those of time or of the unknowns: entries
  if (lanesApart && !others.axes.empty())
    others.axes.push_back({tile::AxisKind::Free, b.getStringAttr("none"), 1});
  forEachVector(others, [&](const Point &point, int64_t n) {
    StringRef lane = lanesApart ? StringRef("none") : to.lane();
    // The point of a row: tokens and unknowns in the order in which they get known.
    auto at = [&](Value token, Value unknown) {
      auto inOrder = [&](Value i, int64_t of) -> Value {
        if (!op.getTranspose())
          return i;
        if (std::optional<int64_t> known = getConstantIntValue(i)) // constants stay constants
          return index(of - 1 - *known);
        return arith::SubIOp::create(b, loc, index(of - 1), i);
      };
      Point at = point.with("time", inOrder(token, tokens));
      return op.getRow() ? at.with(*op.getRow(), inOrder(unknown, unknowns)) : at;
    };
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
    // The rows at these points, one after the other: less what the rows of `token`s before `whole`, and those of it
    // before `part`, are in them.
    auto block = [&](ArrayRef<Point> rows, Value whole, Value part) {
      SmallVector<Value> x;
      for (const Point &row : rows)
        x.push_back(fetch(op.getB(), row, lane, n));
      auto without = [&](Value token, Value unknown, ValueRange carried) {
        Point source = at(token, unknown);
        Value solved = known(source);
        SmallVector<Value> next;
        for (auto [row, sum] : llvm::zip(rows, carried))
          next.push_back(fma(coefficient(row, source), solved, sum));
        return next;
      };
      x = loop(index(0), whole, x, [&](Value token, ValueRange carried) {
        return loop(0, unknowns, 1, carried,
                    [&](Value unknown, ValueRange carried) { return without(token, unknown, carried); });
      });
      if (part)
        x = loop(index(0), part, x,
                 [&](Value unknown, ValueRange carried) { return without(whole, unknown, carried); });
      for (size_t j = 0; j < rows.size(); ++j)
        for (size_t i = j + 1; i < rows.size(); ++i)
          x[i] = fma(coefficient(rows[i], rows[j]), x[j], x[i]);
      for (auto [row, value] : llvm::zip(rows, x)) {
        if (lanesApart)
          putEntry(op.getResult(), row, sumOf(value));
        else
          put(op.getResult(), row, clearPadding(to, row, value));
      }
    };
    const int64_t registers = target.accumulators();
    if (unknowns <= registers) {
      const int64_t height = std::min(tokens, registers / unknowns);
      for (int64_t first = 0; first < tokens; first += height) {
        SmallVector<Point> rows;
        for (int64_t i = 0; i < std::min(height, tokens - first) * unknowns; ++i)
          rows.push_back(at(index(first + i / unknowns), index(i % unknowns)));
        block(rows, index(first), {});
      }
      return;
    }
    loop(0, tokens, 1, [&](Value token) {
      auto blockFrom = [&](Value first, int64_t height) {
        SmallVector<Point> rows;
        for (int64_t i = 0; i < height; ++i)
          rows.push_back(at(token, add(first, i)));
        block(rows, token, first);
      };
      const int64_t whole = unknowns / registers * registers;
      loop(0, whole, registers, [&](Value first) { blockFrom(first, registers); });
      if (whole < unknowns)
        blockFrom(index(whole), unknowns - whole);
    });
  });
}
