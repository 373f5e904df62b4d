#include "lowering/cpu/Target.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"
#include <memory>

using namespace mixc::cpu;

llvm::Expected<const llvm::Target *> mixc::cpu::backend() {
  static const bool lacksOne = llvm::InitializeNativeTarget() || llvm::InitializeNativeTargetAsmPrinter() ||
                               llvm::InitializeNativeTargetAsmParser();
  if (lacksOne)
    return llvm::createStringError(
        "internal error: this build of LLVM has no code generator for the machine it runs on");
  std::string why;
  const llvm::Target *found =
      llvm::TargetRegistry::lookupTarget(llvm::Triple(llvm::sys::getDefaultTargetTriple()), why);
  if (!found)
    return llvm::createStringError("internal error: " + why);
  return found;
}

// The widest vectors that the instruction set names; what the target's own feature list says, not a table of CPUs.
Target mixc::cpu::describe(llvm::StringRef cpu) {
  std::string name = cpu == "native" ? llvm::sys::getHostCPUName().str() : cpu.str();
  std::string features;
  if (cpu == "native")
    for (const auto &[feature, present] : llvm::sys::getHostCPUFeatures())
      features += (features.empty() ? "" : ",") + std::string(present ? "+" : "-") + feature.str();

  llvm::Triple triple(llvm::sys::getDefaultTargetTriple());
  std::unique_ptr<llvm::MCSubtargetInfo> info(llvm::cantFail(backend())->createMCSubtargetInfo(triple, name, features));
  auto has = [&](llvm::StringRef feature) { return info->checkFeatures(("+" + feature).str()); };
  if (triple.isAArch64())
    return {name, "NEON", 4, 32, 64, true};
  if (has("avx512f") && has("avx512vl"))
    return {name, "AVX-512", 16, 32, 64, true};
  if (has("avx2") && has("fma"))
    return {name, "AVX2", 8, 16, 64, has("f16c")};
  return {name, "SSE2", 4, 16, 64, has("f16c")};
}
