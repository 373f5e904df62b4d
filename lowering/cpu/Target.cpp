#include "lowering/cpu/Target.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"
#include <memory>

using namespace mixc::cpu;

// The widest vectors that the instruction set names; what the target's own feature list says, not a table of CPUs.
Target mixc::cpu::describe(llvm::StringRef cpu) {
  llvm::InitializeNativeTarget();
  std::string name = cpu == "native" ? llvm::sys::getHostCPUName().str() : cpu.str();
  std::string features;
  if (cpu == "native")
    for (const auto &[feature, present] : llvm::sys::getHostCPUFeatures())
      features += (features.empty() ? "" : ",") + std::string(present ? "+" : "-") + feature.str();

  llvm::Triple triple(llvm::sys::getDefaultTargetTriple());
  std::string error;
  const llvm::Target *backend = llvm::TargetRegistry::lookupTarget(triple, error);
  std::unique_ptr<llvm::MCSubtargetInfo> info(backend->createMCSubtargetInfo(triple, name, features));
  auto has = [&](llvm::StringRef feature) { return info->checkFeatures(("+" + feature).str()); };
  if (triple.isAArch64())
    return {name, "NEON", 4, 32, 64, true};
  if (has("avx512f") && has("avx512vl"))
    return {name, "AVX-512", 16, 32, 64, true};
  if (has("avx2") && has("fma"))
    return {name, "AVX2", 8, 16, 64, has("f16c")};
  return {name, "SSE2", 4, 16, 64, has("f16c")};
}
