// Mixers that run in chunks: reads, writes and segment products against the equations.
#include "test/unit/derive/Kernels.h"

namespace mixc::test {
namespace {

const Kernels::Dims dims = {{"K", 5}, {"V", 7}};

void expectChunked(const std::string &text, mix::Decay decay = mix::Decay::Uniform) {
  for (int64_t chunk : {0, 4}) {
    Kernels kernels(text, dims, chunk);
    EXPECT_EQ(kernels.form(), "chunked");
    kernels.expectAgreement(decay);
  }
}

const char *const linear = R"(
  mixer linear<K, V> {
    input q, k : vector<K> per group
    input v : vector<V>
    state H : matrix<V, K>
    output y : vector<V>
    H[t] = H[t-1] + v * k'
    y[t] = H[t] * q
  })";

const char *const retention = R"(
  mixer retention<K, V> {
    input q, k : vector<K> per group
    input v : vector<V>
    param gamma : scalar in [0, 1]
    state H : matrix<V, K>
    output y : vector<V>
    H[t] = gamma * H[t-1] + v * k'
    y[t] = H[t] * q
  })";

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

const char *const lateKeys = R"(
  mixer late_keys<K, V> {
    input k, p : vector<K>
    input u, v : vector<V>
    state C : matrix<K, V>
    state D, E : matrix<V, K>
    output y : vector<V>
    let key = l2norm(k)
    C[t] = C[t-1] + p * v'
    D[t] = 0.5 * D[t-1] + 0.5 * (D[t-1] * key - C[t]' * p) * key'
    E[t] = E[t-1] + v * (D[t-1]' * u)'
    y[t] = E[t-1] * p
  })";

TEST(Chunked, IdentityTransition) { expectChunked(linear); }

TEST(Chunked, IdentityNeedsNoSegmentProducts) {
  Kernels kernels(linear, dims);
  EXPECT_EQ(kernels.count<tile::RecurOp>("_forward"), 0u);
  EXPECT_EQ(kernels.count<tile::SolveOp>("_forward"), 0u);
}

TEST(Chunked, ParamDecay) {
  for (auto decay : {mix::Decay::Uniform, mix::Decay::NearHigh, mix::Decay::High})
    expectChunked(retention, decay);
}

TEST(Chunked, ConstantDecay) {
  expectChunked(R"(
    mixer fading<K, V> {
      input q, k : vector<K>
      input v : vector<V>
      state H : matrix<V, K>
      output y : vector<V>
      H[t] = 0.875 * H[t-1] + v * k'
      y[t] = H[t-1] * q
    })");
}

TEST(Chunked, OneSolveForAffineWrites) {
  for (auto decay :
       {mix::Decay::Uniform, mix::Decay::NearHigh, mix::Decay::Strong, mix::Decay::Resets, mix::Decay::High})
    expectChunked(gatedDelta, decay);
  EXPECT_EQ(Kernels(gatedDelta, dims).count<tile::SolveOp>("_forward"), 1u);
}

TEST(Chunked, WritesOfATokenAreRowsOfOneSolve) {
  const std::string product = R"(
    mixer product<K, V, n> {
      input q : vector<K>
      input k[1..n] : vector<K>
      input v[1..n] : vector<V>
      input b[1..n] : scalar in [0, 2]
      state H : matrix<V, K>
      output y : vector<V>
      let S[0] = H[t-1]
      let S[j in 1..n] = S[j-1] * (I - b[j] * k[j] * k[j]') + b[j] * v[j] * k[j]'
      H[t] = S[n]
      y[t] = H[t] * q
    })";
  auto ops = [&](int64_t writes) {
    Kernels kernels(product, {{"K", 5}, {"V", 7}, {"n", writes}});
    EXPECT_EQ(kernels.count<tile::SolveOp>("_forward"), 1u);
    size_t count = 0;
    kernels.kernel("_forward").walk([&](mlir::Operation *) { ++count; });
    return count;
  };
  // The program grows as the writes, not as pairs of them.
  EXPECT_EQ(ops(24) - ops(16), ops(16) - ops(8));
}

/// Maps and contracts of the forward kernel whose result has the value axis.
std::pair<unsigned, unsigned> valueSideOps(const std::string &text) {
  Kernels kernels(text, dims);
  std::pair<unsigned, unsigned> counts;
  kernels.kernel("_forward").walk([&](mlir::Operation *op) {
    bool onValues = op->getNumResults() == 1 && mlir::isa<tile::TileType>(op->getResult(0).getType()) &&
                    mlir::cast<tile::TileType>(op->getResult(0).getType()).has("V");
    counts.first += onValues && mlir::isa<tile::MapOp>(op);
    counts.second += onValues && mlir::isa<tile::ContractOp>(op);
  });
  return counts;
}

TEST(Chunked, EveryValueSideOpIsAMatmul) {
  // The state is read and written, the chunk's writes are read: 3 matmuls, and one map, of the state's decay if it has
  // one.
  EXPECT_EQ(valueSideOps(linear), std::pair(0u, 3u));
  EXPECT_EQ(valueSideOps(retention), std::pair(1u, 3u));
  // One read more, for what is written, and beta v.
  EXPECT_EQ(valueSideOps(gatedDelta), std::pair(2u, 4u));
}

TEST(Chunked, TurnedState) {
  expectChunked(R"(
    mixer turned<K, V> {
      input q, k : vector<K>
      input v : vector<V>
      input beta : scalar in [0, 1]
      state H : matrix<K, V>
      output y : vector<V>
      let key = l2norm(k)
      H[t] = (I - beta * key * key') * H[t-1] + beta * key * v'
      y[t] = H[t]' * q
    })");
}

TEST(Chunked, VectorStateIsAOneRowMemory) {
  expectChunked(R"(
    mixer normalised<K, V> {
      input q, k : vector<K> per group
      input v : vector<V>
      state H : matrix<V, K>
      state z : vector<K>
      output y : vector<V>
      let fq = elu(q) + 1
      let fk = elu(k) + 1
      H[t] = H[t-1] + v * fk'
      z[t] = z[t-1] + fk
      y[t] = H[t] * fq / (z[t]' * fq)
    })");
}

TEST(Chunked, NonlinearOutputsOfReads) {
  expectChunked(R"(
    mixer lightning<K, V> {
      input q, k : vector<K>
      input v, g : vector<V>
      param lambda : scalar in [0, 1]
      state H : matrix<V, K>
      output y : vector<V>
      H[t] = lambda * H[t-1] + silu(v) * silu(k)'
      y[t] = rmsnorm(H[t] * silu(q), 0.0009765625) .* sigmoid(g)
    })");
}

TEST(Chunked, DecayFromParamsAndTokens) {
  expectChunked(R"(
    mixer selective<K, V> {
      input B, C : vector<K> per group
      input x : vector<V>
      input dt : scalar
      param A_log, dt_bias, D : scalar
      state H : matrix<V, K>
      output y : vector<V>
      let step = softplus(dt + dt_bias)
      H[t] = exp(-exp(A_log) * step) * H[t-1] + (step * x) * B'
      y[t] = H[t] * C + D * x
    })");
}

TEST(Chunked, PowerOfASigmoid) {
  expectChunked(R"(
    mixer gated_retention<K, V> {
      input q, k : vector<K> per group
      input v : vector<V>
      input g : scalar
      state H : matrix<V, K>
      output y : vector<V>
      H[t] = sigmoid(g) ^ 0.0625 * H[t-1] + v * k'
      y[t] = H[t] * q
    })");
}

TEST(Chunked, KeyAndValueOfOneDim) {
  // k is a key and, twice as large, a value too; both axes are K.
  expectChunked(R"(
    mixer square<K> {
      input q, k : vector<K>
      input b : scalar in [0, 1]
      state H : matrix<K, K>
      output y, z : vector<K>
      let key = l2norm(k)
      H[t] = H[t-1] * (I - b * key * key') + 2 * b * k * key'
      y[t] = H[t] * q
      z[t] = H[t] * k + k
    })");
}

TEST(Chunked, ReadsUsedTwice) {
  expectChunked(R"(
    mixer surprise<K, V> {
      input q, k : vector<K>
      input v : vector<V>
      input a, b : scalar in [0, 1]
      state H : matrix<V, K>
      output y, z, s : vector<V>
      let key = l2norm(k)
      let wrong = v - H[t-1] * key
      H[t] = a * H[t-1] + b * wrong * key'
      y[t] = H[t] * q
      z[t] = H[t] * q .* wrong
      s[t] = tanh(H[t] * key)
    })");
}

TEST(Chunked, StateFeedsState) {
  // What the first component reads is the second one's value, and along its keys' axis the third one's key.
  expectChunked(R"(
    mixer stacked<K, V> {
      input q, k : vector<K>
      input v : vector<V>
      input a : scalar in [0, 1]
      state A : matrix<V, K>
      state B : matrix<V, K>
      state C : matrix<K, V>
      output y : vector<V>
      output z : vector<K>
      A[t] = a * A[t-1] + v * k'
      let r = A[t] * q
      B[t] = a * B[t-1] + r * k'
      C[t] = C[t-1] + k * r'
      y[t] = B[t] * q
      z[t] = C[t] * v
    })");
}

TEST(Chunked, KeysReadLateOfAComponentThatStandsLater) {
  // E's writes need D as it was and nothing of D's component, which stands behind E's for C's sake.
  Kernels kernels(lateKeys, dims);
  std::vector<std::string> order;
  for (auto component : kernels.mixer().step().getOps<mix::ComponentOp>())
    order.push_back(component.getStates()[0].getDefiningOp<mix::StateOp>().getName().str());
  EXPECT_EQ(order, (std::vector<std::string>{"C", "E", "D"}));
  expectChunked(lateKeys);
}

TEST(Chunked, AWriteStandsInTheSumOfAnotherWrite) {
  // D p is one sum over D's chunk, and v stands in it: a write of E as well, whose writes are found from that sum.
  expectChunked(R"(
    mixer shared<K, V> {
      input q, k, p : vector<K>
      input v : vector<V>
      state D, E : matrix<V, K>
      output y : vector<V>
      let key = l2norm(k)
      D[t] = D[t-1] - v * p'
      E[t] = E[t-1] * key * key' + v * q' + (v - D[t] * p) * p'
      y[t] = E[t-1] * q
    })");
}

TEST(Chunked, TwoWritesAToken) {
  // Two Householder factors: block elimination, two solves.
  const char *text = R"(
    mixer householder<K, V> {
      input q, k, l : vector<K>
      input v, w : vector<V>
      input b, c : scalar in [0, 2]
      input a : scalar in [0, 1]
      state H : matrix<V, K>
      output y : vector<V>
      let key = l2norm(k)
      let second = l2norm(l)
      let S = a * H[t-1] * (I - b * key * key') + b * v * key'
      H[t] = S * (I - c * second * second') + c * w * second'
      y[t] = H[t] * q
    })";
  expectChunked(text);
  expectChunked(text, mix::Decay::Resets);
}

TEST(Chunked, FeatureMapOfParts) {
  expectChunked(R"(
    mixer based<K, V> {
      input q, k : vector<K>
      input v : vector<V>
      state H : matrix<V, 1 + K + K*K>
      state z : vector<1 + K + K*K>
      output y : vector<V>
      let fq = concat(1, q, 0.75 * kron(q, q))
      let fk = concat(1, k, 0.75 * kron(k, k))
      H[t] = H[t-1] + v * fk'
      z[t] = z[t-1] + fk
      y[t] = H[t] * fq / (z[t]' * fq)
    })");
}

TEST(Chunked, SlicedAndRolledKeys) {
  expectChunked(R"(
    mixer parts<K, V> {
      input q, k : vector<K>
      input x : vector<K + V>
      state H : matrix<V, K>
      output y : vector<V>
      H[t] = H[t-1] + slice(x, K, K + V) * (roll(k, 2) .* slice(x, 0, K))'
      y[t] = H[t] * roll(q, -1)
    })");
}

TEST(Chunked, DecayAlongTheKeyAxis) {
  expectChunked(R"(
    mixer gla<K, V> {
      input q, k : vector<K>
      input alpha : vector<K> in [0, 1]
      input v : vector<V>
      state H : matrix<V, K>
      output y : vector<V>
      H[t] = H[t-1] * diag(alpha) + v * k'
      y[t] = H[t] * q
    })");
}

TEST(Chunked, BonusForThePresentToken) {
  expectChunked(R"(
    mixer rwkv6<K, V> {
      input r, k : vector<K>
      input w : vector<K> in [0, 1]
      input v : vector<V>
      param u : vector<K>
      state H : matrix<V, K>
      output y : vector<V>
      H[t] = H[t-1] * diag(w) + v * k'
      y[t] = (H[t-1] + v * (u .* k)') * r
    })");
}

TEST(Chunked, DecayAlongTheKeyAxisAndAffine) {
  expectChunked(R"(
    mixer rwkv7<K, V> {
      input r, k, kappa : vector<K>
      input w, a : vector<K> in [0, 1]
      input v : vector<V>
      state H : matrix<V, K>
      output y : vector<V>
      let erase = l2norm(kappa)
      H[t] = H[t-1] * (diag(w) - erase * (a .* erase)') + v * k'
      y[t] = H[t] * r
    })");
}

TEST(Chunked, GateOnBothAxes) {
  expectChunked(R"(
    mixer gated<K, V> {
      input q, k : vector<K>
      input s : vector<K> in [0, 1]
      input e : vector<V> in [0, 1]
      input v : vector<V>
      state H : matrix<V, K>
      output y : vector<V>
      H[t] = (e * s') .* H[t-1] + v * k'
      y[t] = H[t] * q
    })");
}

TEST(Chunked, PaddedRowsCannotOverflow) {
  // Keys far from unit length: a sequence that went on with the last token would grow by 1e30 at every row.
  Kernels kernels(R"(
    mixer wild<K, V> {
      input q, k : vector<K>
      input v : vector<V>
      state H : matrix<V, K>
      output y : vector<V>
      H[t] = H[t-1] * (I - 1267650600228229401496703205376 * k * k') + v * k'
      y[t] = H[t] * q
    })",
                  dims);
  mix::Call call;
  call.dims = dims;
  call.time = 1;
  auto fill = [](std::vector<int64_t> shape, double value) { return mix::Array(shape, value); };
  call.inputs = {{"q", fill({1, 1, 1, 5}, 1)}, {"k", fill({1, 1, 1, 5}, 1)}, {"v", fill({1, 1, 1, 7}, 1)}};
  kernels.expectAgreement("_forward", call, 1e-11);
}

} // namespace
} // namespace mixc::test
