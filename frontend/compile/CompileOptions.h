// What may be chosen of a compilation from text to a library.
#pragma once
#include "frontend/compile/ElementTypes.h"
#include "lowering/Pipelines.h"
#include <functional>

namespace mixc {

struct CompileOptions : PipelineOptions {
  std::optional<std::string> mixer; // this one of the file alone
  std::string from = "ast";         // the stage that the source is at
  ElementTypes elementTypes;

  std::string library = "libmixers.so"; // the file name that the library will have: programs look for it
  std::string prefix;                   // of all names in the header
  unsigned codeThreads = 0;             // that generate code; 0: as many as this process may run on

  /// Called with what is begun (`compiling gla.mix to stage tile`), and with nothing when it is over.
  std::function<void(const std::string &doing)> onStep;
};

/// A usage error for a value that no compilation takes.
llvm::Error checkOptions(const CompileOptions &options);
/// The same for the beginning of C names, and for a CPU.
llvm::Error checkPrefix(const std::string &prefix);
llvm::Error checkCpu(const std::string &cpu);

/// The CPUs that libraries can be compiled for, beside `native`.
std::vector<std::string> knownCpus();

} // namespace mixc
