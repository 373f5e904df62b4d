// Contractions with the result's lanes in registers: the micro-kernel of reads and updates.
//
//   result[m, l] = start[m, l] + sum_x a[m, x] b[x, l]
//
// A block of rows m times vectors along l stays in registers while x runs: one vector load of b serves all rows, one
// entry of a, broadcast from memory by the FMA itself, all vectors. With a mask, source and time run unevenly: pairs
// that count for no row of the block are never computed, those that count for all run in a loop, the few between, on
// the diagonal, are written out.
#include "lowering/cpu/Emitters.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mixc;
using namespace mixc::cpu;
using tile::Axis;
using tile::TileType;

namespace {

bool isTimeOrSource(const Axis &axis) { return axis.str() == "time" || axis.str() == "source"; }

/// What is worked out first: the axes in the order of their loops, and the block that stays in registers.
struct Shape {
  Shape(tile::ContractOp op, const Layout &to, const Access &in);

  bool masked, isKept;
  SmallVector<Axis> over, rows; // outermost first
  std::optional<Axis> m;
  int64_t n, vectors, height; // lanes of a vector, vectors along l, rows along m
  int64_t columns, block;     // vectors and rows of a block

  bool isMaskAxis(const Axis &axis) const { return masked && isTimeOrSource(axis); }
  /// All sequences meet one matrix.
  bool isMatrixShared() const { return m && m->kind == tile::AxisKind::Seq; }
};

// The masked pair: one of time and source runs along the rows, the other is summed over, innermost. Where both are
// kept, what does not count is put back to its start.
Shape::Shape(tile::ContractOp op, const Layout &to, const Access &in)
    : over(axesNamed(cast<TileType>(op.getA().getType()), op.getOver())),
      rows(to.axes.begin(), std::prev(to.axes.end())) {
  isKept = op.getMask() != tile::Mask::None && llvm::none_of(over, isTimeOrSource);
  masked = op.getMask() != tile::Mask::None && !isKept;
  llvm::stable_sort(over, [&](const Axis &x, const Axis &y) {
    return std::pair(isMaskAxis(x), x.extent) < std::pair(isMaskAxis(y), y.extent);
  });
  llvm::stable_sort(rows, [&](const Axis &x, const Axis &y) {
    return std::tuple(isMaskAxis(x), in.extent(x), x.str()) < std::tuple(isMaskAxis(y), in.extent(y), y.str());
  });
  if (!rows.empty())
    m = rows.pop_back_val();
  n = to.lanes(in.plan());
  vectors = llvm::divideCeil(in.extent(to.axes.back()), n);
  height = m ? in.extent(*m) : 1;
  const int64_t accumulators = in.scope.frame->target.accumulators();
  columns = largestDivisor(vectors, height >= 4 ? 4 : accumulators);
  block = std::min(height, std::max<int64_t>(1, accumulators / columns));
}

/// A block of the result: so many rows from `first` on, all columns from `lane` on.
struct Block {
  Point outer;
  Value lane, first;
  int64_t rows;
};

class LanesEmitter : Access {
public:
  LanesEmitter(const Scope &scope, Tiles &tiles, tile::ContractOp op)
      : Access(scope, tiles, op.getLoc()), op(op), to(place(op.getResult()).layout), shape(op, to, *this) {}

  void emit();

private:
  void emitBlock(const Block &block);
  Point pointOf(const Block &block, const Point &point, int64_t row, int64_t column);
  Values nest(const Access &in, const Block &block, ArrayRef<Axis> axes, const Point &point, ValueRange start);
  Values nestMasked(const Access &in, const Block &block, const Axis &axis, const Point &point, ValueRange start,
                    Body inner);
  Values step(const Access &in, const Block &block, const Point &point, ValueRange start,
              function_ref<bool(int64_t)> isActive);

  tile::ContractOp op;
  const Layout to;
  const Shape shape;
};

Point LanesEmitter::pointOf(const Block &block, const Point &point, int64_t row, int64_t column) {
  Point at = point.with(to.lane(), add(block.lane, column * shape.n));
  return shape.m ? at.with(shape.m->str(), add(block.first, row)) : at;
}

/// One step of x: every operand vector is fetched once.
Code::Values LanesEmitter::step(const Access &in, const Block &block, const Point &point, ValueRange start,
                                function_ref<bool(int64_t)> isActive) {
  std::map<std::tuple<bool, int64_t, int64_t>, Value> fetched;
  auto operand = [&](bool isB, int64_t row, int64_t column) {
    Value tile = isB ? op.getB() : op.getA();
    auto type = cast<TileType>(tile.getType());
    int64_t r = shape.m && type.has(shape.m->str()) ? row : 0, c = type.has(to.lane()) ? column : 0;
    Value &value = fetched[{isB, r, c}];
    if (!value)
      value = in.fetch(tile, pointOf(block, point, r, c), to.lane(), shape.n);
    return value;
  };
  Values next(start.begin(), start.end());
  for (int64_t row = 0; row < block.rows; ++row)
    for (int64_t column = 0; column < shape.columns; ++column)
      if (isActive(row)) {
        Value b0 = operand(true, row, column), a0 = operand(false, row, column);
        Value &sum = next[row * shape.columns + column];
        sum = fma(a0, b0, sum);
      }
  return next;
}

Code::Values LanesEmitter::nest(const Access &in, const Block &block, ArrayRef<Axis> axes, const Point &point,
                                ValueRange start) {
  if (axes.empty())
    return step(in, block, point, start, [](int64_t) { return true; });
  const Axis &axis = axes.front();
  auto inner = [&](const Access &in, Value x, ValueRange carried) {
    return nest(in, block, axes.drop_front(), point.with(axis.str(), x), carried);
  };
  if (!shape.isMaskAxis(axis))
    return in.loopAlong(axis, 1, start, inner);
  return nestMasked(in, block, axis, point, start, [&](Value x, ValueRange carried) { return inner(in, x, carried); });
}

/// Sources before the block's tokens count for all of them; tokens after the block's sources do.
Code::Values LanesEmitter::nestMasked(const Access &in, const Block &block, const Axis &axis, const Point &point,
                                      ValueRange start, Body inner) {
  const bool sources = axis.str() == "source", lower = op.getMask() == tile::Mask::Lower;
  Values carried(start.begin(), start.end());
  if (sources)
    carried = loop(index(0), block.first, carried, inner);
  for (int64_t x = 0; x < block.rows; ++x)
    carried = step(in, block, point.with(axis.str(), add(block.first, x)), carried,
                   [&](int64_t row) { return (lower && x == row) || (sources ? x < row : row < x); });
  return sources ? carried : loop(add(block.first, block.rows), index(extent(axis)), carried, inner);
}

void LanesEmitter::emitBlock(const Block &block) {
  auto forEachVectorOf = [&](function_ref<void(int64_t, const Point &)> body) {
    for (int64_t row = 0; row < block.rows; ++row)
      for (int64_t column = 0; column < shape.columns; ++column)
        body(row * shape.columns + column, pointOf(block, block.outer, row, column));
  };
  Values starts;
  forEachVectorOf([&](int64_t, const Point &at) { starts.push_back(startOf(*this, op, at, to.lane(), shape.n)); });
  const Values sums = nest(*this, block, shape.over, block.outer, starts);
  forEachVectorOf([&](int64_t i, const Point &at) {
    Value sum = shape.isKept ? selectPair(*this, op.getMask(), at, sums[i], starts[i]) : sums[i];
    put(op.getResult(), at, clearPadding(to, at, sum));
  });
}

void LanesEmitter::emit() {
  auto forEachLane = [&](function_ref<void(Value)> body) {
    loop(0, shape.vectors * shape.n, shape.columns * shape.n, body);
  };
  auto forEachRows = [&](function_ref<void(Value, int64_t)> body) { blocks(shape.height, shape.block, body); };
  forEachEntry(shape.rows, [&](const Point &outer) {
    // Of a shared matrix a few columns stay in L1 for all sequences. Otherwise the rows are what is read again.
    if (shape.isMatrixShared())
      forEachLane(
          [&](Value lane) { forEachRows([&](Value first, int64_t rows) { emitBlock({outer, lane, first, rows}); }); });
    else
      forEachRows(
          [&](Value first, int64_t rows) { forEachLane([&](Value lane) { emitBlock({outer, lane, first, rows}); }); });
  });
}

} // namespace

void mixc::cpu::emitLanes(const Scope &scope, Tiles &tiles, tile::ContractOp op) {
  LanesEmitter(scope, tiles, op).emit();
}
