// The skeleton of a kernel: chunks, and in a chunk stages, the odd ones of which are loops over panels.
#ifndef MIXC_LOWERING_CPU_LOOPS_H
#define MIXC_LOWERING_CPU_LOOPS_H

#include "lowering/cpu/Scope.h"
#include "lowering/cpu/Tiles.h"

namespace mixc::cpu {

/// Ops outside the innermost loops, one after the other.
void emitStraight(const Scope &scope, Tiles &tiles, mlir::Block &block);

} // namespace mixc::cpu

#endif
