// How many tokens a chunk has. The n writes of a token that read (a product of n Householder matrices) are n rows of
// the chunk's one system, whose pairs cost n n C (2 K + 2 V) a token. So it is rows of which the target has a best
// number (lowering/Target.h), and C = rows / n.
//
// Rows beyond twice the key axis, K, are more than its dimensions: they erase all that was there before, and what is
// left of it is a difference of larger numbers. With K = 3 and keys of norm 1.7, 16 rows lose a digit to 8.
#ifndef MIXC_LOWERING_DERIVE_CHUNK_SIZE_H
#define MIXC_LOWERING_DERIVE_CHUNK_SIZE_H

#include "dialect/mix/Mix.h"
#include "llvm/ADT/bit.h"

namespace mixc::derive {

/// Tokens of a chunk of so many rows of the mixer's largest system: a power of 2, at least 4.
inline int64_t tokensOfRows(mix::MixerOp mixer, int64_t rows) {
  int64_t writes = 1;
  for (auto component : mixer.step().getOps<mix::ComponentOp>())
    if (mix::ClassAttr found = component.getClassAttrAttr(); found && found.getWrites() == mix::WriteKind::Affine) {
      writes = std::max(writes, static_cast<int64_t>(component.getNumWrites()));
      for (mlir::Value direction : component.getReadDirs())
        if (auto type = cast<mix::TensorType>(direction.getType()); !type.getDims().empty())
          rows = std::min(rows, 2 * type.getDims().front().asNumber().value_or(rows));
    }
  return std::max<int64_t>(4, llvm::bit_floor(static_cast<uint64_t>(rows / writes)));
}

} // namespace mixc::derive

#endif
