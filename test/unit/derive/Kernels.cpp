#include "test/unit/derive/Kernels.h"
#include "dialect/tile/Interpreter.h"
#include "frontend/gen/Import.h"
#include "lowering/Passes.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Transforms/Passes.h"
#include <cmath>

using namespace mlir;
using namespace mixc;
using namespace mixc::test;

namespace {

OwningOpRef<ModuleOp> import(MLIRContext &context, const std::string &text, const Kernels::Dims &dims) {
  Source source("test.mix", text);
  Bindings counts; // families are unrolled when they are read
  for (const auto &[name, number] : dims)
    if (text.find(".." + name) != std::string::npos)
      counts.dims[name] = number;
  DiagnosticList diagnostics;
  OwningOpRef<ModuleOp> module = importMix(&context, source, counts, diagnostics);
  std::string said;
  for (const mixc::Diagnostic &diagnostic : diagnostics.all())
    said += diagnostic.message + "\n";
  EXPECT_TRUE(module) << said << text;
  return module;
}

mix::MixerOp mixerOf(ModuleOp module) { return *module.getOps<mix::MixerOp>().begin(); }

double norm(const std::vector<double> &x) {
  double sum = 0;
  for (double value : x)
    sum += value * value;
  return std::sqrt(sum);
}

/// What a state starts from where the caller passes none.
std::vector<double> start(mix::MixerOp mixer, StringRef name, int64_t size) {
  std::vector<double> data(size, 0.0);
  for (auto state : mixer.step().getOps<mix::StateOp>()) {
    if (state.getName() != name)
      continue;
    if (state.getStart())
      data.assign(size, state.getStart()->convertToDouble());
    int64_t side = std::llround(std::sqrt(size));
    for (int64_t i = 0; state.getIdentityStart() && i < side; ++i)
      data[i * side + i] = 1;
  }
  return data;
}

} // namespace

Kernels::Kernels(const std::string &text, const Dims &dims, int64_t chunk, bool precise) : dims(dims) {
  context.loadDialect<mix::MixDialect, tile::TileDialect, arith::ArithDialect, math::MathDialect>();
  equations = import(context, text, dims);
  module = import(context, text, dims);
  if (!module)
    return;
  PassManager passes(&context);
  BindDimsOptions bind;
  for (const auto &[name, number] : dims)
    bind.bindings.push_back(name + "=" + std::to_string(number));
  passes.addPass(createCanonicalizerPass());
  passes.addPass(createBuildComponents());
  passes.addPass(createClassifyComponents());
  passes.addPass(createBindDims(bind));
  passes.addPass(createBuildChunked({chunk}));
  passes.addPass(createBuildRecurrent());
  if (precise) {
    passes.addPass(createInferPrecision());
    passes.addPass(createCanonicalizerPass());
    passes.addPass(createCSEPass());
  }
  EXPECT_TRUE(succeeded(passes.run(*module)));
  EXPECT_TRUE(succeeded(verify(*module))) << this->text();
}

mix::MixerOp Kernels::mixer() { return mixerOf(*module); }

tile::KernelOp Kernels::kernel(StringRef suffix) {
  for (auto kernel : module->getOps<tile::KernelOp>())
    if (kernel.getSymName().ends_with(suffix))
      return kernel;
  return {};
}

std::string Kernels::form() { return tile::stringifyForm(*kernel("_forward").getForm()).str(); }

std::string Kernels::text() {
  std::string text = "\n";
  llvm::raw_string_ostream os(text);
  module->print(os);
  return text;
}

mix::Call Kernels::sample(int64_t length, const mix::SampleOptions &options) {
  return mix::sample(mixerOf(*equations), dims, 1, length, 2, 1, 7 + length, options);
}

void Kernels::expectAgreement(mix::Decay decay, double tolerance) {
  for (int64_t length : {1, 15, 16, 17, 40})
    for (bool initial : {false, true}) {
      SCOPED_TRACE("length " + std::to_string(length) + (initial ? ", initial states" : ""));
      mix::SampleOptions options;
      options.decay = decay;
      options.initialStates = initial;
      mix::Call call = sample(length, options);
      expectAgreement("_forward", call, tolerance);
      expectAgreement("_decode", call, tolerance);
      if (testing::Test::HasFailure())
        return;
    }
}

// Batch is 1: a work item is a head.
void Kernels::expectAgreement(StringRef suffix, const mix::Call &call, double tolerance) {
  SCOPED_TRACE(suffix.str());
  llvm::Expected<mix::Answer> expected = mix::interpret(mixerOf(*equations), call);
  ASSERT_TRUE(bool(expected)) << llvm::toString(expected.takeError());
  tile::KernelOp kernel = this->kernel(suffix);
  ASSERT_TRUE(kernel);
  std::map<std::string, std::vector<double>> got; // all heads, one after the other; per tensor
  std::map<std::string, std::vector<double>> wanted;
  for (int64_t head = 0; head < call.heads; ++head) {
    // Of [1, time, heads or groups, dims...] what this head sees.
    auto column = [&](const mix::Array &array) {
      int64_t columns = array.shape[2], at = columns == call.heads ? head : 0;
      int64_t size = array.size() / (call.time * columns);
      std::vector<double> data;
      for (int64_t t = 0; t < call.time; ++t)
        for (int64_t i = 0; i < size; ++i)
          data.push_back(array.data[(t * columns + at) * size + i]);
      return data;
    };
    auto row = [&](const mix::Array &array) { // [heads, dims...] or [1, heads, dims...]
      int64_t size = array.size() / call.heads;
      return std::vector<double>(array.data.begin() + head * size, array.data.begin() + (head + 1) * size);
    };
    std::vector<tile::Buffer> tensors;
    auto argumentTypes = kernel.getBody().front().getArgumentTypes();
    for (auto [i, type] : llvm::enumerate(argumentTypes)) {
      const tile::ArgumentAttr argument = kernel.argument(i);
      const tile::Role role = argument.getRole();
      std::string name = argument.getName().str() + (argument.getHistory() ? ".history" : "");
      tile::Buffer &buffer = tensors.emplace_back();
      auto view = cast<tile::ViewType>(type);
      int64_t size = view.getPer() == tile::Per::Token ? call.time : 1;
      for (int64_t extent : view.getShape())
        size *= extent;
      if (role == tile::Role::Input) {
        buffer.data = column(call.inputs.at(name));
      } else if (role == tile::Role::Param) {
        buffer.data = row(call.params.at(name));
      } else if (role == tile::Role::Initial || role == tile::Role::State) {
        auto given = call.initial.find(name);
        bool isGiven = given != call.initial.end();
        buffer.data = isGiven ? row(given->second) : start(mixerOf(*module), name, size);
        buffer.present = isGiven || role == tile::Role::State; // in place: the caller starts it
      } else {
        buffer.data.assign(size, std::nan(""));
      }
    }
    llvm::Error error = tile::interpret(kernel, call.time, tensors);
    ASSERT_FALSE(bool(error)) << llvm::toString(std::move(error));
    for (auto [i, buffer] : llvm::enumerate(tensors)) {
      const tile::ArgumentAttr argument = kernel.argument(i);
      const tile::Role role = argument.getRole();
      std::string name = argument.getName().str() + (argument.getHistory() ? ".history" : "");
      std::vector<double> reference;
      if (role == tile::Role::Output)
        reference = column(expected->outputs.at(name)), name = "output " + name;
      else if (role == tile::Role::Final || role == tile::Role::State)
        reference = row(expected->final.at(name)), name = "final " + name;
      else
        continue;
      ASSERT_EQ(reference.size(), buffer.data.size()) << name;
      llvm::append_range(got[name], buffer.data);
      llvm::append_range(wanted[name], reference);
    }
  }
  for (const auto &[name, reference] : wanted) {
    std::vector<double> difference = reference;
    for (size_t i = 0; i < difference.size(); ++i)
      difference[i] -= got[name][i];
    double scale = norm(reference);
    EXPECT_LE(norm(difference), tolerance * (scale > 0 ? scale : 1)) << name << text();
    EXPECT_TRUE(std::isfinite(norm(difference))) << name;
  }
}
