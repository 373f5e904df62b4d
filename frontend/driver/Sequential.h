// What runs token by token is said aloud, with the term that did it.
#pragma once
#include "dialect/mix/Mix.h"
#include "frontend/syntax/Diagnostic.h"

namespace mixc {

/// At stage `component`: MIX0301 for every stratum without a normal form in a mixer that says `require chunked`.
void checkRequireChunked(mlir::ModuleOp module, const Source &source, DiagnosticList &diagnostics);
/// At stage `tile`: MIX0302 for every mixer whose forward kernel runs token by token, unless the caller asked for it.
void warnSequential(mlir::ModuleOp module, const Source &source, DiagnosticList &diagnostics);

} // namespace mixc
