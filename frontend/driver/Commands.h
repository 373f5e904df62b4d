// What `mixc` does, a function a command.
#pragma once
#include "frontend/compile/Compilation.h"
#include "frontend/driver/Options.h"
#include "frontend/driver/Report.h"

namespace mixc {

llvm::Error compileCommand(const Options &options);
llvm::Error checkCommand(const Options &options);
llvm::Error describeCommand(const Options &options);
llvm::Error explainCommand(const Options &options);
llvm::Error fmtCommand(const Options &options);
llvm::Error runCommand(const Options &options);

CompileOptions compileOptions(const Options &options);
/// The numbers of a mixer's dims: -D, else the file's defaults.
std::map<std::string, int64_t> dimNumbers(mix::MixerOp mixer, const std::map<std::string, int64_t> &bound);

} // namespace mixc
