// 4,096 tokens at full width, with a memory that hardly fades: what is carried between chunks must not lose digits.
#include "test/e2e/Compare.h"
#include "test/e2e/Library.h"

namespace mixc::test {
namespace {

class Long : public testing::TestWithParam<std::string> {};

TEST_P(Long, FourThousandTokensOfFullWidth) {
  const TestMixer &mixer = mixerNamed(GetParam());
  CaseShape shape{.key = 128, .value = 128, .time = 4096, .heads = 2, .groups = 1};
  shape.regime = mixer.decay.empty() ? mix::Decay::Uniform : mix::Decay::NearHigh;
  Library &built = library(mixer, shape.key, shape.value);
  ASSERT_EQ(built.error, "");
  mix::Call call = makeCall(mixer, built.equations, shape, 1);
  // A constant decay is rounded in the same direction at every token, unless it is computed in float64.
  if (auto param = call.params.find(mixer.decay); param != call.params.end())
    param->second.data = {static_cast<float>(1 - 1.0 / 500), static_cast<float>(1 - 1.0 / 32)};
  Oracle oracle(built.equations, std::move(call));
  ASSERT_FALSE(oracle.failed());
  for (const char *kernel : {"chunked", "recurrent"})
    if (std::optional<mix::Answer> got = runKernel(built, kernel, oracle.call()))
      oracle.expectAgreement(kernel, *got);
}

INSTANTIATE_TEST_SUITE_P(Mixers, Long, testing::ValuesIn(mixerNames()), testName);

} // namespace
} // namespace mixc::test
