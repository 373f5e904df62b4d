// mixc: from the equations of a sequence mixer to kernels.
#include "frontend/driver/Commands.h"
#include "frontend/driver/DeepStack.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Signals.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;
using namespace mixc;

namespace {

/// A bug that nothing else caught. The shell says which signal it was.
void sayCrashed(void *) { mixc::report(internalError("mixc crashed")); }

void sayFatal(void *, const char *reason, bool) {
  mixc::report(internalError(reason));
  exit(WrongProgram);
}

bool wantsColour(const Options &options) {
  return options.colour.value_or(sys::Process::StandardErrIsDisplayed() && !sys::Process::GetEnv("NO_COLOR"));
}

Error run(const Options &options) {
  switch (options.command) {
  case CheckCommand: return checkCommand(options);
  case ExplainCommand: return explainCommand(options);
  case RunCommand: return runCommand(options);
  case FormatCommand: return fmtCommand(options);
  default: return compileCommand(options);
  }
}

} // namespace

int main(int argc, char **argv) {
  sys::AddSignalHandler(sayCrashed, nullptr);
  install_fatal_error_handler(sayFatal);
  useColour = sys::Process::StandardErrIsDisplayed() && !sys::Process::GetEnv("NO_COLOR");
  if (argc == 1) {
    errs() << helpText(CompileCommand);
    return WrongUsage;
  }
  Expected<Options> options = parseOptions(ArrayRef<const char *>(argv + 1, argc - 1));
  if (!options)
    return mixc::report(options.takeError());
  useColour = wantsColour(*options);
  if (options->help) {
    outs() << helpText(options->command);
    return Success;
  }
  if (options->version) {
    outs() << "mixc " MIXC_VERSION " (LLVM " LLVM_VERSION_STRING ")\n";
    return Success;
  }
  return onDeepStack([&] { return mixc::report(run(*options)); });
}
