// The measure of DESIGN 5: |y - ref| / |ref|.
#include "frontend/oracle/Compare.h"
#include "dialect/mix/Sample.h"
#include "frontend/compile/Compilation.h"
#include "frontend/oracle/Run.h"
#include "mlir/Parser/Parser.h"
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
    EXPECT_FALSE((TensorError{"y", error, Tolerance::float32()}.passes()));
}

TEST(Compare, InfinitiesMustBeEqual) {
  EXPECT_DOUBLE_EQ(relativeError(array({-inf, 2}), array({-inf, 2})), 0);
  EXPECT_FALSE((TensorError{"m", relativeError(array({1, 2}), array({-inf, 2})), Tolerance::float32()}.passes()));
  EXPECT_FALSE((TensorError{"m", relativeError(array({inf, 2}), array({1, 2})), Tolerance::float32()}.passes()));
}

TEST(Compare, WhatIsNegligibleDiffersByNothing) {
  EXPECT_DOUBLE_EQ(relativeError(array({1e-39, 1}), array({0, 1}), 1e-38), 0);
  EXPECT_DOUBLE_EQ(relativeError(array({0}), array({1e-39}), 1e-38), 0);
  EXPECT_DOUBLE_EQ(relativeError(array({0}), array({1e-37}), 1e-38), 1);
}

//===-- Tolerances ----------------------------------------------------------------------------------------------===//

TEST(Tolerances, NameTheReasonForWhatIsWidest) {
  Tolerance tolerance = Tolerance::float32();
  EXPECT_EQ(tolerance.reason, Reason::Float32);
  tolerance.allowRounding(2e-6); // 8e-6 is less
  EXPECT_EQ(tolerance.reason, Reason::Float32);
  tolerance.allowRounding(1e-4);
  EXPECT_EQ(tolerance.reason, Reason::Rounding);
  EXPECT_DOUBLE_EQ(tolerance.bound, 4e-4);
  tolerance.allowRounding(5e-5, Reason::Redrawn);
  EXPECT_EQ(tolerance.reason, Reason::Rounding);
  tolerance.allowRounding(inf); // what overflows is no yardstick
  EXPECT_DOUBLE_EQ(tolerance.bound, 4e-4);
}

TEST(Tolerances, AboveTheCeilingSayNothing) {
  Tolerance chaos = Tolerance::float32();
  chaos.allow(0.5, Reason::Rounding);
  EXPECT_EQ(chaos.of(1e-6), Finding::Agrees);
  EXPECT_EQ(chaos.of(Tolerance::ceiling), Finding::Agrees);
  EXPECT_EQ(chaos.of(0.1), Finding::SaysNothing);
  EXPECT_EQ(chaos.of(0.6), Finding::Disagrees);
  EXPECT_EQ(chaos.of(NAN), Finding::Disagrees);
  EXPECT_FALSE((TensorError{"y", 0.1, chaos}.passes()));
}

TEST(Tolerances, OfNarrowTypesAreBelowTheCeiling) {
  EXPECT_EQ(Tolerance::elementType().of(5e-3), Finding::Agrees);
  EXPECT_EQ(Tolerance::elementType().of(6e-3), Finding::Disagrees);
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
                          CompileOptions{{.dims = {{"V", 4}}}});
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

//===-- Gradients -----------------------------------------------------------------------------------------------===//

// y = 1e-9 x + w + 0 u, of w in bf16
struct GradientsOfASum : testing::Test {
  GradientsOfASum() {
    context.loadDialect<mix::MixDialect>();
    module = mlir::parseSourceString<mlir::ModuleOp>(R"(
mix.mixer @m dims ["K"] {
  %x = mix.input "x" : <[K], head>
  %w = mix.input "w" {mix.dtype = bf16} : <[K], head>
  %u = mix.input "u" : <[K], head>
  %s = mix.state "s" : <[K], head>
  %small = mix.constant 1.0e-9 : <[], constant>
  %zero = mix.constant 0.0 : <[], constant>
  %a = mix.binary mul %small, %x : <[], constant>, <[K], head>
  %b = mix.binary mul %zero, %u : <[], constant>, <[K], head>
  %ab = mix.binary add %a, %b : <[K], head>, <[K], head>
  %y = mix.binary add %ab, %w : <[K], head>, <[K], head>
  %n = mix.binary add %s, %y : <[K], head>, <[K], head>
  mix.next "s", %n : <[K], head>
  mix.output "y", %y : <[K], head>
})",
                                                     &context);
    mixer = *module->getOps<mix::MixerOp>().begin();
    call = mix::sample(mixer, {{"K", 4}}, 1, 3, 1, 1, 0);
    cotangents = mix::sampleCotangents(mixer, call, 0);
    right = llvm::cantFail(mix::interpretBackward(mixer, call, cotangents));
  }

  std::map<std::string, TensorError> errorsOf(const mix::Gradients &gradients) {
    std::map<std::string, TensorError> byName;
    for (const TensorError &error : llvm::cantFail(compareGradients(mixer, call, cotangents, gradients)))
      byName[error.name] = error;
    return byName;
  }

  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  mix::MixerOp mixer;
  mix::Call call;
  mix::Cotangents cotangents;
  mix::Gradients right;
};

TEST_F(GradientsOfASum, AreNamedAsTheirFiles) {
  std::vector<std::string> names;
  for (const auto &[name, error] : errorsOf(right)) {
    names.push_back(name);
    EXPECT_EQ(error.error, 0) << name;
    EXPECT_TRUE(error.passes());
  }
  EXPECT_EQ(names, (std::vector<std::string>{"s.initial.grad", "u.grad", "w.grad", "x.grad"}));
}

TEST_F(GradientsOfASum, AreBoundAsTheirElementTypes) {
  std::map<std::string, TensorError> errors = errorsOf(right);
  EXPECT_EQ(errors["w.grad"].tolerance.bound, 5e-3);
  for (const char *name : {"x.grad", "u.grad", "s.initial.grad"})
    EXPECT_EQ(errors[name].tolerance.bound, 1e-5) << name;
}

TEST_F(GradientsOfASum, AreHeldAgainstTheLargestIfTheyAreSmall) {
  mix::Gradients wrong = right;
  for (double &value : wrong.inputs["x"].data)
    value *= 2; // of 1e-9
  for (double &value : wrong.inputs["u"].data)
    value = 1e-4;
  std::map<std::string, TensorError> errors = errorsOf(wrong);
  EXPECT_NEAR(errors["x.grad"].error, 1e-9, 1e-10);
  EXPECT_TRUE(errors["x.grad"].passes());
  EXPECT_FALSE(errors["u.grad"].passes());
  for (double &value : wrong.initial["s"].data)
    value *= 1 + 2e-5;
  EXPECT_FALSE(errorsOf(wrong)["s.initial.grad"].passes());
}

TEST_F(GradientsOfASum, FailWhereTheyAreMissingOrNaN) {
  mix::Gradients wrong = right;
  wrong.inputs.erase("x");
  wrong.inputs["u"].data[0] = NAN;
  std::map<std::string, TensorError> errors = errorsOf(wrong);
  EXPECT_FALSE(errors["x.grad"].passes());
  EXPECT_FALSE(errors["u.grad"].passes());
}

} // namespace
