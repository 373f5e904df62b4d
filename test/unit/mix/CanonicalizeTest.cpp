// Folders and canonical patterns, by what is left of an expression.
#include "TestMixer.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

namespace mixc::mix {
namespace {

/// The text of the value that output "y" gets, after canonicalisation.
std::string canonical(const std::string &body, const std::string &type) {
  TestMixer test(R"(
mix.mixer @m dims ["N"] {
  %x = mix.input "x" : <[N], head>
  %w = mix.input "w" : <[N], head>
  %A = mix.input "A" : <[N, N], head>
  %zero = mix.constant 0.0 : <[], constant>
  %one = mix.constant 1.0 : <[], constant>
  %two = mix.constant 2.0 : <[], constant>
)" + body +
                 "\n  mix.output \"y\", %y : " + type + "\n}\n");
  if (!test.mixer)
    return "does not parse";
  mlir::PassManager manager(&test.context);
  manager.addPass(mlir::createCanonicalizerPass());
  if (failed(manager.run(*test.module)))
    return "does not canonicalise";
  std::string text;
  llvm::raw_string_ostream os(text);
  mlir::Value value = (*test.mixer.step().getOps<OutputOp>().begin()).getValue();
  if (auto input = value.getDefiningOp<InputOp>())
    return input.getName().str();
  if (auto constant = value.getDefiningOp<ConstantOp>())
    os << constant.getValue().convertToDouble();
  else if (auto unary = value.getDefiningOp<UnaryOp>())
    os << stringifyUnaryKind(unary.getKind());
  else if (auto binary = value.getDefiningOp<BinaryOp>())
    os << stringifyBinaryKind(binary.getKind());
  else
    os << value;
  return text;
}

TEST(Canonicalize, ConstantsFold) {
  EXPECT_EQ(canonical("%y = mix.binary add %one, %two : <[], constant>, <[], constant>", "<[], constant>"),
            "3.000000e+00");
  EXPECT_EQ(canonical("%y = mix.binary pow %zero, %zero : <[], constant>, <[], constant>", "<[], constant>"),
            "1.000000e+00");
  EXPECT_EQ(canonical("%y = mix.unary neg %two : <[], constant>", "<[], constant>"), "-2.000000e+00");
}

TEST(Canonicalize, NeutralElementsVanish) {
  EXPECT_EQ(canonical("%y = mix.binary mul %x, %one : <[N], head>, <[], constant>", "<[N], head>"), "x");
  EXPECT_EQ(canonical("%y = mix.binary mul %one, %A : <[], constant>, <[N, N], head>", "<[N, N], head>"), "A");
  EXPECT_EQ(canonical("%y = mix.binary add %zero, %x : <[], constant>, <[N], head>", "<[N], head>"), "x");
  EXPECT_EQ(canonical("%y = mix.binary sub %x, %zero : <[N], head>, <[], constant>", "<[N], head>"), "x");
  EXPECT_EQ(canonical("%y = mix.binary div %x, %one : <[N], head>, <[], constant>", "<[N], head>"), "x");
  EXPECT_EQ(canonical("%y = mix.binary pow %x, %one : <[N], head>, <[], constant>", "<[N], head>"), "x");
}

TEST(Canonicalize, TimesZeroStays) {
  EXPECT_EQ(canonical("%y = mix.binary mul %x, %zero : <[N], head>, <[], constant>", "<[N], head>"), "mul");
}

TEST(Canonicalize, InversesCancel) {
  EXPECT_EQ(canonical("%n = mix.unary neg %x : <[N], head>\n%y = mix.unary neg %n : <[N], head>", "<[N], head>"), "x");
  EXPECT_EQ(
      canonical("%t = mix.transpose %A : <[N, N], head>\n%y = mix.transpose %t : <[N, N], head>", "<[N, N], head>"),
      "A");
}

TEST(Canonicalize, SignsMoveIntoSums) {
  EXPECT_EQ(canonical("%n = mix.unary neg %w : <[N], head>\n%y = mix.binary add %x, %n : <[N], head>, <[N], head>",
                      "<[N], head>"),
            "sub");
  EXPECT_EQ(canonical("%n = mix.unary neg %w : <[N], head>\n%y = mix.binary sub %x, %n : <[N], head>, <[N], head>",
                      "<[N], head>"),
            "add");
  EXPECT_EQ(canonical("%y = mix.binary sub %zero, %x : <[], constant>, <[N], head>", "<[N], head>"), "neg");
}

} // namespace
} // namespace mixc::mix
