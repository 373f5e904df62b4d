// Parts and names of tiles, and their other number type.
//
//     row     y = x[time = index]            split   y[i] = x[from + i]        cast  y = x in another type
//     rename  y = x under another name       join    y = x1, x2, ... one after the other
#include "lowering/cpu/Emitters.h"

using namespace mlir;
using namespace mixc;
using namespace mixc::cpu;
using tile::Axis;
using tile::TileType;

// Entry by entry: a vector of one type is not whole vectors of the other.
void mixc::cpu::emitCast(const Scope &scope, Tiles &tiles, tile::CastOp op) {
  Access in(scope, tiles, op.getLoc());
  const Layout layout = in.place(op.getResult()).layout;
  const Type type = layout.elementType;
  auto convert = [&](Value x) -> Value {
    if (x.getType() == type)
      return x;
    if (type.isF32())
      return arith::TruncFOp::create(in.b, in.loc, type, x);
    return arith::ExtFOp::create(in.b, in.loc, type, x);
  };
  in.forEachEntry(layout.axes, [&](const Point &point) {
    in.putEntry(op.getResult(), point, convert(in.fetchEntry(op.getX(), point)));
  });
}

void mixc::cpu::emitRow(const Scope &scope, Tiles &tiles, tile::RowOp op) {
  Access in(scope, tiles, op.getLoc());
  const Layout layout = in.place(op.getResult()).layout;
  Value row = in.index(static_cast<int64_t>(op.getIndex()));
  in.forEachVector(layout, [&](const Point &point, int64_t n) {
    in.put(op.getResult(), point, in.fetch(op.getX(), point.with("time", row), layout.lane(), n));
  });
}

/// Another name is another view of the same buffer.
static Place renamed(Place place, tile::RenameOp op) {
  auto type = cast<TileType>(op.getResult().getType());
  for (Axis &axis : place.layout.axes)
    if (axis.str() == op.getFrom())
      axis = type.getAxes()[type.find(op.getTo())];
  return place;
}

/// Do both lie in the same vectors? They do where no vector ends, or crosses into another panel, within a row.
static bool haveSameVectors(const KernelPlan &plan, const Layout &from, const Layout &to, StringRef source) {
  const int64_t n = to.lanes(plan);
  return from.lane() == source && from.lanes(plan) == n && to.axes.back().extent % n == 0 &&
         (plan.panels() == 1 || plan.width % n == 0);
}

// A rename of the panel axis changes the layout, so it copies.
void mixc::cpu::emitRename(const Scope &scope, Tiles &tiles, tile::RenameOp op) {
  Access in(scope, tiles, op.getLoc());
  if (!planOf(op).getPlace())
    return tiles.set(op.getResult(), renamed(in.place(op.getX()), op));
  const Layout from = in.place(op.getX()).layout, to = in.place(op.getResult()).layout;
  const StringRef source = to.lane() == op.getTo() ? op.getFrom() : to.lane();
  auto before = [&](const Point &point) { return point.with(op.getFrom(), point.at(op.getTo())); };
  if (haveSameVectors(scope.plan(), from, to, source) && !scope.panel)
    return in.forEachVector(to, [&](const Point &point, int64_t n) {
      in.put(op.getResult(), point, in.fetch(op.getX(), before(point), source, n));
    });
  in.forEachEntry(cast<TileType>(op.getResult().getType()).getAxes(), [&](const Point &point) {
    in.putEntry(op.getResult(), point, in.fetchEntry(op.getX(), before(point)));
  });
}

void mixc::cpu::emitSplit(const Scope &scope, Tiles &tiles, tile::SplitOp op) {
  Access in(scope, tiles, op.getLoc());
  in.forEachEntry(cast<TileType>(op.getResult().getType()).getAxes(), [&](const Point &point) {
    Value at = in.add(point.at(op.getAxis()), static_cast<int64_t>(op.getFrom()));
    in.putEntry(op.getResult(), point, in.fetchEntry(op.getX(), point.with(op.getAxis(), at)));
  });
}

void mixc::cpu::emitJoin(const Scope &scope, Tiles &tiles, tile::JoinOp op) {
  Access in(scope, tiles, op.getLoc());
  int64_t from = 0;
  for (Value part : op.getParts()) {
    auto type = cast<TileType>(part.getType());
    in.forEachEntry(type.getAxes(), [&](const Point &point) {
      Point joined = point.with(op.getAxis(), in.add(point.at(op.getAxis()), from));
      in.putEntry(op.getResult(), joined, in.fetchEntry(part, point));
    });
    from += type.extent(op.getAxis());
  }
}
