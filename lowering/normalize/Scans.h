// Strata without a normal form whose states are elementwise scans.
#ifndef MIXC_LOWERING_NORMALIZE_SCANS_H
#define MIXC_LOWERING_NORMALIZE_SCANS_H

#include "dialect/mix/Mix.h"

namespace mixc::normalize {

/// "affine", "max" or "logsumexp": what the updates of these states, a stratum, are in them, entry by entry; empty if
/// they are none of it, and sequential.
llvm::StringRef scanOf(llvm::ArrayRef<mix::NextOp> stratum);

/// Marks each `mix.next` of the mixer with `mix.scan`, where its stratum is one.
void markScans(mix::MixerOp mixer);

/// The first state of the matrix memory whose decay and directions of writing a one-row memory shares: the products of
/// directions within a chunk are the same values, so there they are made once. Null if there is none.
mix::StateOp joinedTo(mix::ComponentOp row);

} // namespace mixc::normalize

#endif
