// Contractions over the operands' own lanes: blocks of dot products, summed across lanes at the end.
//
//   result[i, j] = start[i, j] + sum_x a[i, x] b[j, x]       (Gram matrices; reads of a state that lies key lanes last)
#include "lowering/cpu/KernelEmitter.h"

using namespace mlir;
using namespace mixc;
using namespace mixc::cpu;
using tile::Axis;
using tile::TileType;

void KernelEmitter::contractDots(tile::ContractOp op) {
  const Layout to = place(op.getResult()).layout;
  auto aType = cast<TileType>(op.getA().getType()), bType = cast<TileType>(op.getB().getType());
  Type element = aType.getElementType();
  auto laneOf = [&](Value operand) { return places.count(operand) ? place(operand).layout.lane() : StringRef(); };
  SmallVector<Axis> over;
  for (Attribute name : op.getOver())
    over.push_back(aType.getAxes()[aType.find(cast<StringAttr>(name).getValue())]);
  auto isOver = [&](StringRef axis) { return llvm::any_of(over, [&](const Axis &x) { return x.str() == axis; }); };
  Value lead = isOver(laneOf(op.getA())) ? op.getA() : op.getB();
  std::string lane = laneOf(lead).str();
  const Layout laneLayout = place(lead).layout;
  int64_t n = laneLayout.lanes(plan);
  llvm::stable_sort(over, [&](const Axis &x, const Axis &y) { return x.str() != lane && y.str() == lane; });
  bool overPanels = panelIndex && isOver(plan.panel);

  auto mask = op.getMask();
  bool masked = mask != tile::Mask::None;
  bool maskKept = masked && !isOver("time") && !isOver("source"); // then the block's axes are time and source
  auto isMaskAxis = [](StringRef axis) { return axis == "time" || axis == "source"; };

  // i: the longest axis that a alone has (or both, if there is none); j: that b alone has.
  std::optional<Axis> i, j;
  auto longest = [&](std::optional<Axis> &best, auto &&wanted) {
    for (const Axis &axis : to.axes)
      if (wanted(axis) && (!maskKept || isMaskAxis(axis.str())) && (!best || extent(axis) > extent(*best)))
        best = axis;
  };
  longest(i, [&](const Axis &axis) { return aType.has(axis.str()) && !bType.has(axis.str()); });
  longest(j, [&](const Axis &axis) { return bType.has(axis.str()) && !aType.has(axis.str()); });
  if (!i)
    longest(i, [&](const Axis &axis) { return !j || axis.str() != j->str(); });
  SmallVector<Axis> rest;
  for (const Axis &axis : to.axes)
    if (!(i && axis.str() == i->str()) && !(j && axis.str() == j->str()))
      rest.push_back(axis);

  int64_t heightI = i ? extent(*i) : 1, heightJ = j ? extent(*j) : 1;
  int64_t budget = target.accumulators();
  int64_t blockJ = std::min<int64_t>(heightJ, heightI > 1 ? budget / 4 : budget / 2);
  int64_t blockI = std::min<int64_t>(heightI, heightJ > 1 ? 4 : budget / 2);

  // The sum with a product where the lanes count, as it was elsewhere: what does not count is not multiplied by 0, for
  // it may be infinite. Where one of time and source is the lane axis and the other a row, those before (or from) a
  // bound count; all or none where neither is.
  auto maskLanes = [&](Value next, Value sum, const Point &at) -> Value {
    if (!masked || maskKept)
      return next;
    if (!isMaskAxis(lane)) {
      auto before = mask == tile::Mask::Strict ? arith::CmpIPredicate::ult : arith::CmpIPredicate::ule;
      Value counts = arith::CmpIOp::create(b, loc, before, at.at("source"), at.at("time"));
      return arith::SelectOp::create(b, loc, counts, next, sum);
    }
    bool sources = lane == "source";
    Value other = at.at(sources ? "time" : "source"), from = at.at(lane);
    int64_t beyond = sources ? (mask == tile::Mask::Lower) : (mask == tile::Mask::Strict);
    Value bound = add(other, beyond);
    Value count = arith::SubIOp::create(b, loc, arith::MaxUIOp::create(b, loc, bound, from), from);
    Value first = vector::CreateMaskOp::create(b, loc, VectorType::get({n}, b.getI1Type()), ValueRange{count});
    return sources ? arith::SelectOp::create(b, loc, first, next, sum).getResult()
                   : arith::SelectOp::create(b, loc, first, sum, next).getResult();
  };

  auto emitBlock = [&](const Point &outer, Value firstI, Value firstJ, int64_t countI, int64_t countJ,
                       function_ref<bool(int64_t, int64_t)> skip) {
    auto pointOf = [&](Point point, int64_t p, int64_t q) {
      if (i)
        point = point.with(i->str(), add(firstI, p));
      if (j)
        point = point.with(j->str(), add(firstJ, q));
      return point;
    };
    SmallVector<Value> sums(countI * countJ, number(0, vector(n, element)));
    std::function<SmallVector<Value>(ArrayRef<Axis>, Point, ValueRange)> nest =
        [&](ArrayRef<Axis> axes, Point point, ValueRange start) -> SmallVector<Value> {
      if (axes.empty()) {
        std::map<std::tuple<int, int64_t, int64_t>, Value> fetched;
        auto operand = [&](int which, TileType type, Value tile, int64_t p, int64_t q) {
          p = i && type.has(i->str()) ? p : 0;
          q = j && type.has(j->str()) ? q : 0;
          Value &value = fetched[{which, p, q}];
          if (!value) {
            value = fetch(tile, pointOf(point, p, q), lane, n);
            if (tile == lead && lane == plan.panel)
              value = clearPadding(laneLayout, point, value);
          }
          return value;
        };
        SmallVector<Value> next(start.begin(), start.end());
        for (int64_t p = 0; p < countI; ++p)
          for (int64_t q = 0; q < countJ; ++q)
            if (!skip(p, q)) {
              Value x = operand(0, aType, op.getA(), p, q), y = operand(1, bType, op.getB(), p, q);
              Value &sum = next[p * countJ + q];
              sum = maskLanes(fma(x, y, sum), sum, pointOf(point, p, q));
            }
        return next;
      }
      const Axis &axis = axes.front();
      return loopAlong(axis, axis.str() == lane ? n : 1, start, [&](Value x, ValueRange carried) {
        return nest(axes.drop_front(), point.with(axis.str(), x), carried);
      });
    };
    bool any = false;
    for (int64_t p = 0; p < countI; ++p)
      for (int64_t q = 0; q < countJ; ++q)
        any |= !skip(p, q);
    if (any)
      sums = nest(over, outer, sums);
    for (int64_t p = 0; p < countI; ++p)
      for (int64_t q = 0; q < countJ; ++q) {
        Point at = pointOf(outer, p, q);
        Value start = overPanels ? fetchEntry(op.getResult(), at) : Value();
        if (!overPanels && op.getAcc())
          start = sumOf(accumulatorStart(op, at, "", 1));
        if (skip(p, q)) {
          putEntry(op.getResult(), at, start ? start : number(0, element));
          continue;
        }
        Value sum = sumOf(sums[p * countJ + q]);
        putEntry(op.getResult(), at, start ? plus(start, sum) : sum);
      }
  };

  auto none = [](int64_t, int64_t) { return false; };
  auto all = [](int64_t, int64_t) { return true; };
  // A row of blocks of a masked result: those before the diagonal, those on it, where each pair is known to count or
  // not, and those beyond. `row` is its number. Where there are several, blockI is a multiple of blockJ.
  auto emitMaskedRow = [&](const Point &outer, Value row, int64_t countI) {
    bool countsBefore = i->str() == "time", isWhole = countI < heightI && countI == blockI;
    int64_t ratio = blockI / blockJ, wholeJ = heightJ / blockJ;
    Value first = mul(row, blockI), diagonal = mul(row, ratio);
    auto strip = [&](Value from, Value to, bool counts) {
      loop(from, to, ValueRange(), [&](Value column, ValueRange) -> SmallVector<Value> {
        emitBlock(outer, first, mul(column, blockJ), countI, blockJ, counts ? none : all);
        return {};
      });
    };
    strip(index(0), diagonal, countsBefore);
    for (int64_t from = 0; from < countI; from += blockJ)
      emitBlock(outer, first, add(first, from), countI, std::min(blockJ, countI - from), [&](int64_t p, int64_t q) {
        int64_t time = countsBefore ? p : from + q, source = countsBefore ? from + q : p;
        return mask == tile::Mask::Strict ? source >= time : source > time;
      });
    if (!isWhole) // the last row
      return;
    strip(add(diagonal, ratio), index(wholeJ), !countsBefore);
    if (wholeJ * blockJ < heightJ)
      emitBlock(outer, first, index(wholeJ * blockJ), countI, heightJ - wholeJ * blockJ, countsBefore ? all : none);
  };

  forEachEntry(rest, [&](const Point &outer) {
    int64_t whole = heightI / blockI;
    if (maskKept) {
      loop(0, whole, 1, [&](Value row) { emitMaskedRow(outer, row, blockI); });
      if (whole * blockI < heightI)
        emitMaskedRow(outer, index(whole), heightI - whole * blockI);
      return;
    }
    auto blocksOf = [&](int64_t height, int64_t block, function_ref<void(Value, int64_t)> body) {
      int64_t whole = height / block * block;
      loop(0, whole, block, [&](Value first) { body(first, block); });
      if (whole < height)
        body(index(whole), height - whole);
    };
    blocksOf(heightI, blockI, [&](Value firstI, int64_t countI) {
      blocksOf(heightJ, blockJ,
               [&](Value firstJ, int64_t countJ) { emitBlock(outer, firstI, firstJ, countI, countJ, none); });
    });
  });
}
