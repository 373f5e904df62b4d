// Solves the strata of one mixer one by one, each by its normal form where it has one.
#ifndef MIXC_LOWERING_NORMALIZE_PLAN_H
#define MIXC_LOWERING_NORMALIZE_PLAN_H

#include "lowering/normalize/NormalForm.h"
#include "lowering/normalize/Strata.h"
#include <vector>

namespace mixc::normalize {

/// Rewrites the mixer's outputs and updates over reads; what the reads stand for are the components that are returned.
/// States with no normal form keep their `mix.next`, marked `mix.sequential` with the reason and `mix.culprit` with its
/// place. A dim that must be a number, and has none, is an error.
mlir::FailureOr<std::vector<NormalForm>> planComponents(mix::MixerOp mixer, Expressions &expressions);

/// Turns planned components into ops and drops all that is dead.
void emitComponents(mix::MixerOp mixer, llvm::MutableArrayRef<NormalForm> components);

} // namespace mixc::normalize

#endif
