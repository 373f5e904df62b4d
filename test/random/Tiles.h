// Kernels of a module at stage `tile`, interpreted in float64 on every head of a call.
#ifndef MIXC_TEST_RANDOM_TILES_H
#define MIXC_TEST_RANDOM_TILES_H

#include "dialect/mix/Backward.h"
#include "dialect/tile/Tile.h"

namespace mixc::random {

/// The kernel of a module's only mixer, for so many sequences at once; null if there is none.
tile::KernelOp findKernel(mlir::ModuleOp tiles, tile::Entry entry, int64_t sequences = 1);
/// Batch is 1. Outputs and final states are NaN first.
llvm::Expected<mix::Answer> interpretTiles(tile::KernelOp kernel, mix::MixerOp equations, const mix::Call &call);
/// Gradients from a kernel that saves, the forward or the replay one, and the backward one.
llvm::Expected<mix::Gradients> interpretTilesBackward(tile::KernelOp saving, tile::KernelOp backward,
                                                      mix::MixerOp equations, const mix::Call &call,
                                                      const mix::Cotangents &cotangents);

/// Runs `block`, the kernel for a block of sequences, on random numbers and sequences of different lengths, none and at
/// most `length` tokens among them, and `one` on each of them by itself. What differs, in any bit; empty if nothing
/// does.
llvm::Expected<std::string> differenceInBlock(tile::KernelOp block, tile::KernelOp one, int64_t length, uint64_t seed);

} // namespace mixc::random

#endif
