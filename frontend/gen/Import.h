// .mix text to the mix dialect.
#ifndef MIXC_FRONTEND_GEN_IMPORT_H
#define MIXC_FRONTEND_GEN_IMPORT_H

#include "frontend/sema/Check.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace mixc {

/// Checks and imports what was parsed of the source; null if there are errors. Every op has a `FileLineColRange` of the
/// term it came from (within a `NameLoc` where a `let` names it). Dims that have a number, by -D or by default, are
/// listed on each mixer as `bindings`; the types stay symbolic.
mlir::OwningOpRef<mlir::ModuleOp> importMix(mlir::MLIRContext *context, const Source &source, const ast::File &file,
                                            const Bindings &bindings, DiagnosticList &diagnostics,
                                            const std::optional<std::string> &onlyMixer = std::nullopt);
/// Parses it before.
mlir::OwningOpRef<mlir::ModuleOp> importMix(mlir::MLIRContext *context, const Source &source, const Bindings &bindings,
                                            DiagnosticList &diagnostics,
                                            const std::optional<std::string> &onlyMixer = std::nullopt);

} // namespace mixc

#endif
