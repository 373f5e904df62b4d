// Where a compilation's results go, and where they may not.
#pragma once
#include "frontend/driver/Options.h"

namespace mixc {

/// The library that `-o` names, or libFILE.so. An error for what cannot be one, and for one that would be written, or
/// whose header would, over the file that is compiled.
llvm::Expected<std::string> libraryPath(const Options &options);

/// Prints a stage to standard output or to the file that `-o` names, whole or not at all.
llvm::Error writeStage(const Options &options, const std::string &text);

} // namespace mixc
