// Floating-point operations of the ops for which that takes more than a line in their entry.
#ifndef MIXC_DIALECT_TILE_FLOPS_H
#define MIXC_DIALECT_TILE_FLOPS_H

#include "dialect/tile/Tile.h"

namespace mixc::tile {

/// One for each function of numbers in the region (exp is one), for every entry; not for comparing and choosing.
double flopsOf(MapOp op);
/// Two for each product; of pairs (time, source) those count that the mask lets.
double flopsOf(ContractOp op);
/// C (C - 1) for each column, times n n for n unknowns a token.
double flopsOf(SolveOp op);

} // namespace mixc::tile

#endif
