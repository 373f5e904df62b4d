// The backward kernel of a forward kernel.
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
#ifndef MIXC_LOWERING_ADJOINT_BACKWARD_H
#define MIXC_LOWERING_ADJOINT_BACKWARD_H

#include "dialect/tile/Tile.h"
#include "llvm/ADT/BitVector.h"

namespace mixc {

/// Makes a forward kernel save, in tensors `saved.0`, `saved.1`, ... of role `saved`: of every loop, in order, its
/// carried tiles every so many tokens, then, if they are to be kept, the writes that it solved for, then the ends of
/// states that outputs read; of all these only what is `read`.
void save(tile::KernelOp forward, int64_t every, bool keepWrites, const llvm::BitVector &read);

/// Do both kernels of a mixer, of two chunk sizes, find the same writes?
bool canKeepWrites(tile::KernelOp forward, tile::KernelOp again);

/// A kernel @NAME_replay beside a forward kernel that saves: it does nothing else.
tile::KernelOp buildReplay(tile::KernelOp forward);

/// Turns a forward kernel, which saves nothing, into @NAME_backward behind it; `every`, a multiple of its chunk, and
/// `keepWrites` are as for `save`, for which `read` is set. Failure has been reported.
mlir::FailureOr<tile::KernelOp> buildBackward(tile::KernelOp forward, int64_t every, bool keepWrites,
                                              llvm::BitVector &read);

} // namespace mixc

#endif
