// Contractions with the result's lanes in registers: the micro-kernel of reads and updates.
//
//   result[m, l] = start[m, l] + sum_x a[m, x] b[x, l]
//
// A block of rows m times vectors along l stays in registers while x runs: one vector load of b serves all rows, one
// entry of a, broadcast from memory by the FMA itself, all vectors. With a mask, source and time run unevenly: pairs
// that count for no row of the block are never computed, those that count for all run in a loop, the few between, on
// the diagonal, are written out.
#include "lowering/cpu/KernelEmitter.h"

using namespace mlir;
using namespace mixc;
using namespace mixc::cpu;
using tile::Axis;
using tile::TileType;

/// What the accumulators start from: 0, `acc`, or the map that the plan has fused in.
Value KernelEmitter::accumulatorStart(tile::ContractOp op, const Point &point, StringRef lane, int64_t n) {
  Type element = cast<TileType>(op.getResult().getType()).getElementType();
  if (!op.getAcc())
    return number(0, vector(n, element));
  auto map = op.getAcc().getDefiningOp<tile::MapOp>();
  if (map && planOf(map).getFused())
    return applyRegion(map, point, lane, n);
  return fetch(op.getAcc(), point, lane, n);
}

LogicalResult KernelEmitter::emitContract(tile::ContractOp op) {
  const Layout to = place(op.getResult()).layout;
  auto laneOf = [&](Value operand) -> StringRef {
    return places.count(operand) ? place(operand).layout.lane() : StringRef();
  };
  auto isOver = [&](StringRef axis) {
    return llvm::any_of(op.getOver(), [&](Attribute name) { return cast<StringAttr>(name).getValue() == axis; });
  };
  auto fits = [&](StringRef axis) { // every operand that has the axis has it as its lanes
    return llvm::all_of(ValueRange{op.getA(), op.getB()}, [&](Value operand) {
      return !cast<TileType>(operand.getType()).has(axis) || !places.count(operand) || laneOf(operand) == axis;
    });
  };
  bool overPanels = panelIndex && isOver(plan.panel);
  bool bothOver = isOver("time") && isOver("source") && op.getMask() != tile::Mask::None;
  if (!overPanels && !bothOver && !to.axes.empty() && fits(to.lane()) &&
      !(op.getMask() != tile::Mask::None && (to.lane() == "time" || to.lane() == "source"))) {
    contractLanes(op);
    return success();
  }
  StringRef inner = laneOf(op.getA()).empty() || !isOver(laneOf(op.getA())) ? laneOf(op.getB()) : laneOf(op.getA());
  if (!bothOver && !inner.empty() && isOver(inner) && fits(inner))
    contractDots(op);
  else
    contractEntries(op);
  return success();
}

void KernelEmitter::contractLanes(tile::ContractOp op) {
  const Layout to = place(op.getResult()).layout;
  auto aType = cast<TileType>(op.getA().getType()), bType = cast<TileType>(op.getB().getType());
  SmallVector<Axis> over, rows(to.axes.begin(), std::prev(to.axes.end()));
  for (Attribute name : op.getOver())
    over.push_back(aType.getAxes()[aType.find(cast<StringAttr>(name).getValue())]);

  // The masked pair: one of time and source runs along the rows, the other is summed over, innermost. Where both are
  // kept, what does not count is put back to its start.
  bool isKept = op.getMask() != tile::Mask::None &&
                llvm::none_of(over, [](const Axis &axis) { return axis.str() == "time" || axis.str() == "source"; });
  bool masked = op.getMask() != tile::Mask::None && !isKept;
  auto isMaskAxis = [&](const Axis &axis) { return masked && (axis.str() == "time" || axis.str() == "source"); };
  llvm::stable_sort(over, [&](const Axis &x, const Axis &y) {
    return std::pair(isMaskAxis(x), x.extent) < std::pair(isMaskAxis(y), y.extent);
  });
  llvm::stable_sort(rows, [&](const Axis &x, const Axis &y) {
    return std::tuple(isMaskAxis(x), extent(x), x.str()) < std::tuple(isMaskAxis(y), extent(y), y.str());
  });
  std::optional<Axis> m;
  if (!rows.empty())
    m = rows.pop_back_val();

  int64_t n = to.lanes(plan), vectors = llvm::divideCeil(extent(to.axes.back()), n), height = m ? extent(*m) : 1;
  int64_t columns = largestDivisor(vectors, height >= 4 ? 4 : target.accumulators());
  int64_t block = std::min(height, std::max<int64_t>(1, target.accumulators() / columns));

  // `columns` vectors from `lane` on of `count` rows from `first` on.
  auto emitBlock = [&](const Point &outer, Value lane, Value first, int64_t count) {
    auto pointOf = [&](const Point &point, int64_t row, int64_t column) {
      Point at = point.with(to.lane(), add(lane, column * n));
      return m ? at.with(m->str(), add(first, row)) : at;
    };
    SmallVector<Value> sums;
    for (int64_t row = 0; row < count; ++row)
      for (int64_t column = 0; column < columns; ++column)
        sums.push_back(accumulatorStart(op, pointOf(outer, row, column), to.lane(), n));

    // One step of x: every operand vector is fetched once.
    auto step = [&](const Point &point, ValueRange start, function_ref<bool(int64_t)> active) {
      std::map<std::tuple<int, int64_t, int64_t>, Value> fetched;
      auto operand = [&](int which, TileType type, Value tile, int64_t row, int64_t column) {
        int64_t r = m && type.has(m->str()) ? row : 0, c = type.has(to.lane()) ? column : 0;
        Value &value = fetched[{which, r, c}];
        if (!value)
          value = fetch(tile, pointOf(point, r, c), to.lane(), n);
        return value;
      };
      SmallVector<Value> next(start.begin(), start.end());
      for (int64_t row = 0; row < count; ++row)
        for (int64_t column = 0; column < columns; ++column)
          if (active(row)) {
            Value b0 = operand(1, bType, op.getB(), row, column), a0 = operand(0, aType, op.getA(), row, column);
            Value &sum = next[row * columns + column];
            sum = fma(a0, b0, sum);
          }
      return next;
    };
    std::function<SmallVector<Value>(ArrayRef<Axis>, Point, ValueRange)> nest =
        [&](ArrayRef<Axis> axes, Point point, ValueRange start) -> SmallVector<Value> {
      if (axes.empty())
        return step(point, start, [](int64_t) { return true; });
      const Axis &axis = axes.front();
      auto inner = [&](Value x, ValueRange carried) {
        return nest(axes.drop_front(), point.with(axis.str(), x), carried);
      };
      if (!isMaskAxis(axis))
        return loopAlong(axis, 1, start, inner);
      auto run = [&](Value from, Value to, ValueRange start) { return loop(from, to, start, inner); };
      // Sources before the block's tokens count for all of them; tokens after the block's sources do.
      bool sources = axis.str() == "source", lower = op.getMask() == tile::Mask::Lower;
      SmallVector<Value> carried(start.begin(), start.end());
      if (sources)
        carried = run(index(0), first, carried);
      for (int64_t x = 0; x < count; ++x)
        carried = step(point.with(axis.str(), add(first, x)), carried,
                       [&](int64_t row) { return (lower && x == row) || (sources ? x < row : row < x); });
      return sources ? carried : run(add(first, count), index(extent(axis)), carried);
    };
    SmallVector<Value> starts = sums;
    sums = nest(over, outer, sums);
    for (int64_t row = 0; row < count; ++row)
      for (int64_t column = 0; column < columns; ++column) {
        Point at = pointOf(outer, row, column);
        Value &sum = sums[row * columns + column];
        if (isKept) {
          auto before = op.getMask() == tile::Mask::Strict ? arith::CmpIPredicate::ult : arith::CmpIPredicate::ule;
          Value isPair = arith::CmpIOp::create(b, loc, before, at.at("source"), at.at("time"));
          sum = arith::SelectOp::create(b, loc, isPair, sum, starts[row * columns + column]);
        }
        put(op.getResult(), at, clearPadding(to, at, sum));
      }
  };
  const int64_t whole = height / block * block;
  auto forEachLane = [&](function_ref<void(Value)> body) { loop(0, vectors * n, columns * n, body); };
  auto forEachBlock = [&](function_ref<void(Value, int64_t)> body) {
    loop(0, whole, block, [&](Value first) { body(first, block); });
    if (whole < height)
      body(index(whole), height - whole);
  };
  // All sequences meet one matrix: a few of its columns stay in L1 for all of them. Otherwise the rows are what is read
  // again.
  const bool isMatrixShared = m && m->kind == tile::AxisKind::Seq;
  forEachEntry(rows, [&](const Point &outer) {
    if (isMatrixShared)
      return forEachLane(
          [&](Value lane) { forEachBlock([&](Value first, int64_t count) { emitBlock(outer, lane, first, count); }); });
    forEachBlock(
        [&](Value first, int64_t count) { forEachLane([&](Value lane) { emitBlock(outer, lane, first, count); }); });
  });
}

// The plain nest, for what fits no register form: an entry at a time.
void KernelEmitter::contractEntries(tile::ContractOp op) {
  const Layout to = place(op.getResult()).layout;
  auto aType = cast<TileType>(op.getA().getType());
  SmallVector<Axis> over;
  bool overPanels = false;
  for (Attribute name : op.getOver()) {
    over.push_back(aType.getAxes()[aType.find(cast<StringAttr>(name).getValue())]);
    overPanels |= panelIndex && over.back().str() == plan.panel;
  }
  forEachEntry(to.axes, [&](const Point &point) {
    Value start = overPanels ? fetchEntry(op.getResult(), point) : sumOf(accumulatorStart(op, point, "", 1));
    std::function<Value(ArrayRef<Axis>, Point, Value)> nest = [&](ArrayRef<Axis> axes, Point at, Value sum) -> Value {
      if (axes.empty()) {
        Value next = fma(fetchEntry(op.getA(), at), fetchEntry(op.getB(), at), sum);
        if (op.getMask() == tile::Mask::None)
          return next;
        auto predicate = op.getMask() == tile::Mask::Strict ? arith::CmpIPredicate::ult : arith::CmpIPredicate::ule;
        Value pair = arith::CmpIOp::create(b, loc, predicate, at.at("source"), at.at("time"));
        return arith::SelectOp::create(b, loc, pair, next, sum);
      }
      return loop(0, extent(axes.front()), 1, {sum}, [&](Value x, ValueRange carried) -> SmallVector<Value> {
        return {nest(axes.drop_front(), at.with(axes.front().str(), x), carried[0])};
      })[0];
    };
    putEntry(op.getResult(), point, nest(over, point, start));
  });
}
