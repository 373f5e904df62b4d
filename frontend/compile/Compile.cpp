#include "frontend/compile/Compile.h"
#include "frontend/compile/Compilation.h"
#include "frontend/compile/DeepStack.h"

using namespace llvm;

namespace mixc {

static Expected<LibraryImage> run(Compilation &compilation) {
  if (Error error = checkOptions(compilation.settings()))
    return std::move(error);
  if (Error error = compilation.read())
    return std::move(error);
  Expected<Compiled> compiled = finish(compilation);
  return compiled ? libraryImage(*compiled) : compiled.takeError();
}

static CompileResult compileHere(const Source &source, const CompileOptions &options) {
  std::unique_ptr<mlir::MLIRContext> context = makeContext();
  Compilation compilation(*context, Source(source.name, source.text), options);
  Expected<LibraryImage> library = run(compilation);
  CompileResult result;
  result.diagnostics.append(compilation.warnings());
  if (library) {
    result.library = std::move(*library);
    return result;
  }
  Failure failure = failureOf(library.takeError());
  result.diagnostics.append(failure.diagnostics);
  result.fault = failure.fault;
  result.reproducer = std::move(failure.reproducer);
  return result;
}

CompileResult compile(const Source &source, const CompileOptions &options) {
  CompileResult result;
  onDeepStack([&] { return result = compileHere(source, options), 0; });
  return result;
}

} // namespace mixc
