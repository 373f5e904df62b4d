// The backward kernel of a forward kernel.
//
// Chunks run from the last to the first. Each computes again what the forward pass computed in it, from the states before it, and
// differentiates that (Adjoint.h): what its outputs' cotangents and those of the states after it say about its inputs goes to
// memory, about the states before it to the chunk before. Cotangents of what lies outside the loop (params) are summed over
// chunks as carried tiles.
//
//     chunks of `every` tokens, last to first, carrying cotangents of states and sums for params
//       S = what the forward kernel saved of the states before these tokens
//       chunks of C tokens, first to last:       keep S; S <- the states after the chunk
//       chunks of C tokens, last to first:       S as kept; forward again; adjoint; store gradients
//
// Where an output reads the end of a state, the second loop's cotangent of that end enters the first one's.
#ifndef MIXC_LOWERING_ADJOINT_BACKWARD_H
#define MIXC_LOWERING_ADJOINT_BACKWARD_H

#include "dialect/mix/Mix.h"
#include "dialect/tile/Tile.h"

namespace mixc {

/// Makes a forward kernel save its carried tiles every so many tokens: tensors `saved.0`, `saved.1`, ... of role `saved`, in the
/// order of loops and carried tiles.
void saveStates(tile::KernelOp forward, int64_t every);

/// A kernel @NAME_replay beside a forward kernel that saves: it does nothing else.
tile::KernelOp buildReplay(tile::KernelOp forward);

/// Turns a forward kernel, which saves nothing, into @NAME_backward behind it; `every`, a multiple of its chunk, is what the states
/// were saved by. The mixer says which tensors several heads share. Failure has been reported.
mlir::FailureOr<tile::KernelOp> buildBackward(tile::KernelOp forward, mix::MixerOp mixer, int64_t every);

} // namespace mixc

#endif
