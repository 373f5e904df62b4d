// mixc: from the equations of a sequence mixer to kernels.
#include "frontend/compile/DeepStack.h"
#include "frontend/driver/Commands.h"
#include "frontend/driver/ProcessMemory.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Signals.h"
#include "llvm/Support/raw_ostream.h"
#include <csignal>
#include <unistd.h>

using namespace llvm;
using namespace mixc;

namespace {

/// A bug that nothing else caught. Files that were half written are gone by now.
void sayCrashed(void *) { _exit(mixc::report(internalError("mixc crashed"))); }

/// Mapped memory without a file behind it: the disk is full, or somebody has cut a file that is being read.
void sayUnmapped(int) {
  int status =
      mixc::report(resourceError("a file cannot be written or read on: the disk is full, or the file was cut"));
  sys::RunInterruptHandlers(); // files that are half written
  _exit(status);
}

/// LLVM gives up: of a stream that could not be written, or of itself.
void sayFatal(void *, const char *reason, bool) {
  StringRef text = reason;
  const bool isOutput = text.consume_front("IO failure on output stream: ");
  int status = mixc::report(isOutput ? resourceError("cannot write a file: " + text.str()) : internalError(reason));
  sys::RunInterruptHandlers(); // files that are half written
  _exit(status);
}

bool wantsColour(const Options &options) {
  return options.colour.value_or(sys::Process::StandardErrIsDisplayed() && !sys::Process::GetEnv("NO_COLOR"));
}

Error run(const Options &options) {
  switch (options.command) {
  case CheckCommand: return checkCommand(options);
  case DescribeCommand: return describeCommand(options);
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
  keepMemoryUntilTheEnd();
  sayWhenOutOfMemory();
  (void)signal(SIGBUS, sayUnmapped);
  (void)signal(SIGPIPE,
               SIG_IGN); // a reader that has gone is an error of writing, and so is a file that may grow no more
  (void)signal(SIGXFSZ, SIG_IGN);
  setColour(wantsColour({}));
  if (argc == 1) {
    errs() << helpText(CompileCommand);
    return WrongUsage;
  }
  Expected<Options> options = parseOptions(ArrayRef<const char *>(argv + 1, argc - 1));
  if (!options)
    return mixc::report(options.takeError());
  setColour(wantsColour(*options));
  if (options->help) {
    outs() << helpText(options->command);
    return mixc::report(finishOutput());
  }
  if (options->listCpus) {
    for (const std::string &cpu : knownCpus())
      outs() << cpu << '\n';
    return mixc::report(finishOutput());
  }
  if (options->version) {
    outs() << "mixc " MIXC_VERSION " (LLVM " LLVM_VERSION_STRING ")\n";
    return mixc::report(finishOutput());
  }
  // The process ends here and now: what MLIR's parser leaves of a text that it refused may be memory that it freed (a
  // block that is defined twice, say), and nobody touches it again.
  return onDeepStack([&]() -> int { _exit(mixc::report(joinErrors(run(*options), finishOutput()))); });
}
