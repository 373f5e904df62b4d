// Contractions over the operands' own lanes: blocks of dot products, summed across lanes at the end.
//
//   result[i, j] = start[i, j] + sum_x a[i, x] b[j, x]       (Gram matrices; reads of a state that lies key lanes last)
//
// A mask of which one axis is summed over selects lanes or whole products; one of which both are kept makes three kinds
// of blocks: those where all pairs count, those where none does, and those on the diagonal, where each pair is known
// to.
#include "lowering/cpu/Emitters.h"

using namespace mlir;
using namespace mixc;
using namespace mixc::cpu;
using tile::Axis;
using tile::TileType;

namespace {

bool isTimeOrSource(StringRef axis) { return axis == "time" || axis == "source"; }

/// What is worked out first: the lanes, the axes of the blocks and how large these are.
struct Shape {
  Shape(tile::ContractOp op, const Layout &to, const Access &in);

  SmallVector<Axis> over; // outermost first, the lanes last
  Value lead;             // the operand whose lanes they are
  Layout lanes;           // and where it lies
  int64_t n;              // lanes of a vector
  bool overPanels;        // adds to what the panels before left
  bool sumsMasked, keepsMasked;
  std::optional<Axis> i, j; // of the blocks
  SmallVector<Axis> rest;   // the other axes of the result
  int64_t heightI, heightJ, blockI, blockJ;

  StringRef lane() const { return lanes.lane(); }
  bool isOver(StringRef axis) const {
    return llvm::any_of(over, [&](const Axis &x) { return x.str() == axis; });
  }

private:
  void chooseBlockAxes(tile::ContractOp op, const Layout &to, const Access &in);
};

Shape::Shape(tile::ContractOp op, const Layout &to, const Access &in)
    : over(axesNamed(cast<TileType>(op.getA().getType()), op.getOver())) {
  const bool isOfA = in.tiles.contains(op.getA()) && isOver(in.place(op.getA()).layout.lane());
  lead = isOfA ? op.getA() : op.getB();
  lanes = in.place(lead).layout;
  n = lanes.lanes(in.plan());
  llvm::stable_sort(over, [&](const Axis &x, const Axis &y) { return x.str() != lane() && y.str() == lane(); });
  overPanels = in.scope.panel && isOver(in.plan().panel);
  const bool masked = op.getMask() != tile::Mask::None;
  keepsMasked = masked && !isOver("time") && !isOver("source");
  sumsMasked = masked && !keepsMasked;
  chooseBlockAxes(op, to, in);
  heightI = i ? in.extent(*i) : 1;
  heightJ = j ? in.extent(*j) : 1;
  const int64_t budget = in.scope.frame->target.accumulators();
  blockJ = std::min<int64_t>(heightJ, heightI > 1 ? budget / 4 : budget / 2);
  blockI = std::min<int64_t>(heightI, heightJ > 1 ? 4 : budget / 2);
}

// i: the longest axis that a alone has (or both, if there is none); j: that b alone has. Where a mask keeps both of
// time and source, they are those.
void Shape::chooseBlockAxes(tile::ContractOp op, const Layout &to, const Access &in) {
  auto aType = cast<TileType>(op.getA().getType()), bType = cast<TileType>(op.getB().getType());
  auto longest = [&](std::optional<Axis> &best, auto &&wanted) {
    for (const Axis &axis : to.axes)
      if (wanted(axis) && (!keepsMasked || isTimeOrSource(axis.str())) && (!best || in.extent(axis) > in.extent(*best)))
        best = axis;
  };
  longest(i, [&](const Axis &axis) { return aType.has(axis.str()) && !bType.has(axis.str()); });
  longest(j, [&](const Axis &axis) { return bType.has(axis.str()) && !aType.has(axis.str()); });
  if (!i)
    longest(i, [&](const Axis &axis) { return !j || axis.str() != j->str(); });
  for (const Axis &axis : to.axes)
    if (!(i && axis.str() == i->str()) && !(j && axis.str() == j->str()))
      rest.push_back(axis);
}

/// Which pairs of a block are left out.
using Skip = function_ref<bool(int64_t, int64_t)>;
bool none(int64_t, int64_t) { return false; }
bool all(int64_t, int64_t) { return true; }

/// A block of the result: so many rows along i and j from these on.
struct Block {
  Point outer;
  Value firstI, firstJ;
  int64_t countI, countJ;
};

class DotsEmitter : Access {
public:
  DotsEmitter(const Scope &scope, Tiles &tiles, tile::ContractOp op)
      : Access(scope, tiles, op.getLoc()), op(op), to(place(op.getResult()).layout), shape(op, to, *this) {}

  void emit();

private:
  void emitMaskedRow(const Point &outer, Value row, int64_t countI);
  void emitBlock(const Block &block, Skip skip);
  void putPair(const Point &at, std::optional<Value> sum);
  Point pointOf(const Block &block, Point point, int64_t p, int64_t q);
  Values nest(const Access &in, const Block &block, Skip skip, ArrayRef<Axis> axes, const Point &point,
              ValueRange start);
  Values step(const Access &in, const Block &block, Skip skip, const Point &point, ValueRange start);
  Value maskLanes(Value next, Value sum, const Point &at);

  tile::ContractOp op;
  const Layout to;
  const Shape shape;
};

Point DotsEmitter::pointOf(const Block &block, Point point, int64_t p, int64_t q) {
  if (shape.i)
    point = point.with(shape.i->str(), add(block.firstI, p));
  if (shape.j)
    point = point.with(shape.j->str(), add(block.firstJ, q));
  return point;
}

/// The sum with a product where the lanes count, as it was elsewhere: what does not count is not multiplied by 0, for
/// it may be infinite. Where one of time and source is the lane axis and the other a row, those before (or from) a
/// bound count; all or none where neither is.
Value DotsEmitter::maskLanes(Value next, Value sum, const Point &at) {
  if (!shape.sumsMasked)
    return next;
  const StringRef lane = shape.lane();
  if (!isTimeOrSource(lane))
    return selectPair(*this, op.getMask(), at, next, sum);
  bool sources = lane == "source";
  Value other = at.at(sources ? "time" : "source"), from = at.at(lane);
  int64_t beyond = sources ? (op.getMask() == tile::Mask::Lower) : (op.getMask() == tile::Mask::Strict);
  Value bound = add(other, beyond);
  Value count = arith::SubIOp::create(b, loc, arith::MaxUIOp::create(b, loc, bound, from), from);
  Value first = vector::CreateMaskOp::create(b, loc, VectorType::get({shape.n}, b.getI1Type()), ValueRange{count});
  return sources ? arith::SelectOp::create(b, loc, first, next, sum).getResult()
                 : arith::SelectOp::create(b, loc, first, sum, next).getResult();
}

/// One vector of x: every operand vector is fetched once.
Code::Values DotsEmitter::step(const Access &in, const Block &block, Skip skip, const Point &point, ValueRange start) {
  std::map<std::tuple<bool, int64_t, int64_t>, Value> fetched;
  auto operand = [&](bool isB, int64_t p, int64_t q) {
    Value tile = isB ? op.getB() : op.getA();
    auto type = cast<TileType>(tile.getType());
    p = shape.i && type.has(shape.i->str()) ? p : 0;
    q = shape.j && type.has(shape.j->str()) ? q : 0;
    Value &value = fetched[{isB, p, q}];
    if (!value) {
      value = in.fetch(tile, pointOf(block, point, p, q), shape.lane(), shape.n);
      if (tile == shape.lead && shape.lane() == plan().panel)
        value = in.clearPadding(shape.lanes, point, value);
    }
    return value;
  };
  Values next(start.begin(), start.end());
  for (int64_t p = 0; p < block.countI; ++p)
    for (int64_t q = 0; q < block.countJ; ++q)
      if (!skip(p, q)) {
        Value x = operand(false, p, q), y = operand(true, p, q);
        Value &sum = next[p * block.countJ + q];
        sum = maskLanes(fma(x, y, sum), sum, pointOf(block, point, p, q));
      }
  return next;
}

Code::Values DotsEmitter::nest(const Access &in, const Block &block, Skip skip, ArrayRef<Axis> axes, const Point &point,
                               ValueRange start) {
  if (axes.empty())
    return step(in, block, skip, point, start);
  const Axis &axis = axes.front();
  const int64_t stride = axis.str() == shape.lane() ? shape.n : 1;
  return in.loopAlong(axis, stride, start, [&](const Access &in, Value x, ValueRange carried) {
    return nest(in, block, skip, axes.drop_front(), point.with(axis.str(), x), carried);
  });
}

/// The start and the sum, where there is one.
void DotsEmitter::putPair(const Point &at, std::optional<Value> sum) {
  std::optional<Value> start;
  if (shape.overPanels)
    start = fetchEntry(op.getResult(), at);
  else if (op.getAcc())
    start = startEntryOf(*this, op, at);
  if (!sum)
    return putEntry(op.getResult(), at, start ? *start : number(0, to.elementType));
  Value total = sumOf(*sum);
  putEntry(op.getResult(), at, start ? plus(*start, total) : total);
}

void DotsEmitter::emitBlock(const Block &block, Skip skip) {
  auto forEachPair = [&](function_ref<void(int64_t, int64_t)> body) {
    for (int64_t p = 0; p < block.countI; ++p)
      for (int64_t q = 0; q < block.countJ; ++q)
        body(p, q);
  };
  Values sums(block.countI * block.countJ, number(0, vector(shape.n, to.elementType)));
  bool any = false;
  forEachPair([&](int64_t p, int64_t q) { any |= !skip(p, q); });
  if (any)
    sums = nest(*this, block, skip, shape.over, block.outer, sums);
  forEachPair([&](int64_t p, int64_t q) {
    putPair(pointOf(block, block.outer, p, q),
            skip(p, q) ? std::nullopt : std::optional<Value>(sums[p * block.countJ + q]));
  });
}

/// A row of blocks of a masked result: those before the diagonal, those on it, where each pair is known to count or
/// not, and those beyond. `row` is its number. Where there are several, blockI is a multiple of blockJ.
void DotsEmitter::emitMaskedRow(const Point &outer, Value row, int64_t countI) {
  const int64_t heightJ = shape.heightJ, blockI = shape.blockI, blockJ = shape.blockJ;
  bool countsBefore = shape.i->str() == "time", isWhole = countI < shape.heightI && countI == blockI;
  int64_t ratio = blockI / blockJ, wholeJ = heightJ / blockJ;
  Value first = mul(row, blockI), diagonal = mul(row, ratio);
  auto strip = [&](Value from, Value to, bool counts) {
    loop(from, to, ValueRange(), [&](Value column, ValueRange) -> Values {
      emitBlock({outer, first, mul(column, blockJ), countI, blockJ}, counts ? none : all);
      return {};
    });
  };
  strip(index(0), diagonal, countsBefore);
  for (int64_t from = 0; from < countI; from += blockJ)
    emitBlock({outer, first, add(first, from), countI, std::min(blockJ, countI - from)}, [&](int64_t p, int64_t q) {
      int64_t time = countsBefore ? p : from + q, source = countsBefore ? from + q : p;
      return op.getMask() == tile::Mask::Strict ? source >= time : source > time;
    });
  if (!isWhole) // the last row
    return;
  strip(add(diagonal, ratio), index(wholeJ), !countsBefore);
  if (wholeJ * blockJ < heightJ)
    emitBlock({outer, first, index(wholeJ * blockJ), countI, heightJ - wholeJ * blockJ}, countsBefore ? all : none);
}

void DotsEmitter::emit() {
  forEachEntry(shape.rest, [&](const Point &outer) {
    if (shape.keepsMasked) {
      const int64_t whole = shape.heightI / shape.blockI, left = shape.heightI % shape.blockI;
      loop(0, whole, 1, [&](Value row) { emitMaskedRow(outer, row, shape.blockI); });
      if (left)
        emitMaskedRow(outer, index(whole), left);
      return;
    }
    blocks(shape.heightI, shape.blockI, [&](Value firstI, int64_t countI) {
      blocks(shape.heightJ, shape.blockJ,
             [&](Value firstJ, int64_t countJ) { emitBlock({outer, firstI, firstJ, countI, countJ}, none); });
    });
  });
}

} // namespace

void mixc::cpu::emitDots(const Scope &scope, Tiles &tiles, tile::ContractOp op) {
  DotsEmitter(scope, tiles, op).emit();
}
