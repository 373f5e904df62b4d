// The measure of DESIGN 5: |y - ref| / |ref|.
#include "frontend/driver/Compare.h"
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

} // namespace
