// A planned kernel as a function.
#ifndef MIXC_LOWERING_CPU_EMITKERNEL_H
#define MIXC_LOWERING_CPU_EMITKERNEL_H

#include "dialect/tile/Tile.h"
#include "lowering/Target.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mixc::cpu {

/// Writes a planned kernel as a function over vectors and buffers, before it.
mlir::func::FuncOp emitKernel(tile::KernelOp kernel, const Target &target);

} // namespace mixc::cpu

#endif
