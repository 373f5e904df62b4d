// libFuzzer's target. Whatever the text is: the front end says what it thinks of it, in time, and
//
//   - a text that parses is formatted to one that reads the same, and the format of that is itself
//   - the printed AST parses, and prints the same
//   - a text that checks is imported to a module that verifies
//   - a small one is interpreted, with and without initial states: numbers or a message
//
// With MIX_FUZZ=programs in the environment only texts that check are kept and mutated further: few of the others'
// children are programs, so that the interpreter would hardly be seen.
#include "dialect/mix/Sample.h"
#include "frontend/gen/Import.h"
#include "frontend/render/Diagnostics.h"
#include "frontend/syntax/Format.h"
#include "frontend/syntax/Parser.h"
#include "frontend/syntax/Print.h"
#include <cstdio>
#include <cstdlib>

using namespace mixc;

namespace {

using Numbers = std::map<std::string, int64_t>;

void require(bool holds, const char *what, const std::string &shown = "") {
  if (holds)
    return;
  fprintf(stderr, "fuzz: %s\n%s\n", what, shown.c_str());
  abort();
}

void checkFormat(const Source &source) {
  DiagnosticList diagnostics;
  std::optional<std::string> once = format(source, diagnostics);
  require(once.has_value(), "a text that parses is not formatted");
  require(readsTheSame(source, Source("formatted", *once)), "formatting changes the program", *once);
  std::optional<std::string> twice = format(Source("formatted", *once), diagnostics);
  require(twice == once, "formatting twice is not formatting once", *once);
}

void checkPrint(const ast::File &file) {
  std::string printed = printAst(file);
  DiagnosticList diagnostics;
  ast::File again = parse(Source("printed", printed), diagnostics);
  require(!diagnostics.hasErrors(), "the printed AST does not parse", printed);
  require(printAst(again) == printed, "the printed AST reads differently", printed);
}

/// Small numbers for the dims, so that there is little to compute.
Numbers smallDims(const ast::File &file) {
  Numbers dims;
  for (const ast::Mixer &mixer : file.mixers)
    for (const ast::DimDeclaration &dim : mixer.dims)
      dims.try_emplace(dim.name.text, 2 + dims.size() % 3);
  return dims;
}

/// Whether no value has many elements, and there are few values.
bool isSmall(mix::MixerOp mixer, const Numbers &dims) {
  int64_t total = 0;
  mixer->walk([&](mlir::Operation *op) {
    ++total;
    for (mlir::Type type : op->getResultTypes()) {
      auto tensor = mlir::dyn_cast<mix::TensorType>(type);
      int64_t size = 1;
      for (const mix::Dim &dim : tensor ? tensor.getDims() : llvm::ArrayRef<mix::Dim>())
        if (llvm::MulOverflow(size, std::max<int64_t>(dim.evaluate(dims).value_or(1), 1), size))
          size = INT32_MAX;
      total += std::min<int64_t>(size, INT32_MAX);
    }
  });
  return total < 20000;
}

void runInterpreter(mix::MixerOp mixer, const Numbers &dims) {
  for (bool initial : {false, true}) {
    mix::SampleOptions options;
    options.initialStates = initial;
    mix::Call call = sample(mixer, dims, /*batch=*/1, /*length=*/3, /*heads=*/2, /*groups=*/1, /*seed=*/0, options);
    if (llvm::Expected<mix::Answer> answer = interpret(mixer, call); !answer)
      llvm::consumeError(answer.takeError());
  }
}

/// One context for many inputs: making it takes longer than most inputs. It keeps every type, so it is renewed at
/// times.
mlir::MLIRContext &context() {
  static std::unique_ptr<mlir::MLIRContext> kept;
  static unsigned uses = 0;
  if (uses++ % 256 == 0) {
    kept = std::make_unique<mlir::MLIRContext>(mlir::MLIRContext::Threading::DISABLED);
    kept->printOpOnDiagnostic(false);
  }
  return *kept;
}

mlir::OwningOpRef<mlir::ModuleOp> import(const Source &source, const Numbers &dims) {
  Diagnostics diagnostics;
  mlir::OwningOpRef<mlir::ModuleOp> module = importMix(&context(), source, Bindings{dims}, diagnostics);
  std::string rendered = diagnostics.render(source, /*colour=*/true);
  for (const Diagnostic &diagnostic : diagnostics.all())
    require(!diagnostic.code.empty(), "the front end found a bug in itself", rendered);
  require(module || diagnostics.hasErrors(), "refused without a word");
  require(!module || !diagnostics.hasErrors(), "imported in spite of errors", rendered);
  return module;
}

} // namespace

/// LLVM's headers poison the rest of an arena in our code, and its library, compiled without, then uses it.
extern "C" const char *__asan_default_options() { return "allow_user_poisoning=0"; }

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const char *const mode = getenv("MIX_FUZZ");
  static const int refused = mode && mode == std::string_view("programs") ? -1 : 0;
  Source source("input.mix", std::string(reinterpret_cast<const char *>(data), size));
  Diagnostics diagnostics;
  ast::File file = parse(source, diagnostics);
  if (!diagnostics.hasErrors()) {
    checkFormat(source);
    checkPrint(file);
  }
  import(source, {}); // the mistakes of a text that does not parse are rendered here, too
  if (diagnostics.hasErrors())
    return refused;
  Numbers dims = smallDims(file);
  mlir::OwningOpRef<mlir::ModuleOp> module = import(source, dims);
  if (!module)
    return refused;
  for (auto mixer : module->getOps<mix::MixerOp>())
    if (isSmall(mixer, dims))
      runInterpreter(mixer, dims);
  return 0;
}
