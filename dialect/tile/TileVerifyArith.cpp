// Verifiers of the ops on tiles. A constraint's label is the name of the test that breaks it.
#include "dialect/tile/TileVerify.h"

using namespace mlir;
using namespace mixc::tile;

/// Every operand's axes are among the result's: operands are broadcast, and axes of one name agree.
static LogicalResult verifyBroadcast(Operation *op, TypeRange operands, TileType result) {
  for (Type type : operands)
    if (!isAmong(cast<TileType>(type).getAxes(), result.getAxes()))
      return op->emitOpError() << "cannot broadcast " << format(cast<TileType>(type).getAxes()) << " to "
                               << format(result.getAxes());
  return success();
}

LogicalResult IotaOp::verify() {
  // iota_c1: one axis.
  if (getResult().getType().rank() != 1)
    return emitOpError() << "counts along one axis, not " << format(getResult().getType().getAxes());
  return success();
}

//===-- Elementwise ---------------------------------------------------------------------------------------------===//

LogicalResult MapOp::verify() {
  Block &body = getBody().front();
  // map_c1: operands broadcast to the result.
  if (failed(verifyBroadcast(*this, getInputs().getTypes(), getResult().getType())))
    return failure();
  // map_c2: the region takes one scalar for every operand, of its element type.
  if (body.getNumArguments() != getInputs().size())
    return emitOpError() << "has " << getInputs().size() << " operands and a region of " << body.getNumArguments();
  for (auto [input, argument] : llvm::zip(getInputs(), body.getArguments()))
    if (cast<TileType>(input.getType()).getElementType() != argument.getType())
      return emitOpError() << "gives a region's " << argument.getType() << " entries of " << input.getType();
  // map_c3: the region yields one scalar of the result's element type.
  auto yield = dyn_cast<YieldOp>(body.getTerminator());
  if (!yield || yield.getNumOperands() != 1 || yield.getOperand(0).getType() != getResult().getType().getElementType())
    return emitOpError() << "does not yield one " << getResult().getType().getElementType();
  // map_c4: the region holds arith and math ops, and stop. (That they use nothing from outside is the op's trait.)
  for (Operation &op : body.without_terminator())
    if (!isa<StopOp>(op) && op.getName().getDialectNamespace() != "arith" &&
        op.getName().getDialectNamespace() != "math")
      return emitOpError() << "holds `" << op.getName() << "`: neither arith nor math";
  return success();
}

LogicalResult SelectOp::verify() {
  // select_c1: the mask is one.
  if (!getMask().getType().getElementType().isInteger(1))
    return emitOpError() << "masks by " << getMask().getType();
  // select_c2: operands broadcast to the result.
  if (failed(verifyBroadcast(*this, getOperandTypes(), getResult().getType())))
    return failure();
  // select_c3: one element type.
  return verifyOneElementType(*this, {getX().getType(), getY().getType(), getResult().getType()});
}

LogicalResult CastOp::verify() {
  // cast_c1: axes stay.
  if (failed(verifyAxes(*this, "result", getResult().getType().getAxes(), getX().getType().getAxes())))
    return failure();
  // cast_c2: between floats.
  if (!isa<FloatType>(getX().getType().getElementType()) || !isa<FloatType>(getResult().getType().getElementType()))
    return emitOpError("is between f32 and f64");
  return success();
}

//===-- Sums of products ----------------------------------------------------------------------------------------===//

LogicalResult ContractOp::verify() {
  TileType a = getA().getType(), b = getB().getType(), result = getResult().getType();
  // contract_c1: both operands have the contracted axes.
  if (failed(verifyOver(*this, getOver(), a)) || failed(verifyOver(*this, getOver(), b)))
    return failure();
  // contract_c2: axes of one name agree.
  for (const Axis &axis : a.getAxes())
    if (b.has(axis.str()) && !(b.getAxes()[b.find(axis.str())] == axis))
      return emitOpError() << "meets two axes `" << axis.str() << "`: " << format(a.getAxes()) << " and "
                           << format(b.getAxes());
  // contract_c3: the result has the axes that are left.
  SmallVector<Axis> all = unite(a.getAxes(), b.getAxes());
  if (failed(verifyAxes(*this, "result", result.getAxes(), drop(all, getOver()))))
    return failure();
  // contract_c4: so has acc.
  if (getAcc() && failed(verifyAxes(*this, "acc", getAcc().getType().getAxes(), result.getAxes())))
    return failure();
  // contract_c5: one element type.
  if (failed(verifyOneElementType(*this, {a, b, result, getAcc() ? getAcc().getType() : result})))
    return failure();
  // contract_c6: a mask speaks of (time, source), as many of each.
  bool both = (a.has("time") || b.has("time")) && (a.has("source") || b.has("source"));
  if (getMask() != Mask::None && !both)
    return emitOpError() << "has a mask, but no (time, source) in " << format(all);
  // contract_c7: where tokens meet tokens, a mask says which: so a token is contracted through a mask or into a state.
  if (getMask() == Mask::None && both)
    return emitOpError("lets all pairs (time, source) count, a mask is expected");
  return success();
}

LogicalResult ReduceOp::verify() {
  TileType x = getX().getType();
  // reduce_c1: the operand has the axes.
  if (failed(verifyOver(*this, getOver(), x)))
    return failure();
  // reduce_c2: the result has the others.
  if (failed(verifyAxes(*this, "result", getResult().getType().getAxes(), drop(x.getAxes(), getOver()))))
    return failure();
  // reduce_c3: one element type, or a product in f64.
  const bool isProduct = getKind() == ReduceKind::Mul;
  if (!isProduct || !getResult().getType().getElementType().isF64())
    if (failed(verifyOneElementType(*this, {x, getResult().getType()})))
      return failure();
  // reduce_c4: products are over time.
  if (isProduct && (getOver().size() != 1 || !x.hasTime() || cast<StringAttr>(getOver()[0]).getValue() != "time"))
    return emitOpError() << "multiplies over " << getOver() << ", expected [\"time\"]";
  // reduce_c5: only a product is bounded.
  if (!getMost().isZero() && !isProduct)
    return emitOpError("has a bound, but is no product");
  return success();
}

//===-- Along time ----------------------------------------------------------------------------------------------===//

LogicalResult RecurOp::verify() {
  TileType a = getA().getType(), b = getB().getType(), result = getResult().getType();
  // recur_c1: b has the time axis.
  if (!b.hasTime())
    return emitOpError() << "runs along time, but b is " << format(b.getAxes());
  // recur_c2: a broadcasts to b.
  if (failed(verifyBroadcast(*this, a, b)))
    return failure();
  // recur_c3: init broadcasts to one row of b.
  if (getInit() && failed(verifyBroadcast(*this, getInit().getType(), b.without("time"))))
    return failure();
  // recur_c4: the result has b's axes.
  if (failed(verifyAxes(*this, "result", result.getAxes(), b.getAxes())))
    return failure();
  // recur_c6: blocks have rows.
  if (static_cast<int64_t>(getBlocks()) < 0)
    return emitOpError() << "has blocks of " << static_cast<int64_t>(getBlocks()) << " rows";
  // recur_c5: one element type.
  return verifyOneElementType(*this, {a, b, result, getInit() ? getInit().getType() : result});
}

LogicalResult SolveOp::verify() {
  TileType l = getL().getType(), b = getB().getType();
  // solve_c1: L is (time, source), square; and (m, n), square, where unknowns of a token are coupled.
  if (l.rank() != (getRow() ? 4 : 2) || !l.has("time") || !l.has("source") || l.extent("time") != l.extent("source"))
    return emitOpError() << "has L with axes " << format(l.getAxes()) << ", expected (time, source) of one extent";
  // solve_c5: m and n are axes of L of one extent; B has m.
  if (getRow().has_value() != getColumn().has_value() ||
      (getRow() && (!l.has(*getRow()) || !l.has(*getColumn()) || *getRow() == *getColumn() || !b.has(*getRow()) ||
                    b.has(*getColumn()) || l.extent(*getRow()) != l.extent(*getColumn()) ||
                    l.extent(*getRow()) != b.extent(*getRow()))))
    return emitOpError() << "mixes axes that do not fit: L " << format(l.getAxes()) << ", B " << format(b.getAxes());
  // solve_c2: B has as many tokens, and no sources.
  if (!b.hasTime() || b.extent("time") != l.extent("time") || b.has("source"))
    return emitOpError() << "has B with axes " << format(b.getAxes()) << ", expected time:" << l.extent("time")
                         << " and no source";
  // solve_c3: X has B's axes.
  if (failed(verifyAxes(*this, "result", getResult().getType().getAxes(), b.getAxes())))
    return failure();
  // solve_c4: one element type.
  return verifyOneElementType(*this, {l, b, getResult().getType()});
}

//===-- Parts of a tile -----------------------------------------------------------------------------------------===//

LogicalResult RowOp::verify() {
  TileType x = getX().getType();
  // row_c1: the row exists.
  if (!x.hasTime() || static_cast<int64_t>(getIndex()) < 0 || static_cast<int64_t>(getIndex()) >= x.extent("time"))
    return emitOpError() << "takes row " << static_cast<int64_t>(getIndex()) << " of " << format(x.getAxes());
  // row_c2: the result has no time axis.
  if (failed(verifyAxes(*this, "result", getResult().getType().getAxes(), x.without("time").getAxes())))
    return failure();
  // row_c3: one element type.
  return verifyOneElementType(*this, {x, getResult().getType()});
}

LogicalResult RenameOp::verify() {
  TileType x = getX().getType(), result = getResult().getType();
  // rename_c1: there is an axis to rename, and its new name is not taken.
  if (!x.has(getFrom()) || (x.has(getTo()) && getTo() != getFrom()))
    return emitOpError() << "cannot call `" << getFrom() << "` `" << getTo() << "` in " << format(x.getAxes());
  // rename_c2: nothing else changes. The kind goes with the name.
  SmallVector<Axis> axes(x.getAxes());
  Axis &axis = axes[x.find(getFrom())];
  axis.name = getToAttr();
  if (int found = result.find(getTo()); found >= 0)
    axis.kind = result.getAxes()[found].kind;
  if (failed(verifyAxes(*this, "result", result.getAxes(), axes)))
    return failure();
  // rename_c3: one element type.
  return verifyOneElementType(*this, {x, result});
}

LogicalResult SplitOp::verify() {
  TileType x = getX().getType(), result = getResult().getType();
  // split_c1: both have the axis.
  if (!x.has(getAxis()) || !result.has(getAxis()))
    return emitOpError() << "splits along `" << getAxis() << "`, which " << format(x.getAxes()) << " or "
                         << format(result.getAxes()) << " lacks";
  // split_c2: the entries exist.
  auto from = static_cast<int64_t>(getFrom());
  if (from < 0 || from + result.extent(getAxis()) > x.extent(getAxis()))
    return emitOpError() << "takes " << result.extent(getAxis()) << " entries from " << from << " of `" << getAxis()
                         << ":" << x.extent(getAxis()) << "`";
  // split_c3: nothing else changes.
  SmallVector<Axis> axes(x.getAxes());
  axes[x.find(getAxis())].extent = result.extent(getAxis());
  if (failed(verifyAxes(*this, "result", result.getAxes(), axes)))
    return failure();
  // split_c4: one element type.
  return verifyOneElementType(*this, {x, result});
}

LogicalResult JoinOp::verify() {
  TileType result = getResult().getType();
  // join_c1: there are parts, and all have the axis.
  if (getParts().empty() || !result.has(getAxis()))
    return emitOpError() << "joins nothing along `" << getAxis() << "`";
  int64_t extent = 0;
  for (Value part : getParts()) {
    auto type = cast<TileType>(part.getType());
    if (!type.has(getAxis()))
      return emitOpError() << "joins along `" << getAxis() << "`, which " << format(type.getAxes()) << " lacks";
    extent += type.extent(getAxis());
    // join_c2: the parts differ in this axis' extent alone.
    SmallVector<Axis> axes(result.getAxes());
    axes[result.find(getAxis())].extent = type.extent(getAxis());
    if (failed(verifyAxes(*this, "part", type.getAxes(), axes)) || failed(verifyOneElementType(*this, {type, result})))
      return failure();
  }
  // join_c3: the result is as long as they are together.
  if (extent != result.extent(getAxis()))
    return emitOpError() << "joins " << extent << " entries of `" << getAxis() << "` to " << result.extent(getAxis());
  return success();
}
