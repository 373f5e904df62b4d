// A decay of exactly 0 clears the memory: what was before it leaves no trace, not even as rounding, however large it
// was.
#include "test/e2e/Library.h"
#include "test/e2e/Mixers.h"

namespace mixc::test {
namespace {

constexpr int64_t ResetAt = 70; // inside a chunk of any size above 2, behind a full one

mix::Call callWithPast(const TestMixer &mixer, mix::MixerOp equations, double scaleOfPast) {
  CaseShape shape{.time = 150, .regime = mix::Decay::NearHigh};
  mix::Call call = makeCall(mixer, equations, shape, 6);
  mix::Array &decay = call.inputs.at(mixer.fading.decay), &value = call.inputs.at(mixer.name == "mamba2" ? "x" : "v");
  for (int64_t h = 0; h < shape.heads; ++h)
    decay.data[ResetAt * shape.heads + h] = *mixer.fading.reset;
  if (mixer.name == "mamba2") // at this rate the step of the reset is exactly enough
    std::fill(call.params.at("A_log").data.begin(), call.params.at("A_log").data.end(), 0);
  for (int64_t i = 0; i < ResetAt * shape.heads * shape.value; ++i)
    value.data[i] = static_cast<float>(value.data[i] * scaleOfPast);
  return call;
}

class Reset : public testing::TestWithParam<std::string> {};

TEST_P(Reset, LeavesNoTraceOfThePast) {
  const TestMixer &mixer = mixerNamed(GetParam());
  Library &built = library(mixer, 32, 32);
  ASSERT_EQ(built.error, "");
  for (const char *kernel : {"chunked", "recurrent"}) {
    std::optional<mix::Answer> small = runKernel(built, kernel, callWithPast(mixer, built.equations, 1));
    std::optional<mix::Answer> huge = runKernel(built, kernel, callWithPast(mixer, built.equations, 1e15));
    ASSERT_TRUE(small && huge);
    const mix::Array &y = small->outputs.at("y"), &z = huge->outputs.at("y");
    const int64_t from = y.size() / 150 * ResetAt;
    EXPECT_NE(y.data[from - 1], z.data[from - 1]) << kernel << ": the past differs";
    int64_t different = 0;
    for (int64_t i = from; i < y.size(); ++i)
      different += y.data[i] != z.data[i]; // NaN differs from itself
    EXPECT_EQ(different, 0) << kernel << ": outputs from the reset on";
    EXPECT_EQ(small->final.at("H").data, huge->final.at("H").data) << kernel;
  }
}

std::vector<std::string> mixersWithReset() {
  std::vector<std::string> names;
  for (const TestMixer &mixer : mixers())
    if (mixer.fading.reset)
      names.push_back(mixer.name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(Mixers, Reset, testing::ValuesIn(mixersWithReset()), testName);

} // namespace
} // namespace mixc::test
