#include "lowering/adjoint/StepsAdjoint.h"
#include "dialect/tile/TileBuilder.h"
#include "dialect/tile/TileVerify.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace mixc;
using namespace mixc::tile;

namespace {

/// A carried tile that does nothing but collect what is stacked: c_t = (p_t = s) ? w_t : c_{t-1}, with the positions p
/// of tokens and s along an axis. Before token t it is (s < p_t) ? w_s : c_0.
struct Collected {
  unsigned stacked = 0;  // the result w
  unsigned position = 0; // the body's argument p
  Value along;           // s
};

} // namespace

static std::optional<Collected> findCollected(StepsOp op, unsigned i) {
  Block &body = op.getBody().front();
  Operation *yield = body.getTerminator();
  auto map = yield->getOperand(i).getDefiningOp<MapOp>();
  if (!map || op.getReverse() || !op.getInits()[i].getDefiningOp<ConstantOp>())
    return std::nullopt;
  auto inputOf = [&](Value scalar) -> Value {
    auto argument = dyn_cast<BlockArgument>(scalar);
    return argument ? Value(map.getInputs()[argument.getArgNumber()]) : Value();
  };
  auto chosen = map.getBody().front().getTerminator()->getOperand(0).getDefiningOp<arith::SelectOp>();
  auto isHere = chosen ? chosen.getCondition().getDefiningOp<arith::CmpFOp>() : arith::CmpFOp();
  if (!isHere || isHere.getPredicate() != arith::CmpFPredicate::OEQ ||
      inputOf(chosen.getFalseValue()) != body.getArgument(i))
    return std::nullopt;
  Collected found;
  for (unsigned r = op.getInits().size(); r < yield->getNumOperands(); ++r)
    if (yield->getOperand(r) == inputOf(chosen.getTrueValue()))
      found.stacked = r;
  for (auto [x, y] : {std::pair(isHere.getLhs(), isHere.getRhs()), std::pair(isHere.getRhs(), isHere.getLhs())}) {
    auto position = dyn_cast_if_present<BlockArgument>(inputOf(x));
    Value along = inputOf(y);
    if (!position || position.getOwner() != &body || !along || !along.getDefiningOp<IotaOp>())
      continue;
    auto positions = op.operandOf(position).getDefiningOp<IotaOp>();
    if (positions && typeOf(positions).hasTime())
      found.position = position.getArgNumber(), found.along = along;
  }
  if (!found.stacked || !found.along)
    return std::nullopt;
  const Axis &axis = typeOf(found.along).getAxes()[0];
  TileType rows = typeOf(op.getResult(found.stacked)), carried = typeOf(body.getArgument(i));
  bool fits = rows.extent("time") == axis.extent && carried.has(axis.str()) &&
              areSame(carried.without(axis.str()).getAxes(), rows.without("time").getAxes());
  return fits ? std::optional(found) : std::nullopt;
}

/// All carried tiles, if they all are collected ones; else none.
static SmallVector<Collected> findCollected(StepsOp op) {
  SmallVector<Collected> all;
  for (unsigned i = 0; i < op.getInits().size(); ++i)
    if (std::optional<Collected> found = findCollected(op, i))
      all.push_back(*found);
    else
      return {};
  return all;
}

bool mixc::isKnownByItsRows(StepsOp op) { return !findCollected(op).empty(); }

/// The same steps, which also stack each carried tile as it was before the token: after the results that there were.
static StepsOp stackCarried(StepsOp op, OpBuilder &builder) {
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPoint(op);
  Block &body = op.getBody().front();
  unsigned carried = op.getInits().size();
  Axis time{AxisKind::Time, builder.getStringAttr("time"),
            static_cast<int64_t>(op->getParentOfType<ChunksOp>().getSize())};
  SmallVector<Type> types(op.getResultTypes());
  for (Value argument : body.getArguments().take_front(carried)) {
    SmallVector<Axis> axes{time};
    llvm::append_range(axes, typeOf(argument).getAxes());
    types.push_back(TileType::get(builder.getContext(), axes, typeOf(argument).getElementType()));
  }
  auto more =
      StepsOp::create(builder, op.getLoc(), types, op.getInits(), op.getRows(), op.getOthers(), op.getReverse());
  more.getBody().takeBody(op.getBody());
  Operation *yield = more.getBody().front().getTerminator();
  yield->insertOperands(yield->getNumOperands(), more.getBody().front().getArguments().take_front(carried));
  op.replaceAllUsesWith(more.getResults().take_front(op.getNumResults()));
  return more;
}

namespace {

/// The reversed steps in the making: operands and the body's arguments, group by group.
class Reversed {
public:
  /// Of steps whose carried tiles are collected, or stacked after the other results.
  Reversed(StepsOp op, ArrayRef<Collected> collected, const DenseSet<Value> &active, OpBuilder &builder,
           Cotangents &cotangents, GradientOf gradientOf)
      : op(op), collected(collected), active(active), builder(builder), outside(cotangents), gradientOf(gradientOf),
        loc(op.getLoc()), tiles(builder, loc), forward(op.getBody().front()) {}

  LogicalResult build(SmallVector<Value> bars);

private:
  Value argumentFor(SmallVectorImpl<Value> &group, Value operand, Type type) {
    group.push_back(operand);
    return body->addArgument(type, loc);
  }
  Value rowFor(Value tile) { return argumentFor(rows, tile, typeOf(tile).without("time")); }
  Value cotangentOf(Value value) {
    Value bar = inside.lookup(value);
    return bar ? bar : tiles.zero(typeOf(value));
  }
  Value before(unsigned i, const IRMapping &mapping);
  void handOut(StepsOp steps);

  StepsOp op;
  ArrayRef<Collected> collected;
  const DenseSet<Value> &active;
  OpBuilder &builder;
  Cotangents &outside;
  GradientOf gradientOf;
  Location loc;
  TileBuilder tiles;
  Block &forward;
  Block *body = nullptr;
  Cotangents inside; // of the body's values
  SmallVector<Value> inits, rows, others;
  SmallVector<std::pair<LoadOp, Value>> loads; // in the body, and the gradient's tensor
  SmallVector<unsigned> sumsOf, rowsOf;        // operands of op, by result of the reversed steps
};

} // namespace

/// A collected tile before the present token.
Value Reversed::before(unsigned i, const IRMapping &mapping) {
  Value stacked = op.getResult(collected[i].stacked), along = collected[i].along;
  const Axis &axis = typeOf(along).getAxes()[0];
  SmallVector<Axis> axes(typeOf(stacked).getAxes());
  axes[typeOf(stacked).find("time")] = axis;
  auto type = TileType::get(builder.getContext(), axes, typeOf(stacked).getElementType());
  Value rows = argumentFor(others, RenameOp::create(builder, loc, type, stacked, "time", axis.str()), type);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToEnd(body);
  Value start = builder.clone(*op.getInits()[i].getDefiningOp())->getResult(0);
  Value positions = builder.clone(*along.getDefiningOp())->getResult(0);
  Value position = mapping.lookup(Value(forward.getArgument(collected[i].position)));
  auto choose = [](OpBuilder &b, Location at, ValueRange x) -> Value {
    Value isBefore = arith::CmpFOp::create(b, at, arith::CmpFPredicate::OLT, x[0], x[1]);
    return arith::SelectOp::create(b, at, isBefore, x[2], x[3]);
  };
  return tiles.map({positions, position, rows, start}, choose, typeOf(forward.getArgument(i)));
}

LogicalResult Reversed::build(SmallVector<Value> bars) {
  unsigned carried = op.getInits().size(), firstOther = carried + op.getRows().size();
  OpBuilder::InsertPoint around = builder.saveInsertionPoint();
  // Arguments come in groups: carried, rows, others.
  Region region;
  body = &region.emplaceBlock();
  SmallVector<Value> starts, barsOfCarried(carried), sums(op->getNumOperands()), barRows(op.getNumResults());
  IRMapping mapping;
  for (unsigned i = 0; i < carried; ++i)
    barsOfCarried[i] =
        argumentFor(inits, bars[i] ? bars[i] : tiles.zero(typeOf(op.getInits()[i])), op.getInits()[i].getType());
  for (unsigned j = firstOther; j < op->getNumOperands(); ++j)
    if (active.contains(op->getOperand(j))) {
      Type type = op->getOperand(j).getType();
      sums[j] = argumentFor(inits, tiles.zero(cast<TileType>(type)), type);
      sumsOf.push_back(j);
    }
  unsigned results = bars.size(); // what was there before the carried tiles were stacked
  for (unsigned i = 0; i < carried && collected.empty(); ++i)
    mapping.map(forward.getArgument(i), rowFor(op.getResult(results + i)));
  for (unsigned r = carried; r < firstOther; ++r)
    mapping.map(forward.getArgument(r), rowFor(op->getOperand(r)));
  for (unsigned r = carried; r < results; ++r)
    if (bars[r])
      barRows[r] = rowFor(bars[r]);
  for (unsigned j = firstOther; j < op->getNumOperands(); ++j)
    mapping.map(forward.getArgument(j), argumentFor(others, op->getOperand(j), op->getOperand(j).getType()));
  for (unsigned i = 0; i < collected.size(); ++i)
    mapping.map(forward.getArgument(i), before(i, mapping));

  builder.setInsertionPointToEnd(body);
  for (Operation &inner : forward.without_terminator()) {
    auto again = dyn_cast<LoadOp>(builder.clone(inner, mapping));
    if (!again)
      continue;
    auto tensor = cast<BlockArgument>(cast<LoadOp>(inner).getTensor());
    Value gradient = gradientOf ? gradientOf(op.operandOf(tensor)) : Value();
    if (!gradient)
      return again.emitError("inside `tile.steps` has no tensor for its gradient");
    OpBuilder::InsertionGuard guard(builder);
    loads.emplace_back(again, argumentFor(others, gradient, gradient.getType()));
  }
  for (auto [i, yielded] : llvm::enumerate(forward.getTerminator()->getOperands().take_front(results)))
    if (Value bar = i < carried ? barsOfCarried[i] : barRows[i])
      addTo(inside, mapping.lookup(yielded), bar, builder, loc);

  SmallVector<Value> wanted;
  for (auto [j, argument] : llvm::enumerate(forward.getArguments()))
    if (j < carried || active.contains(op->getOperand(j)))
      wanted.push_back(mapping.lookup(argument));
  for (auto [load, gradient] : loads)
    wanted.push_back(load.getResult());
  if (failed(differentiate(*body, wanted, builder, inside, gradientOf)))
    return failure();
  for (auto [load, gradient] : loads)
    if (Value bar = inside.lookup(load.getResult()))
      StoreOp::create(builder, loc, bar, gradient, Value(), 0, 0, /*next=*/false, /*add=*/true);

  SmallVector<Value> yields;
  for (unsigned i = 0; i < carried; ++i)
    yields.push_back(cotangentOf(mapping.lookup(Value(forward.getArgument(i)))));
  for (unsigned j : sumsOf) {
    Value part = inside.lookup(mapping.lookup(Value(forward.getArgument(j))));
    yields.push_back(part ? tiles.add(sums[j], part) : sums[j]);
  }
  SmallVector<Type> types(ValueRange(inits).getTypes());
  for (unsigned r = carried; r < firstOther; ++r)
    if (active.contains(op->getOperand(r))) {
      Value row = cotangentOf(mapping.lookup(Value(forward.getArgument(r))));
      SmallVector<Axis> axes{typeOf(op->getOperand(r)).getAxes()[typeOf(op->getOperand(r)).find("time")]};
      llvm::append_range(axes, typeOf(row).getAxes());
      types.push_back(TileType::get(builder.getContext(), axes, typeOf(row).getElementType()));
      yields.push_back(row);
      rowsOf.push_back(r);
    }
  YieldOp::create(builder, loc, yields);
  builder.restoreInsertionPoint(around);
  auto steps = StepsOp::create(builder, loc, types, inits, rows, others, !op.getReverse());
  steps.getBody().takeBody(region);
  handOut(steps);
  return success();
}

void Reversed::handOut(StepsOp steps) {
  unsigned at = 0;
  for (unsigned i = 0; i < op.getInits().size(); ++i, ++at)
    if (active.contains(op.getInits()[i]))
      addTo(outside, op.getInits()[i], steps.getResult(at), builder, loc);
  for (unsigned j : sumsOf)
    addTo(outside, op->getOperand(j), steps.getResult(at++), builder, loc);
  for (unsigned r : rowsOf) {
    Value stacked = steps.getResult(at++);
    TileType type = typeOf(op->getOperand(r));
    auto rows = TileType::get(builder.getContext(), {type.getAxes()[type.find("time")]}, builder.getI1Type());
    Value valid = ValidOp::create(builder, loc, rows);
    Value none = tiles.zeroEntry(type.getElementType());
    addTo(outside, op->getOperand(r), SelectOp::create(builder, loc, type, valid, stacked, none), builder, loc);
  }
}

LogicalResult mixc::buildStepsAdjoint(StepsOp op, const DenseSet<Value> &active, OpBuilder &builder,
                                      Cotangents &cotangents, GradientOf gradientOf) {
  SmallVector<Value> bars =
      llvm::map_to_vector(op.getResults(), [&](Value result) { return cotangents.lookup(result); });
  if (llvm::none_of(bars, [](Value bar) { return static_cast<bool>(bar); }))
    return success();
  for (Value result : op.getResults())
    cotangents.erase(result);
  SmallVector<Collected> collected = findCollected(op);
  StepsOp more = collected.empty() ? stackCarried(op, builder) : op;
  if (more != op)
    op.erase();
  return Reversed(more, collected, active, builder, cotangents, gradientOf).build(bars);
}
