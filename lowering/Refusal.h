// What a pass says to the author of a mixer. Its code, and that it is for the author at all, travel as data beside the
// text of the MLIR diagnostic: whatever comes without, from verifiers and conversions, is about our IR, and a bug.
#ifndef MIXC_LOWERING_REFUSAL_H
#define MIXC_LOWERING_REFUSAL_H

#include "mlir/IR/Diagnostics.h"
#include <optional>

namespace mixc {
namespace refusal {
// A diagnostic's metadata: one of these words, and the code behind the first.
inline constexpr llvm::StringLiteral refusal = "mixc.refusal", help = "mixc.help";

inline void mark(mlir::Diagnostic &diagnostic, llvm::StringRef what) {
  diagnostic.getMetadata().push_back(mlir::DiagnosticArgument(what));
}

inline bool isMarked(mlir::Diagnostic &diagnostic, llvm::StringRef what) {
  llvm::ArrayRef<mlir::DiagnosticArgument> data = diagnostic.getMetadata();
  return !data.empty() && data[0].getKind() == mlir::DiagnosticArgument::DiagnosticArgumentKind::String &&
         data[0].getAsString() == what;
}
} // namespace refusal

/// Refuses what the author wrote at this place; the text is streamed into it. `code`, of docs/errors, is empty for what
/// needs no page.
inline mlir::InFlightDiagnostic refuse(mlir::Location place, llvm::StringLiteral code = "") {
  mlir::InFlightDiagnostic error = mlir::emitError(place);
  refusal::mark(*error.getUnderlyingDiagnostic(), refusal::refusal);
  error.getUnderlyingDiagnostic()->getMetadata().push_back(mlir::DiagnosticArgument(llvm::StringRef(code)));
  return error;
}

/// What the author can do about it, in a sentence that is streamed into it.
inline mlir::Diagnostic &helpOf(mlir::InFlightDiagnostic &error) {
  mlir::Diagnostic &note = error.attachNote();
  refusal::mark(note, refusal::help);
  return note;
}

/// The code that `refuse` was given, empty if none; null for any other error.
inline std::optional<llvm::StringRef> refusalCode(mlir::Diagnostic &diagnostic) {
  if (!refusal::isMarked(diagnostic, refusal::refusal))
    return std::nullopt;
  return diagnostic.getMetadata()[1].getAsString();
}

inline bool isHelp(mlir::Diagnostic &note) { return refusal::isMarked(note, refusal::help); }

} // namespace mixc

#endif
