// The stages as pass pipelines, for mix-opt.
#include "lowering/Passes.h"
#include "lowering/Pipelines.h"
#include "mlir/Pass/PassRegistry.h"

using namespace mlir;

namespace mixc {
namespace {

using OnError = function_ref<LogicalResult(const Twine &)>;

struct TargetOptions : PassPipelineOptions<TargetOptions> {
  ListOption<std::string> dims{*this, "dims", llvm::cl::desc("K=128,V=128")};
  Option<std::string> cpu{*this, "cpu", llvm::cl::desc("CPU name, or native"), llvm::cl::init("native")};
  Option<int64_t> chunk{*this, "chunk", llvm::cl::desc("tokens per chunk; 0: chosen"), llvm::cl::init(0)};
  Option<bool> backward{*this, "backward", llvm::cl::desc("gradients, too"), llvm::cl::init(false)};
  Option<std::string> keep{*this, "keep", llvm::cl::desc("what forward saves for backward: writes or states"),
                           llvm::cl::init("writes")};

  FailureOr<PipelineOptions> read(OnError onError) const {
    PipelineOptions options;
    options.cpu = cpu;
    options.chunk = chunk;
    options.backward = backward;
    std::optional<Keep> kept = keepSpelt(keep);
    if (!kept)
      return onError("keep: expected writes or states, found " + keep);
    options.keep = *kept;
    for (StringRef binding : dims) {
      auto [name, number] = binding.split('=');
      if (name.empty() || number.getAsInteger(10, options.dims[name.str()]))
        return onError("dims: expected NAME=number, found " + binding);
    }
    return options;
  }
};

struct BetweenOptions : TargetOptions {
  Option<std::string> from{*this, "from", llvm::cl::desc("stage that the module is at"), llvm::cl::init("mix")};
  Option<std::string> to{*this, "to", llvm::cl::desc("stage to reach"), llvm::cl::init("llvm")};
};

LogicalResult addStages(OpPassManager &passes, StringRef from, StringRef to, const TargetOptions &target,
                        OnError onError) {
  for (StringRef name : {from, to})
    if (!findStage(name))
      return onError("no stage is called " + name);
  FailureOr<PipelineOptions> options = target.read(onError);
  if (failed(options))
    return failure();
  buildPipeline(passes, *findStage(from), *findStage(to), *options);
  return success();
}

} // namespace

// PassPipelineRegistration wants options of its own for each pipeline; these share theirs.
void registerPasses() {
  registerMixcPasses();
  for (const Stage &stage : stages())
    if (findPasses(stage, TargetKind::Cpu))
      registerPassPipeline(("mix-to-" + stage.name).str(), stage.what,
                           [&stage](OpPassManager &passes, StringRef text, OnError onError) {
                             TargetOptions options;
                             if (failed(options.parseFromString(text)))
                               return failure();
                             return addStages(passes, "mix", stage.name, options, onError);
                           },
                           [](function_ref<void(const detail::PassOptions &)> visit) { visit(TargetOptions()); });
  registerPassPipeline(
      "mix-stages", "from one stage to a later one",
      [](OpPassManager &passes, StringRef text, OnError onError) {
        BetweenOptions options;
        if (failed(options.parseFromString(text)))
          return failure();
        return addStages(passes, options.from, options.to, options, onError);
      },
      [](function_ref<void(const detail::PassOptions &)> visit) { visit(BetweenOptions()); });
}

} // namespace mixc
