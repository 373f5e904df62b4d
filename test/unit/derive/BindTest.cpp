// mix-bind-dims: every dim becomes a number, or an error says which does not.
#include "dialect/mix/Mix.h"
#include "lowering/Passes.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"

namespace mixc::test {
namespace {

const char *const mixer = R"(
  mix.mixer @m dims ["K", "N"] {
    %x = mix.input "x" : !mix.t<[1+K], head>
    %k = mix.dim "K" : !mix.t<[], constant>
    %p = mix.slice %x from "1" : !mix.t<[1+K], head> -> !mix.t<[K], head>
    %y = mix.binary mul %p, %k : !mix.t<[K], head>, !mix.t<[], constant>
    %h = mix.state "h" : !mix.t<[1/2*N], head>
    mix.next "h", %h : !mix.t<[1/2*N], head>
    mix.output "y", %y : !mix.t<[K], head>
  })";

class Bind : public testing::Test {
protected:
  Bind() { context.loadDialect<mix::MixDialect>(); }

  /// The module after the pass as text, or its error.
  std::string run(std::vector<std::string> bindings) {
    mlir::OwningOpRef<mlir::ModuleOp> module = mlir::parseSourceString<mlir::ModuleOp>(mixer, &context);
    std::string text;
    mlir::ScopedDiagnosticHandler handler(&context, [&](mlir::Diagnostic &diagnostic) {
      text += diagnostic.str();
      return mlir::success();
    });
    mlir::PassManager passes(&context);
    BindDimsOptions options;
    options.bindings.assign(bindings.begin(), bindings.end());
    passes.addPass(createBindDims(options));
    if (!module || failed(passes.run(*module)))
      return "error: " + text;
    llvm::raw_string_ostream os(text);
    module->print(os);
    return text;
  }

  mlir::MLIRContext context;
};

TEST_F(Bind, EveryDimBecomesANumber) {
  std::string text = run({"K=4", "N=6"});
  EXPECT_NE(text.find("bindings = {K = 4 : i64, N = 6 : i64}"), std::string::npos) << text;
  EXPECT_NE(text.find(R"(mix.input "x" {mix.axes = ["1+K"]} : <[5], head>)"), std::string::npos) << text;
  EXPECT_NE(text.find("mix.constant 4.0"), std::string::npos) << text;
  EXPECT_NE(text.find("-> <[4], head>"), std::string::npos) << text;
  EXPECT_EQ(text.find("[K]"), std::string::npos) << text;
}

TEST_F(Bind, UnboundDimIsNamed) {
  EXPECT_EQ(run({"K=4"}), "error: dim `N` of mixer `m` has no number; give it one: -D N=64");
}

TEST_F(Bind, DimMustBeWhole) {
  EXPECT_EQ(run({"K=4", "N=5"}),
            "error: dim `1/2*N` is no whole number where N = 5; a positive whole number is expected");
}

TEST_F(Bind, DimMustBePositive) {
  EXPECT_EQ(run({"K=0", "N=4"}), "error: dim `K` is 0, a positive whole number is expected");
}

TEST_F(Bind, BindingMustBeANumber) {
  EXPECT_EQ(run({"K=x"}), "error: `-D K=x`: a name and a whole number are expected, such as -D K=64");
}

} // namespace
} // namespace mixc::test
