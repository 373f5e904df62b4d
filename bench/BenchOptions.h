// The command line of mix_bench: some of the options of `mixc run`.
#ifndef MIXC_BENCH_BENCHOPTIONS_H
#define MIXC_BENCH_BENCHOPTIONS_H

#include "frontend/driver/Options.h"

namespace mixc::bench {

/// `arguments` without the program's name. Errors are usage errors.
llvm::Expected<Options> parseBenchOptions(llvm::ArrayRef<const char *> arguments);
std::string benchHelp();

} // namespace mixc::bench

#endif
