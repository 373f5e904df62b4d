// The adjoint of one loop over chunks: of the forward program the loop, in the backward kernel two, one in the other.
#ifndef MIXC_LOWERING_ADJOINT_LOOPADJOINT_H
#define MIXC_LOWERING_ADJOINT_LOOPADJOINT_H

#include "dialect/tile/TileBuilder.h"
#include "lowering/adjoint/Adjoint.h"
#include "lowering/adjoint/BackwardTensors.h"

namespace mixc {

/// What a backward kernel knows outside its loops.
struct Surroundings {
  mlir::IRMapping around;             // of the forward program: its tensors, what it computes before its loops
  llvm::DenseSet<mlir::Value> active; // of that what changes with params, and the ends of states
  Cotangents ends;                    // of the forward program's loops: what they start with and end with
  Cotangents sums;                    // of what the backward kernel computes outside its loops
};

/// x with its axes called as those of `type` are, one by one.
mlir::Value onAxesOf(tile::TileBuilder &tiles, mlir::Value x, tile::TileType type);

/// A value's cotangent; zeros where there is none.
mlir::Value cotangentOrZero(tile::TileBuilder &tiles, const Cotangents &cotangents, mlir::Value value);

/// Builds the adjoint of a loop at `builder`'s place, from the cotangents of its ends. Those of its starts, and what it
/// says of values from outside, enter the surroundings.
llvm::LogicalResult buildLoopAdjoint(tile::ChunksOp loop, const BackwardTensors &tensors, Surroundings &outside,
                                     mlir::OpBuilder &builder);

} // namespace mixc

#endif
