// The backward kernel of a forward program.
//
// Chunks run from the last to the first. Each computes again what the forward pass computed in it, from the states
// before it, and differentiates that (Adjoint.h): what its outputs' cotangents and those of the states after it say
// about its inputs goes to memory, about the states before it to the chunk before. Cotangents of what lies outside the
// loop (params) are summed over chunks as carried tiles.
//
//     chunks of `every` tokens, last to first, carrying cotangents of states and sums for params
//       S = what the forward kernel saved of the states before these tokens
//       chunks of C tokens, first to last:       keep S; S <- the states after the chunk
//       chunks of C tokens, last to first:       S as kept; forward again; adjoint; store gradients
//
// Where an output reads the end of a state, forward saves that end, too, and the second loop's cotangent of it enters
// the first one's. What no adjoint takes is not saved; where that is all the states, the first of the inner loops falls
// away.
//
// Three files: BackwardTensors (the signature), LoopAdjoint (one loop), Backward (what is around the loops).
#ifndef MIXC_LOWERING_ADJOINT_BACKWARD_H
#define MIXC_LOWERING_ADJOINT_BACKWARD_H

#include "dialect/tile/Tile.h"

namespace mixc {

struct Backward {
  tile::KernelOp kernel; // @NAME_backward
  tile::SavesAttr saves; // what it takes of what could have been saved
};

/// Builds the backward kernel of a program, behind it, from all that could be saved. Failure has been reported.
mlir::FailureOr<Backward> buildBackward(tile::KernelOp again, tile::SavesAttr saves);

} // namespace mixc

#endif
