// What a kernel costs for each token of one head: for `mixc explain`.
#ifndef MIXC_LOWERING_DERIVE_COST_H
#define MIXC_LOWERING_DERIVE_COST_H

#include "dialect/tile/Tile.h"

namespace mixc {

struct Cost {
  double flopsPerToken = 0;
  double stateBytesPerToken = 0; // carried tiles, read and written once a chunk
};

/// Of loops that are cut into segments: of one in the middle of a long sequence.
Cost cost(tile::KernelOp kernel);

/// Bytes of what a forward kernel saves for the backward one, for each token of one head.
double savedBytesPerToken(tile::KernelOp kernel);
/// And once for each head of a sequence.
double savedBytesPerSequence(tile::KernelOp kernel);

} // namespace mixc

#endif
