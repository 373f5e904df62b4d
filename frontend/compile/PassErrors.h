// What passes emit, as diagnostics of the frontend, of one of three kinds.
//
// A pass refuses a program with `refuse` (lowering/Refusal.h) at an op, whose location is the author's. What verifiers
// and conversions say is about our IR, not about the program: an internal error.
#pragma once
#include "frontend/render/Diagnostics.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/Support/Error.h"
#include <memory>

namespace mixc {

class PassErrors {
public:
  /// Listens until it is destroyed.
  /// With `irIsTheUsers` the source is IR, and what is wrong with it no bug of ours.
  PassErrors(mlir::MLIRContext &context, std::shared_ptr<const Source> source, bool irIsTheUsers);

  bool any() const { return diagnostics.hasErrors() || !internal.empty(); }
  /// What was said, warnings where nothing has failed.
  const DiagnosticList &all() const { return diagnostics; }
  /// What is to be reported after a pass has failed; `reproduce` gives the text of a module that shows it.
  llvm::Error take(llvm::function_ref<std::string()> reproduce);

private:
  void add(mlir::Diagnostic &diagnostic);

  std::shared_ptr<const Source> source;
  bool irIsTheUsers;
  Diagnostics diagnostics;
  std::string internal; // the first internal failure
  mlir::ScopedDiagnosticHandler handler;
};

/// The bytes of the source that a location stands for; null if it is of another file, or of none.
std::optional<Range> rangeOf(mlir::Location location, const Source &source);

/// The bytes that a line and a column (both from 1, in characters) and the word there stand for.
Range rangeAt(const Source &source, unsigned line, unsigned column, unsigned endLine, unsigned endColumn);

} // namespace mixc
