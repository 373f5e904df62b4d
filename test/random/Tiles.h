// Kernels of a module at stage `tile`, interpreted in float64 on every head of a call.
#ifndef MIXC_TEST_RANDOM_TILES_H
#define MIXC_TEST_RANDOM_TILES_H

#include "dialect/mix/Backward.h"
#include "dialect/tile/Tile.h"

namespace mixc::random {

/// The kernel @NAME_suffix.
tile::KernelOp findKernel(mlir::ModuleOp tiles, llvm::StringRef suffix);
/// Batch is 1. Outputs and final states are NaN first.
llvm::Expected<mix::Answer> interpretTiles(tile::KernelOp kernel, mix::MixerOp equations, const mix::Call &call);
/// Gradients from a kernel that saves, the forward or the replay one, and the backward one.
llvm::Expected<mix::Gradients> interpretTilesBackward(tile::KernelOp saving, tile::KernelOp backward,
                                                      mix::MixerOp equations, const mix::Call &call,
                                                      const mix::Cotangents &cotangents);

} // namespace mixc::random

#endif
