// Chunk programs of what is no plain matmul: substitution, states that mix, and states without normal form, which step
// through the chunk.
#include "test/unit/derive/Kernels.h"

namespace mixc::test {
namespace {

void expectForm(const std::string &form, const std::string &text, const Kernels::Dims &dims = {{"K", 5}, {"V", 7}}) {
  Kernels kernels(text, dims);
  EXPECT_EQ(kernels.form(), form);
  EXPECT_EQ(kernels.kernel("_forward").getWhy().has_value(), form != "chunked");
  for (auto decay : {mix::Decay::Uniform, mix::Decay::Resets})
    kernels.expectAgreement(decay);
}

TEST(Stepped, NonlinearWrites) {
  expectForm("chunked", R"(
    mixer robust<K, V> {
      input q, k : vector<K>
      input v : vector<V>
      input eta : scalar in [0, 1]
      state H : matrix<V, K>
      output y : vector<V>
      let key = l2norm(k)
      H[t] = H[t-1] + eta * tanh(v - H[t-1] * key) * key'
      y[t] = H[t] * q
    })");
}

TEST(Stepped, WritesThatTakeAConstantVector) {
  // The derivative of a mean is the same for all entries: ones, which normalisation takes out of phi.
  expectForm("chunked", R"(
    mixer normalised<K, V> {
      input k : vector<K>
      input v : vector<V>
      state n : vector<K>
      state H : matrix<K, V>
      output y : vector<V>
      let key = l2norm(k)
      let S = H[t-1] - 0.25 * grad(norm(layernorm(H[t-1]' * key, 0.125)), H[t-1])
      n[t] = n[t-1] + k
      H[t] = (S' * key * key')' + key * (dot(k, n[t-1]) * v)'
      y[t] = H[t-1]' * key
    })");
}

TEST(Stepped, TwoStatesThatMix) {
  expectForm("chunked", R"(
    mixer momentum<K, V> {
      input q, k : vector<K>
      input v : vector<V>
      input alpha, eta, theta : scalar in [0, 1]
      state S, M : matrix<V, K>
      output y : vector<V>
      let key = l2norm(k)
      S[t] = eta * S[t-1] - theta * (M[t-1] * key - v) * key'
      M[t] = (1 - alpha) * M[t-1] + S[t]
      y[t] = M[t] * q
    })");
}

TEST(Stepped, StabilisedMemory) {
  expectForm("stepped", R"(
    mixer mlstm<K, V> {
      input q, k : vector<K>
      input v : vector<V>
      input i, f : scalar
      state m : scalar
      state C : matrix<V, K>
      state n : vector<K>
      output h : vector<V>
      let log_f = -softplus(-f)
      m[t] = max(log_f + m[t-1], i)
      let keep = exp(log_f + m[t-1] - m[t])
      let new = exp(i - m[t])
      C[t] = keep * C[t-1] + new * v * k'
      n[t] = keep * n[t-1] + new * k
      h[t] = C[t] * q / max(abs(n[t]' * q), exp(-m[t]))
    })");
}

TEST(Stepped, FullGate) {
  expectForm("stepped", R"(
    mixer full<K, V> {
      input q, k : vector<K>
      input v : vector<V>
      input G : matrix<V, K> in [0, 1]
      state H : matrix<V, K>
      output y : vector<V>
      H[t] = G .* H[t-1] + v * k'
      y[t] = H[t] * q
    })");
}

TEST(Stepped, RotationOfAPair) {
  expectForm("stepped", R"(
    mixer lru<N> {
      input u, w : vector<N>
      param nu, theta : vector<N>
      state re, im : vector<N>
      output y, z : vector<N>
      let mag = exp(-exp(nu))
      let c = mag .* cos(theta)
      let s = mag .* sin(theta)
      re[t] = c .* re[t-1] - s .* im[t-1] + u
      im[t] = s .* re[t-1] + c .* im[t-1] + w
      y[t] = re[t]
      z[t] = im[t]
    })",
             {{"N", 6}});
}

TEST(Stepped, DenseMixingInsideANonlinearity) {
  expectForm("stepped", R"(
    mixer lstm<N> {
      input i, f, g, o : vector<N>
      param Ri, Rf, Rg, Ro : matrix<N, N>
      state c, h : vector<N>
      output y : vector<N>
      c[t] = sigmoid(f + Rf * h[t-1]) .* c[t-1] + sigmoid(i + Ri * h[t-1]) .* tanh(g + Rg * h[t-1])
      h[t] = sigmoid(o + Ro * h[t-1]) .* tanh(c[t])
      y[t] = h[t]
    })",
             {{"N", 6}});
}

TEST(Stepped, DeepMemory) {
  // Matrix states inside a non-linearity: token by token, the new states are tiles too.
  expectForm("stepped", R"(
    mixer deep<K, V> {
      input q, k : vector<K>
      input v : vector<V>
      input eta : scalar in [0, 1]
      state A : matrix<V, K>
      state B : matrix<V, V>
      output y : vector<V>
      let hidden = tanh(A[t-1] * k)
      let wrong = B[t-1] * hidden - v
      A[t] = A[t-1] - 0.125 * eta * ((1 - hidden .* hidden) .* (B[t-1]' * wrong)) * k'
      B[t] = 0.875 * B[t-1] - 0.125 * eta * wrong * hidden'
      y[t] = B[t] * tanh(A[t] * q)
    })");
}

TEST(Stepped, StateTimesItsTranspose) {
  expectForm("stepped", R"(
    mixer twisted<K> {
      input k : vector<K>
      state H : matrix<K, K> = I
      output y : vector<K>
      H[t] = 0.5 * H[t-1] * H[t-1]' + 0.125 * k * k' + 0.125 * diag(k)
      y[t] = H[t]' * k
    })");
}

} // namespace
} // namespace mixc::test
