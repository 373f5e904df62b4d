// The plan (lowering/plan), in the words of this folder.
#ifndef MIXC_LOWERING_CPU_PLAN_H
#define MIXC_LOWERING_CPU_PLAN_H

#include "lowering/plan/Plan.h"

namespace mixc::cpu {
using plan::isImmediate;
using plan::KernelPlan;
using plan::largestDivisor;
using plan::Layout;
using tile::planOf;
} // namespace mixc::cpu

#endif
