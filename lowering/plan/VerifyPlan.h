// Whether a plan can be followed (VerifyPlan.cpp).
#ifndef MIXC_LOWERING_PLAN_VERIFYPLAN_H
#define MIXC_LOWERING_PLAN_VERIFYPLAN_H

#include "dialect/tile/Tile.h"

namespace mixc::plan {

/// Of a kernel and its ops; if not, an error at the op where it cannot.
llvm::LogicalResult verifyPlan(tile::KernelOp kernel);

} // namespace mixc::plan

#endif
