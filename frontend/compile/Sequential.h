// What runs token by token is said aloud, with the term that did it.
#pragma once
#include "dialect/mix/Mix.h"
#include "frontend/syntax/Diagnostic.h"

namespace mixc {

/// At stage `component`: MIX0301 for every stratum without a normal form in a mixer that says `require chunked`.
void checkRequireChunked(mlir::ModuleOp module, const Source &source, DiagnosticList &diagnostics);
/// At stage `component`: MIX0302 for every mixer with states that are stepped through token by token. A scan, whose
/// entries keep apart, steps as fast as its numbers come from memory, and is not worth a warning.
void warnSequential(mlir::ModuleOp module, const Source &source, DiagnosticList &diagnostics);

} // namespace mixc
