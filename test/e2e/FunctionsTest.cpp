// Functions of numbers to the last digits: a tensor's error as a whole would not show that sin(x) is wrong where it is small.
#include "test/e2e/Library.h"
#include <cmath>

namespace mixc::test {
namespace {

constexpr int64_t Width = 16, Time = 4096;

/// In units of the last place of a float32 of this size; near the least ones, steps of a formula may be 0.
double ulps(double error, double size) {
  const float nearest = std::max(static_cast<float>(size), 0x1p-100f);
  return std::fabs(error) / (std::nextafter(nearest, HUGE_VALF) - nearest);
}

/// What an error is held against: the answer; but the last place of p(x) = -40 in gelu(x) = x sigmoid(p(x)) is 40 of the answer's, so
/// at least x / 50, and the slopes of gelu and silu pass through 0.
double sizeOf(llvm::StringRef name, bool isSlope, double x, double exact) {
  const bool isGelu = name == "of_gelu", isHeld = isSlope && (isGelu || name == "of_silu");
  return std::max(std::fabs(exact), isHeld ? 0.1 : isGelu ? std::fabs(x) / 50 : 0);
}

/// x = +- 2^e with e from `least` to `most`.
mix::Call callBetween(mix::MixerOp mixer, double least, double most) {
  mix::Call call = mix::sample(mixer, {{"N", Width}}, 1, Time, 1, 1, 1, {});
  std::vector<double> &x = call.inputs.at("x").data;
  for (size_t i = 0; i < x.size(); ++i) {
    const double size = std::exp2(least + (most - least) * static_cast<double>(i) / static_cast<double>(x.size()));
    x[i] = static_cast<float>(i % 2 ? size : -size);
  }
  return call;
}

Library &functions() {
  static const TestMixer mixer{.name = "functions", .file = FUNCTIONS, .allDims = {{"N", Width}}};
  return library(mixer, Width, 1, {.backward = true});
}

/// Every answer of a function, or of its slope, is right to so many units in the last place.
void expectDigits(const std::string &name, bool isSlope, const mix::Call &call, const mix::Array &answers,
                  const mix::Array &wanted) {
  double worst = 0, at = 0;
  for (auto [x, answer, exact] : llvm::zip_equal(call.inputs.at("x").data, answers.data, wanted.data)) {
    ASSERT_FALSE(std::isnan(answer)) << name << "(" << x << ")";
    if (double error = ulps(answer - exact, sizeOf(name, isSlope, x, exact)); error > worst) {
      worst = error;
      at = x;
    }
  }
  EXPECT_LE(worst, isSlope || name == "of_gelu" ? 10 : 5) << name << (isSlope ? "'(" : "(") << at << ")";
}

class Functions : public testing::TestWithParam<std::pair<double, double>> {};

TEST_P(Functions, AreRightToTheLastDigits) {
  Library &built = functions();
  ASSERT_EQ(built.error, "");
  const mix::Call call = callBetween(built.equations, GetParam().first, GetParam().second);
  llvm::Expected<mix::Answer> wanted = mix::interpret(built.equations, call);
  ASSERT_TRUE(static_cast<bool>(wanted)) << toString(wanted.takeError());
  std::optional<mix::Answer> got = runKernel(built, "chunked", call);
  ASSERT_TRUE(got);
  for (const auto &[name, array] : wanted->outputs)
    if (name != "count")
      expectDigits(name, /*isSlope=*/false, call, got->outputs.at(name), array);
}

TEST_P(Functions, HaveRightSlopes) {
  Library &built = functions();
  ASSERT_EQ(built.error, "");
  const mix::Call call = callBetween(built.equations, GetParam().first, GetParam().second);
  const mix::Cotangents all = mix::sampleCotangents(built.equations, call, 1);
  for (const auto &[name, array] : all.outputs) {
    if (name == "count" || name == "of_log" || name == "of_rsqrt") // slopes that overflow
      continue;
    mix::Cotangents one = all;
    for (auto &[other, cotangent] : one.outputs)
      std::fill(cotangent.data.begin(), cotangent.data.end(), other == name ? 1 : 0);
    llvm::Expected<mix::Gradients> wanted = mix::interpretBackward(built.equations, call, one);
    ASSERT_TRUE(static_cast<bool>(wanted)) << toString(wanted.takeError());
    llvm::Expected<mix::Gradients> got = built.loaded->runBackward(call, one, /*withSaved=*/true, 1);
    ASSERT_TRUE(static_cast<bool>(got)) << toString(got.takeError());
    expectDigits(name, /*isSlope=*/true, call, got->inputs.at("x"), wanted->inputs.at("x"));
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, Functions,
                         testing::Values(std::pair(-60.0, 0.0), std::pair(-2.0, 3.0), std::pair(3.0, 6.0)));

} // namespace
} // namespace mixc::test
