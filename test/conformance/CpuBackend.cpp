// CPUs: the stages from `tile` on, a shared library, and the runtime around its kernels. The descriptors that libraries
// have are made here, since a kernel by itself has no mixer whose declarations say what they hold.
#include "lowering/Pipelines.h"
#include "lowering/emit/Descriptor.h"
#include "lowering/object/Link.h"
#include "lowering/object/MemoryFile.h"
#include "lowering/object/Object.h"
#include "mlir/IR/Verifier.h"
#include "runtime/call/Call.h"
#include "runtime/cpu/Cpu.h"
#include "test/conformance/Backend.h"
#include <cstring>
#include <dlfcn.h>
#include <map>

using namespace mlir;

namespace mixc::conformance {
namespace {

/// A kernel function, and what its `tile.function` says.
struct Function {
  std::string symbol;
  int64_t scratch = 0, sequences = 1;
};

/// What kind of entry point has tensors like these.
mixrt_entry_kind kindOf(const Call &call) {
  for (const Argument &argument : call.arguments) {
    if (argument.role >= tile::Role::OutputGrad) // cotangents, and after them gradients
      return MIXRT_BACKWARD;
    if (argument.role == tile::Role::State || argument.role == tile::Role::Kept)
      return MIXRT_DECODE;
  }
  return MIXRT_FORWARD;
}

/// One call of one kernel through the runtime.
class Invocation {
public:
  Invocation(const Function &function, void *address, const Call &call) : call(call) {
    entry.name = "conformance";
    entry.kind = kindOf(call);
    const auto count = static_cast<int64_t>(call.arguments.size());
    const int64_t leading = fields().leading;
    for (int64_t i = 0; i < count; ++i)
      describe(call.arguments[i], leading + i);
    entry.slots = leading + count + fields().trailing;
    entry.main.tensors = tensors.data();
    entry.main.tensor_count = count;
    entry.main.scratch_bytes = function.scratch;
    if (function.sequences > 1) {
      entry.main.block_kernel = reinterpret_cast<mixrt_block_kernel *>(address);
      entry.main.block = function.sequences;
    } else {
      entry.main.kernel = reinterpret_cast<mixrt_kernel *>(address);
    }
    fillSlots(leading);
  }

  llvm::Error run() {
    // NaN first, with guards that nothing may touch.
    constexpr size_t guard = 256;
    mixrt::Call counts(entry, slots.data());
    if (!mixrt::readCounts(counts))
      return llvm::createStringError("the runtime does not take the counts");
    std::vector<char> workspace(counts.workspaceBytes + guard, '\xff'), saved(counts.savedBytes + guard, '\xff');
    const bool isSaved = counts.savedBytes > 0 && passesSaved();
    slots[entry.slots + fields().workspace] = reinterpret_cast<uint64_t>(workspace.data());
    if (isSaved)
      slots[savedSlot()] = reinterpret_cast<uint64_t>(saved.data());
    if (isSaved) {
      forSaved(counts, saved.data(),
               [](char *there, const Argument &argument) { std::memcpy(there, argument.data, argument.bytes); });
      mixrt::writeSavedHead(mixrt::Call(counts)); // as if a forward kernel had left it
    }
    if (mix_status status = mixrt_run(&entry, slots.data()))
      return llvm::createStringError(std::string("the runtime: ") + mix_status_message(status));
    if (isSaved)
      forSaved(counts, saved.data(),
               [](char *there, const Argument &argument) { std::memcpy(argument.data, there, argument.bytes); });
    for (const std::vector<char> *memory : {&workspace, &saved})
      if (std::any_of(memory->end() - guard, memory->end(), [](char byte) { return byte != '\xff'; }))
        return llvm::createStringError("something was written past the end of workspace or `saved`");
    return llvm::Error::success();
  }

private:
  const mixrt::Fields &fields() const { return mixrt::fieldsOf[entry.kind]; }
  int64_t savedSlot() const { return entry.slots + (entry.kind == MIXRT_BACKWARD ? fields().saved : fields().saves); }

  void describe(const Argument &argument, int64_t slot) {
    mixrt_tensor &tensor = tensors.emplace_back();
    tensor.field = argument.name.c_str();
    tensor.role = static_cast<mixrt_role>(runtimeRole(argument.role));
    tensor.per_group = argument.isPerGroup;
    tensor.elements = tensor.own = argument.elements;
    tensor.slot = slot;
    tensor.element_type = argument.elementType == "f32"    ? MIXRT_F32
                          : argument.elementType == "bf16" ? MIXRT_BF16
                                                           : MIXRT_F16;
    tensor.source = argument.isPartial ? MIXRT_PARTIAL : MIXRT_WRITTEN;
    tensor.every = argument.every == Argument::wholeSequence ? MIXRT_WHOLE_SEQUENCE : argument.every;
  }

  void fillSlots(int64_t leading) {
    const auto sequences = static_cast<int64_t>(call.lengths.size());
    slots.assign(entry.slots, 0);
    const mixrt::Fields &at = fields();
    slots[at.size] = 8 * entry.slots;
    slots[at.batch] = call.isPacked ? 1 : sequences;
    slots[entry.kind == MIXRT_DECODE ? at.tokens : at.time] = call.isPacked ? call.tokens()
                                                              : sequences   ? call.lengths.front()
                                                                            : 0;
    slots[at.heads] = call.heads;
    slots[at.groups] = call.groups;
    if (call.isPacked) {
      for (int64_t s = 0; s <= sequences; ++s)
        starts.push_back(call.firstToken(s));
      slots[at.sequences] = sequences;
      slots[at.cu_seqlens] = reinterpret_cast<uint64_t>(starts.data());
    }
    for (auto [i, argument] : llvm::enumerate(call.arguments))
      slots[leading + i] = reinterpret_cast<uint64_t>(argument.role == tile::Role::Saved ? nullptr : argument.data);
    slots[entry.slots + at.threads] = 1;
    if (passesSaved())
      slots[savedSlot()] = 64; // not null, for the counts; run() says where
  }

  bool passesSaved() const {
    return llvm::any_of(call.arguments, [](const Argument &a) { return a.role == tile::Role::Saved && a.data; });
  }

  /// Calls use(where it is in `saved`, argument) for everything that is saved.
  template <typename Use> void forSaved(const mixrt::Call &counts, char *saved, Use use) {
    char *there = saved + mixrt::savedHeadBytes;
    for (auto [tensor, argument] : llvm::zip(tensors, call.arguments)) {
      if (argument.role == tile::Role::Saved)
        use(there, argument);
      there += mixrt::savedBytes(counts, tensor);
    }
  }

  const Call &call;
  mixrt_entry entry;
  std::vector<mixrt_tensor> tensors;
  std::vector<uint64_t> slots;
  std::vector<int64_t> starts;
};

class CpuKernels : public Kernels {
public:
  CpuKernels(void *library, std::map<std::string, Function> functions)
      : library(library), functions(std::move(functions)) {}
  ~CpuKernels() override { dlclose(library); }

  llvm::Error run(StringRef kernel, const Call &call) override {
    auto function = functions.find(kernel.str());
    void *address = function == functions.end() ? nullptr : dlsym(library, function->second.symbol.c_str());
    if (!address)
      return llvm::createStringError("the library has no kernel " + kernel);
    return Invocation(function->second, address, call).run();
  }

private:
  void *library;
  std::map<std::string, Function> functions;
};

class Cpu : public Backend {
public:
  explicit Cpu(std::string cpu) : cpu(std::move(cpu)) {}

  std::string name() const override { return "cpu:" + cpu; }

  std::string whyNot() const override {
    auto machine = createMachine({cpu});
    if (!machine)
      return llvm::toString(machine.takeError());
    const uint64_t missing = requiredFeatures(**machine) & ~mixrt::machineFeatures();
    return missing ? std::string("this machine has no ") + mixrt::featureName(missing) : "";
  }

  llvm::Expected<std::unique_ptr<Kernels>> compile(ModuleOp module) const override {
    if (llvm::Error error = lower(module, "tile", "vector"))
      return std::move(error);
    std::map<std::string, Function> functions;
    for (auto function : module.getOps<func::FuncOp>())
      if (const tile::FunctionAttr signature = tile::functionOf(function))
        functions[function.getName().drop_back(StringRef("_kernel").size()).str()] = {
            function.getName().str(), signature.getScratch(), signature.getSequences()};
    if (llvm::Error error = lower(module, "vector", "llvm"))
      return std::move(error);
    llvm::Expected<MemoryFile> file = link(module);
    if (!file)
      return file.takeError();
    void *library = dlopen(file->path().c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!library)
      return llvm::createStringError(dlerror());
    return std::make_unique<CpuKernels>(library, std::move(functions));
  }

private:
  llvm::Error lower(ModuleOp module, StringRef from, StringRef to) const {
    std::string said;
    ScopedDiagnosticHandler listen(module.getContext(), [&](Diagnostic &diagnostic) {
      said += diagnostic.str() + "\n";
      return success();
    });
    PassManager passes(module.getContext());
    PipelineOptions options;
    options.cpu = cpu;
    buildPipeline(passes, *findStage(from), *findStage(to), options);
    if (failed(passes.run(module)) || failed(verify(module)))
      return llvm::createStringError("from stage " + from + " to " + to + ": " + said);
    return llvm::Error::success();
  }

  llvm::Expected<MemoryFile> link(ModuleOp module) const {
    const EmitOptions options{cpu};
    llvm::LLVMContext context;
    llvm::Expected<std::unique_ptr<llvm::Module>> translated = translate(module, context, options);
    if (!translated)
      return translated.takeError();
    llvm::Expected<std::vector<ObjectCode>> objects = emitObjects(**translated, options);
    if (!objects)
      return objects.takeError();
    llvm::Expected<ObjectCode> code = linkLibrary(*objects, "libconformance.so");
    if (!code)
      return code.takeError();
    return MemoryFile::create("mixc-conformance", StringRef(code->data(), code->size()));
  }

  std::string cpu;
};

} // namespace

const std::vector<std::unique_ptr<Backend>> &backends() {
  static const auto *all = [] {
    auto *list = new std::vector<std::unique_ptr<Backend>>();
    for (const char *cpu : {"x86-64", "x86-64-v3", "x86-64-v4"}) // SSE2, AVX2, AVX-512
      list->push_back(std::make_unique<Cpu>(cpu));
    list->push_back(toyBackend());
    return list;
  }();
  return *all;
}

} // namespace mixc::conformance
