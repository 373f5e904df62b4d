// A `where` over states as a sum, so that it is as linear in them as its branches are.
#ifndef MIXC_LOWERING_NORMALIZE_BRANCHES_H
#define MIXC_LOWERING_NORMALIZE_BRANCHES_H

#include "lowering/normalize/Expressions.h"

namespace mixc::normalize {

/// The select as a sum of its branches, each 0 where it is not taken; null where its condition is no factor of states.
Value sumOfBranches(Expressions &expressions, mix::SelectOp op, llvm::function_ref<bool(Value)> touches);

} // namespace mixc::normalize

#endif
