// Gates above 1: a state that they make large is as good as its true value, and one that stays 0 while their product
// overflows is 0.
#include "test/e2e/Compare.h"

namespace mixc::test {
namespace {

/// From the 20th token on gates grow, on what `past` has left of the values before.
struct Growth {
  const char *name;
  double gate;
  int64_t tokens;
  double past;
  bool hasGradients; // do all cotangents fit float32?
};

constexpr Growth growths[] = {
    {"of_nothing", 1e8, 6, 0, false},   // the product is 1e48
    {"of_little", 1e6, 6, 1e-30, true}, // 1e36
    {"steadily", 10, 16, 1e-10, true},  // a chunk long
    {"across_chunks", 2, 90, 1, true},
};

class Grows : public testing::TestWithParam<std::tuple<std::string, Growth>> {};

TEST_P(Grows, AsItsTrueValue) {
  const auto &[name, growth] = GetParam();
  const TestMixer mixer{.name = name, .file = GROWTH, .allDims = {{"K", 9}, {"V", 12}}};
  Library &built = library(mixer, 9, 12);
  ASSERT_EQ(built.error, "");
  mix::Call call = mix::sample(built.equations, mixer.allDims, 1, 128, /*heads=*/1, /*groups=*/1, /*seed=*/4);
  mix::Array &gate = call.inputs.at("a"), &value = call.inputs.at("v");
  const int64_t first = 20, gates = gate.size() / 128, values = value.size() / 128;
  for (int64_t i = 0; i < gate.size(); ++i)
    gate.data[i] = i / gates >= first && i / gates < first + growth.tokens ? growth.gate : 0.875;
  for (int64_t i = 0; i < (first + growth.tokens) * values; ++i)
    value.data[i] = static_cast<float>(value.data[i] * growth.past);
  Oracle oracle(built.equations, call);
  for (const char *kernel : {"chunked", "recurrent"})
    oracle.expectAgreement(built, kernel);
  if (!growth.hasGradients)
    return; // cotangents overflow
  GradientOracle gradients(built.equations, call, 4);
  for (bool withSaved : {true, false})
    gradients.expectAgreement(built, withSaved);
}

INSTANTIATE_TEST_SUITE_P(Gates, Grows,
                         testing::Combine(testing::Values("grown_scalar", "grown_keys", "grown_delta",
                                                          "grown_keys_delta", "grown_values"),
                                          testing::ValuesIn(growths)),
                         [](const auto &info) { return std::get<0>(info.param) + "_" + std::get<1>(info.param).name; });

} // namespace
} // namespace mixc::test
