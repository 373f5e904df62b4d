#include "lowering/Target.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/SubtargetFeature.h"
#include "llvm/TargetParser/Triple.h"
#include <memory>

using namespace mixc;

llvm::Expected<const llvm::Target *> mixc::backend() {
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

namespace {

/// The machine that runs this: asked once.
struct Host {
  static const Host &get() {
    static const Host host;
    return host;
  }
  std::string name = llvm::sys::getHostCPUName().str();
  std::string features = [] {
    llvm::SubtargetFeatures features;
    for (const auto &[feature, present] : llvm::sys::getHostCPUFeatures())
      features.AddFeature(feature, present);
    return features.getString();
  }();
};

} // namespace

// The widest vectors that the instruction set names; what the target's own feature list says, not a table of CPUs.
Target mixc::describe(llvm::StringRef name) {
  Target target;
  const bool isHost = name == "native";
  target.name = isHost ? Host::get().name : name.str();
  target.features = isHost ? Host::get().features : "";

  llvm::Triple triple(llvm::sys::getDefaultTargetTriple());
  std::unique_ptr<llvm::MCSubtargetInfo> info(
      llvm::cantFail(backend())->createMCSubtargetInfo(triple, target.name, target.features));
  auto has = [&](llvm::StringRef feature) { return info->checkFeatures(("+" + feature).str()); };
  if (triple.isAArch64()) { // NEON
    target.registers = 32;
    target.convertsF16 = true;
    return target;
  }
  target.convertsF16 = has("f16c");
  target.hasMatrices = has("amx-tile");
  if (has("avx512f") && has("avx512vl")) {
    target.lanes = 16;
    target.registers = 32;
    target.convertsF16 = true;
  } else if (has("avx2") && has("fma")) {
    target.lanes = 8;
  }
  return target;
}
