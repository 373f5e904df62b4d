// `mixc FILE`: the whole way to a library, or to the stage that --emit names.
#include "frontend/compile/Compile.h"
#include "frontend/driver/Commands.h"
#include "frontend/driver/OutputFiles.h"
#include "frontend/driver/Progress.h"
#include "frontend/render/Diagnostics.h"
#include "frontend/sema/Check.h"
#include "frontend/syntax/Parser.h"
#include "frontend/syntax/Print.h"
#include "lowering/object/Library.h"
#include "llvm/Support/Path.h"
#include <fmt/format.h>

using namespace llvm;

namespace mixc {
namespace {

/// The stages with `what` aligned, as `--emit=list` prints them.
std::string stageList() {
  std::string text = fmt::format("{:12} {}\n", "stage", "what it is");
  for (const Stage &stage : stages())
    text += fmt::format("{:12} {}\n", stage.name.str(), stage.what.str());
  return text;
}

Expected<std::string> printedAst(const Options &options) {
  Expected<Source> source = readSource(options.file);
  if (!source)
    return source.takeError();
  Progress progress(fmt::format("reading {}", options.file));
  Diagnostics diagnostics;
  ast::File file = parse(*source, diagnostics);
  check(file, Bindings{options.dims}, diagnostics, options.mixer);
  if (diagnostics.hasErrors())
    return programError(std::move(diagnostics), std::make_shared<const Source>(std::move(*source)));
  say(diagnostics, *source);
  return printAst(file);
}

Expected<std::string> printedAssembly(mlir::ModuleOp module, const Options &options) {
  Progress progress("generating assembly");
  LLVMContext context;
  EmitOptions target{options.cpu};
  Expected<std::unique_ptr<Module>> translated = translate(module, context, target);
  if (!translated)
    return translated.takeError();
  SmallString<0> text;
  raw_svector_ostream out(text);
  if (Error error = emitAssembly(**translated, target, out))
    return std::move(error);
  return text.str().str();
}

Expected<std::string> printedStage(const Options &options) {
  if (*options.emit == "ast" && options.from == "ast")
    return printedAst(options);
  Expected<Source> source = readSource(options.file);
  if (!source)
    return source.takeError();
  std::unique_ptr<mlir::MLIRContext> context = makeContext();
  Compilation compilation(*context, std::move(*source), compileOptions(options));
  if (Error error = compilation.read())
    return std::move(error);
  if (Error error = compilation.advance(*options.emit == "asm" ? "llvm" : *options.emit))
    return std::move(error);
  say(compilation.warnings(), *compilation.text());
  if (*options.emit == "asm")
    return printedAssembly(compilation.module(), options);
  Progress progress(fmt::format("printing stage {}", *options.emit));
  std::string text;
  raw_string_ostream out(text);
  compilation.module().print(out);
  return text + "\n";
}

} // namespace

CompileOptions compileOptions(const Options &options) {
  CompileOptions chosen = options;
  chosen.backward = options.command == RunCommand ? options.backward : !options.forwardOnly;
  chosen.onStep = progressOfSteps();
  return chosen;
}

std::map<std::string, int64_t> dimNumbers(mix::MixerOp mixer, const std::map<std::string, int64_t> &bound) {
  std::map<std::string, int64_t> numbers = bound;
  if (mlir::DictionaryAttr known = mixer.getBindingsAttr())
    for (mlir::NamedAttribute dim : known)
      numbers[dim.getName().str()] = cast<mlir::IntegerAttr>(dim.getValue()).getInt();
  return numbers;
}

Error compileCommand(const Options &options) {
  if (options.emit == "list")
    return writeStage(options, stageList());
  if (options.emit) {
    if (findStage(options.from) > findStage(*options.emit))
      return usageError(fmt::format("stage {} comes before {}", *options.emit, options.from),
                        "`mixc --emit=list` shows their order");
    Expected<std::string> text = printedStage(options);
    return text ? writeStage(options, *text) : text.takeError();
  }
  Expected<std::string> library = libraryPath(options);
  if (!library)
    return library.takeError();
  CompileOptions chosen = compileOptions(options);
  chosen.library = sys::path::filename(*library).str();
  if (Error error = checkOptions(chosen))
    return error;
  Expected<Source> source = readSource(options.file);
  if (!source)
    return source.takeError();
  if (Error error = checkPlace(*library))
    return error;
  CompileResult result = compile(*source, chosen);
  if (!result.library)
    return make_error<Failure>(result.fault, std::move(result.diagnostics),
                               std::make_shared<const Source>(std::move(*source)), std::move(result.reproducer));
  say(result.diagnostics, *source);
  Progress progress(fmt::format("writing {}", *library));
  return writeImage(*result.library, *library);
}

} // namespace mixc
