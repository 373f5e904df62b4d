// What the chunked components of a kernel share: products of decays over parts of a chunk, and what is made of pairs of
// tokens.
//
// A decay is a number of a token, or a vector along an axis. D(s,t] is its product over the tokens s+1 .. t.
//
// Rows past the end repeat the last token: there u is selected to 0 and the decay to 1, so they neither write nor
// forget, and what they compute is a read of the final state that nobody keeps.
#ifndef MIXC_LOWERING_DERIVE_CHUNK_CONTEXT_H
#define MIXC_LOWERING_DERIVE_CHUNK_CONTEXT_H

#include "lowering/derive/Bounds.h"
#include "lowering/derive/ComponentProgram.h"

namespace mixc::derive {

/// The largest size of what has a product of gates above 1 as a factor: finite, so that of an empty memory 0 times it
/// is 0.
constexpr double mostGrown = 0x1p127;

/// Products of one decay over parts of a chunk; null values are 1. A decay along an axis has that axis everywhere, and
/// no `between`: there the pairs themselves carry it.
struct Segments {
  mlir::Value decay;    // selected to 1 past the end, on [time] or [time, axis]
  mlir::Value before;   // D(0,t-1] on [time]
  mlir::Value between;  // D(s,t-1] for s < t, else 0, on [time, source]
  mlir::Value after;    // D(t,C] on [time]
  mlir::Value whole;    // D(0,C]
  bool mayGrow = false; // gates may be above 1 in size: products are bounded

  bool isAlongAxis() const { return decay && !between; }
};

class ChunkContext {
public:
  explicit ChunkContext(ProgramParts parts) : parts(parts) {}

  /// The products of a decay.
  const Segments &segments(mlir::Value decay, tile::Axis axis);
  /// A write direction with the rows past the end selected away, on [time, key].
  mlir::Value written(mlir::Value direction, tile::Axis key);
  /// p_t' u_s for s < t, else 0, on [time, source]; p_t' D(s,t-1] u_s for a decay along the axis.
  mlir::Value pairs(mlir::Value p, mlir::Value u, tile::Axis axis, const Segments &segments);
  /// Adds sum_{s<t} M_ts D(s,t-1] x_s on [time, axis] to `sum`, for M on [time, source], x on [time, axis].
  void gather(mlir::Value matrix, mlir::Value x, const Segments &segments, llvm::SmallVectorImpl<Product> &sum);
  /// sum_s M_ts x_s, plus acc.
  mlir::Value contractSource(mlir::Value matrix, mlir::Value x, mlir::Value acc, tile::Mask mask);
  /// x_t at pairs of tokens s < t, else 0, on [time, source]: what is at s or before takes no part in D(s,t-1], be it
  /// no number.
  mlir::Value afterSource(mlir::Value x);
  mlir::Value valid();
  /// Those entries of a matrix on [time, source] that pair tokens of neighbouring blocks of `block` rows.
  mlir::Value neighbours(mlir::Value matrix, int64_t block);
  /// The rows of right halves of pairs of blocks of `block` rows, or of left ones; 0 elsewhere, whatever stands there:
  /// what reaches to or from the middle has factors of other tokens in the other half's rows.
  mlir::Value half(bool right, mlir::Value x, int64_t block);
  /// Where a product towards the middle of two blocks starts anew: 1 at the row before the first of a block, or at the
  /// first where it runs backwards; 0 elsewhere.
  mlir::Value starts(bool rows, int64_t block);
  /// Products of a decay that start anew at blocks of `block` rows: D(m,t-1] for the rows t of a block, m its last row
  /// before; D(s,m] for the rows s of the block before, m its last.
  mlir::Value towards(bool rows, const Segments &segments, int64_t block);

  ProgramParts parts;

private:
  mlir::Value decayedPairs(mlir::Value p, mlir::Value u, tile::Axis axis, const Segments &segments);

  /// Can a decay be above 1 in size?
  bool mayGrow(mlir::Value decay);

  std::optional<Bounds> bounds;
  mlir::Value mask;
  std::map<std::pair<const void *, std::string>, Segments> products;
  std::map<std::pair<const void *, std::string>, mlir::Value> directions;
  std::map<std::tuple<const void *, const void *, const void *>, mlir::Value> paired;
  std::map<std::pair<int64_t, bool>, mlir::Value> starting;
  std::map<std::tuple<const void *, int64_t, bool>, mlir::Value> blocks;
};

} // namespace mixc::derive

#endif
