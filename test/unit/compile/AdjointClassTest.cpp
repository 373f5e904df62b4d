// The adjoint of a stratum is one of its class: chunked where forward is, run from the last chunk to the first, with a
// transposed solve for every solve, and token by token only where forward is.
#include "dialect/tile/Tile.h"
#include "frontend/compile/Compilation.h"
#include "test/unit/compile/AllMixers.h"
#include <gtest/gtest.h>

using namespace mixc;
using mixc::test::allMixers;
using mixc::test::InFile;

namespace {

class AdjointClass : public testing::TestWithParam<std::tuple<InFile, Keep>> {
protected:
  void SetUp() override {
    auto [mixer, keep] = GetParam();
    CompileOptions options;
    options.dims = mixer.dims;
    options.mixer = mixer.mixer;
    options.backward = true;
    options.keep = keep;
    compilation.emplace(*context, llvm::cantFail(readSource(mixer.path)), options);
    llvm::cantFail(compilation->read());
    llvm::cantFail(compilation->advance("tile"));
    forward = compilation->module().lookupSymbol<tile::KernelOp>(mixer.mixer + "_forward");
    backward = compilation->module().lookupSymbol<tile::KernelOp>(mixer.mixer + "_backward");
    ASSERT_TRUE(forward && backward);
  }

  template <typename Op> static int64_t count(mlir::Operation *in, llvm::function_ref<bool(Op)> which) {
    int64_t number = 0;
    in->walk([&](Op op) { number += which(op); });
    return number;
  }

  std::unique_ptr<mlir::MLIRContext> context = makeContext();
  std::optional<Compilation> compilation;
  tile::KernelOp forward, backward;
};

TEST_P(AdjointClass, HasATransposedSolveForEverySolve) {
  auto isTransposed = [](tile::SolveOp solve) { return solve.getTranspose(); };
  const int64_t solves = count<tile::SolveOp>(forward, [&](tile::SolveOp solve) { return !isTransposed(solve); });
  EXPECT_EQ(count<tile::SolveOp>(backward, isTransposed), solves);
  EXPECT_EQ(count<tile::SolveOp>(forward, isTransposed), 0);
}

TEST_P(AdjointClass, GoesTokenByTokenOnlyWhereForwardDoes) {
  auto reversed = [](tile::StepsOp steps) { return steps.getReverse(); };
  const int64_t steps = count<tile::StepsOp>(forward, [](tile::StepsOp) { return true; });
  EXPECT_EQ(count<tile::StepsOp>(backward, reversed) > 0, steps > 0);
  if (steps == 0) {
    EXPECT_EQ(count<tile::StepsOp>(backward, [](tile::StepsOp) { return true; }), 0);
  }
}

/// What leaves the backward kernel token by token does so in loops that go from the last chunk to the first.
TEST_P(AdjointClass, GoesFromTheLastChunkToTheFirst) {
  backward.walk([&](tile::StoreOp store) {
    if (store.getEvery())
      return; // a state that is kept
    for (auto loop = store->getParentOfType<tile::ChunksOp>(); loop; loop = loop->getParentOfType<tile::ChunksOp>())
      EXPECT_TRUE(loop.getReverse());
  });
}

INSTANTIATE_TEST_SUITE_P(Mixers, AdjointClass,
                         testing::Combine(testing::ValuesIn(allMixers()), testing::Values(Keep::Writes, Keep::States)),
                         [](const auto &info) {
                           return std::get<0>(info.param).name + "_" + spelling(std::get<1>(info.param)).str();
                         });

} // namespace
