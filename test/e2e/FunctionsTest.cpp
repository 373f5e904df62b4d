// Functions of numbers to the last digits: a tensor's error as a whole would not show that sin(x) is wrong where it is
// small.
#include "test/e2e/Compare.h"
#include "llvm/ADT/StringSwitch.h"
#include <cmath>

namespace mixc::test {
namespace {

constexpr int64_t Width = 16, Time = 4096;

/// In units of the last place of a float32 of this size; near the least ones, steps of a formula may be 0.
double ulps(double error, double size) {
  const float nearest = std::max(static_cast<float>(size), 0x1p-100f);
  return std::fabs(error) / (std::nextafter(nearest, HUGE_VALF) - nearest);
}

/// What an error is held against: the answer; but the last place of p(x) = -40 in gelu(x) = x sigmoid(p(x)) is 40 of
/// the answer's, so at least x / 50, and the slopes of gelu and silu pass through 0.
double sizeOf(llvm::StringRef name, bool isSlope, double x, double exact) {
  const bool isGelu = name == "of_gelu" || name == "of_gelu_erf", isHeld = isSlope && (isGelu || name == "of_silu");
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

Library &functions(const std::string &name = "functions") {
  const TestMixer mixer{.name = name, .file = FUNCTIONS, .allDims = {{"N", Width}}};
  return library(mixer, Width, 1);
}

/// So many units in the last place.
double allowed(llvm::StringRef name, bool isSlope) {
  if (isSlope || name == "of_gelu" || name == "of_gelu_erf")
    return 10;
  return llvm::StringSwitch<double>(name)
      .Cases({"of_sin", "of_cos"}, 1.5)
      .Cases({"of_expm1", "of_log1p", "of_erf"}, 2)
      .Default(5);
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
  EXPECT_LE(worst, allowed(name, isSlope)) << name << (isSlope ? "'(" : "(") << at << ")";
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

/// The numbers of a list again and again, for inputs of any size.
mix::Call callOf(mix::MixerOp mixer, llvm::ArrayRef<double> numbers) {
  mix::Call call = mix::sample(mixer, {{"N", Width}}, 1, 64, 1, 1, 1, {});
  std::vector<double> &x = call.inputs.at("x").data;
  for (size_t i = 0; i < x.size(); ++i)
    x[i] = static_cast<float>(numbers[i % numbers.size()]);
  return call;
}

TEST(Angles, AreRightForAllOfFloat32) {
  Library &built = functions("angles");
  ASSERT_EQ(built.error, "");
  // Close to a multiple of pi/2, and around the change to wide arithmetic.
  const double hard[] = {16367173 * 0x1p+72,
                         0x1.921fb6p+0,
                         0x1.921fb6p+1,
                         0x1.45f306p+23,
                         65535.99,
                         65536,
                         65537,
                         0x1.fffffep+127,
                         710,
                         -11,
                         -22,
                         355,
                         -0x1p+64,
                         103993};
  for (const mix::Call &call : {callBetween(built.equations, -60, 127.99), callBetween(built.equations, 14, 26),
                                callOf(built.equations, hard)}) {
    llvm::Expected<mix::Answer> wanted = mix::interpret(built.equations, call);
    ASSERT_TRUE(static_cast<bool>(wanted)) << toString(wanted.takeError());
    for (const char *kernel : {"chunked", "recurrent"}) {
      std::optional<mix::Answer> got = runKernel(built, kernel, call);
      ASSERT_TRUE(got);
      for (const char *name : {"of_sin", "of_cos"})
        expectDigits(name, /*isSlope=*/false, call, got->outputs.at(name), wanted->outputs.at(name));
    }
  }
}

/// The same number, infinity or NaN, and the same zero.
void expectSame(llvm::StringRef name, double x, double got, double wanted) {
  SCOPED_TRACE(name.str() + " at " + std::to_string(x));
  const double rounded = static_cast<float>(wanted);
  if (std::isnan(wanted))
    EXPECT_TRUE(std::isnan(got)) << got;
  else if (std::isinf(rounded) || std::fabs(rounded) < 0x1p-100)
    EXPECT_TRUE(got == rounded || std::fabs(got - rounded) < 0x1p-126) << got << " for " << wanted;
  else
    EXPECT_LE(ulps(got - wanted, std::fabs(wanted)), allowed(name, false)) << got << " for " << wanted;
  if (rounded == 0)
    EXPECT_EQ(std::signbit(got), std::signbit(wanted)) << got;
}

// Numbers below 2^-126 count as 0 in kernels.
const double corners[] = {0.0,   -0.0,  0x1p-126, -0x1p-126, 1.0,     -1.0,     0.5,       -2.0, 30.0,
                          -30.0, 100.0, -100.0,   3.4e38,    -3.4e38, INFINITY, -INFINITY, NAN};

TEST(Corners, AreWhatTheInterpreterSays) {
  Library &built = functions("corners");
  ASSERT_EQ(built.error, "");
  const mix::Call call = callOf(built.equations, corners);
  llvm::Expected<mix::Answer> wanted = mix::interpret(built.equations, call);
  ASSERT_TRUE(static_cast<bool>(wanted)) << toString(wanted.takeError());
  std::optional<mix::Answer> got = runKernel(built, "chunked", call);
  ASSERT_TRUE(got);
  for (const auto &[name, array] : wanted->outputs)
    for (size_t i = 0; name != "count" && i < std::size(corners); ++i)
      expectSame(name, corners[i], got->outputs.at(name).data[i], array.data[i]);
}

TEST(Corners, HaveTheSlopesThatTheInterpreterSays) {
  Library &built = functions("corners");
  ASSERT_EQ(built.error, "");
  const mix::Call call = callOf(built.equations, corners);
  const mix::Cotangents all = mix::sampleCotangents(built.equations, call, 1);
  for (const auto &[name, array] : all.outputs) {
    mix::Cotangents one = all;
    for (auto &[other, cotangent] : one.outputs)
      std::fill(cotangent.data.begin(), cotangent.data.end(), other == name ? 1 : 0);
    llvm::Expected<mix::Gradients> wanted = mix::interpretBackward(built.equations, call, one);
    ASSERT_TRUE(static_cast<bool>(wanted)) << toString(wanted.takeError());
    llvm::Expected<mix::Gradients> got = built.loaded->runBackward(call, one, /*withSaved=*/true, 1);
    ASSERT_TRUE(static_cast<bool>(got)) << toString(got.takeError());
    for (size_t i = 0; name != "count" && i < std::size(corners); ++i) {
      const double slope = wanted->inputs.at("x").data[i], answer = got->inputs.at("x").data[i];
      SCOPED_TRACE("slope of " + name + " at " + std::to_string(corners[i]));
      if (std::isnan(slope) || std::isnan(corners[i]))
        continue;
      if (std::isinf(static_cast<float>(slope)))
        EXPECT_EQ(answer, static_cast<float>(slope));
      else
        EXPECT_LE(std::fabs(answer - slope), 1e-5 * std::max(0x1p-100, std::fabs(slope)));
    }
  }
}

// An odd power keeps the sign of its base, an even one has none, and one that is not whole is no number.
TEST(Powers, OfNegativeNumbers) {
  Library &built = functions("powers");
  ASSERT_EQ(built.error, "");
  const double bases[] = {-2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2};
  const mix::Call call = callOf(built.equations, bases);
  llvm::Expected<mix::Answer> wanted = mix::interpret(built.equations, call);
  ASSERT_TRUE(static_cast<bool>(wanted)) << toString(wanted.takeError());
  std::optional<mix::Answer> got = runKernel(built, "chunked", call);
  ASSERT_TRUE(got);
  for (const char *name : {"of_even", "of_odd", "of_real"})
    for (size_t i = 0; i < std::size(bases); ++i) {
      SCOPED_TRACE(name + (" at " + std::to_string(bases[i])));
      const double answer = got->outputs.at(name).data[i], exact = wanted->outputs.at(name).data[i];
      if (std::isnan(exact))
        EXPECT_TRUE(std::isnan(answer)) << answer;
      else
        EXPECT_LE(std::fabs(answer - exact), 1e-5 * std::fabs(exact)) << answer << " for " << exact;
    }
}

// exp(-400) is 0 in float32, and exp(400) infinite; their roots are neither, nor are the slopes of those.
TEST(Powers, OfWhatFloat32HoldsNoMore) {
  Library &built = functions("tempered");
  ASSERT_EQ(built.error, "");
  const double points[] = {-400, -200, -103, -90, -30, -1, 0, 1, 30, 90, 200, 400};
  const mix::Call call = callOf(built.equations, points);
  EveryKernel(built.equations, call, 0).expectAgreement(built, "as tensors");
  llvm::Expected<mix::Answer> wanted = mix::interpret(built.equations, call);
  ASSERT_TRUE(static_cast<bool>(wanted)) << toString(wanted.takeError());
  std::optional<mix::Answer> got = runKernel(built, "chunked", call);
  ASSERT_TRUE(got);
  for (const char *name : {"of_sigmoid", "of_exp"})
    for (size_t i = 0; i < std::size(points); ++i) {
      const double answer = got->outputs.at(name).data[i], exact = wanted->outputs.at(name).data[i];
      EXPECT_LE(std::fabs(answer - exact), 1e-5 * exact) << name << " at " << points[i];
    }
}

INSTANTIATE_TEST_SUITE_P(Sizes, Functions,
                         testing::Values(std::pair(-60.0, 0.0), std::pair(-2.0, 3.0), std::pair(3.0, 6.0)));

} // namespace
} // namespace mixc::test
