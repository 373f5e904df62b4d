// Thin dims: axes of matrices that no state has, which a product with a state or into a state sums over or leaves.
#ifndef MIXC_LOWERING_NORMALIZE_THINDIMS_H
#define MIXC_LOWERING_NORMALIZE_THINDIMS_H

#include "dialect/mix/Mix.h"
#include "llvm/ADT/SetVector.h"

namespace mixc::normalize {

/// The dims that the mixer's states have.
llvm::SmallVector<mix::Dim> stateDims(mix::MixerOp mixer);

/// Replaces thin dims by their numbers, in all types; those without one stay.
void bindThinDims(mix::MixerOp mixer);

} // namespace mixc::normalize

#endif
