// Sequences of different lengths packed into one batch, and one sequence run in parts.
#include "test/e2e/Compare.h"
#include "test/e2e/Library.h"
#include <cmath>

namespace mixc::test {
namespace {

class Sequences : public testing::TestWithParam<std::string> {
protected:
  const TestMixer &mixer = mixerNamed(GetParam());
  Library &built = library(mixer, 32, 32);
  const mix::Decay regime = mixer.decay.empty() ? mix::Decay::Uniform : mix::Decay::NearHigh;
};

TEST_P(Sequences, PackedWithEmptyAndOneTokenOnes) {
  ASSERT_EQ(built.error, "");
  for (bool initial : {false, true}) {
    CaseShape shape{.time = 259, .groups = 2, .initial = initial, .regime = regime};
    shape.cuSeqlens = {0, 0, 1, 1, 65, 66, 130, 258, 259, 259};
    Oracle oracle(built.equations, makeCall(mixer, built.equations, shape, 3));
    ASSERT_FALSE(oracle.failed());
    for (const char *kernel : {"chunked", "recurrent"})
      if (std::optional<mix::Answer> got = runKernel(built, kernel, oracle.call(), 2))
        oracle.expectAgreement(std::string(kernel) + (initial ? ", initial states" : ""), *got);
  }
}

TEST_P(Sequences, WithoutTokensLeaveTheStateAsItWas) {
  ASSERT_EQ(built.error, "");
  CaseShape shape{.batch = 3, .time = 0, .initial = true, .regime = regime};
  Oracle oracle(built.equations, makeCall(mixer, built.equations, shape, 4));
  ASSERT_FALSE(oracle.failed());
  if (std::optional<mix::Answer> got = runKernel(built, "chunked", oracle.call()))
    for (const auto &[name, array] : oracle.call().initial)
      EXPECT_EQ(got->final[name].data, array.data) << name;
}

TEST_P(Sequences, SplitAtAnyPoint) {
  ASSERT_EQ(built.error, "");
  CaseShape shape{.batch = 2, .time = 150, .groups = 2, .initial = true, .regime = regime};
  Oracle oracle(built.equations, makeCall(mixer, built.equations, shape, 5));
  ASSERT_FALSE(oracle.failed());
  const std::vector<std::pair<int64_t, int64_t>> splits = {{0, 150},  {1, 64},    {63, 65},  {64, 64},
                                                           {37, 101}, {130, 149}, {150, 150}};
  for (const auto &[a, b] : splits) {
    mix::Answer whole;
    whole.final = oracle.call().initial;
    const std::tuple<const char *, int64_t, int64_t> parts[] = {
        {"chunked", 0, a}, {"chunked", a, b}, {"recurrent", b, shape.time}};
    for (const auto &[kernel, from, to] : parts) {
      mix::Call part = tokensOf(oracle.call(), from, to);
      part.initial = whole.final;
      std::optional<mix::Answer> got = runKernel(built, kernel, part, 2);
      ASSERT_TRUE(got);
      appendTokens(whole, *got, from, shape.time);
    }
    oracle.expectAgreement("prefill to " + std::to_string(a) + ", prefill to " + std::to_string(b) + ", decode", whole);
  }
}

INSTANTIATE_TEST_SUITE_P(Mixers, Sequences, testing::ValuesIn(mixerNames()), testName);

} // namespace
} // namespace mixc::test
