// Computes in float64 what depends on params alone, and moves out of the chunk loop what does not depend on the chunk.
//
// A constant decay errs in one direction at every token: 1 - 1/500 in float32 is off by 2e-5 after 2,048 tokens. What
// follows from params and constants (and tile.valid, which selects it) is a few scalars, [time] or [time, source]
// tiles, so float64 costs nothing:
//
//     %g = load gamma : f32;  %p = recur(select(valid, %g, 1), ...) : f32
//       ->  %g = load gamma : f64;  %p = recur(select(valid, %g, 1), ...) : f64;  cast : f32 where float32 meets it
//
// Tiles with a key, value or free axis stay f32. So does what is exact in both (positions, 0 and 1), but where float64
// needs it: there it is computed a second time.
#include "lowering/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace mixc {
#define GEN_PASS_DEF_INFERPRECISION
#include "lowering/Passes.h.inc"
} // namespace mixc

using namespace mlir;
using namespace mixc;
using tile::AxisKind;
using tile::TileType;

namespace {

bool isSmall(TileType type) {
  return llvm::all_of(type.getAxes(), [](const tile::Axis &axis) {
    return axis.kind == AxisKind::Time || axis.kind == AxisKind::Source || axis.extent == 1;
  });
}

bool isFloat(Type type) {
  auto tile = dyn_cast<TileType>(type);
  return tile && isa<FloatType>(tile.getElementType());
}

bool isExactInF32(double value) { return static_cast<double>(static_cast<float>(value)) == value; }

class Precision {
public:
  explicit Precision(tile::KernelOp kernel) : kernel(kernel), builder(kernel.getContext()) {}

  void run() {
    kernel.walk<WalkOrder::PreOrder>([&](Operation *op) { classify(op); });
    for (Operation *op : raisedInOrder)
      raise(op);
    for (Operation *op : llvm::reverse(replaced))
      op->erase();
    for (Operation *op : casts)
      if (op->use_empty())
        op->erase();
  }

private:
  void classify(Operation *op) {
    if (op->getNumResults() != 1 || !isa<TileType>(op->getResult(0).getType()))
      return;
    auto type = cast<TileType>(op->getResult(0).getType());
    if (!isSmall(type) || type.getElementType().isF64())
      return;
    bool isParam = isa<tile::LoadOp>(op) && cast<tile::LoadOp>(op).getTensor().getType().getPer() == tile::Per::Head;
    bool known = isParam || isa<tile::ConstantOp, tile::IotaOp, tile::ValidOp>(op);
    bool computes = isa<tile::MapOp, tile::SelectOp, tile::RecurOp, tile::RowOp, tile::ReduceOp, tile::ContractOp,
                        tile::RenameOp, tile::SplitOp, tile::JoinOp>(op) &&
                    llvm::all_of(op->getOperands(), [&](Value operand) {
                      Operation *def = operand.getDefiningOp();
                      return def && independent.contains(def);
                    });
    if (!known && !computes)
      return;
    independent.insert(op);
    if (isFloat(type) && (isParam || rounds(op) || llvm::any_of(op->getOperands(), [&](Value operand) {
                            return raised.contains(operand.getDefiningOp());
                          }))) {
      raised.insert(op);
      raisedInOrder.push_back(op);
    }
  }

  /// Would float32 lose something here?
  static bool rounds(Operation *op) {
    if (auto constant = dyn_cast<tile::ConstantOp>(op))
      return !isExactInF32(constant.getValue().convertToDouble());
    auto map = dyn_cast<tile::MapOp>(op);
    return map && llvm::any_of(map.getBody().front(), [](Operation &inner) {
             return !isa<arith::ConstantOp, arith::CmpFOp, arith::SelectOp, tile::YieldOp>(inner);
           });
  }

  /// The float64 version of a value.
  Value in64(Value value) {
    if (!isFloat(value.getType()) || cast<TileType>(value.getType()).getElementType().isF64())
      return value;
    Value &twin = twins[value];
    if (!twin) {
      builder.setInsertionPointAfter(value.getDefiningOp());
      Value made = clone64(value.getDefiningOp());
      return twins[value] = made;
    }
    return twin;
  }

  Value clone64(Operation *op) {
    SmallVector<Value> operands = llvm::map_to_vector(op->getOperands(), [&](Value operand) { return in64(operand); });
    builder.setInsertionPointAfter(op);
    IRMapping mapping;
    mapping.map(op->getOperands(), operands);
    Operation *twin = builder.clone(*op, mapping);
    auto toF64 = [&](Type type) -> Type { return type.isF32() ? builder.getF64Type() : type; };
    auto type = cast<TileType>(op->getResult(0).getType());
    twin->getResult(0).setType(type.withElementType(toF64(type.getElementType())));
    for (Region &region : twin->getRegions()) {
      for (BlockArgument argument : region.getArguments())
        argument.setType(toF64(argument.getType()));
      region.walk([&](Operation *inner) {
        for (Value result : inner->getResults())
          result.setType(toF64(result.getType()));
        if (auto constant = dyn_cast<arith::ConstantOp>(inner))
          if (auto number = dyn_cast<FloatAttr>(constant.getValue()))
            constant.setValueAttr(builder.getF64FloatAttr(number.getValueAsDouble()));
      });
    }
    return twin->getResult(0);
  }

  void raise(Operation *op) {
    Value old = op->getResult(0);
    Value twin = in64(old);
    builder.setInsertionPointAfter(twin.getDefiningOp());
    auto cast = tile::CastOp::create(builder, op->getLoc(), old.getType(), twin);
    old.replaceAllUsesWith(cast.getResult());
    twins[cast.getResult()] = twin;
    replaced.push_back(op);
    casts.push_back(cast);
  }

  tile::KernelOp kernel;
  OpBuilder builder;
  DenseSet<Operation *> independent, raised; // of tokens and states; and computed in float64
  SmallVector<Operation *> raisedInOrder, replaced, casts;
  DenseMap<Value, Value> twins;
};

/// Moves what every chunk computes alike before the loop.
void hoist(tile::ChunksOp loop) {
  Block &body = loop.getBody().front();
  for (Operation &op : llvm::make_early_inc_range(body.without_terminator())) {
    auto load = dyn_cast<tile::LoadOp>(op);
    bool perChunk =
        isa<tile::ValidOp, tile::StepsOp>(op) || (load && load.getTensor().getType().getPer() == tile::Per::Token);
    if (!perChunk && isMemoryEffectFree(&op) &&
        llvm::none_of(op.getOperands(), [&](Value operand) { return operand.getParentBlock() == &body; }))
      op.moveBefore(loop);
  }
}

struct InferPrecision : mixc::impl::InferPrecisionBase<InferPrecision> {
  void runOnOperation() override {
    for (auto kernel : getOperation().getOps<tile::KernelOp>()) {
      Precision(kernel).run();
      kernel.walk([](tile::ChunksOp loop) { hoist(loop); });
    }
  }
};

} // namespace
