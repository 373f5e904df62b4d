//     result[i, j] = start[i, j] + sum_x a[i, x] b[j, x]
//
// Three forms: lanes of the result in registers (EmitLanes.cpp), lanes that are summed over (EmitDots.cpp), or, for
// what fits neither, an entry at a time.
#include "lowering/cpu/Emitters.h"

using namespace mlir;
using namespace mixc;
using namespace mixc::cpu;
using tile::Axis;
using tile::TileType;

Value mixc::cpu::startOf(const Access &in, tile::ContractOp op, const Point &point, StringRef lane, int64_t n) {
  Type element = cast<TileType>(op.getResult().getType()).getElementType();
  if (!op.getAcc())
    return in.number(0, in.vector(n, element));
  auto map = op.getAcc().getDefiningOp<tile::MapOp>();
  if (map && planOf(map).getFused())
    return applyRegion(in, map, point, lane, n);
  return in.fetch(op.getAcc(), point, lane, n);
}

Value mixc::cpu::startEntryOf(const Access &in, tile::ContractOp op, const Point &point) {
  return in.sumOf(startOf(in, op, point, "", 1));
}

static void emitEntries(const Scope &scope, Tiles &tiles, tile::ContractOp op) {
  Access in(scope, tiles, op.getLoc());
  const Layout to = in.place(op.getResult()).layout;
  const SmallVector<Axis> over = axesNamed(cast<TileType>(op.getA().getType()), op.getOver());
  const bool overPanels =
      scope.panel && llvm::any_of(over, [&](const Axis &axis) { return axis.str() == scope.plan().panel; });
  auto product = [&](const Point &at, Value sum) -> Value {
    Value next = in.fma(in.fetchEntry(op.getA(), at), in.fetchEntry(op.getB(), at), sum);
    return op.getMask() == tile::Mask::None ? next : selectPair(in, op.getMask(), at, next, sum);
  };
  std::function<Value(ArrayRef<Axis>, Point, Value)> nest = [&](ArrayRef<Axis> axes, Point at, Value sum) -> Value {
    if (axes.empty())
      return product(at, sum);
    return in.loop(0, in.extent(axes.front()), 1, {sum}, [&](Value x, ValueRange carried) -> Code::Values {
      return {nest(axes.drop_front(), at.with(axes.front().str(), x), carried[0])};
    })[0];
  };
  in.forEachEntry(to.axes, [&](const Point &point) {
    Value start = overPanels ? in.fetchEntry(op.getResult(), point) : startEntryOf(in, op, point);
    in.putEntry(op.getResult(), point, nest(over, point, start));
  });
}

Value mixc::cpu::selectPair(const Access &in, tile::Mask mask, const Point &at, Value counts, Value otherwise) {
  auto before = mask == tile::Mask::Strict ? arith::CmpIPredicate::ult : arith::CmpIPredicate::ule;
  Value pair = arith::CmpIOp::create(in.b, in.loc, before, at.at("source"), at.at("time"));
  return arith::SelectOp::create(in.b, in.loc, pair, counts, otherwise);
}

void mixc::cpu::emitContract(const Scope &scope, Tiles &tiles, tile::ContractOp op) {
  const Layout to = tiles.place(op.getResult()).layout;
  auto laneOf = [&](Value operand) -> StringRef {
    return tiles.contains(operand) ? tiles.place(operand).layout.lane() : StringRef();
  };
  auto isOver = [&](StringRef axis) {
    return llvm::any_of(op.getOver(), [&](Attribute name) { return cast<StringAttr>(name).getValue() == axis; });
  };
  auto fits = [&](StringRef axis) { // every operand that has the axis has it as its lanes
    return llvm::all_of(ValueRange{op.getA(), op.getB()}, [&](Value operand) {
      return !cast<TileType>(operand.getType()).has(axis) || !tiles.contains(operand) || laneOf(operand) == axis;
    });
  };
  bool overPanels = scope.panel && isOver(scope.plan().panel);
  bool bothOver = isOver("time") && isOver("source") && op.getMask() != tile::Mask::None;
  if (!overPanels && !bothOver && !to.axes.empty() && fits(to.lane()) &&
      !(op.getMask() != tile::Mask::None && (to.lane() == "time" || to.lane() == "source")))
    return emitLanes(scope, tiles, op);
  // Dots are by blocks of time and source where a mask keeps both: each of another operand.
  auto isSplit = [&](StringRef x, StringRef y) {
    auto a = cast<TileType>(op.getA().getType()), b = cast<TileType>(op.getB().getType());
    return a.has(x) && !b.has(x) && b.has(y) && !a.has(y);
  };
  const bool keepsMasked = op.getMask() != tile::Mask::None && !isOver("time") && !isOver("source");
  const bool fitsMask = !keepsMasked || isSplit("time", "source") || isSplit("source", "time");
  StringRef inner = laneOf(op.getA()).empty() || !isOver(laneOf(op.getA())) ? laneOf(op.getB()) : laneOf(op.getA());
  if (fitsMask && !bothOver && !inner.empty() && isOver(inner) && fits(inner))
    return emitDots(scope, tiles, op);
  emitEntries(scope, tiles, op);
}
