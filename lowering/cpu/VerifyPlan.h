// Whether a plan can be followed.
#ifndef MIXC_LOWERING_CPU_VERIFYPLAN_H
#define MIXC_LOWERING_CPU_VERIFYPLAN_H

#include "dialect/tile/Tile.h"

namespace mixc::cpu {

/// Of a kernel and its ops; if not, an error at the op where it cannot.
llvm::LogicalResult verifyPlan(tile::KernelOp kernel);

} // namespace mixc::cpu

#endif
