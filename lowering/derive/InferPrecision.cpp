// Computes in float64 what depends on params alone, and moves out of the chunk loop what does not depend on the chunk.
//
// A constant decay errs in one direction at every token: 1 - 1/500 in float32 is off by 2e-5 after 2,048 tokens. What
// follows from params and constants (and tile.valid, which selects it) is a few scalars, [time] or [time, source]
// tiles, so float64 costs nothing:
//
//     %g = load gamma : f32;  %p = recur(select(valid, %g, 1), ...) : f32
//       ->  %g = load gamma : f64;  %p = recur(select(valid, %g, 1), ...) : f64;  cast : f32 where float32 meets it
//
// Products of n x n transitions of params are steps; they go as a whole. Tiles with a key, value or free axis stay f32.
// So does what is exact in both (positions, 0 and 1), but where float64 needs it: there it is computed a second time.
//
// What a carried state is multiplied by repeats, too, where gates do: CarriedFactors.h.
#include "lowering/Passes.h"
#include "lowering/derive/CarriedFactors.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace mixc {
#define GEN_PASS_DEF_INFERPRECISION
#include "lowering/Passes.h.inc"
} // namespace mixc

using namespace mlir;
using namespace mixc;
using derive::isSmall;
using tile::TileType;

namespace {

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
    if (op->getNumResults() == 0 || (op->getNumResults() > 1 && !isa<tile::StepsOp>(op)) ||
        isa<tile::StepsOp>(op->getParentOp()))
      return;
    for (Type type : op->getResultTypes())
      if (!isa<TileType>(type) || !isSmall(cast<TileType>(type)) || cast<TileType>(type).getElementType().isF64())
        return;
    const tile::Precision precision = cast<tile::TileOpInterface>(op).precision();
    bool isParam = isa<tile::LoadOp>(op) && precision == tile::Precision::Given;
    bool known = precision == tile::Precision::Given;
    bool computes = precision == tile::Precision::Follows && llvm::all_of(op->getOperands(), [&](Value operand) {
                      Operation *def = operand.getDefiningOp();
                      return def && independent.contains(def);
                    });
    if (!known && !computes)
      return;
    independent.insert(op);
    if (isFloat(op->getResult(0).getType()) &&
        (isParam || rounds(op) ||
         llvm::any_of(op->getOperands(), [&](Value operand) { return raised.contains(operand.getDefiningOp()); }))) {
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
    if (Value twin = twins.lookup(value))
      return twin;
    Operation *op = value.getDefiningOp();
    for (auto [result, twin] : llvm::zip(op->getResults(), clone64(op)->getResults()))
      twins[result] = twin;
    return twins[value];
  }

  Operation *clone64(Operation *op) {
    SmallVector<Value> operands = llvm::map_to_vector(op->getOperands(), [&](Value operand) { return in64(operand); });
    builder.setInsertionPointAfter(op);
    return derive::cloneIn64(op, operands, builder);
  }

  void raise(Operation *op) {
    for (Value old : op->getResults()) {
      Value twin = in64(old);
      builder.setInsertionPointAfter(twin.getDefiningOp());
      auto cast = tile::CastOp::create(builder, op->getLoc(), old.getType(), twin);
      old.replaceAllUsesWith(cast.getResult());
      twins[cast.getResult()] = twin;
      casts.push_back(cast);
    }
    replaced.push_back(op);
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
        isa<tile::ValidOp, tile::StepsOp>(op) || (load && load.getTensor().getType().getPer() != tile::Per::Head);
    if (!perChunk && isMemoryEffectFree(&op) &&
        llvm::none_of(op.getOperands(), [&](Value operand) { return operand.getParentBlock() == &body; }))
      op.moveBefore(loop);
  }
}

struct InferPrecision : mixc::impl::InferPrecisionBase<InferPrecision> {
  void runOnOperation() override {
    for (auto kernel : getOperation().getOps<tile::KernelOp>()) {
      Precision(kernel).run();
      derive::refineCarriedFactors(kernel);
      kernel.walk([](tile::ChunksOp loop) { hoist(loop); });
    }
  }
};

} // namespace
