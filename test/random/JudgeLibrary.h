// A mixer that is compiled, loaded and held against the interpreter within what float32 allows.
#ifndef MIXC_TEST_RANDOM_JUDGELIBRARY_H
#define MIXC_TEST_RANDOM_JUDGELIBRARY_H

#include "dialect/mix/Interpreter.h"
#include "frontend/compile/Compilation.h"
#include "test/random/Judge.h"

namespace mixc::random {

/// Forward, decode and gradients at these calls, at one of a block of sequences and at one whose gates repeat.
Verdict judgeLibrary(const Mixer &mixer, const Trial &trial, mlir::MLIRContext &context, std::vector<mix::Call> calls);

/// How a trial compiles its mixer.
CompileOptions optionsOf(const Trial &trial);
/// The kind is that of the diagnostic: its code, or what is said in its first line.
Verdict refusal(const std::string &what, llvm::Error error);

} // namespace mixc::random

#endif
