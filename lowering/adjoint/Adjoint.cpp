// The adjoint of each tile op, with y = op(...) and y' given. Indices that an operand lacks are summed over.
//
//   contract  y = acc + sum_over m a b:     acc' = y', a' = sum m y' b, b' = sum m y' a, with the same mask m
//             of a a, one product:            a' = sum m 2y' a
//   select    y = m ? u : v:                u' = m ? y' : 0, v' = m ? 0 : y'
//   reduce    y = sum x:                    x' = y'             y = max x: x' = (x = y) y' / number of x equal to y
//             y = x_1 .. x_C:               x'_t = y' (x_1 .. x_{t-1}) (x_{t+1} .. x_C), running products,
//                                           none a quotient
//   recur     y_t = a_t y_{t-1} + b_t:      b'_t = y'_t + a_{t+1} b'_{t+1}, a'_t = b'_t y_{t-1}, init' = a_0 b'_0
//             where a_{t+1} b'_{t+1} is recur(a, a y') in the other direction, exclusive;
//             exclusive, z_t = y_{t-1}: b' is recur(a, z') in the other direction, exclusive, and init' its last carry
//   solve     X + tril(L,-1) X = B:         B' solves the transpose for X', L'_ts = -B'_t . X_s for s < t
//                                           (and L'_tsmn = -B'_tm . X_sn for s < t, and for s = t where n < m)
//   row, split, join, rename, cast          the rows, parts, names and types put back
#include "lowering/adjoint/Adjoint.h"
#include "dialect/tile/TileBuilder.h"
#include "dialect/tile/Visit.h"
#include "lowering/adjoint/MapAdjoint.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mixc;
using namespace mixc::tile;

namespace {

/// One op's adjoint in the making.
class AdjointBuilder {
public:
  AdjointBuilder(Operation *op, Value bar, const BitVector &needed, OpBuilder &builder, SmallVectorImpl<Value> &out)
      : builder(builder), loc(op->getLoc()), tiles(builder, loc), bar(bar), needed(needed), out(out) {
    out.assign(op->getNumOperands(), Value());
  }

  LogicalResult build(MapOp op);
  LogicalResult build(ContractOp op);
  LogicalResult build(SelectOp op);
  LogicalResult build(ReduceOp op);
  LogicalResult build(RecurOp op);
  LogicalResult build(SolveOp op);
  LogicalResult build(RowOp op);
  LogicalResult build(RenameOp op);
  LogicalResult build(SplitOp op);
  LogicalResult build(JoinOp op);
  LogicalResult build(CastOp op);
  /// Of masks, positions and numbers; what loads give the caller collects.
  template <OneOf<ConstantOp, IotaOp, ValidOp, PresentOp, LoadOp, InitOp> T> LogicalResult build(T) {
    return success();
  }
  /// What has no one result, and what is no op of a straight line.
  template <OneOf<KernelOp, ChunksOp, StepsOp, YieldOp, StopOp, StoreOp, FinalOp, BufferOp, HistoryOp, HistoryGradOp> T>
  LogicalResult build(T op) {
    return op.emitOpError("has no adjoint");
  }

private:
  Value contract(Value x, Value y, TileType result, Mask mask);
  Value rename(Value x, StringRef from, const Axis &to);
  Value recur(Value a, Value b, bool reverse, bool exclusive, Value init = {}, int64_t blocks = 0,
              APFloat most = APFloat(0.0));
  Value row(Value x, int64_t index);
  Value iota(const Axis &axis, Type elementType) {
    return IotaOp::create(builder, loc, TileType::get(bar.getContext(), {axis}, elementType));
  }

  OpBuilder &builder;
  Location loc;
  TileBuilder tiles;
  Value bar;
  const BitVector &needed;
  SmallVectorImpl<Value> &out;
};

} // namespace

//===-- Ops of the result ---------------------------------------------------------------------------------------===//

/// The sum of products over the axes that `result` lacks.
Value AdjointBuilder::contract(Value x, Value y, TileType result, Mask mask) {
  SmallVector<StringRef> over;
  for (const Axis &axis : unite(typeOf(x).getAxes(), typeOf(y).getAxes()))
    if (!result.has(axis.str()))
      over.push_back(axis.str());
  return ContractOp::create(builder, loc, result, x, y, Value(), builder.getStrArrayAttr(over), mask);
}

Value AdjointBuilder::rename(Value x, StringRef from, const Axis &to) {
  return tiles.rename(x, typeOf(x).getAxes()[typeOf(x).find(from)], to);
}

Value AdjointBuilder::recur(Value a, Value b, bool reverse, bool exclusive, Value init, int64_t blocks, APFloat most) {
  return RecurOp::create(builder, loc, typeOf(b), a, b, init, reverse, exclusive, blocks, most);
}

Value AdjointBuilder::row(Value x, int64_t index) {
  return RowOp::create(builder, loc, typeOf(x).without("time"), x, index);
}

//===-- Rules ---------------------------------------------------------------------------------------------------===//

LogicalResult AdjointBuilder::build(MapOp op) {
  for (unsigned i : needed.set_bits()) {
    FailureOr<Value> part = buildMapAdjoint(op, i, bar, builder);
    if (failed(part))
      return failure();
    out[i] = *part;
  }
  return success();
}

LogicalResult AdjointBuilder::build(ContractOp op) {
  Value a = op.getA(), b = op.getB();
  const bool isSquare = a == b;
  Value barA = isSquare ? tiles.add(bar, bar) : bar;
  if (needed[0])
    out[0] = contract(barA, b, typeOf(a), op.getMask());
  if (needed[1] && !isSquare)
    out[1] = contract(bar, a, typeOf(b), op.getMask());
  if (op.getAcc() && needed[2])
    out[2] = bar;
  return success();
}

LogicalResult AdjointBuilder::build(SelectOp op) {
  if (needed[1])
    out[1] = tiles.sumTo(tiles.where(op.getMask(), bar), typeOf(op.getX()));
  if (needed[2])
    out[2] = tiles.sumTo(tiles.whereNot(op.getMask(), bar), typeOf(op.getY()));
  return success();
}

LogicalResult AdjointBuilder::build(ReduceOp op) {
  if (!needed[0])
    return success();
  Value x = op.getX();
  if (op.getKind() == ReduceKind::Add) {
    out[0] = tiles.broadcast(bar, typeOf(x));
    return success();
  }
  Type element = typeOf(x).getElementType();
  if (op.getKind() == ReduceKind::Mul) {
    Value none = tiles.zero(typeOf(x));
    Value one =
        ConstantOp::create(builder, loc, TileType::get(bar.getContext(), {}, element), builder.getF64FloatAttr(1));
    Value before = recur(x, none, /*reverse=*/false, /*exclusive=*/true, one, 0, op.getMost());
    Value after = recur(x, none, /*reverse=*/true, /*exclusive=*/true, one, 0, op.getMost());
    out[0] = tiles.multiply(tiles.multiply(before, bar), after);
    return success();
  }
  auto attained = [&](OpBuilder &b, Value x, Value most) -> Value {
    return arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ, x, most);
  };
  auto number = [&](OpBuilder &b, double x) { return scalarConstant(b, loc, element, x); };
  Value ties = tiles.map(
      {x, op.getResult()},
      [&](OpBuilder &b, Location, ValueRange z) -> Value {
        return arith::SelectOp::create(b, loc, attained(b, z[0], z[1]), number(b, 1), number(b, 0));
      },
      typeOf(x));
  Value count = tiles.sumTo(ties, typeOf(op.getResult()));
  out[0] = tiles.map(
      {x, op.getResult(), bar, count},
      [&](OpBuilder &b, Location, ValueRange z) -> Value {
        Value share = arith::DivFOp::create(b, loc, z[2], z[3]);
        return arith::SelectOp::create(b, loc, attained(b, z[0], z[1]), share, number(b, 0));
      },
      typeOf(x));
  return success();
}

LogicalResult AdjointBuilder::build(RecurOp op) {
  Value a = op.getA(), b = op.getB(), init = op.getInit();
  const bool back = !op.getReverse(), exclusive = op.getExclusive();
  const int64_t blocks = op.getBlocks(), rows = blocks ? blocks : typeOf(b).extent("time");
  // What the reversed recurrence carries from later tokens, after its own factor: a_{t+1} b'_{t+1}, if exclusive with
  // y'.
  Value source = exclusive ? bar : tiles.multiply(bar, a);
  // What grows one way grows the other, and is 0 times finite where it meets an entry that is 0: bounded alike.
  Value carried = recur(a, source, back, /*exclusive=*/true, {}, blocks, op.getMost());
  Value barB = exclusive ? carried : tiles.add(bar, carried);
  if (needed[0]) {
    Value before =
        exclusive ? op.getResult() : recur(a, b, op.getReverse(), /*exclusive=*/true, init, blocks, op.getMost());
    out[0] = tiles.sumTo(tiles.multiply(barB, before), typeOf(a));
  }
  if (needed[1])
    out[1] = barB;
  if (init && needed[2]) {
    // The last carry is what leaves at the end where the recurrence began, in every block.
    Value all = recur(a, source, back, /*exclusive=*/false, {}, blocks, op.getMost()), sum;
    for (int64_t first = 0; first < typeOf(b).extent("time"); first += rows) {
      Value last = row(all, back ? first : std::min(first + rows, typeOf(b).extent("time")) - 1);
      sum = sum ? tiles.add(sum, last) : last;
    }
    out[2] = tiles.sumTo(sum, typeOf(init));
  }
  return success();
}

LogicalResult AdjointBuilder::build(SolveOp op) {
  Value l = op.getL(), x = op.getResult();
  Value barB =
      SolveOp::create(builder, loc, typeOf(op.getB()), l, bar, op.getRowAttr(), op.getColumnAttr(), !op.getTranspose());
  if (needed[1])
    out[1] = barB;
  if (needed[0]) {
    auto axisOfL = [&](StringRef name) { return typeOf(l).getAxes()[typeOf(l).find(name)]; };
    // For the transpose, L'_ts = -(X_t . B'_s).
    Value rows = op.getTranspose() ? x : barB,
          columns = rename(op.getTranspose() ? barB : x, "time", axisOfL("source"));
    if (op.getRow())
      columns = rename(columns, *op.getRow(), axisOfL(*op.getColumn()));
    Value products = contract(rows, columns, typeOf(l), op.getRow() ? Mask::Lower : Mask::Strict);
    if (!op.getRow()) {
      out[0] = tiles.negate(products);
      return success();
    }
    SmallVector<Value> inputs = {products};
    for (StringRef name : {StringRef("time"), StringRef("source"), *op.getRow(), *op.getColumn()})
      inputs.push_back(iota(axisOfL(name), typeOf(l).getElementType()));
    out[0] = tiles.map(
        inputs,
        [&](OpBuilder &b, Location, ValueRange x) -> Value {
          Value isEarlier = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OLT, x[2], x[1]);
          Value isBefore = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OLT, x[4], x[3]);
          Value zero = scalarConstant(b, loc, x[0].getType(), 0);
          Value isRead = arith::OrIOp::create(b, loc, isEarlier, isBefore); // no pair has s > t: it is masked
          return arith::SelectOp::create(b, loc, isRead, arith::NegFOp::create(b, loc, x[0]), zero);
        },
        typeOf(l));
  }
  return success();
}

LogicalResult AdjointBuilder::build(RowOp op) {
  if (!needed[0])
    return success();
  TileType x = typeOf(op.getX());
  Value iota = this->iota(x.getAxes()[x.find("time")], x.getElementType());
  out[0] = tiles.map(
      {iota, bar},
      [&](OpBuilder &b, Location, ValueRange z) -> Value {
        auto number = [&](double value) { return scalarConstant(b, loc, x.getElementType(), value); };
        Value isHere =
            arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ, z[0], number(static_cast<double>(op.getIndex())));
        return arith::SelectOp::create(b, loc, isHere, z[1], number(0));
      },
      x);
  return success();
}

LogicalResult AdjointBuilder::build(RenameOp op) {
  TileType x = typeOf(op.getX());
  if (needed[0])
    out[0] = rename(bar, op.getTo(), x.getAxes()[x.find(op.getFrom())]);
  return success();
}

LogicalResult AdjointBuilder::build(SplitOp op) {
  if (!needed[0])
    return success();
  TileType x = typeOf(op.getX());
  int64_t from = op.getFrom(), extent = typeOf(bar).extent(op.getAxis());
  auto zeros = [&](int64_t count) -> Value {
    SmallVector<Axis> axes(x.getAxes());
    axes[x.find(op.getAxis())].extent = count;
    return tiles.zero(TileType::get(x.getContext(), axes, x.getElementType()));
  };
  SmallVector<Value> parts;
  if (from > 0)
    parts.push_back(zeros(from));
  parts.push_back(bar);
  if (int64_t rest = x.extent(op.getAxis()) - from - extent; rest > 0)
    parts.push_back(zeros(rest));
  out[0] = JoinOp::create(builder, loc, x, parts, op.getAxis());
  return success();
}

LogicalResult AdjointBuilder::build(JoinOp op) {
  int64_t from = 0;
  for (auto [i, part] : llvm::enumerate(op.getParts())) {
    if (needed[i])
      out[i] = SplitOp::create(builder, loc, part.getType(), bar, op.getAxis(), from);
    from += typeOf(part).extent(op.getAxis());
  }
  return success();
}

LogicalResult AdjointBuilder::build(CastOp op) {
  if (needed[0])
    out[0] = CastOp::create(builder, loc, op.getX().getType(), bar);
  return success();
}

LogicalResult mixc::buildAdjoint(Operation *op, Value resultCotangent, const BitVector &needed, OpBuilder &builder,
                                 SmallVectorImpl<Value> &operandCotangents) {
  AdjointBuilder adjoint(op, resultCotangent, needed, builder, operandCotangents);
  if (!isa<TileDialect>(op->getDialect()))
    return op->emitError("has no adjoint");
  return visitOp<LogicalResult>(op, [&](auto known) { return adjoint.build(known); });
}
