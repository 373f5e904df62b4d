//     X + tril(L, -1) X = B
//
// By right-looking substitution: as many rows as there are accumulators stay in registers; each row, once it is known,
// is taken out of those below it. With several unknowns a token, row t * unknowns + m is X_tm. `transpose` goes from
// the last row to the first, with L transposed. Where a token's rows fit the registers, blocks of whole tokens are
// written out; where not, blocks of a token's rows are a loop, so that the code does not grow with the unknowns.
#include "lowering/cpu/Emitters.h"

using namespace mlir;
using namespace mixc;
using namespace mixc::cpu;
using tile::TileType;

namespace {

class Solve : Access {
public:
  Solve(const Scope &scope, Tiles &tiles, tile::SolveOp op)
      : Access(scope, tiles, op.getLoc()), op(op), to(place(op.getResult()).layout),
        across(*this, to, op.getRow() ? SmallVector<StringRef>{"time", *op.getRow()} : SmallVector<StringRef>{"time"}),
        tokens(cast<TileType>(op.getL().getType()).extent("time")),
        unknowns(op.getRow() ? cast<TileType>(op.getL().getType()).extent(*op.getRow()) : 1),
        registers(scope.frame->target.accumulators()) {}

  void emit() {
    forEachVector(across.layout, [&](const Point &point, int64_t n) {
      if (unknowns <= registers)
        solveTokens(point, n);
      else
        solveUnknowns(point, n);
    });
  }

private:
  void solveTokens(const Point &point, int64_t n);
  void solveUnknowns(const Point &point, int64_t n);
  /// The rows at these points, one after the other: less what the rows of tokens before `token`, and those of it before
  /// `part`, are in them.
  void solveBlock(const Point &point, int64_t n, ArrayRef<Point> rows, Value token, std::optional<Value> part);
  /// Where a row lies: tokens and unknowns in the order in which they get known.
  Point rowAt(const Point &point, Value token, Value unknown);
  Value inOrder(Value i, int64_t of);
  /// -L of a row and of one that is known.
  Value coefficient(const Point &point, int64_t n, const Point &row, const Point &known);

  tile::SolveOp op;
  const Layout to;
  const LanesAcross across;
  const int64_t tokens, unknowns, registers;
};

Value Solve::inOrder(Value i, int64_t of) {
  if (!op.getTranspose())
    return i;
  if (std::optional<int64_t> known = getConstantIntValue(i)) // constants stay constants
    return index(of - 1 - *known);
  return arith::SubIOp::create(b, loc, index(of - 1), i);
}

Point Solve::rowAt(const Point &point, Value token, Value unknown) {
  Point at = point.with("time", inOrder(token, tokens));
  return op.getRow() ? at.with(*op.getRow(), inOrder(unknown, unknowns)) : at;
}

Value Solve::coefficient(const Point &point, int64_t n, const Point &row, const Point &known) {
  const Point &t = op.getTranspose() ? known : row, &s = op.getTranspose() ? row : known;
  Point pair = point.with("time", t.at("time")).with("source", s.at("time"));
  if (op.getRow())
    pair = pair.with(*op.getRow(), t.at(*op.getRow())).with(*op.getColumn(), s.at(*op.getRow()));
  return arith::NegFOp::create(b, loc, splat(fetchEntry(op.getL(), pair), n));
}

void Solve::solveBlock(const Point &point, int64_t n, ArrayRef<Point> rows, Value token, std::optional<Value> part) {
  Values x;
  for (const Point &row : rows)
    x.push_back(fetch(op.getB(), row, across.lane(), n));
  auto without = [&](Value token, Value unknown, ValueRange carried) {
    Point source = rowAt(point, token, unknown);
    Value solved = across.fetch(*this, op.getResult(), source, n);
    Values next;
    for (auto [row, sum] : llvm::zip(rows, carried))
      next.push_back(fma(coefficient(point, n, row, source), solved, sum));
    return next;
  };
  x = loop(index(0), token, x, [&](Value before, ValueRange carried) {
    return loop(0, unknowns, 1, carried,
                [&](Value unknown, ValueRange carried) { return without(before, unknown, carried); });
  });
  if (part)
    x = loop(index(0), *part, x, [&](Value unknown, ValueRange carried) { return without(token, unknown, carried); });
  for (size_t j = 0; j < rows.size(); ++j)
    for (size_t i = j + 1; i < rows.size(); ++i)
      x[i] = fma(coefficient(point, n, rows[i], rows[j]), x[j], x[i]);
  for (auto [row, value] : llvm::zip(rows, x))
    across.put(*this, to, op.getResult(), row, value);
}

void Solve::solveTokens(const Point &point, int64_t n) {
  const int64_t height = std::min(tokens, registers / unknowns);
  for (int64_t first = 0; first < tokens; first += height) {
    SmallVector<Point> rows;
    for (int64_t i = 0; i < std::min(height, tokens - first) * unknowns; ++i)
      rows.push_back(rowAt(point, index(first + i / unknowns), index(i % unknowns)));
    solveBlock(point, n, rows, index(first), std::nullopt);
  }
}

void Solve::solveUnknowns(const Point &point, int64_t n) {
  loop(0, tokens, 1, [&](Value token) {
    blocks(unknowns, registers, [&](Value first, int64_t height) {
      SmallVector<Point> rows;
      for (int64_t i = 0; i < height; ++i)
        rows.push_back(rowAt(point, token, add(first, i)));
      solveBlock(point, n, rows, token, first);
    });
  });
}

} // namespace

void mixc::cpu::emitSolve(const Scope &scope, Tiles &tiles, tile::SolveOp op) { Solve(scope, tiles, op).emit(); }
