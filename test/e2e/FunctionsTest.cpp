// Functions of numbers to the last digits: a tensor's error as a whole would not show that sin(x) is wrong where it is small.
#include "test/e2e/Library.h"
#include <cmath>

namespace mixc::test {
namespace {

constexpr int64_t Width = 16, Time = 4096;

/// In units of the last place of a float32 of this size.
double ulps(double error, double size) {
  const float nearest = std::max(static_cast<float>(size), std::numeric_limits<float>::min());
  return std::fabs(error) / (std::nextafter(nearest, HUGE_VALF) - nearest);
}

/// What an error is held against: the answer, and of gelu(x) = x sigmoid(p(x)) at least x / 50, since the last place of p(x) = -40 is
/// 40 of the answer's.
double sizeOf(llvm::StringRef name, double x, double exact) {
  return std::max(std::fabs(exact), name == "of_gelu" ? std::fabs(x) / 50 : 0);
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

TEST(Functions, AreRightToTheLastDigits) {
  const TestMixer mixer{.name = "functions", .file = FUNCTIONS, .allDims = {{"N", Width}}};
  Library &built = library(mixer, Width, 1);
  ASSERT_EQ(built.error, "");
  for (auto [least, most] : {std::pair(-60.0, 0.0), std::pair(-2.0, 3.0), std::pair(3.0, 6.0)}) {
    const mix::Call call = callBetween(built.equations, least, most);
    llvm::Expected<mix::Answer> wanted = mix::interpret(built.equations, call);
    ASSERT_TRUE(static_cast<bool>(wanted)) << toString(wanted.takeError());
    std::optional<mix::Answer> got = runKernel(built, "chunked", call);
    ASSERT_TRUE(got);
    for (const auto &[name, array] : wanted->outputs) {
      const std::vector<double> &answers = got->outputs.at(name).data;
      double worst = 0, at = 0;
      for (auto [x, answer, exact] : llvm::zip(call.inputs.at("x").data, answers, array.data))
        if (double error = ulps(answer - exact, sizeOf(name, x, exact)); !(error <= worst)) {
          worst = error;
          at = x;
        }
      RecordProperty(name, std::to_string(worst));
      EXPECT_LE(worst, name == "of_gelu" ? 10 : 5)
          << name << "(" << at << "), |x| from 2^" << least << " to 2^" << most;
    }
  }
}

} // namespace
} // namespace mixc::test
