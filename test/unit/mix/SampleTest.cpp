#include "dialect/mix/Sample.h"
#include "Mixers.h"
#include "TestMixer.h"

namespace mixc::mix {
namespace {

double share(const std::vector<double> &values, double of) {
  return static_cast<double>(std::count(values.begin(), values.end(), of)) / values.size();
}

Call draw(Decay decay, uint64_t seed = 0) {
  TestMixer test(kGatedDelta);
  SampleOptions options;
  options.decay = decay;
  return sample(test.mixer, {{"K", 8}, {"V", 3}}, 2, 1000, 4, 2, seed, options);
}

TEST(Sample, ShapesAndUnitLength) {
  Call call = draw(Decay::Uniform);
  EXPECT_EQ(call.inputs["k"].shape, (std::vector<int64_t>{2, 1000, 2, 8}));
  EXPECT_EQ(call.inputs["v"].shape, (std::vector<int64_t>{2, 1000, 4, 3}));
  EXPECT_EQ(call.inputs["alpha"].shape, (std::vector<int64_t>{2, 1000, 4}));
  const std::vector<double> &k = call.inputs["k"].data;
  for (size_t at = 0; at < k.size(); at += 8) {
    double squares = 0;
    for (size_t i = at; i < at + 8; ++i)
      squares += k[i] * k[i];
    ASSERT_NEAR(squares, 1, 1e-6);
  }
}

TEST(Sample, RowsOfMatricesHaveUnitLength) {
  TestMixer test(R"(mix.mixer @m dims ["K", "V"] { %r = mix.param "R" : <[V, K], param> })");
  const std::vector<double> r = sample(test.mixer, {{"K", 8}, {"V", 3}}, 1, 1, 2, 1, 0).params["R"].data;
  ASSERT_EQ(r.size(), 2U * 3 * 8);
  for (size_t at = 0; at < r.size(); at += 8) {
    double squares = 0;
    for (size_t i = at; i < at + 8; ++i)
      squares += r[i] * r[i];
    EXPECT_NEAR(squares, 1, 1e-6);
  }
}

TEST(Sample, AllNumbersAreFloat32) {
  for (const auto &[name, input] : draw(Decay::NearHigh).inputs)
    for (double value : input.data)
      ASSERT_EQ(value, static_cast<float>(value)) << name;
}

TEST(Sample, DecayRegimes) {
  auto alpha = [](Decay decay) { return draw(decay).inputs["alpha"].data; };
  auto range = [](const std::vector<double> &values) {
    auto [lo, hi] = std::minmax_element(values.begin(), values.end());
    return std::pair(*lo, *hi);
  };
  std::vector<double> values = alpha(Decay::Uniform);
  EXPECT_NEAR(share(values, 0), 0.02, 0.008);
  EXPECT_GT(range(values).second, 0.98);
  values = alpha(Decay::NearHigh);
  EXPECT_GE(range(values).first, 0.98);
  EXPECT_LE(range(values).second, 1);
  values = alpha(Decay::Mild);
  EXPECT_GE(range(values).first, 0.5);
  EXPECT_LE(range(values).second, 0.98 + 1e-6);
  values = alpha(Decay::Strong);
  EXPECT_LE(range(values).second, 0.3 + 1e-6);
  values = alpha(Decay::Resets);
  EXPECT_NEAR(share(values, 0), 0.125, 0.02);
  EXPECT_EQ(share(alpha(Decay::High), 1), 1);
  values = alpha(Decay::Alike);
  EXPECT_EQ(share(values, values[0]), 1);
  EXPECT_GE(values[0], 0.999 - 1e-6);
  EXPECT_LT(values[0], 1);
  const double repeated = values[0]; // the same seed
  values = alpha(Decay::Mixed);
  EXPECT_NEAR(share(values, repeated), 0.5, 0.1);
  EXPECT_NEAR(share(values, 1), 0.2, 0.08);
}

TEST(Sample, ResetsEvenTheShortest) {
  TestMixer test(kGatedDelta);
  SampleOptions options;
  options.decay = Decay::Resets;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    Call call = sample(test.mixer, {{"K", 8}, {"V", 3}}, 1, 2, 1, 1, seed, options);
    EXPECT_GT(share(call.inputs["alpha"].data, 0), 0);
  }
}

TEST(Sample, DependsOnTheSeedAndNameAlone) {
  EXPECT_EQ(draw(Decay::Uniform, 3).inputs["v"].data, draw(Decay::Uniform, 3).inputs["v"].data);
  EXPECT_NE(draw(Decay::Uniform, 3).inputs["v"].data, draw(Decay::Uniform, 4).inputs["v"].data);
  EXPECT_NE(draw(Decay::Uniform, 3).inputs["q"].data, draw(Decay::Uniform, 3).inputs["k"].data);
  // The first numbers on any machine.
  EXPECT_NEAR(draw(Decay::Uniform, 0).inputs["alpha"].data[0], 0.797723, 5e-7);
}

TEST(Sample, IntervalsWithoutEnd) {
  TestMixer test(R"(
mix.mixer @m dims [] {
  %a = mix.input "a" in [0xFFF0000000000000, 0.0] : <[], head>
  %b = mix.input "b" in [0.1, 0.3] : <[], head>
  %p = mix.param "p" in [2.0, 2.0] : <[], param>
  %s = mix.state "s" : <[], head>
  mix.next "s", %s : <[], head>
}
)");
  Call call = sample(test.mixer, {}, 1, 500, 2, 1, 0);
  for (double value : call.inputs["a"].data)
    ASSERT_TRUE(value <= 0 && std::isfinite(value));
  for (double value : call.inputs["b"].data)
    ASSERT_TRUE(value >= 0.1 && value <= 0.3); // float32(0.3) is above 0.3
  EXPECT_EQ(call.params["p"].data, (std::vector<double>{2, 2}));
}

TEST(Sample, InitialStatesAreReachable) {
  TestMixer test(kGatedDelta);
  SampleOptions options;
  options.initialStates = true;
  options.cuSeqlens = {0, 2, 10};
  Call call = sample(test.mixer, {{"K", 8}, {"V", 3}}, 1, 10, 2, 1, 0, options);
  ASSERT_EQ(call.initial["H"].shape, (std::vector<int64_t>{2, 2, 3, 8}));
  for (double value : call.initial["H"].data)
    EXPECT_TRUE(value != 0 && value == static_cast<float>(value));
  test.run(call);
}

} // namespace
} // namespace mixc::mix
