// The FLOPs that explain prints, against a count by hand.
#include "lowering/derive/Cost.h"
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

} // namespace
} // namespace mixc::test
