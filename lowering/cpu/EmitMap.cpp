//     y[point] = f(x1[point], x2[point], ...)        vector by vector along the lane axis of y
//
// A copy whose lanes are another axis than its source's (`turned`) goes square block by square block, transposed in
// registers.
#include "lowering/cpu/Emitters.h"

using namespace mlir;
using namespace mixc;
using namespace mixc::cpu;
using tile::Axis;

Value mixc::cpu::applyRegion(const Access &in, tile::MapOp op, const Point &point, StringRef lane, int64_t n) {
  OpBuilder &b = in.b;
  IRMapping values;
  Block &region = op.getBody().front();
  for (auto [argument, input] : llvm::zip(region.getArguments(), op.getInputs()))
    values.map(argument, in.fetch(input, point, lane, n));
  for (Operation &scalar : region.without_terminator()) {
    if (auto constant = dyn_cast<arith::ConstantOp>(scalar)) {
      auto entry = cast<TypedAttr>(constant.getValue());
      auto all = DenseElementsAttr::get(in.vector(n, constant.getType()), Attribute(entry));
      Value splatted = arith::ConstantOp::create(b, in.loc, cast<TypedAttr>(all));
      values.map(constant.getResult(), splatted);
      continue;
    }
    if (auto stop = dyn_cast<tile::StopOp>(scalar)) { // it told the adjoint
      values.map(stop.getResult(), values.lookup(stop.getX()));
      continue;
    }
    Operation *lanes = scalar.clone(values);
    for (Value result : lanes->getResults())
      result.setType(in.vector(n, result.getType()));
    if (isa<arith::AddFOp, arith::SubFOp, arith::MulFOp>(lanes))
      lanes->setAttr("fastmath", arith::FastMathFlagsAttr::get(b.getContext(), arith::FastMathFlags::contract));
    b.insert(lanes);
    for (auto [from, to] : llvm::zip(scalar.getResults(), lanes->getResults()))
      values.map(from, to);
  }
  return values.lookup(region.getTerminator()->getOperand(0));
}

/// Rows that are the columns of these: n vectors of n lanes, n a power of two, in log2 n rounds of swapping halves.
static void transpose(const Code &code, MutableArrayRef<Value> rows) {
  const auto n = static_cast<int64_t>(rows.size());
  for (int64_t half = n / 2; half > 0; half /= 2) {
    SmallVector<int64_t> low, high;
    for (int64_t lane = 0; lane < n; ++lane) {
      low.push_back(lane & half ? n + lane - half : lane);
      high.push_back(lane & half ? n + lane : lane + half);
    }
    for (int64_t i = 0; i < n; ++i) {
      if (i & half)
        continue;
      Value x = rows[i], y = rows[i + half];
      rows[i] = vector::ShuffleOp::create(code.b, code.loc, x, y, low);
      rows[i + half] = vector::ShuffleOp::create(code.b, code.loc, x, y, high);
    }
  }
}

/// Are both lane axes whole vectors?
static bool hasSquareBlocks(const KernelPlan &plan, const Layout &from, const Layout &to) {
  const int64_t n = from.lanes(plan);
  return to.lanes(plan) == n && n >= 2 && from.axes.back().extent % n == 0 && to.axes.back().extent % n == 0;
}

static void turnBlocks(const Access &in, tile::MapOp op, const Layout &from, const Layout &to) {
  const int64_t n = from.lanes(in.plan());
  SmallVector<Axis> others;
  for (const Axis &axis : to.axes)
    if (axis.str() != from.lane() && axis.str() != to.lane())
      others.push_back(axis);
  in.forEachEntry(others, [&](const Point &outer) {
    in.loop(0, from.axes.back().extent, n, [&](Value column) {
      in.loop(0, to.axes.back().extent, n, [&](Value row) {
        auto at = [&](int64_t i, int64_t j) {
          return outer.with(from.lane(), in.add(column, i)).with(to.lane(), in.add(row, j));
        };
        SmallVector<Value> rows;
        for (int64_t j = 0; j < n; ++j)
          rows.push_back(in.fetch(op.getInputs()[0], at(0, j), from.lane(), n));
        transpose(in, rows);
        for (int64_t i = 0; i < n; ++i)
          in.put(op.getResult(), at(i, 0), rows[i]);
      });
    });
  });
}

void mixc::cpu::emitMap(const Scope &scope, Tiles &tiles, tile::MapOp op) {
  Access in(scope, tiles, op.getLoc());
  const Layout layout = in.place(op.getResult()).layout;
  if (planOf(op).getTurned()) {
    const Layout from = in.place(op.getInputs()[0]).layout;
    if (hasSquareBlocks(scope.plan(), from, layout))
      return turnBlocks(in, op, from, layout);
  }
  in.forEachVector(layout, [&](const Point &point, int64_t n) {
    Value value = applyRegion(in, op, point, layout.lane(), n);
    in.put(op.getResult(), point, in.clearPadding(layout, point, value));
  });
}
