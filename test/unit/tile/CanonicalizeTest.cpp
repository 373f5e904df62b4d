// Canonical form keeps the meaning of the programs.
#include "dialect/tile/Interpreter.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "test/unit/tile/Program.h"
#include <gtest/gtest.h>

using namespace mixc::tile;
using namespace mixc::tile::test;

namespace {

TEST(Canonicalize, KeepsResults) {
  Program program = line("%a : !r, %b : !v", "!v, !v", R"(
    %one = tile.constant 1.0 : !s
    %x = tile.map (%a, %b, %a) : (!r, !v, !r) -> !v {
    ^bb0(%p: f32, %q: f32, %u: f32):
      %z = arith.mulf %p, %q : f32
      tile.yield %z : f32
    }
    %y = tile.map (%one, %x, %b) : (!s, !v, !v) -> !v {
    ^bb0(%p: f32, %q: f32, %u: f32):
      %m = arith.subf %p, %q : f32
      %z = arith.divf %u, %m : f32
      tile.yield %z : f32
    }
    %same = tile.map (%b) : (!v) -> !v {
    ^bb0(%p: f32):
      tile.yield %p : f32
    }
    return %y, %same : !v, !v)");
  ASSERT_TRUE(program.module);
  std::vector<Array> x = randomInputs(program.function().getArguments(), 11), before = run(program, x);
  mlir::PassManager passes(program.context.get());
  passes.addPass(mlir::createCanonicalizerPass());
  ASSERT_TRUE(mlir::succeeded(passes.run(*program.module)));
  std::vector<Array> after = run(program, x);
  EXPECT_EQ(before[0].data, after[0].data);
  EXPECT_EQ(before[1].data, after[1].data);
  auto maps = program.function().getOps<MapOp>();
  ASSERT_EQ(std::distance(maps.begin(), maps.end()), 1);
  EXPECT_EQ((*maps.begin()).getInputs().size(), 2u);
}

} // namespace
