// 4,096 tokens at full width, with a memory that hardly fades: what is carried between chunks must not lose digits. And
// 8,192 whose gates are all alike, where an error that each chunk repeats shows.
#include "test/e2e/Compare.h"

namespace mixc::test {
namespace {

class Long : public testing::TestWithParam<std::string> {};

TEST_P(Long, FourThousandTokensOfFullWidth) {
  const TestMixer &mixer = mixerNamed(GetParam());
  CaseShape shape{.key = 128, .value = 128, .time = 4096, .heads = 2, .groups = 1};
  shape.regime = nearOne(mixer);
  Library &built = library(mixer, shape.key, shape.value);
  ASSERT_EQ(built.error, "");
  mix::Call call = makeCall(mixer, built.equations, shape, 1);
  // A constant decay is rounded in the same direction at every token, unless it is computed in float64.
  if (auto param = call.params.find(mixer.fading.decay); param != call.params.end())
    param->second.data = {static_cast<float>(1 - 1.0 / 500), static_cast<float>(1 - 1.0 / 32)};
  Oracle oracle(built.equations, std::move(call));
  for (const char *kernel : {"chunked", "recurrent"})
    oracle.expectAgreement(built, kernel);
}

// 1e-5, whatever rounding every op to float32 would cost: a gate that is computed is no less exact than one that is
// given. But a param's gradient is a sum over all tokens, whose terms cancel.
TEST_P(Long, EightThousandTokensOfOneGate) {
  const TestMixer &mixer = mixerNamed(GetParam());
  CaseShape shape{.key = 16, .value = 16, .time = 8192, .heads = 1, .groups = 1};
  shape.regime = mixer.fading.decay.empty() ? mix::Decay::Uniform : mix::Decay::Alike;
  Library &built = library(mixer, shape.key, shape.value);
  ASSERT_EQ(built.error, "");
  const mix::Call call = makeCall(mixer, built.equations, shape, 1);
  const mix::Cotangents cotangents = mix::sampleCotangents(built.equations, call, 1);
  std::optional<mix::Answer> answer = runKernel(built, "chunked", call);
  ASSERT_TRUE(answer);
  auto hold = [&](llvm::Expected<std::vector<TensorError>> errors) {
    ASSERT_TRUE(bool(errors)) << llvm::toString(errors.takeError());
    for (const TensorError &tensor : *errors)
      EXPECT_LE(tensor.error,
                call.params.count(mixer.fading.decay) ? tensor.tolerance.bound : Tolerance::float32().bound)
          << tensor.name;
  };
  hold(compare(built.equations, call, *answer));
  GradientReference reference(built.equations, call, cotangents);
  for (bool withSaved : {true, false}) {
    llvm::Expected<mix::Gradients> gradients = built.loaded->runBackward(call, cotangents, withSaved, 1);
    ASSERT_TRUE(bool(gradients)) << llvm::toString(gradients.takeError());
    hold(reference.compare(*gradients));
  }
}

INSTANTIATE_TEST_SUITE_P(Mixers, Long, testing::ValuesIn(mixerNames()), testName);

} // namespace
} // namespace mixc::test
