// mix-infer-precision: what depends on params alone is float64, and out of the loop where it can be.
#include "test/unit/derive/Kernels.h"

namespace mixc::test {
namespace {

const Kernels::Dims dims = {{"K", 5}, {"V", 7}};

std::string retention(const std::string &decay, const std::string &read = "H[t]") {
  return R"(
    mixer retention<K, V> {
      input q, k : vector<K>
      input v : vector<V>
      input a : scalar in [0, 1]
      param gamma : scalar in [0, 1]
      param g : vector<K>
      state H : matrix<V, K>
      output y : vector<V>
      H[t] = )" +
         decay + R"( * H[t-1] + v * (g .* k)'
      y[t] = )" +
         read + R"( * q + gamma * v
    })";
}

bool isF64(mlir::Value value) { return mlir::cast<tile::TileType>(value.getType()).getElementType().isF64(); }

bool allProductsAreF64(Kernels &kernels, llvm::StringRef suffix = "_forward") {
  bool all = true;
  kernels.kernel(suffix).walk([&](tile::RecurOp op) { all = all && isF64(op.getResult()); });
  return all;
}

TEST(Precision, ParamDecaysAreMultipliedInFloat64) {
  for (const char *decay : {"gamma", "exp(-gamma)", "(1 - 0.125 * gamma)"}) {
    Kernels kernels(retention(decay), dims);
    EXPECT_GT(kernels.count<tile::RecurOp>("_forward"), 0u);
    EXPECT_TRUE(allProductsAreF64(kernels)) << decay << kernels.text();
    kernels.expectAgreement();
  }
}

TEST(Precision, TokenDecaysAreNot) {
  Kernels kernels(retention("a"), dims);
  kernels.kernel("_forward").walk([&](tile::RecurOp op) { EXPECT_FALSE(isF64(op.getResult())); });
  kernels.expectAgreement();
}

TEST(Precision, ConstantsAreNotRounded) {
  // 0.998 is no float32 number: it has to reach the products in float64 from the source on.
  Kernels kernels(retention("0.998", "H[t-1]"), dims);
  bool found = false;
  kernels.kernel("_forward").walk([&](tile::ConstantOp op) {
    found = found || (isF64(op.getResult()) && op.getValue().convertToDouble() == 0.998);
  });
  EXPECT_TRUE(found) << kernels.text();
  EXPECT_TRUE(allProductsAreF64(kernels)) << kernels.text();
  mix::Call call = kernels.sample(40);
  kernels.expectAgreement("_forward", call, 1e-11);
}

TEST(Precision, KeyAndValueTilesStayFloat32) {
  Kernels kernels(retention("gamma"), dims);
  kernels.kernel("_forward").walk([&](mlir::Operation *op) {
    for (mlir::Value result : op->getResults())
      if (auto type = mlir::dyn_cast<tile::TileType>(result.getType()); type && type.getElementType().isF64()) {
        EXPECT_FALSE(type.has("K") || type.has("V")) << kernels.text();
      }
  });
}

TEST(Precision, ParamsLeaveTheLoop) {
  Kernels kernels(retention("exp(-gamma)"), dims);
  kernels.kernel("_forward").walk([&](tile::ChunksOp loop) {
    for (mlir::Operation &op : loop.getBody().front()) {
      auto load = mlir::dyn_cast<tile::LoadOp>(op);
      EXPECT_FALSE(load && load.getTensor().getType().getPer() == tile::Per::Head);
      bool invariant = !mlir::isa<tile::ValidOp, tile::YieldOp, tile::StoreOp>(op) && !load &&
                       llvm::none_of(op.getOperands(), [&](mlir::Value operand) {
                         return operand.getParentBlock() == &loop.getBody().front();
                       });
      EXPECT_FALSE(invariant) << "could stand before the loop: " << op.getName().getStringRef().str();
    }
  });
}

} // namespace
} // namespace mixc::test
