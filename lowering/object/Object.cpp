// LLVM passes and code generation. The plan made the code what it shall be: one value numbering is all that LLVM adds
// before instruction selection. Its loop passes would hoist the broadcasts of a panel's coefficients out of the loop
// and spill them, at a tenth of the speed. Globals that a part of a module (lowering/object/Parts.h) does not use go,
// too.
#include "lowering/object/Object.h"
#include "lowering/Target.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "runtime/abi.h"
#include "llvm/IR/DiagnosticInfo.h"
#include "llvm/IR/DiagnosticPrinter.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Verifier.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/TargetParser/Host.h"

using namespace llvm;

namespace mixc {
namespace {

void runPasses(Module &module, TargetMachine &machine) {
  PassBuilder builder(&machine);
  LoopAnalysisManager loops;
  FunctionAnalysisManager functions;
  CGSCCAnalysisManager components;
  ModuleAnalysisManager modules;
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(components);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, components, modules);
  ModulePassManager passes;
  cantFail(builder.parsePassPipeline(passes, "globaldce,function(early-cse)"));
  passes.run(module, modules);
}

} // namespace

Expected<std::unique_ptr<TargetMachine>> createMachine(const EmitOptions &options) {
  Expected<const llvm::Target *> found = backend();
  if (!found)
    return found.takeError();
  const llvm::Target *target = *found;
  const Triple triple(sys::getDefaultTargetTriple());
  std::unique_ptr<MCSubtargetInfo> names(target->createMCSubtargetInfo(triple, "", ""));
  if (!names || (options.cpu != "native" && !names->isCPUStringValid(options.cpu)))
    return createStringError("unknown CPU `" + options.cpu +
                             "`: `llc -mcpu=help` lists the names, and `native` is this machine");
  const mixc::Target described = describe(options.cpu);
  TargetOptions flags;
  flags.FunctionSections = true; // what no entry point reaches is left out of the library
  flags.DataSections = true;
  std::unique_ptr<TargetMachine> machine(target->createTargetMachine(
      triple, described.name, described.features, flags, Reloc::PIC_, std::nullopt, CodeGenOptLevel::Aggressive));
  if (!machine)
    return createStringError("internal error: no code generator for `" + described.name + "`");
  return machine;
}

uint64_t requiredFeatures(const TargetMachine &machine) {
  static constexpr const char *names[] = {
#define FEATURE(name, leaf, subleaf, place, bit, state) name,
      MIXRT_FEATURES(FEATURE)
#undef FEATURE
  };
  uint64_t required = 0;
  for (auto [line, name] : enumerate(names))
    if (machine.getMCSubtargetInfo()->checkFeatures(std::string("+") + name))
      required |= uint64_t(1) << line;
  return required;
}

void retarget(Module &module, const TargetMachine &machine) {
  module.setTargetTriple(machine.getTargetTriple());
  module.setDataLayout(machine.createDataLayout());
  for (Function &function : module) {
    if (function.isDeclaration())
      continue;
    function.addFnAttr("target-cpu", machine.getTargetCPU());
    if (!machine.getTargetFeatureString().empty())
      function.addFnAttr("target-features", machine.getTargetFeatureString());
    function.setDoesNotThrow();
  }
}

namespace {
/// What code generation says of a module, which else would be printed, and end the process if it is an error.
struct Said : DiagnosticHandler {
  explicit Said(std::shared_ptr<std::string> first) : first(std::move(first)) {}
  bool handleDiagnostics(const DiagnosticInfo &info) override {
    if (info.getSeverity() == DS_Error && first->empty()) {
      raw_string_ostream out(*first);
      DiagnosticPrinterRawOStream printer(out);
      info.print(printer);
    }
    return true;
  }
  std::shared_ptr<std::string> first;
};
} // namespace

Error emitCode(Module &module, TargetMachine &machine, CodeGenFileType type, raw_pwrite_stream &out) {
  auto said = std::make_shared<std::string>();
  module.getContext().setDiagnosticHandler(std::make_unique<Said>(said));
  std::string broken;
  raw_string_ostream why(broken);
  if (verifyModule(module, &why))
    return createStringError("internal error: the LLVM module is not valid: " +
                             StringRef(broken).split('\n').first.str());
  runPasses(module, machine);
  legacy::PassManager passes;
  if (machine.addPassesToEmitFile(passes, out, nullptr, type))
    return createStringError("internal error: no code generator for `" + machine.getTargetCPU().str() + "`");
  passes.run(module);
  return said->empty() ? Error::success()
                       : createStringError("internal error: " + StringRef(*said).split('\n').first.str());
}

Expected<std::unique_ptr<Module>> translate(mlir::ModuleOp module, LLVMContext &context, const EmitOptions &options) {
  Expected<std::unique_ptr<TargetMachine>> machine = createMachine(options);
  if (!machine)
    return machine.takeError();
  mlir::registerBuiltinDialectTranslation(*module.getContext());
  mlir::registerLLVMDialectTranslation(*module.getContext());
  std::string why;
  std::unique_ptr<Module> translated;
  {
    mlir::ScopedDiagnosticHandler quiet(module.getContext(), [&](mlir::Diagnostic &diagnostic) {
      if (why.empty())
        why = diagnostic.str();
      return mlir::success();
    });
    translated = mlir::translateModuleToLLVMIR(module, context, "mixc");
  }
  if (!translated)
    return createStringError("internal error: no LLVM IR for the module: " + why);
  retarget(*translated, **machine);
  return translated;
}

Error emitAssembly(Module &module, const EmitOptions &options, raw_pwrite_stream &out) {
  Expected<std::unique_ptr<TargetMachine>> machine = createMachine(options);
  if (!machine)
    return machine.takeError();
  return emitCode(module, **machine, CodeGenFileType::AssemblyFile, out);
}

} // namespace mixc
