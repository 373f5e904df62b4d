// Tiles of a kernel that reach nothing which it writes.
//
// A loop carries a tile for nothing where its last value is not used, and in the body it goes only into what it is
// carried on as:
//
//     S, T = chunks(S_0, T_0) { yield f(S), g(S, T) }        S alone is used        S = chunks(S_0) { yield f(S) }
//
// It is a canonical form of `tile.chunks`. A pass that takes stores away, and then asks what is still read, calls it.
#ifndef MIXC_DIALECT_TILE_IDLETILES_H
#define MIXC_DIALECT_TILE_IDLETILES_H

#include "dialect/tile/Tile.h"
#include "mlir/IR/PatternMatch.h"

namespace mixc::tile {

/// Erases what no one uses, in loops too; of memory the starts, and buffers that are written and never read.
void eraseUnused(mlir::Block &block);

/// The same loop without the tiles that it carries for nothing, in its place; or itself, if it has none.
ChunksOp dropIdleTiles(ChunksOp loop, mlir::RewriterBase &rewriter);

/// Of a kernel some of whose stores are gone: what was for them alone.
void eraseIdle(KernelOp kernel);

} // namespace mixc::tile

#endif
