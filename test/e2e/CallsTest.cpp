// What holds for any call: the same bits for any number of threads, zeros in and numbers out.
#include "test/e2e/Compare.h"

namespace mixc::test {
namespace {

class Calls : public testing::TestWithParam<std::string> {
protected:
  const TestMixer &mixer = mixerNamed(GetParam());
  Library &built = library(mixer, 32, 32);
};

TEST_P(Calls, GiveTheSameBitsForAnyNumberOfThreads) {
  ASSERT_EQ(built.error, "");
  mix::Call call = makeCall(mixer, built.equations, {.batch = 2, .time = 257, .groups = 2, .initial = true}, 7);
  for (const char *kernel : {"chunked", "recurrent"}) {
    std::optional<mix::Answer> one = runKernel(built, kernel, call, 1);
    ASSERT_TRUE(one);
    for (int64_t threads : {2, 3, 0}) {
      std::optional<mix::Answer> more = runKernel(built, kernel, call, threads);
      ASSERT_TRUE(more);
      EXPECT_EQ(one->outputs.at("y").data, more->outputs.at("y").data) << kernel << ", " << threads << " threads";
      EXPECT_EQ(one->final.at("H").data, more->final.at("H").data) << kernel << ", " << threads << " threads";
    }
  }
}

TEST_P(Calls, OfZerosGiveNumbers) {
  ASSERT_EQ(built.error, "");
  mix::Call call = makeCall(mixer, built.equations, {.time = 100}, 8);
  for (auto &[name, array] : call.inputs)
    std::fill(array.data.begin(), array.data.end(), 0);
  EveryKernel(built.equations, call, 8).expectAgreement(built);
}

INSTANTIATE_TEST_SUITE_P(Mixers, Calls, testing::ValuesIn(mixerNames()), testName);

} // namespace
} // namespace mixc::test
