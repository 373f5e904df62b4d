// `mixc check FILE`: everything that can be said about the program without numbers for its dims.
#include "frontend/driver/Commands.h"

using namespace llvm;

namespace mixc {

Error checkCommand(const Options &options) {
  Expected<Source> source = readSource(options.file);
  if (!source)
    return source.takeError();
  std::unique_ptr<mlir::MLIRContext> context = makeContext();
  Compilation compilation(*context, std::move(*source), compileOptions(options));
  if (Error error = compilation.read())
    return error;
  if (Error error = compilation.advance("component"))
    return error;
  say(compilation.warnings(), *compilation.text());
  return Error::success();
}

} // namespace mixc
