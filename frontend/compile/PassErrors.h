// What passes emit, in the manner of the frontend: a line of the .mix, a caret, and one of three kinds.
//
// A pass refuses a program with `emitError` at an op, whose location is the user's. A message that starts with a code (`MIX0301: ...`) is
// that diagnostic; a number that does not fit (`-D`) needs none. What verifiers and conversions of MLIR say is about our IR, not about the
// program: an internal error.
#pragma once
#include "frontend/render/Diagnostics.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/Support/Error.h"

namespace mixc {

class PassErrors {
public:
  /// Listens until it is destroyed.
  /// With `irIsTheUsers` the source is IR, and what is wrong with it no bug of ours.
  PassErrors(mlir::MLIRContext &context, const Source &source, bool irIsTheUsers);

  bool any() const { return diagnostics.hasErrors() || !internal.empty(); }
  /// Warnings so far, rendered.
  std::string warnings() const;
  /// What is to be reported after a pass has failed; `reproduce` writes the module that shows it and gives the file's name.
  llvm::Error take(llvm::function_ref<std::string()> reproduce);

private:
  void add(mlir::Diagnostic &diagnostic);
  std::optional<Range> rangeOf(mlir::Location location) const;

  const Source &source;
  bool irIsTheUsers;
  Diagnostics diagnostics;
  std::string internal; // the first internal failure
  mlir::ScopedDiagnosticHandler handler;
};

/// The bytes that a line and a column (both from 1, in characters) and the word there stand for.
Range rangeAt(const Source &source, unsigned line, unsigned column, unsigned endLine, unsigned endColumn);

} // namespace mixc
