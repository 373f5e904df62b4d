#include "frontend/compile/CompileOptions.h"
#include "frontend/compile/Failure.h"
#include "frontend/sema/Suggest.h"
#include "lowering/Target.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/TargetParser/Host.h"
#include <fmt/format.h>

using namespace llvm;

namespace mixc {

/// What LLVM knows of the CPUs that are like this machine's.
static std::unique_ptr<MCSubtargetInfo> cpuInfo(StringRef cpu = "") {
  Expected<const llvm::Target *> target = backend();
  if (!target)
    return consumeError(target.takeError()), nullptr;
  return std::unique_ptr<MCSubtargetInfo>(
      (*target)->createMCSubtargetInfo(Triple(sys::getDefaultTargetTriple()), cpu, ""));
}

std::vector<std::string> knownCpus() {
  std::vector<std::string> known;
  if (std::unique_ptr<MCSubtargetInfo> all = cpuInfo())
    for (const SubtargetSubTypeKV &row : all->getAllProcessorDescriptions())
      if (std::unique_ptr<MCSubtargetInfo> one = cpuInfo(row.Key); one && one->checkFeatures("+64bit"))
        known.push_back(row.Key);
  return known;
}

Error checkCpu(const std::string &cpu) {
  static constexpr const char *help = "`--target=cpu` is this machine; `--target=help` lists what there is";
  if (cpu == "native")
    return Error::success();
  std::unique_ptr<MCSubtargetInfo> info = cpuInfo();
  if (!info)
    return Error::success();
  if (info->isCPUStringValid(cpu))
    return cpuInfo(cpu)->checkFeatures("+64bit")
               ? Error::success()
               : usageError("`" + cpu + "` is a CPU of 32 bits, and libraries are compiled for 64", help);
  std::string near = nearest(cpu, knownCpus());
  return usageError("there is no CPU `" + cpu + "`", near.empty() ? help : "did you mean `--target=cpu:" + near + "`?");
}

Error checkPrefix(const std::string &prefix) {
  StringRef rest = prefix;
  const bool isName = !rest.empty() && (isAlpha(rest[0]) || rest[0] == '_') &&
                      all_of(rest, [](char c) { return isAlnum(c) || c == '_'; });
  if (!isName)
    return usageError("`--prefix=" + prefix + "`: expected the beginning of a name in C, as in `--prefix=small_`");
  return Error::success();
}

Error checkOptions(const CompileOptions &options) {
  const Stage *from = findStage(options.from);
  if (!from || from->name == "asm")
    return usageError(fmt::format("there is no stage `{}` to start from", options.from));
  if (from > findStage("vector"))
    return usageError(fmt::format("a library needs its mixers, which stage {} has no more", options.from),
                      "start from `vector` or before");
  if (options.chunk < 0)
    return usageError(
        fmt::format("chunks of {} tokens: at least 1 is expected, or 0 for the compiler's choice", options.chunk));
  if (Error error = checkElementTypes(options.elementTypes))
    return error;
  if (!options.prefix.empty())
    if (Error error = checkPrefix(options.prefix))
      return error;
  return checkCpu(options.cpu);
}

} // namespace mixc
