// The FLOPs that explain prints, against a count by hand.
#include "lowering/derive/Cost.h"
#include "mlir/Parser/Parser.h"
#include "test/unit/derive/Kernels.h"

namespace mixc::test {
namespace {

const char *const gatedDelta = R"(
  mixer gated_delta<K, V> {
    input q, k : vector<K> per group
    input v : vector<V>
    input alpha : scalar in [0, 1]
    input beta : scalar in [0, 2]
    state H : matrix<V, K>
    output y : vector<V>
    let key = l2norm(k)
    H[t] = alpha * H[t-1] * (I - beta * key * key') + beta * v * key'
    y[t] = H[t] * q
  })";

TEST(Cost, StateReadTwiceAndWrittenOnce) {
  // Three matmuls with the state are 6 V K, what happens within the chunk is C (2 K + 2 V) and a few numbers for each
  // entry of k, q, v.
  const double n = 128, chunk = 32;
  Kernels kernels(gatedDelta, {{"K", 128}, {"V", 128}}, 32);
  Cost chunked = cost(kernels.kernel("_forward"));
  double expected = 6 * n * n + chunk * 4 * n;
  EXPECT_GT(chunked.flopsPerToken, expected);
  EXPECT_LT(chunked.flopsPerToken, 1.06 * expected);
  EXPECT_EQ(chunked.stateBytesPerToken, 2 * 4 * n * n / chunk);
}

TEST(Cost, TokenByToken) {
  const double n = 128;
  Kernels kernels(gatedDelta, {{"K", 128}, {"V", 128}});
  Cost decode = cost(kernels.kernel("_decode"));
  EXPECT_NEAR(decode.flopsPerToken, 7 * n * n, 0.02 * 7 * n * n); // and alpha times the state
  EXPECT_EQ(decode.stateBytesPerToken, 2 * 4 * n * n);
}

TEST(Cost, StepsCountOnceForEachTokenOfTheChunk) {
  // h of N numbers goes through a matrix: 2 N N a token, however many tokens a chunk has, and a few numbers an entry.
  const double n = 64;
  const char *const recurrent = R"(
    mixer elman<N> {
      input x : vector<N>
      param R : matrix<N, N>
      state h : vector<N>
      output y : vector<N>
      h[t] = tanh(x + R * h[t-1])
      y[t] = h[t]
    })";
  Kernels kernels(recurrent, {{"N", 64}}, 16);
  for (const char *kernel : {"_forward", "_decode"})
    EXPECT_NEAR(cost(kernels.kernel(kernel)).flopsPerToken, 2 * n * n + 2 * n, n) << kernel;
}

TEST(Cost, LoopsInLoopsCountOnceForEachOfTheirChunks) {
  // A segment of 64 tokens is four chunks of 16, of which the first loop leaves out the last: 3 + 4 chunks, each with
  // 16 rows of 8 numbers added up. The tile of 8 numbers is carried by both, and by the loop around them.
  const char *const segments = R"(
    tile.kernel backward @m_backward of "m" (input "x", saved "saved.0" every 64, saved "saved.1", saved "saved.2") {
    ^bb0(%x: !tile.tensor<token, [8], f32>, %states: !tile.tensor<segment, [8], f32>, %writes: !tile.tensor<token, [3], f32>, %end: !tile.tensor<head, [8], f32>):
      %zero = tile.constant 0.0 : <[value(V):8], f32>
      %first = tile.chunks size 64 reverse iter(%zero : !tile.t<[value(V):8], f32>) {
      ^bb0(%0: !tile.t<[value(V):8], f32>):
        %there = tile.chunks size 16 leave_last iter(%0 : !tile.t<[value(V):8], f32>) {
        ^bb0(%1: !tile.t<[value(V):8], f32>):
          %rows = tile.load %x : <token, [8], f32> -> <[time:16, value(V):8], f32>
          %sum = tile.reduce add %rows over ["time"] : <[time:16, value(V):8], f32> -> <[value(V):8], f32>
          tile.yield %sum : !tile.t<[value(V):8], f32>
        } -> !tile.t<[value(V):8], f32>
        %back = tile.chunks size 16 reverse iter(%there : !tile.t<[value(V):8], f32>) {
        ^bb0(%1: !tile.t<[value(V):8], f32>):
          %rows = tile.load %x : <token, [8], f32> -> <[time:16, value(V):8], f32>
          %sum = tile.reduce add %rows over ["time"] : <[time:16, value(V):8], f32> -> <[value(V):8], f32>
          tile.yield %sum : !tile.t<[value(V):8], f32>
        } -> !tile.t<[value(V):8], f32>
        tile.yield %back : !tile.t<[value(V):8], f32>
      } -> !tile.t<[value(V):8], f32>
    })";
  mlir::MLIRContext context;
  context.loadDialect<tile::TileDialect>();
  auto module = mlir::parseSourceString<mlir::ModuleOp>(segments, &context);
  ASSERT_TRUE(module);
  auto kernel = *module->getOps<tile::KernelOp>().begin();
  const Cost segment = cost(kernel);
  EXPECT_EQ(segment.flopsPerToken, (3 + 4) * 16 * 8 / 64.0);
  EXPECT_EQ(segment.stateBytesPerToken, (1 + 3 + 4) * 2 * 4 * 8 / 64.0);
  EXPECT_EQ(savedBytesPerToken(kernel), 4 * 8 / 64.0 + 4 * 3);
  EXPECT_EQ(savedBytesPerSequence(kernel), 4 * 8);
}

} // namespace
} // namespace mixc::test
