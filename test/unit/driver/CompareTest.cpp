// The measure of DESIGN 5: |y - ref| / |ref|.
#include "frontend/driver/Compare.h"
#include "dialect/mix/Sample.h"
#include "frontend/driver/Compile.h"
#include "frontend/driver/Run.h"
#include <cmath>
#include <gtest/gtest.h>
#include <limits>

using namespace mixc;

namespace {

mix::Array array(std::vector<double> numbers) {
  mix::Array out({static_cast<int64_t>(numbers.size())});
  out.data = std::move(numbers);
  return out;
}

constexpr double inf = std::numeric_limits<double>::infinity();

TEST(Compare, IsRelativeToTheReference) {
  EXPECT_DOUBLE_EQ(relativeError(array({3, 4}), array({3, 4})), 0);
  EXPECT_DOUBLE_EQ(relativeError(array({3, 5}), array({3, 4})), 1.0 / 5);
}

TEST(Compare, OfAZeroReferenceItIsAbsolute) {
  EXPECT_DOUBLE_EQ(relativeError(array({0, 0}), array({0, 0})), 0);
  EXPECT_DOUBLE_EQ(relativeError(array({0.5, 0}), array({0, 0})), 0.5);
  EXPECT_DOUBLE_EQ(relativeError(array({}), array({})), 0);
}

TEST(Compare, ANanNeverPasses) {
  for (double error : {relativeError(array({NAN, 1}), array({1, 1})), relativeError(array({1}), array({1, 1})),
                       relativeError(array({1, 1}), array({NAN, 1}))})
    EXPECT_FALSE((TensorError{"y", error, 1e-5}.passes()));
}

TEST(Compare, InfinitiesMustBeEqual) {
  EXPECT_DOUBLE_EQ(relativeError(array({-inf, 2}), array({-inf, 2})), 0);
  EXPECT_FALSE((TensorError{"m", relativeError(array({1, 2}), array({-inf, 2})), 1e-5}.passes()));
  EXPECT_FALSE((TensorError{"m", relativeError(array({inf, 2}), array({1, 2})), 1e-5}.passes()));
}

TEST(Compare, WhatIsNegligibleDiffersByNothing) {
  EXPECT_DOUBLE_EQ(relativeError(array({1e-39, 1}), array({0, 1}), 1e-38), 0);
  EXPECT_DOUBLE_EQ(relativeError(array({0}), array({1e-39}), 1e-38), 0);
  EXPECT_DOUBLE_EQ(relativeError(array({0}), array({1e-37}), 1e-38), 1);
}

/// H is erased to `1 - keep` of itself, which float32 knows to few digits: one call's error says little.
TEST(Compare, TheYardstickIsTheLargestOfSeveralCalls) {
  auto context = makeContext();
  Compilation compilation(*context, Source("m.mix", R"(
mixer m<V> {
  input v : vector<V>
  input keep : scalar in [0.99, 1]
  state h : vector<V>
  output y : vector<V>
  h[t] = (h[t-1] + v) - keep * (h[t-1] + v)
  y[t] = h[t]
})"),
                          {.dims = {{"V", 4}}});
  ASSERT_FALSE(llvm::errorToBool(compilation.read()));
  mix::MixerOp mixer = *compilation.module().getOps<mix::MixerOp>().begin();
  mix::Call call = mix::sample(mixer, {{"V", 4}}, 1, 3, 1, 1, 0, {.decay = mix::Decay::NearHigh});
  roundToFloat32(call);
  auto one = llvm::cantFail(roundingErrors(mixer, call)), nine = llvm::cantFail(roundingErrors(mixer, call, 8));
  EXPECT_GT(nine["y"], one["y"]);
  EXPECT_LT(nine["y"], 50 * one["y"]);
  // An error between the two bounds passes, one beyond both does not.
  mix::Answer answer = llvm::cantFail(mix::interpret(mixer, call));
  auto passes = [&](double error) {
    mix::Answer moved = answer;
    for (double &x : moved.outputs["y"].data)
      x *= 1 + error;
    return llvm::cantFail(compare(mixer, call, moved)).front().passes();
  };
  EXPECT_TRUE(passes(2 * (one["y"] + nine["y"])));
  EXPECT_FALSE(passes(5 * nine["y"]));
}

} // namespace
