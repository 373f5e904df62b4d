// The compiler as a library: text in, a shared library, its header and diagnostics out.
//
//     mixc::CompileOptions options;
//     options.dims = {{"K", 128}, {"V", 128}};
//     mixc::CompileResult result = mixc::compile(mixc::Source("gla.mix", text), options);
//     for (const mixc::Diagnostic &diagnostic : result.diagnostics.all())
//       ... // diagnostic.code, .severity, .message, .primary.range (bytes of the text), .notes, .helps
//     if (result.library)
//       ... // result.library->code and ->header are the bytes of libmixers.so and libmixers.h
//
// Nothing is printed, no file of the caller's is read or written, and nothing of the process is changed. It may be
// called from any number of threads at once: the bytes depend on the arguments alone. Only the link
// (lowering/object/Link.h) is done for one caller after the other. A walk over a value goes as deep as the value, so
// each call has a thread of its own with a large stack; and for generating code, as many as `codeThreads` says.
#pragma once
#include "frontend/compile/CompileOptions.h"
#include "frontend/compile/Failure.h"
#include "lowering/object/Library.h"

namespace mixc {

struct CompileResult {
  std::optional<LibraryImage> library; // where there is no error
  Diagnostics diagnostics;             // warnings, and what is wrong

  // Where there is no library:
  Fault fault = Fault::Program;
  std::string reproducer; // of a bug: a module for mix-opt, which shows it; empty if there is none
};

CompileResult compile(const Source &source, const CompileOptions &options);

} // namespace mixc
