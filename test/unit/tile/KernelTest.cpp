// The hand-written chunk programs, against their recurrences token by token.
#include "dialect/tile/Interpreter.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "test/unit/tile/Program.h"
#include <cmath>
#include <gtest/gtest.h>

using namespace mixc::tile;
using namespace mixc::tile::test;

namespace {

constexpr int N = 32; // K and V

/// The inputs of a run, q k v alpha beta, then state, output, last state.
struct Tokens {
  Tokens(int64_t length, bool delta, unsigned seed) : length(length), delta(delta) {
    std::mt19937 engine(seed);
    std::normal_distribution<double> normal;
    std::uniform_real_distribution<double> uniform;
    for (int i = 0; i < 3; ++i) {
      tensors.emplace_back().data.resize(length * N);
      for (double &x : tensors.back().data)
        x = normal(engine) / std::sqrt(N);
    }
    for (int i = 0; i < 1 + delta; ++i)
      for (int64_t t = tensors.emplace_back().data.size(); t < length; ++t)
        tensors.back().data.push_back(uniform(engine));
    for (int64_t t = 0; t < length; t += 7) // resets, tiny decays and ones among the decays
      tensors[3].data[t] = std::vector<double>{0, 1e-30, 1}[t / 7 % 3];
    tensors.emplace_back().data.resize(N * N);
    for (double &x : tensors.back().data)
      x = normal(engine);
    tensors.push_back({std::vector<double>(length * N, NAN)});
    tensors.push_back({std::vector<double>(N * N, NAN)});
  }

  /// y_t = H_t q_t, H_t = a H + w k', with w = v or b (v - a H k).
  std::pair<std::vector<double>, std::vector<double>> byToken() const {
    std::vector<double> state = tensors[4 + delta].data, out(length * N);
    for (int64_t t = 0; t < length; ++t) {
      const double *q = &tensors[0].data[t * N], *k = &tensors[1].data[t * N], *v = &tensors[2].data[t * N];
      for (int i = 0; i < N; ++i) {
        double read = 0, w = v[i];
        for (int j = 0; j < N; ++j)
          read += (state[i * N + j] *= tensors[3].data[t]) * k[j];
        if (delta)
          w = tensors[4].data[t] * (v[i] - read);
        for (int j = 0; j < N; ++j)
          out[t * N + i] += (state[i * N + j] += w * k[j]) * q[j];
      }
    }
    return {out, state};
  }

  int64_t length;
  bool delta;
  std::vector<Buffer> tensors;
};

void expectNear(const std::vector<double> &found, const std::vector<double> &expected) {
  double error = 0, norm = 0;
  for (auto [x, y] : llvm::zip_equal(found, expected)) {
    error += (x - y) * (x - y);
    norm += y * y;
  }
  EXPECT_LE(std::sqrt(error), 1e-13 * std::sqrt(norm));
}

void check(llvm::StringRef file, bool delta, bool canonical) {
  Program program = Program::fromFile(file);
  ASSERT_TRUE(program.module);
  mlir::PassManager passes(program.context.get());
  if (canonical)
    passes.addPass(mlir::createCanonicalizerPass());
  ASSERT_TRUE(mlir::succeeded(passes.run(*program.module)));
  for (int64_t length : {1, 15, 16, 17, 50}) {
    Tokens tokens(length, delta, static_cast<unsigned>(length));
    auto [y, last] = tokens.byToken();
    llvm::Error error = interpret(program.kernel(), length, tokens.tensors);
    ASSERT_FALSE(error) << llvm::toString(std::move(error));
    expectNear(tokens.tensors[5 + delta].data, y);
    expectNear(tokens.tensors[6 + delta].data, last);
  }
}

TEST(Kernel, GatedRetentionIsItsRecurrence) { check("gated-retention.mlir", false, false); }
TEST(Kernel, GatedDeltaIsItsRecurrence) { check("gated-delta.mlir", true, false); }
TEST(Kernel, GatedRetentionInCanonicalForm) { check("gated-retention.mlir", false, true); }
TEST(Kernel, GatedDeltaInCanonicalForm) { check("gated-delta.mlir", true, true); }

} // namespace
