// Whatever a user may choose gives the same answer, and the same gradients: dims that are no multiple of a vector,
// chunk sizes, target CPUs, what is kept for backward. The rows of a pairwise covering array are dealt to the examples,
// and each example gets one for every kind of CPU.
#include "test/e2e/Compare.h"
#include "test/e2e/Covering.h"
#include "test/e2e/Examples.h"

namespace mixc::test {
namespace {

#if defined(__x86_64__)
/// SSE2, SSE4.2, AVX2 with FMA, and what this machine has: none is younger than a machine that runs these tests.
const std::vector<std::vector<const char *>> cpus = {{"x86-64", "nehalem"}, {"haswell"}, {"native"}};
#else
const std::vector<std::vector<const char *>> cpus = {{"native"}};
#endif
const std::vector<int64_t> chunks = {0, 1, 2, 3, 8, 16, 24, 32, 64};
const std::vector<Keep> kept = {Keep::Writes, Keep::States};
const std::vector<std::pair<int64_t, int64_t>> sizes = {{1, 1}, {5, 7}, {33, 50}, {96, 8}, {16, 48}};

struct Case {
  std::string mixer;
  int64_t key, value;
  Choices choices;
};

std::vector<Case> allCases() {
  auto count = [](const auto &levels) { return static_cast<int>(levels.size()); };
  const std::vector<std::vector<int>> rows = coverPairs({count(chunks), count(sizes), count(kept)});
  std::vector<Case> cases;
  for (const std::string &mixer : exampleNames())
    for (const std::vector<const char *> &alike : cpus) {
      const size_t next = cases.size();
      const std::vector<int> &row = rows[next % rows.size()];
      const auto [key, value] = sizes[row[1]];
      cases.push_back(
          {mixer,
           key,
           value,
           {.chunk = chunks[row[0]], .cpu = alike[next / cpus.size() % alike.size()], .keep = kept[row[2]]}});
    }
  return cases;
}

std::string caseName(const testing::TestParamInfo<Case> &info) {
  const auto &[mixer, key, value, choices] = info.param;
  std::string cpu = choices.cpu;
  std::replace(cpu.begin(), cpu.end(), '-', '_');
  return mixer + "_" + cpu + "_" + std::to_string(key) + "x" + std::to_string(value) + "_chunk" +
         std::to_string(choices.chunk) + (choices.keep == Keep::Writes ? "_writes" : "_states");
}

/// Norms: `x * rsqrt(sum(x .* x) / N + eps)`.
bool hasNorm(mix::MixerOp equations) {
  return llvm::any_of(equations.step().getOps<mix::UnaryOp>(),
                      [](mix::UnaryOp op) { return op.getKind() == mix::UnaryKind::Rsqrt; });
}

class Chosen : public testing::TestWithParam<Case> {};

TEST_P(Chosen, KernelsAgreeWithTheInterpreter) {
  const auto &[name, key, value, choices] = GetParam();
  const TestMixer mixer = exampleNamed(name).sized(key, value);
  Library &built = library(mixer, key, value, choices);
  ASSERT_EQ(built.error, "");
  CaseShape shape{.key = key, .value = value, .batch = 1, .time = 75, .heads = 2, .groups = 2, .initial = true};
  // One key is all there is: what erases nearly all of that leaves nothing but rounding.
  shape.regime = key == 1 ? mix::Decay::Mild : mix::Decay::NearHigh;
  EveryKernel kernels(built.equations, makeCall(mixer, built.equations, shape, 10), 10);
  kernels.expectAnswersAgree(built);
  if (key == 1 && hasNorm(built.equations))
    GTEST_SKIP() << "the norm of one number is its sign, and the gradient of that a rounding error";
  kernels.expectGradientsAgree(built);
}

INSTANTIATE_TEST_SUITE_P(Examples, Chosen, testing::ValuesIn(allCases()), caseName);

} // namespace
} // namespace mixc::test
