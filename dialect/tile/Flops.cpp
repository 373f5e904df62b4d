#include "dialect/tile/Flops.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mixc::tile;

double mixc::tile::flopsOf(MapOp op) {
  const int64_t functions = llvm::count_if(op.getBody().front(), [](Operation &inner) {
    return !isa<arith::ConstantOp, arith::SelectOp, arith::CmpFOp, StopOp, YieldOp>(inner);
  });
  return static_cast<double>(functions * op.getResult().getType().size());
}

double mixc::tile::flopsOf(ContractOp op) {
  double products = 1;
  for (const Axis &axis : unite(op.getA().getType().getAxes(), op.getB().getType().getAxes()))
    products *= static_cast<double>(axis.extent);
  if (op.getMask() != Mask::None) {
    TileType masked = op.getA().getType().hasTime() ? op.getA().getType() : op.getB().getType();
    auto tokens = static_cast<double>(masked.extent("time"));
    double counted = op.getMask() == Mask::Strict ? tokens - 1 : tokens + 1;
    products *= counted / (2 * tokens);
  }
  return 2 * products;
}

double mixc::tile::flopsOf(SolveOp op) {
  TileType triangle = op.getL().getType();
  return static_cast<double>((triangle.extent("time") - 1) * op.getResult().getType().size() *
                             (op.getRow() ? triangle.extent(*op.getRow()) : 1));
}
