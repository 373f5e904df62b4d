// How many tokens a chunk has.
//
// FLOPs per token of a delta rule with a [V, K] state: 6 V K for the state, and C (2 K + 2 V) within the chunk: for K =
// V = 128 that is 98 k + 0.5 k C. Against this stand the bytes of the state, moved once a chunk: 8 V K / C per token.
// On a core with 32 vector registers of 16 lanes a chunk of 16 makes both small: 8 % more FLOPs than token by token,
// the state's panel read and written every 16th token, and 16 accumulators (one row of a panel for each token) leave
// half of the registers for operands.
#ifndef MIXC_LOWERING_DERIVE_CHUNK_SIZE_H
#define MIXC_LOWERING_DERIVE_CHUNK_SIZE_H

#include <cstdint>

namespace mixc::derive {

constexpr int64_t defaultChunkSize() { return 16; }

} // namespace mixc::derive

#endif
