// Whatever a user may choose gives the same answer: dims that are no multiple of a vector, chunk sizes, target CPUs.
#include "test/e2e/Compare.h"
#include "test/e2e/Library.h"

namespace mixc::test {
namespace {

void expectAgreement(const std::string &name, int64_t key, int64_t value, const Choices &choices = {}) {
  const TestMixer &mixer = mixerNamed(name);
  Library &built = library(mixer, key, value, choices);
  ASSERT_EQ(built.error, "");
  CaseShape shape{.key = key, .value = value, .batch = 2, .time = 75, .groups = 2, .initial = true};
  shape.regime = mixer.decay.empty() ? mix::Decay::Uniform : mix::Decay::NearHigh;
  Oracle oracle(built.equations, makeCall(mixer, built.equations, shape, 10));
  ASSERT_FALSE(oracle.failed());
  for (const char *kernel : {"chunked", "recurrent"})
    if (std::optional<mix::Answer> got = runKernel(built, kernel, oracle.call()))
      oracle.expectAgreement(kernel, *got);
}

class Dims : public testing::TestWithParam<std::string> {};

TEST_P(Dims, OfOne) { expectAgreement(GetParam(), 1, 1); }
TEST_P(Dims, BelowAVector) { expectAgreement(GetParam(), 5, 7); }
TEST_P(Dims, NoMultipleOfAVector) { expectAgreement(GetParam(), 33, 50); }
TEST_P(Dims, WideKeysNarrowValues) { expectAgreement(GetParam(), 96, 8); }

INSTANTIATE_TEST_SUITE_P(Mixers, Dims, testing::ValuesIn(mixerNames()), testName);

class Chunk : public testing::TestWithParam<int64_t> {};

TEST_P(Chunk, OfAnySizeAgrees) {
  for (const char *mixer : {"gated_retention", "gated_delta_net", "mamba2"})
    expectAgreement(mixer, 32, 32, {.chunk = GetParam()});
}

INSTANTIATE_TEST_SUITE_P(Sizes, Chunk, testing::Values(1, 2, 3, 8, 16, 24, 32, 64), testing::PrintToStringParamName());

#if defined(__x86_64__)
class Cpu : public testing::TestWithParam<const char *> {};

TEST_P(Cpu, OfAnyVectorWidthAgrees) {
  for (const TestMixer &mixer : mixers())
    expectAgreement(mixer.name, 32, 48, {.cpu = GetParam()});
}

// Older than any machine that runs these tests.
INSTANTIATE_TEST_SUITE_P(Names, Cpu, testing::Values("x86-64", "nehalem", "haswell"), [](const auto &info) {
  return llvm::StringRef(info.param).count('-') ? std::string("x86_64") : std::string(info.param);
});
#endif

} // namespace
} // namespace mixc::test
