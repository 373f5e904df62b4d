// Counts the floating-point operations that kernels execute, whatever the formula says: every basic block adds its own.
#ifndef MIXC_BENCH_COUNT_FLOPS_H
#define MIXC_BENCH_COUNT_FLOPS_H

#include "mlir/IR/BuiltinOps.h"

namespace mixc::bench {

/// The name of the counter, an int64 that the library exports.
inline constexpr const char *flopCounter = "mixc_bench_flops";

/// Makes the functions of a module in the LLVM dialect count: a fused multiply-add is 2 a lane; add, subtract,
/// multiply, divide and square root are 1; a sum over lanes is one less than lanes. Comparisons, conversions and
/// integer work are none. Masked lanes that are computed count. Not for several threads.
void countFlops(mlir::ModuleOp module);

} // namespace mixc::bench

#endif
