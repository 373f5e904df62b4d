// Derivatives of the scalar ops of a map, against central differences, and what they are at kinks.
#include "test/unit/adjoint/Gradient.h"
#include <cmath>
#include <gtest/gtest.h>

using namespace mixc::tile;
using namespace mixc::tile::test;

namespace {

/// z = f(x, y) on every token, as `%z = ...`.
Program scalar(const std::string &body) {
  return line("%a : !r, %b : !r", "!r",
              "%y = tile.map (%a, %b) : (!r, !r) -> !r {\n^bb0(%x: f32, %y: f32):\n" + body +
                  "\ntile.yield %z : f32\n}\nreturn %y : !r");
}

/// Where all of them are smooth: positive and distinct.
std::vector<Array> positive(Program &program) {
  std::vector<Array> x = randomInputs(program.function().getArguments(), 21);
  x[0].data = {0.3, 1.7, 0.9, 2.5};
  x[1].data = {0.8, 0.4, 1.9, 2.1};
  return x;
}

/// dz/dx at the given x, the same y for all.
std::vector<double> slopes(const std::string &body, std::vector<double> x, double y = 1) {
  Program program = scalar(body);
  std::vector<Array> in = positive(program);
  in[0].data = std::move(x);
  in[1].data.assign(4, y);
  Array seed(in[0].axes, 1);
  return gradient(program.function(), in, seed)[0].data;
}

/// In f64: their derivatives have a factor that is no f32.
constexpr const char *exp2InF64 =
    "%d = arith.extf %x : f32 to f64\n%e = math.exp2 %d : f64\n%z = arith.truncf %e : f64 to f32";
constexpr const char *log2InF64 =
    "%d = arith.extf %x : f32 to f64\n%e = math.log2 %d : f64\n%z = arith.truncf %e : f64 to f32";

class Smooth : public testing::TestWithParam<const char *> {};

TEST_P(Smooth, AgreesWithDifferences) {
  Program program = scalar(GetParam());
  ASSERT_TRUE(program.module);
  checkGradient(program.function(), positive(program));
}

INSTANTIATE_TEST_SUITE_P(
    Scalar, Smooth,
    testing::Values("%z = arith.addf %x, %y : f32", "%z = arith.subf %x, %y : f32", "%z = arith.mulf %x, %y : f32",
                    "%z = arith.divf %x, %y : f32", "%z = arith.negf %x : f32", "%z = arith.maximumf %x, %y : f32",
                    "%z = arith.minimumf %x, %y : f32", "%z = arith.maxnumf %x, %y : f32",
                    "%z = arith.minnumf %x, %y : f32", "%z = math.exp %x : f32", exp2InF64, "%z = math.expm1 %x : f32",
                    "%z = math.log %x : f32", log2InF64, "%z = math.log1p %x : f32", "%z = math.tanh %x : f32",
                    "%z = math.sin %x : f32", "%z = math.cos %x : f32", "%z = math.sqrt %x : f32",
                    "%z = math.rsqrt %x : f32", "%n = arith.negf %x : f32\n%z = math.absf %n : f32",
                    "%z = math.powf %x, %y : f32", "%z = math.fma %x, %y, %x : f32",
                    "%n = arith.negf %y : f32\n%z = math.copysign %x, %n : f32",
                    "%c = arith.cmpf olt, %x, %y : f32\n%e = math.exp %y : f32\n%z = arith.select %c, %x, %e : f32",
                    "%d = arith.extf %x : f32 to f64\n%e = math.exp %d : f64\n%z = arith.truncf %e : f64 to f32"));

TEST(Kink, AbsIsFlatAtZero) {
  EXPECT_EQ(slopes("%z = math.absf %x : f32", {-1, 0, -0.0, 2}), (std::vector<double>{-1, 0, 0, 1}));
}

TEST(Kink, NormIsFlatAtZero) {
  EXPECT_EQ(slopes("%s = arith.mulf %x, %x : f32\n%z = math.sqrt %s : f32", {-3, 0, 1e-30, 2}),
            (std::vector<double>{-1, 0, 1, 1}));
}

TEST(Kink, TiesOfMaxAreHalves) {
  EXPECT_EQ(slopes("%z = arith.maximumf %x, %y : f32", {0, 1, 2, 1}), (std::vector<double>{0, 0.5, 1, 0.5}));
  EXPECT_EQ(slopes("%z = arith.minimumf %x, %y : f32", {0, 1, 2, 1}), (std::vector<double>{1, 0.5, 0, 0.5}));
}

TEST(Kink, PowersOfZero) {
  EXPECT_EQ(slopes("%z = math.powf %x, %y : f32", {0, 0, 0, 3}, 2), (std::vector<double>{0, 0, 0, 6}));
  EXPECT_EQ(slopes("%z = math.powf %x, %y : f32", {0, 1, 2, 3}, 0), (std::vector<double>{0, 0, 0, 0}));
  EXPECT_EQ(slopes("%z = math.powf %y, %x : f32", {0, 1, 2, 3}, 0), (std::vector<double>{0, 0, 0, 0}));
}

// softplus: x where x > 20, else log1p(exp(x)); exp(1000) is infinite, and must not spoil the branch taken.
TEST(Kink, TheBranchNotTakenMayOverflow) {
  std::vector<double> found = slopes("%c20 = arith.constant 20.0 : f32\n%c = arith.cmpf ogt, %x, %c20 : f32\n"
                                     "%e = math.exp %x : f32\n%l = math.log1p %e : f32\n"
                                     "%z = arith.select %c, %x, %l : f32",
                                     {1000, 30, 0, -1000});
  EXPECT_EQ(found, (std::vector<double>{1, 1, 0.5, 0}));
}

// Both branches share an infinite value: sqrt(x) at 0 in neither.
TEST(Kink, ASharedValueOfTwoBranches) {
  std::vector<double> found = slopes(
      "%zero = arith.constant 0.0 : f32\n%one = arith.constant 1.0 : f32\n"
      "%l = math.log %x : f32\n%c = arith.cmpf ogt, %x, %one : f32\n%p = arith.select %c, %l, %zero : f32\n"
      "%d = arith.cmpf ogt, %x, %zero : f32\n%q = arith.select %d, %l, %zero : f32\n%z = arith.addf %p, %q : f32",
      {0, 0.5, 2, 4});
  EXPECT_EQ(found, (std::vector<double>{0, 2, 1, 0.5}));
}

// Where the branch is not taken, and where the seed is 0.
TEST(Zero, StaysZeroWhateverTheSlope) {
  const double inf = HUGE_VAL;
  for (auto [name, x] :
       {std::pair("exp", inf), std::pair("expm1", inf), std::pair("log", 0.0), std::pair("rsqrt", 0.0),
        std::pair("sin", inf), std::pair("cos", inf), std::pair("tanh", double(NAN)), std::pair("log1p", -1.0)}) {
    SCOPED_TRACE(name);
    const std::string f = "%f = math." + std::string(name) + " %x : f32\n";
    EXPECT_EQ(slopes(f + "%c = arith.cmpf one, %y, %y : f32\n%z = arith.select %c, %f, %y : f32", {x, x, x, x}),
              std::vector<double>(4, 0));
    Program program = scalar(f + "%z = arith.addf %f, %y : f32");
    std::vector<Array> in = positive(program);
    in[0].data.assign(4, x);
    EXPECT_EQ(gradient(program.function(), in, Array(in[0].axes, 0))[0].data, std::vector<double>(4, 0));
  }
}

// exp(-e^x) is 0 where e^x is infinite, and so is its slope.
TEST(Zero, OfOneFunctionBeforeAnother) {
  const char *fade = "%e = math.exp %x : f32\n%n = arith.negf %e : f32\n%z = math.exp %n : f32";
  EXPECT_EQ(slopes(fade, {1000, 100, 90, 800}), (std::vector<double>{0, 0, 0, 0}));
  EXPECT_EQ(slopes("%z = arith.mulf %x, %y : f32", {1, 2, 3, 4}, HUGE_VAL)[0], HUGE_VAL);
  EXPECT_EQ(
      slopes("%e = math.exp %x : f32\n%o = arith.divf %y, %e : f32\n%z = arith.negf %o : f32", {1000, 1e4, 1e5, 1e6}),
      (std::vector<double>{0, 0, 0, 0}));
}

} // namespace
