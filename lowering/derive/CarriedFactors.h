// What a carried tile is multiplied by, chunk after chunk, more exactly than in float32.
#ifndef MIXC_LOWERING_DERIVE_CARRIEDFACTORS_H
#define MIXC_LOWERING_DERIVE_CARRIEDFACTORS_H

#include "dialect/tile/Tile.h"

namespace mixc::derive {

/// Tiles of a few numbers: tokens, or a single entry.
bool isSmall(tile::TileType type);

/// A copy of an op, and of all that is in it, that computes in float64.
mlir::Operation *cloneIn64(mlir::Operation *op, mlir::ValueRange operands, mlir::OpBuilder &builder);

/// D S -> l S + h S in every loop over chunks of several tokens, S carried and D a product of decays.
void refineCarriedFactors(tile::KernelOp kernel);

} // namespace mixc::derive

#endif
