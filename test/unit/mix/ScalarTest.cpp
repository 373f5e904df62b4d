// The exact values at the corners that the language states, and forms that neither overflow nor cancel.
#include "dialect/mix/Scalar.h"
#include "gtest/gtest.h"
#include <cmath>

namespace mixc::mix {
namespace {

constexpr double inf = INFINITY;

TEST(Scalar, CornersOfTwoNumbers) {
  EXPECT_EQ(apply(BinaryKind::Pow, 0, 0), 1);
  EXPECT_EQ(apply(BinaryKind::Pow, -2, 3), -8);
  EXPECT_EQ(apply(BinaryKind::LogAddExp, -inf, -inf), -inf);
  EXPECT_EQ(apply(BinaryKind::LogAddExp, inf, inf), inf);
  EXPECT_EQ(apply(BinaryKind::LogAddExp, -inf, 3), 3);
  EXPECT_DOUBLE_EQ(apply(BinaryKind::LogAddExp, 1000, 1000), 1000 + std::log(2));
  EXPECT_DOUBLE_EQ(apply(BinaryKind::LogAddExp, 0, 1), std::log(1 + std::exp(1)));
  EXPECT_EQ(apply(BinaryKind::Max, -inf, 2), 2);
  EXPECT_EQ(apply(BinaryKind::Min, -inf, 2), -inf);
  for (BinaryKind kind : {BinaryKind::Pow, BinaryKind::Min, BinaryKind::Max, BinaryKind::LogAddExp}) {
    EXPECT_TRUE(std::isnan(apply(kind, NAN, 1)));
    EXPECT_TRUE(std::isnan(apply(kind, 1, NAN)));
  }
}

TEST(Scalar, Conditions) {
  EXPECT_EQ(apply(BinaryKind::Less, 1, 2), 1);
  EXPECT_EQ(apply(BinaryKind::Less, 2, 2), 0);
  EXPECT_EQ(apply(BinaryKind::LessEqual, 2, 2), 1);
  EXPECT_EQ(apply(BinaryKind::Equal, -0.0, 0.0), 1);
  for (BinaryKind kind : {BinaryKind::Less, BinaryKind::LessEqual, BinaryKind::Equal})
    EXPECT_EQ(apply(kind, NAN, NAN), 0);
  EXPECT_EQ(apply(BinaryKind::NotEqual, NAN, NAN), 1);
  EXPECT_EQ(apply(BinaryKind::And, 1, 0), 0);
  EXPECT_EQ(apply(BinaryKind::Or, 1, 0), 1);
  EXPECT_EQ(apply(UnaryKind::Not, 1), 0);
  EXPECT_EQ(apply(UnaryKind::Not, 0), 1);
}

TEST(Scalar, SlopesAtTheCorners) {
  EXPECT_EQ(derivative(UnaryKind::ExpM1, -inf), 0);
  EXPECT_EQ(derivative(UnaryKind::Log1P, -1), inf);
  EXPECT_EQ(derivative(UnaryKind::Log1P, inf), 0);
  for (double x : {-inf, inf}) {
    EXPECT_EQ(derivative(UnaryKind::Erf, x), 0);
    EXPECT_EQ(derivative(UnaryKind::Erfc, x), 0);
    EXPECT_EQ(derivative(UnaryKind::GeluErf, x), x > 0 ? 1 : 0);
    EXPECT_EQ(derivative(UnaryKind::Stop, x), 0);
  }
  EXPECT_DOUBLE_EQ(derivative(UnaryKind::GeluErf, 0), 0.5);
}

TEST(Scalar, Sign) {
  EXPECT_EQ(apply(UnaryKind::Sign, 0), 0);
  EXPECT_EQ(apply(UnaryKind::Sign, -0.0), 0);
  EXPECT_EQ(apply(UnaryKind::Sign, -3), -1);
  EXPECT_EQ(apply(UnaryKind::Sign, inf), 1);
}

TEST(Scalar, FarOut) {
  for (double x : {800.0, 1e4, 1e300}) {
    EXPECT_EQ(apply(UnaryKind::Sigmoid, x), 1);
    EXPECT_EQ(apply(UnaryKind::Sigmoid, -x), 0);
    EXPECT_EQ(apply(UnaryKind::Softplus, x), x);
    EXPECT_EQ(apply(UnaryKind::Softplus, -x), 0);
    EXPECT_EQ(apply(UnaryKind::Silu, x), x);
    EXPECT_EQ(apply(UnaryKind::Silu, -x), 0);
    EXPECT_EQ(apply(UnaryKind::Gelu, x), x);
    EXPECT_EQ(apply(UnaryKind::Gelu, -x), 0);
    EXPECT_EQ(apply(UnaryKind::GeluErf, x), x);
    EXPECT_EQ(apply(UnaryKind::GeluErf, -x), 0);
    EXPECT_EQ(apply(UnaryKind::Elu, x), x);
    EXPECT_EQ(apply(UnaryKind::Elu, -x), -1);
  }
}

TEST(Scalar, DoesNotCancel) {
  EXPECT_DOUBLE_EQ(apply(UnaryKind::Elu, -1e-20), -1e-20);
  EXPECT_DOUBLE_EQ(apply(UnaryKind::Softplus, -40), std::exp(-40));
  EXPECT_DOUBLE_EQ(apply(UnaryKind::Sigmoid, -40), std::exp(-40));
  EXPECT_DOUBLE_EQ(apply(UnaryKind::ExpM1, 1e-20), 1e-20);
  EXPECT_DOUBLE_EQ(apply(UnaryKind::Log1P, -1e-20), -1e-20);
  EXPECT_NEAR(apply(UnaryKind::GeluErf, -8) / (-4 * std::erfc(8 / std::sqrt(2))), 1, 1e-13);
}

TEST(Scalar, Formulas) {
  for (double x : {-2.5, -0.3, 0.0, 0.7, 3.0}) {
    double sigmoid = 1 / (1 + std::exp(-x));
    EXPECT_DOUBLE_EQ(apply(UnaryKind::Neg, x), -x);
    EXPECT_DOUBLE_EQ(apply(UnaryKind::Exp, x), std::exp(x));
    EXPECT_DOUBLE_EQ(apply(UnaryKind::Sigmoid, x), sigmoid);
    EXPECT_DOUBLE_EQ(apply(UnaryKind::Tanh, x), std::tanh(x));
    EXPECT_DOUBLE_EQ(apply(UnaryKind::Relu, x), x > 0 ? x : 0);
    EXPECT_DOUBLE_EQ(apply(UnaryKind::Silu, x), x * sigmoid);
    EXPECT_NEAR(apply(UnaryKind::Gelu, x), 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x))),
                1e-15);
    EXPECT_DOUBLE_EQ(apply(UnaryKind::Softplus, x), std::log1p(std::exp(x)));
    EXPECT_DOUBLE_EQ(apply(UnaryKind::Elu, x), x > 0 ? x : std::expm1(x));
    EXPECT_DOUBLE_EQ(apply(UnaryKind::Abs, x), std::abs(x));
    EXPECT_DOUBLE_EQ(apply(UnaryKind::Sin, x), std::sin(x));
    EXPECT_DOUBLE_EQ(apply(UnaryKind::Cos, x), std::cos(x));
  }
  EXPECT_DOUBLE_EQ(apply(UnaryKind::Log, 2), std::log(2));
  EXPECT_DOUBLE_EQ(apply(UnaryKind::Sqrt, 2), std::sqrt(2));
  EXPECT_DOUBLE_EQ(apply(UnaryKind::Rsqrt, 4), 0.5);
  EXPECT_EQ(apply(UnaryKind::Log, 0), -inf);
}

} // namespace
} // namespace mixc::mix
