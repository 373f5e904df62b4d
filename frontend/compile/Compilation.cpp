#include "frontend/compile/Compilation.h"
#include "frontend/compile/PassErrors.h"
#include "frontend/compile/Sequential.h"
#include "frontend/gen/Import.h"
#include "frontend/syntax/Parser.h"
#include "lowering/object/Library.h"
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

namespace {
/// Says what is being done for as long as it is.
class Step {
public:
  Step(const CompileOptions &options, const std::string &doing) : options(options) { tell(doing); }
  ~Step() { tell(""); }
  Step(const Step &) = delete;
  Step &operator=(const Step &) = delete;

private:
  void tell(const std::string &doing) const {
    if (options.onStep)
      options.onStep(doing);
  }
  const CompileOptions &options;
};
} // namespace

Compilation::Compilation(mlir::MLIRContext &context, Source source, CompileOptions options)
    : context(context), source(std::make_shared<const Source>(std::move(source))), options(std::move(options)),
      at(findStage(this->options.from)) {}

Error Compilation::read() {
  Step step(options, fmt::format("reading {}", source->name));
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
  parsed = std::make_shared<const ast::File>(parse(*source, diagnostics));
  current = importMix(&context, *source, *parsed, Bindings{options.dims}, diagnostics, options.mixer);
  if (!current)
    return programError(std::move(diagnostics), source);
  said.append(diagnostics);
  return Error::success();
}

Error Compilation::readModule() {
  PassErrors errors(context, source, /*irIsTheUsers=*/true);
  current = mlir::parseSourceString<mlir::ModuleOp>(source->text, mlir::ParserConfig(&context), source->name);
  return current ? Error::success() : errors.take([] { return ""; });
}

/// A dim is a symbol until here; what follows works on sizes.
Error Compilation::needNumbers() {
  Diagnostics diagnostics;
  const ast::File none;
  const ast::File &file = parsed ? *parsed : none;
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
  return diagnostics.hasErrors() ? programError(std::move(diagnostics), source) : Error::success();
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
  Step telling(options, fmt::format("compiling {} to stage {}", source->name, next.name.str()));
  PassErrors errors(context, source, options.from != "ast");
  mlir::PassManager passes(&context);
  passes.enableVerifier(false); // a stage as a whole is verified: every pass by itself would take a tenth of the time
  buildPipeline(passes, *at, next, options);
  bool done = mlir::succeeded(passes.run(*current)) && mlir::succeeded(mlir::verify(*current));
  if (!done || errors.any())
    return errors.take([&] { return reproducer(next); });
  said.append(errors.all());
  return options.from == "ast" ? tellSequential(next) : Error::success();
}

/// Nothing falls back silently.
Error Compilation::tellSequential(const Stage &reached) {
  Diagnostics diagnostics;
  if (reached.name == "component") {
    checkRequireChunked(*current, *source, diagnostics);
    warnSequential(*current, *source, diagnostics);
  }
  if (diagnostics.hasErrors())
    return programError(std::move(diagnostics), source);
  said.append(diagnostics);
  return Error::success();
}

Compilation Compilation::keeping(Keep what) const {
  Compilation other(context, *source, options);
  other.parsed = parsed;
  other.options.keep = what;
  other.at = at;
  other.current = (*current).clone();
  return other;
}

/// What the failing passes changed is made again from the source, rather than copied at every stage for this.
std::string Compilation::reproducer(const Stage &next) const {
  Compilation before(context, *source, options);
  before.options.onStep = nullptr;
  if (Error error = before.read())
    return consumeError(std::move(error)), "";
  if (Error error = before.advance(at->name))
    return consumeError(std::move(error)), "";
  std::string text;
  raw_string_ostream out(text);
  out << "// mix-opt --from=" << at->name << " --emit=" << next.name << " --target=cpu:" << options.cpu
      << " --chunk=" << options.chunk;
  if (options.backward)
    out << " --backward --keep=" << spelling(options.keep);
  for (const auto &[dim, number] : options.dims)
    out << " -D " << dim << "=" << number;
  out << "\n";
  before.module().print(out);
  return text;
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
  for (MixerInterface &mixer : compiled.mixers)
    mixer.prefix = compilation.settings().prefix;
  if (Error error = compilation.advance("llvm"))
    return std::move(error);
  compiled.llvm = compilation.take();
  compiled.options = compilation.settings();
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

static EmitOptions emitOptions(const Compiled &compiled) {
  return {compiled.options.cpu, compiled.options.codeThreads};
}

Expected<LibraryImage> libraryImage(const Compiled &compiled) {
  Step step(compiled.options, "generating code");
  return emitImage(*compiled.llvm, compiled.mixers, emitOptions(compiled), compiled.options.library);
}

Error writeLibrary(const Compiled &compiled, const std::string &path) {
  Step step(compiled.options, fmt::format("writing {}", path));
  return emitLibrary(*compiled.llvm, compiled.mixers, emitOptions(compiled), path);
}

Expected<MemoryFile> libraryInMemory(const Compiled &compiled) {
  Step step(compiled.options, "generating code");
  return emitInMemory(*compiled.llvm, compiled.mixers, emitOptions(compiled));
}

} // namespace mixc
