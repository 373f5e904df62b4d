// What forward keeps for backward: `#tile.saves`, tile by tile.
//
// Forward's program and the one that is differentiated are of the same equations in chunks of different sizes. So a
// tile of one is a tile of the other, by its number: which loop, and in it which carried tile, write or result.
#ifndef MIXC_LOWERING_ADJOINT_SAVED_H
#define MIXC_LOWERING_ADJOINT_SAVED_H

#include "dialect/tile/Tile.h"
#include "mlir/IR/Builders.h"

namespace mixc {

/// All that backward could take, of every loop, in order: its carried tiles; if they are to be kept, its writes that
/// took more than matmuls; its ends that outputs read.
tile::SavesAttr findSaves(tile::KernelOp forward, int64_t every, bool keepWrites);

/// Do both programs find the same writes with more than matmuls?
bool findSameWrites(tile::KernelOp forward, tile::KernelOp again);

/// The tile of a program that is kept: a carried one, a write, or an end.
mlir::Value keptTile(tile::KernelOp kernel, tile::KeptAttr kept);

/// The tensor of such tiles, one a segment or head, or one of their rows a token.
tile::ViewType savedType(tile::KeptAttr kept, mlir::Value tile);

/// What the tensor of a kept tile is to its kernel, as number `number` of those that are saved.
tile::ArgumentAttr savedArgument(tile::SavesAttr saves, tile::KeptAttr kept, unsigned number);

/// Stores a tile, or with `next` what follows it, in a tensor of segments of so many tokens.
void storeSegment(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value tile, mlir::Value tensor, int64_t every,
                  bool next = false);

} // namespace mixc

#endif
