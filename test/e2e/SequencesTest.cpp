// Sequences of different lengths packed into one batch, and one sequence run in parts.
#include "test/e2e/Compare.h"

namespace mixc::test {
namespace {

class Sequences : public testing::TestWithParam<std::string> {
protected:
  const TestMixer &mixer = mixerNamed(GetParam());
  Library &built = library(mixer, 32, 32);
  const mix::Decay regime = nearOne(mixer);
};

TEST_P(Sequences, PackedWithEmptyAndOneTokenOnes) {
  ASSERT_EQ(built.error, "");
  for (bool initial : {false, true}) {
    CaseShape shape{.time = 259, .groups = 2, .initial = initial, .regime = regime};
    shape.cuSeqlens = {0, 0, 1, 1, 65, 66, 130, 258, 259, 259};
    EveryKernel kernels(built.equations, makeCall(mixer, built.equations, shape, 3), 3);
    kernels.expectAgreement(built, initial ? "initial states" : "", 2);
  }
}

TEST_P(Sequences, WithoutTokensLeaveTheStateAsItWas) {
  ASSERT_EQ(built.error, "");
  CaseShape shape{.batch = 3, .time = 0, .initial = true, .regime = regime};
  const mix::Call call = makeCall(mixer, built.equations, shape, 4);
  if (std::optional<mix::Answer> got = runKernel(built, "chunked", call))
    for (const auto &[name, array] : call.initial)
      EXPECT_EQ(got->final[name].data, array.data) << name;
  const mix::Cotangents cotangents = mix::sampleCotangents(built.equations, call, 4);
  for (bool withSaved : {true, false}) {
    llvm::Expected<mix::Gradients> got = built.loaded->runBackward(call, cotangents, withSaved, 1);
    ASSERT_TRUE(bool(got)) << llvm::toString(got.takeError());
    for (const auto &[name, array] : cotangents.final)
      EXPECT_EQ(got->initial[name].data, array.data) << "what the end gets, the start gets: " << name;
    for (const auto &[name, array] : got->params)
      EXPECT_TRUE(llvm::all_of(array.data, [](double x) { return x == 0; })) << name;
  }
}

TEST_P(Sequences, SplitAtAnyPoint) {
  ASSERT_EQ(built.error, "");
  CaseShape shape{.batch = 2, .time = 150, .groups = 2, .initial = true, .regime = regime};
  Oracle oracle(built.equations, makeCall(mixer, built.equations, shape, 5));
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
