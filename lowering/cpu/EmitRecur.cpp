//     y_t = a_t y_{t-1} + b_t
//
// One carried vector for every vector of the other axes. Each block of tokens starts anew: what another one carries is
// not even multiplied by 0.
#include "lowering/cpu/Emitters.h"

using namespace mlir;
using namespace mixc;
using namespace mixc::cpu;
using tile::TileType;

void mixc::cpu::emitRecur(const Scope &scope, Tiles &tiles, tile::RecurOp op) {
  Access in(scope, tiles, op.getLoc());
  const Layout to = in.place(op.getResult()).layout;
  const int64_t time = cast<TileType>(op.getResult().getType()).extent("time");
  const auto rows = op.getBlocks() ? static_cast<int64_t>(op.getBlocks()) : time;
  const LanesAcross across(in, to, {"time"});
  in.forEachVector(across.layout, [&](const Point &point, int64_t n) {
    Value start =
        op.getInit() ? in.fetch(op.getInit(), point, across.lane(), n) : in.number(0, in.vector(n, to.elementType));
    in.blocks(time, rows, [&](Value first, int64_t count) {
      in.loop(0, count, 1, {start}, [&](Value i, ValueRange carried) -> Code::Values {
        Value within = op.getReverse() ? arith::SubIOp::create(in.b, in.loc, in.index(count - 1), i).getResult() : i;
        Point at = point.with("time", in.add(first, within));
        Value a = in.fetch(op.getA(), at, across.lane(), n), y = carried[0];
        Value next = in.bounded(in.fma(a, y, in.fetch(op.getB(), at, across.lane(), n)), op.getMost());
        across.put(in, to, op.getResult(), at, op.getExclusive() ? y : next);
        return {next};
      });
    });
  });
}
