#include "frontend/compile/Compilation.h"
#include "frontend/compile/PassErrors.h"
#include "frontend/compile/Sequential.h"
#include "frontend/driver/Progress.h"
#include "frontend/gen/Import.h"
#include "frontend/syntax/Parser.h"
#include "lowering/emit/Library.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include <fmt/format.h>

using namespace llvm;

namespace mixc {

std::unique_ptr<mlir::MLIRContext> makeContext() {
  mlir::DialectRegistry registry;
  registerDialects(registry);
  auto context = std::make_unique<mlir::MLIRContext>(registry, mlir::MLIRContext::Threading::DISABLED);
  context->loadAllAvailableDialects();
  context->printOpOnDiagnostic(false);
  return context;
}

Expected<Source> readSource(const std::string &path) {
  if (path != "-" && sys::fs::is_directory(path))
    return resourceError(fmt::format("`{}` is a folder", path), "name a .mix file");
  ErrorOr<std::unique_ptr<MemoryBuffer>> buffer = MemoryBuffer::getFileOrSTDIN(path);
  if (!buffer)
    return fileError("read", path, buffer.getError());
  return Source(path == "-" ? "<stdin>" : path, (*buffer)->getBuffer().str());
}

Compilation::Compilation(mlir::MLIRContext &context, Source source, CompileOptions options)
    : context(context), source(std::move(source)), options(std::move(options)), at(findStage(this->options.from)) {}

Error Compilation::read() {
  Progress progress(fmt::format("reading {}", source.name));
  Error error = at->name == "ast" ? readMix() : readModule();
  if (error)
    return error;
  if (at->name == "ast")
    at = findStage("mix");
  if (at >= findStage("tile") && !options.elementTypes.areDefault())
    return usageError("`--dtype` comes too late: a module at stage " + at->name.str() + " has its loads and stores",
                      "start from `component` or before");
  return setElementTypes(*current, options.elementTypes);
}

Error Compilation::readMix() {
  Diagnostics diagnostics;
  current = importMix(&context, source, Bindings{options.dims}, diagnostics, options.mixer);
  if (!current)
    return renderedError(diagnostics.render(source, useColour));
  warningText = diagnostics.render(source, useColour);
  return Error::success();
}

Error Compilation::readModule() {
  PassErrors errors(context, source, /*irIsTheUsers=*/true);
  current = mlir::parseSourceString<mlir::ModuleOp>(source.text, mlir::ParserConfig(&context), source.name);
  return current ? Error::success() : errors.take([] { return ""; });
}

/// A dim is a symbol until here; what follows works on sizes.
Error Compilation::needNumbers() {
  Diagnostics diagnostics;
  ast::File file;
  if (options.from == "ast")
    file = parse(source, diagnostics);
  for (auto mixer : current->getOps<mix::MixerOp>()) {
    mlir::DictionaryAttr numbers = mixer.getBindingsAttr();
    for (auto dim : mixer.getDims().getAsRange<mlir::StringAttr>()) {
      if (numbers && numbers.contains(dim))
        continue;
      auto given = options.dims.find(dim.str());
      if (given != options.dims.end() && given->second >= 1)
        continue;
      Range place;
      for (const ast::Mixer &written : file.mixers)
        for (const ast::DimDeclaration &declared : written.dims)
          if (written.name.text == mixer.getSymName() && declared.name.text == dim)
            place = declared.name.range;
      diagnostics
          .add(Code::DimWithoutNumber, place,
               given == options.dims.end()
                   ? fmt::format("`{}` has no number, and a kernel needs one", dim.str())
                   : fmt::format("`{}` is {}, at least 1 is expected", dim.str(), given->second))
          .help(fmt::format("say `-D {}=64`, for instance, or give the dim a default", dim.str()));
    }
  }
  return diagnostics.hasErrors() ? renderedError(diagnostics.render(source, useColour)) : Error::success();
}

Error Compilation::advance(StringRef stage) {
  const Stage *target = findStage(stage);
  const Stage *sized = findStage("tile");
  while (at < target) {
    if (at + 1 == sized)
      if (Error error = needNumbers())
        return error;
    if (Error error = step(*(at + 1)))
      return error;
    ++at;
  }
  return Error::success();
}

Error Compilation::step(const Stage &next) {
  Progress progress(fmt::format("compiling {} to stage {}", source.name, next.name.str()));
  PassErrors errors(context, source, options.from != "ast");
  mlir::PassManager passes(&context);
  passes.enableVerifier(false); // a stage as a whole is verified: every pass by itself would take a tenth of the time
  buildPipeline(passes, *at, next, options.pipeline());
  mlir::OwningOpRef<mlir::ModuleOp> before(current->clone());
  bool done = mlir::succeeded(passes.run(*current)) && mlir::succeeded(mlir::verify(*current));
  if (!done || errors.any())
    return errors.take([&] { return writeReproducer(*before, next); });
  warningText += errors.warnings();
  return options.from == "ast" ? tellSequential(next) : Error::success();
}

/// Nothing falls back silently.
Error Compilation::tellSequential(const Stage &reached) {
  Diagnostics diagnostics;
  if (reached.name == "component") {
    checkRequireChunked(*current, source, diagnostics);
    warnSequential(*current, source, diagnostics);
  }
  std::string text = diagnostics.render(source, useColour);
  if (diagnostics.hasErrors())
    return renderedError(text);
  warningText += text;
  return Error::success();
}

Compilation Compilation::keeping(std::string what) const {
  Compilation other(context, source, options);
  other.options.keep = std::move(what);
  other.at = at;
  other.current = (*current).clone();
  return other;
}

std::string Compilation::writeReproducer(mlir::ModuleOp before, const Stage &next) const {
  int file;
  SmallString<128> path;
  if (sys::fs::createTemporaryFile("mixc-reproducer", "mlir", file, path))
    return "";
  raw_fd_ostream out(file, /*shouldClose=*/true);
  out << "// mix-opt --from=" << at->name << " --emit=" << next.name << " --target=cpu:" << options.cpu
      << " --chunk=" << options.chunk;
  if (options.backward)
    out << " --backward --keep=" << options.keep;
  for (const auto &[dim, number] : options.dims)
    out << " -D " << dim << "=" << number;
  out << " " << path << "\n";
  before.print(out);
  return path.str().str();
}

const MixerInterface *Compiled::interface(StringRef mixer) const {
  for (const MixerInterface &candidate : mixers)
    if (candidate.name == mixer)
      return &candidate;
  return nullptr;
}

mix::MixerOp Compiled::equations(StringRef mixer) const {
  return mix ? (*mix).lookupSymbol<mix::MixerOp>(mixer) : mix::MixerOp();
}

Expected<Compiled> finish(Compilation &compilation) {
  Compiled compiled;
  if (compilation.stage().name == "mix")
    compiled.mix = compilation.module().clone();
  if (Error error = compilation.advance("vector"))
    return std::move(error);
  Expected<std::vector<MixerInterface>> interfaces = readInterfaces(compilation.module());
  if (!interfaces)
    return interfaces.takeError();
  compiled.mixers = std::move(*interfaces);
  if (Error error = compilation.advance("llvm"))
    return std::move(error);
  compiled.llvm = compilation.module().clone();
  compiled.cpu = compilation.settings().cpu;
  compiled.warnings = compilation.warnings();
  return compiled;
}

Expected<Compiled> compileFile(mlir::MLIRContext &context, const std::string &path, const CompileOptions &options) {
  Expected<Source> source = readSource(path);
  if (!source)
    return source.takeError();
  Compilation compilation(context, std::move(*source), options);
  if (Error error = compilation.read())
    return std::move(error);
  return finish(compilation);
}

Error writeLibrary(const Compiled &compiled, const std::string &path) {
  Progress progress(fmt::format("writing {}", path));
  return emitLibrary(*compiled.llvm, compiled.mixers, EmitOptions{compiled.cpu}, path);
}

Expected<MemoryFile> libraryInMemory(const Compiled &compiled) {
  Progress progress("generating code");
  return emitInMemory(*compiled.llvm, compiled.mixers, EmitOptions{compiled.cpu});
}

} // namespace mixc
