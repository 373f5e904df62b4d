// exp, log and log1p of float64 vectors.
#ifndef MIXC_LOWERING_CPU_WIDEFUNCTIONS_H
#define MIXC_LOWERING_CPU_WIDEFUNCTIONS_H

#include "mlir/IR/PatternMatch.h"

namespace mixc::cpu {

void populateWideFunctions(mlir::RewritePatternSet &patterns);

} // namespace mixc::cpu

#endif
