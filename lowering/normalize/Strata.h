// Strata: which states need which others at t-1 or t, and the order in which they can be solved.
//
// need(S) = the states that the update of S is computed from. Its strongly connected components, each after what it
// needs, are solved one by one; what later ones take from earlier ones is input to them.
#ifndef MIXC_LOWERING_NORMALIZE_STRATA_H
#define MIXC_LOWERING_NORMALIZE_STRATA_H

#include "dialect/mix/Mix.h"
#include "llvm/ADT/BitVector.h"

namespace mixc::normalize {

struct Strata {
  llvm::SmallVector<mix::StateOp> states;
  llvm::SmallVector<mix::NextOp> nexts;                  // of each state
  llvm::SmallVector<llvm::BitVector> needs;              // needs[s][r]: s needs r, directly or through others
  llvm::SmallVector<llvm::SmallVector<unsigned>> groups; // each after those it needs

  /// The group of two groups and of all between them: what must be solved with them.
  llvm::SmallVector<unsigned> joined(llvm::ArrayRef<unsigned> first, llvm::ArrayRef<unsigned> second) const;
};

/// The strata of the states that have a `mix.next`.
Strata findStrata(mix::MixerOp mixer);

/// On a `mix.next` that no normal form takes the place of: the number of its stratum, in the order of solving. None
/// before normal forms are found.
inline constexpr llvm::StringLiteral stratumAttr = "mix.stratum";
std::optional<int64_t> stratumOf(mix::NextOp next);

} // namespace mixc::normalize

#endif
