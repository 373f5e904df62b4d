#include "lowering/adjoint/StepsAdjoint.h"
#include "lowering/adjoint/Elementwise.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace mixc;
using namespace mixc::tile;

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
  Reversed(StepsOp op, const DenseSet<Value> &active, OpBuilder &builder, Cotangents &cotangents, GradientOf gradientOf)
      : op(op), active(active), builder(builder), outside(cotangents), gradientOf(gradientOf), loc(op.getLoc()),
        forward(op.getBody().front()) {}

  LogicalResult build(SmallVector<Value> bars);

private:
  Value argumentFor(SmallVectorImpl<Value> &group, Value operand, Type type) {
    group.push_back(operand);
    return body->addArgument(type, loc);
  }
  Value rowFor(Value tile) { return argumentFor(rows, tile, typeOf(tile).without("time")); }
  Value zero(Type type) { return buildZero(builder, loc, cast<TileType>(type)); }
  Value cotangentOf(Value value) {
    Value bar = inside.lookup(value);
    return bar ? bar : zero(value.getType());
  }
  LogicalResult storeLoads();
  void handOut(StepsOp steps);

  StepsOp op;
  const DenseSet<Value> &active;
  OpBuilder &builder;
  Cotangents &outside;
  GradientOf gradientOf;
  Location loc;
  Block &forward;
  Block *body = nullptr;
  Cotangents inside; // of the body's values
  SmallVector<Value> inits, rows, others;
  SmallVector<std::pair<LoadOp, Value>> loads;     // in the body, and the gradient's tensor
  SmallVector<unsigned> carriedOf, sumsOf, rowsOf; // operands of op, by result of the reversed steps
};

} // namespace

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
        argumentFor(inits, bars[i] ? bars[i] : zero(op.getInits()[i].getType()), op.getInits()[i].getType());
  for (unsigned j = firstOther; j < op->getNumOperands(); ++j)
    if (active.contains(op->getOperand(j))) {
      Type type = op->getOperand(j).getType();
      sums[j] = argumentFor(inits, zero(type), type);
      sumsOf.push_back(j);
    }
  unsigned results = op.getNumResults() - carried; // what was there before the carried tiles were stacked
  for (unsigned i = 0; i < carried; ++i)
    mapping.map(forward.getArgument(i), rowFor(op.getResult(results + i)));
  for (unsigned r = carried; r < firstOther; ++r)
    mapping.map(forward.getArgument(r), rowFor(op->getOperand(r)));
  for (unsigned r = carried; r < results; ++r)
    if (bars[r])
      barRows[r] = rowFor(bars[r]);
  for (unsigned j = firstOther; j < op->getNumOperands(); ++j)
    mapping.map(forward.getArgument(j), argumentFor(others, op->getOperand(j), op->getOperand(j).getType()));

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
    yields.push_back(part ? buildAdd(builder, loc, sums[j], part) : sums[j]);
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
    Value none = buildZero(builder, loc, TileType::get(builder.getContext(), {}, type.getElementType()));
    addTo(outside, op->getOperand(r), SelectOp::create(builder, loc, type, valid, stacked, none), builder, loc);
  }
}

LogicalResult mixc::buildStepsAdjoint(StepsOp op, const DenseSet<Value> &active, OpBuilder &builder,
                                      Cotangents &cotangents, GradientOf gradientOf) {
  SmallVector<Value> bars =
      llvm::map_to_vector(op.getResults(), [&](Value result) { return cotangents.lookup(result); });
  if (llvm::none_of(bars, [](Value bar) { return static_cast<bool>(bar); }))
    return success();
  StepsOp more = stackCarried(op, builder);
  for (Value result : op.getResults())
    cotangents.erase(result);
  op.erase();
  return Reversed(more, active, builder, cotangents, gradientOf).build(bars);
}
