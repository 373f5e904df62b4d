// `mixc describe FILE`: what a library says of itself, or would say: of a library it is read from the file, whatever
// machine that is for, and none of its code is run.
#include "frontend/driver/Commands.h"
#include "lowering/object/Description.h"
#include "lowering/object/Object.h"
#include "llvm/BinaryFormat/Magic.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include <fmt/format.h>

using namespace llvm;

namespace mixc {
namespace {

Expected<std::string> ofLibrary(const std::string &path) {
  ErrorOr<std::unique_ptr<MemoryBuffer>> buffer = MemoryBuffer::getFile(path);
  if (!buffer)
    return fileError("read", path, buffer.getError());
  Expected<StringRef> text = descriptionIn((*buffer)->getMemBufferRef());
  if (!text)
    return inputError(fmt::format("`{}` has no `mix_description`: {}", path, toString(text.takeError())),
                      "a library that mixc wrote has one");
  return text->str();
}

Expected<std::string> ofSource(const Options &options) {
  std::unique_ptr<mlir::MLIRContext> context = makeContext();
  Expected<Compiled> compiled = compileFile(*context, options.file, compileOptions(options));
  if (!compiled)
    return compiled.takeError();
  Expected<std::unique_ptr<TargetMachine>> machine = createMachine({options.cpu});
  if (!machine)
    return machine.takeError();
  return describeLibrary(compiled->mixers, (*machine)->getTargetCPU());
}

bool isLibrary(const std::string &path) {
  file_magic magic;
  return path != "-" && !identify_magic(path, magic) && magic.is_object();
}

} // namespace

Error describeCommand(const Options &options) {
  Expected<std::string> text = isLibrary(options.file) ? ofLibrary(options.file) : ofSource(options);
  if (!text)
    return text.takeError();
  Expected<json::Value> value = json::parse(*text);
  if (!value)
    return inputError(
        fmt::format("what `{}` says of itself is no JSON: {}", options.file, toString(value.takeError())));
  outs() << formatv("{0:2}\n", *value);
  return Error::success();
}

} // namespace mixc
