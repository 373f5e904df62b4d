#include "frontend/gen/Import.h"
#include "frontend/gen/MixerImporter.h"
#include "frontend/syntax/Parser.h"
#include "mlir/IR/Verifier.h"
#include <fmt/format.h>

namespace mixc {

/// The verifier speaks of IR, which no user has written: what it finds is our bug, and said so.
static bool verifies(mlir::ModuleOp module, const Source &source, DiagnosticList &diagnostics) {
  std::string first;
  mlir::ScopedDiagnosticHandler handler(module.getContext(), [&](mlir::Diagnostic &found) {
    if (first.empty())
      first = found.str();
    return mlir::success();
  });
  if (mlir::succeeded(mlir::verify(module)))
    return true;
  Diagnostic bug;
  bug.message = fmt::format("this is a bug in mixc, not in your program: {}", first);
  bug.notes.push_back(fmt::format("please report it with `{}`", source.name));
  diagnostics.add(std::move(bug));
  return false;
}

mlir::OwningOpRef<mlir::ModuleOp> importMix(mlir::MLIRContext *context, const Source &source, const Bindings &bindings,
                                            DiagnosticList &diagnostics, const std::optional<std::string> &onlyMixer) {
  return importMix(context, source, parse(source, diagnostics), bindings, diagnostics, onlyMixer);
}

mlir::OwningOpRef<mlir::ModuleOp> importMix(mlir::MLIRContext *context, const Source &source, const ast::File &file,
                                            const Bindings &bindings, DiagnosticList &diagnostics,
                                            const std::optional<std::string> &onlyMixer) {
  std::unique_ptr<Program> program = check(file, bindings, diagnostics, onlyMixer);
  if (!program || diagnostics.hasErrors())
    return nullptr;
  context->getOrLoadDialect<mix::MixDialect>();
  mlir::OwningOpRef<mlir::ModuleOp> module =
      mlir::ModuleOp::create(mlir::FileLineColLoc::get(context, source.name, 1, 1));
  mlir::OpBuilder builder(context);
  builder.setInsertionPointToEnd(module->getBody());
  for (const auto &mixer : program->mixers)
    MixerImporter(builder, source, *mixer).run();
  if (diagnostics.hasErrors() || !verifies(*module, source, diagnostics))
    return nullptr;
  return module;
}

} // namespace mixc
