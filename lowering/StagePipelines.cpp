// The stages as pass pipelines, for mix-opt.
#include "lowering/Passes.h"
#include "lowering/Pipelines.h"
#include "mlir/Pass/PassRegistry.h"

using namespace mlir;

namespace mixc {
namespace {

struct TargetOptions : PassPipelineOptions<TargetOptions> {
  ListOption<std::string> dims{*this, "dims", llvm::cl::desc("K=128,V=128")};
  Option<std::string> cpu{*this, "cpu", llvm::cl::desc("CPU name, or native"), llvm::cl::init("native")};
  Option<int64_t> chunk{*this, "chunk", llvm::cl::desc("tokens per chunk; 0: chosen"), llvm::cl::init(0)};

  PipelineOptions read() const {
    PipelineOptions options;
    options.cpu = cpu;
    options.chunk = chunk;
    for (StringRef binding : dims) {
      auto [name, number] = binding.split('=');
      if (name.empty() || number.getAsInteger(10, options.dims[name.str()]))
        llvm::report_fatal_error(Twine("dims: expected NAME=number, found ") + binding, /*gen_crash_diag=*/false);
    }
    return options;
  }
};

struct BetweenOptions : TargetOptions {
  Option<std::string> from{*this, "from", llvm::cl::desc("stage that the module is at"), llvm::cl::init("mix")};
  Option<std::string> to{*this, "to", llvm::cl::desc("stage to reach"), llvm::cl::init("llvm")};
};

const Stage &stageNamed(StringRef name) {
  if (const Stage *stage = findStage(name))
    return *stage;
  llvm::report_fatal_error(Twine("no stage is called ") + name, /*gen_crash_diag=*/false);
}

/// Derived options need a registration of their own: PassPipelineRegistration wants PassPipelineOptions<T> of T itself.
void registerBetween() {
  registerPassPipeline(
      "mix-stages", "from one stage to a later one",
      [](OpPassManager &passes, StringRef text, function_ref<LogicalResult(const Twine &)> onError) {
        BetweenOptions options;
        if (failed(options.parseFromString(text)))
          return failure();
        buildPipeline(passes, stageNamed(options.from), stageNamed(options.to), options.read());
        return success();
      },
      [](function_ref<void(const detail::PassOptions &)> visit) { visit(BetweenOptions()); });
}

} // namespace

void registerPasses() {
  registerMixcPasses();
  for (const Stage &stage : stages())
    if (stage.build)
      registerPassPipeline(
          ("mix-to-" + stage.name).str(), stage.what,
          [&stage](OpPassManager &passes, StringRef text, function_ref<LogicalResult(const Twine &)> onError) {
            TargetOptions options;
            if (failed(options.parseFromString(text)))
              return failure();
            buildPipeline(passes, *findStage("mix"), stage, options.read());
            return success();
          },
          [](function_ref<void(const detail::PassOptions &)> visit) { visit(TargetOptions()); });
  registerBetween();
}

} // namespace mixc
