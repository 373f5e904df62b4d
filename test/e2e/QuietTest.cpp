// What takes no part has gradient 0, whatever its slope: padded tokens, bounds of max and min, gates that are 0.
#include "test/e2e/Compare.h"
#include <cmath>

namespace mixc::test {
namespace {

/// Gradients are finite, and the interpreter's.
void expectRight(Library &built, const mix::Call &call, const mix::Cotangents &cotangents) {
  GradientReference reference(built.equations, call, cotangents);
  for (bool withSaved : {true, false}) {
    llvm::Expected<mix::Gradients> got = built.loaded->runBackward(call, cotangents, withSaved, 1);
    ASSERT_TRUE(bool(got)) << llvm::toString(got.takeError());
    for (auto group : {&mix::Gradients::inputs, &mix::Gradients::params, &mix::Gradients::initial})
      for (const auto &[name, array] : (*got).*group)
        for (int64_t i = 0; i < array.size(); ++i)
          ASSERT_TRUE(std::isfinite(array.data[i])) << name << " is " << array.data[i] << " at " << i;
    expectAllPass(reference.compare(*got), withSaved ? "saved" : "replayed");
  }
}

/// Tokens [0, pads) of a batch of one, all zero.
void clear(mix::Array &array, int64_t pads) {
  std::fill_n(array.data.begin(), array.size() / array.shape[1] * pads, 0);
}

class Pads : public testing::TestWithParam<int64_t> {};

// exp(-m) is infinite at tokens whose input gate is shut, and max takes it; no cotangent is there.
TEST_P(Pads, OnTheLeftHaveNoGradient) {
  static const TestMixer mixer{.name = "mlstm"};
  Library &built = library(mixer, 16, 24);
  ASSERT_EQ(built.error, "");
  mix::Call call = mix::sample(built.equations, mixer.dims(16, 24), 1, GetParam() + 20, 2, 1, 1);
  mix::Cotangents cotangents = mix::sampleCotangents(built.equations, call, 1);
  cotangents.final.clear();
  std::fill_n(call.inputs.at("i").data.begin(), 2 * GetParam(), -1e4);
  clear(call.inputs.at("f"), call.time);
  clear(cotangents.outputs.at("h"), GetParam());
  expectRight(built, call, cotangents);
}

INSTANTIATE_TEST_SUITE_P(Numbers, Pads, testing::Values(3, 16, 128, 129, 200));

// exp(89) is infinite in float32: the state forgets everything at once, and the rate has no gradient.
TEST(Quiet, ARateThatOverflows) {
  static const TestMixer mixer{.name = "mamba2", .keyDim = "N", .valueDim = "P"};
  Library &built = library(mixer, 16, 24);
  ASSERT_EQ(built.error, "");
  for (double rate : {20.0, 88.0, 89.0, 700.0}) {
    mix::Call call = mix::sample(built.equations, mixer.dims(16, 24), 1, 50, 2, 1, 1);
    call.params.at("A_log").data[0] = rate;
    expectRight(built, call, mix::sampleCotangents(built.equations, call, 1));
  }
}

/// Gradients of one function's outputs alone at x, in chunks and in the rest of one.
void expectQuiet(const std::string &file, const std::string &name, std::vector<double> x) {
  static constexpr int64_t width = 16;
  const TestMixer mixer{.name = name, .file = file, .allDims = {{"N", width}}};
  Library &built = library(mixer, width, 1);
  ASSERT_EQ(built.error, "");
  mix::Call call = mix::sample(built.equations, mixer.allDims, 1, 21, 1, 1, 1);
  std::vector<double> &numbers = call.inputs.at("x").data;
  for (size_t i = 0; i < numbers.size(); i += 2)
    numbers[i] = x[i / 2 % x.size()];
  const mix::Cotangents all = mix::sampleCotangents(built.equations, call, 1);
  for (const auto &[output, array] : all.outputs) {
    SCOPED_TRACE(output);
    mix::Cotangents one = all;
    for (auto &[other, cotangent] : one.outputs)
      if (other != output)
        std::fill(cotangent.data.begin(), cotangent.data.end(), 0);
    expectRight(built, call, one);
  }
}

TEST(Quiet, FunctionsOfInfiniteSlope) {
  expectQuiet(QUIET, "quiet", {0, 89, 100, 1e4, 1e10, 3e38, -0.0, 1e-20, 2e-38, 2});
}

} // namespace
} // namespace mixc::test
