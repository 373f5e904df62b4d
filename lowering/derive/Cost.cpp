// FLOPs of the ops in a kernel's loops, over the tokens of a chunk:
//
//     contract   2 for each product; of (time, source) only the pairs that the mask lets count
//     map        1 for each function of numbers (exp is one), not for comparing and choosing
//     recur      2 for each entry, reduce 1
//     solve      C (C - 1) for each column, times n n for n unknowns a token
//     steps      its body once for each token of the chunk
//
// What stands before or after the loop is done once a call and not counted.
#include "lowering/derive/Cost.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mixc;
using tile::TileType;

static TileType typeOf(Value value) { return cast<TileType>(value.getType()); }

static double flops(tile::ContractOp op) {
  double products = 1;
  for (const tile::Axis &axis : tile::unite(typeOf(op.getA()).getAxes(), typeOf(op.getB()).getAxes()))
    products *= static_cast<double>(axis.extent);
  if (op.getMask() != tile::Mask::None) {
    TileType masked = typeOf(op.getA()).hasTime() ? typeOf(op.getA()) : typeOf(op.getB());
    auto tokens = static_cast<double>(masked.extent("time"));
    double counted = op.getMask() == tile::Mask::Strict ? tokens - 1 : tokens + 1;
    products *= counted / (2 * tokens);
  }
  return 2 * products;
}

static double flops(tile::MapOp op) {
  int64_t functions = llvm::count_if(op.getBody().front(), [](Operation &inner) {
    return !isa<arith::ConstantOp, arith::SelectOp, arith::CmpFOp, tile::YieldOp>(inner);
  });
  return static_cast<double>(functions * typeOf(op.getResult()).size());
}

static double flops(Operation &op) {
  if (auto contract = dyn_cast<tile::ContractOp>(op))
    return flops(contract);
  if (auto map = dyn_cast<tile::MapOp>(op))
    return flops(map);
  if (auto recur = dyn_cast<tile::RecurOp>(op))
    return 2.0 * static_cast<double>(typeOf(recur.getResult()).size());
  if (auto reduce = dyn_cast<tile::ReduceOp>(op))
    return static_cast<double>(typeOf(reduce.getX()).size());
  if (auto solve = dyn_cast<tile::SolveOp>(op))
    return static_cast<double>((typeOf(solve.getL()).extent("time") - 1) * typeOf(solve.getResult()).size() *
                               (solve.getRow() ? typeOf(solve.getL()).extent(*solve.getRow()) : 1));
  return 0;
}

/// A region that is no function of numbers runs once for each token of the chunk.
static double flops(Block &block, double tokens) {
  double total = 0;
  for (Operation &op : block) {
    total += flops(op);
    if (!isa<tile::MapOp>(op))
      for (Region &region : op.getRegions())
        total += tokens * flops(region.front(), tokens);
  }
  return total;
}

Cost mixc::cost(tile::KernelOp kernel) {
  Cost total;
  kernel.walk([&](tile::ChunksOp loop) {
    auto tokens = static_cast<double>(loop.getSize());
    total.flopsPerToken += flops(loop.getBody().front(), tokens) / tokens;
    for (Value carried : loop.getInits()) {
      double bytes = typeOf(carried).getElementType().isF64() ? 8 : 4;
      total.stateBytesPerToken += 2 * bytes * static_cast<double>(typeOf(carried).size()) / tokens;
    }
  });
  return total;
}
