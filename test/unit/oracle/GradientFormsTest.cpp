// The interpreter's gradients of every mixer of examples/ and of language.mix are slopes, and those of the equations
// are those of the normal form: over groups, packed sequences, given states and decays.
#include "frontend/compile/Compilation.h"
#include "frontend/oracle/Compare.h"
#include "test/unit/compile/AllMixers.h"
#include "test/unit/mix/Differences.h"
#include <gtest/gtest.h>

using namespace mixc;
using mixc::test::allMixers;
using mixc::test::InFile;

namespace {

std::vector<mix::Call> callsOf(mix::MixerOp mixer, const std::map<std::string, int64_t> &dims) {
  std::vector<mix::Call> calls;
  for (mix::Decay decay : {mix::Decay::Uniform, mix::Decay::NearHigh, mix::Decay::Resets})
    for (bool packed : {false, true}) {
      mix::SampleOptions options;
      options.decay = decay;
      options.initialStates = packed;
      if (packed)
        options.cuSeqlens = {0, 3, 3, 4, 75};
      calls.push_back(mix::sample(mixer, dims, packed ? 1 : 2, packed ? 75 : 7, 4, 2, 3, options));
    }
  return calls;
}

class GradientForms : public testing::TestWithParam<InFile> {
protected:
  void SetUp() override {
    options.dims = GetParam().dims;
    options.mixer = GetParam().mixer;
    compilation.emplace(*context, llvm::cantFail(readSource(GetParam().path)), options);
    llvm::cantFail(compilation->read());
    module = compilation->module().clone();
    equations = *module->getOps<mix::MixerOp>().begin();
  }

  std::unique_ptr<mlir::MLIRContext> context = makeContext();
  CompileOptions options;
  std::optional<Compilation> compilation;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  mix::MixerOp equations;
};

TEST_P(GradientForms, AreSlopes) {
  for (auto op : equations.step().getOps<mix::UnaryOp>())
    if (op.getKind() == mix::UnaryKind::Stop)
      GTEST_SKIP() << "no gradient goes through `stop`, so gradients are no slopes";
  for (const mix::Call &call : callsOf(equations, options.dims))
    mix::expectSlope(equations, call, 1e-8);
}

TEST_P(GradientForms, Agree) {
  llvm::cantFail(compilation->advance("component"));
  mix::MixerOp components = *compilation->module().getOps<mix::MixerOp>().begin();
  for (const mix::Call &call : callsOf(equations, options.dims)) {
    mix::Cotangents cotangents = mix::sampleCotangents(equations, call, 3);
    mix::Gradients found = llvm::cantFail(mix::interpretBackward(components, call, cotangents));
    for (const TensorError &error : llvm::cantFail(compareGradients(equations, call, cotangents, found)))
      EXPECT_LE(error.error, 1e-12) << error.name;
  }
}

INSTANTIATE_TEST_SUITE_P(Mixers, GradientForms, testing::ValuesIn(allMixers()),
                         [](const testing::TestParamInfo<InFile> &info) { return info.param.name; });

} // namespace
