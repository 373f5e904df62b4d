// The chunk program of a component of one state with a transition that is a scalar or differs along the key axis, and
// writes that are free of reads or affine in them.
//
// With D(s,t] the product of the transitions of tokens s+1 .. t, and S the state before the chunk,
//
//     r_t = S D(0,t-1] p_t + sum_{s<t} (p_t' D(s,t-1] u_s) w_s
//     S'  = S D(0,C] + sum_s w_s (D(s,C] u_s)'
//
// A gate e on the value axis multiplies what a write becomes on its way, E(s,t-1] . w_s, where it cannot be solved for: with it
// writes are free of reads.
//
// Rows past the end repeat the last token: there u is selected to 0 and the decay to 1, so they neither write nor
// forget, and what they compute is a read of the final state that nobody keeps.
#ifndef MIXC_LOWERING_DERIVE_CHUNKED_COMPONENT_H
#define MIXC_LOWERING_DERIVE_CHUNKED_COMPONENT_H

#include "lowering/derive/ComponentProgram.h"

namespace mixc::derive {

/// Products of one decay over parts of a chunk; null values are 1. A decay that differs along the key axis has that axis
/// everywhere, and no `between`: there the pairs themselves carry it.
struct Segments {
  mlir::Value decay;   // selected to 1 past the end, on [time] or [time, key]
  mlir::Value before;  // D(0,t-1] on [time]
  mlir::Value between; // D(s,t-1] for s < t, else 0, on [time, source]
  mlir::Value after;   // D(t,C] on [time]
  mlir::Value whole;   // D(0,C]
};

/// What the chunked components of a kernel share: equal decays and equal directions are worked out once.
class ChunkContext {
public:
  explicit ChunkContext(ProgramParts parts) : parts(parts) {}

  /// The products of a transition; of none, if it is the identity.
  const Segments &segments(mlir::Value transition, tile::Axis key);
  /// A write direction with the rows past the end selected away, on [time, key].
  mlir::Value written(mlir::Value direction, tile::Axis key);
  /// p_t' u_s for s < t, else 0, on [time, source]; p_t' D(s,t-1] u_s for a decay along the key axis.
  mlir::Value pairs(mlir::Value p, mlir::Value u, tile::Axis key, const Segments &segments);
  mlir::Value valid();
  /// Those entries of a matrix on [time, source] that pair tokens of neighbouring blocks of `block` rows.
  mlir::Value neighbours(mlir::Value matrix, int64_t block);
  /// Products of a decay that start anew at blocks of `block` rows: D(m,t-1] for the rows t of a block, m its last row
  /// before; D(s,m] for the rows s of the block before, m its last.
  mlir::Value towards(bool rows, mlir::Value decay, int64_t block);

  ProgramParts parts;

private:
  mlir::Value decayedPairs(mlir::Value p, mlir::Value u, tile::Axis key, mlir::Value decay);

  mlir::Value mask;
  std::map<std::pair<const void *, std::string>, Segments> products;
  std::map<std::pair<const void *, std::string>, mlir::Value> directions;
  std::map<std::tuple<const void *, const void *, const void *>, mlir::Value> paired;
  std::map<std::tuple<const void *, int64_t, bool>, mlir::Value> blocks;
};

class ChunkedComponent : public ComponentProgram {
public:
  ChunkedComponent(mix::ComponentOp op, ChunkContext &context, tile::Axis key, Axes value, mlir::Value state);

  mlir::Value read(unsigned i) override;
  mlir::Value write(unsigned m) override;
  mlir::Value next(unsigned i) override;

  /// acc + sum_i g_i r_i + sum_m h_m w_m, on [time, value].
  mlir::Value accumulate(const std::map<unsigned, Coefficient> &g, const std::map<unsigned, Coefficient> &h,
                         mlir::Value acc);
  /// True if the read is used once, and not by a write: then its coefficient is folded into its direction.
  bool isLate(unsigned i);

  /// Can this component's writes be solved for? If not, `why` says what is in the way.
  static bool isSupported(mix::ComponentOp op, std::string &why);

private:
  static Affine::Rules rulesOf(mix::ComponentOp op);
  /// g_t D(0,t-1] p_t, on the key side.
  mlir::Value scaled(const Coefficient &g, mlir::Value p);
  /// S p_t D(0,t-1], of a read that is needed several times.
  mlir::Value carried(unsigned i);
  /// The direction of read i on [time, key], or null if it has none.
  mlir::Value direction(unsigned i);
  mlir::Value written(unsigned m);
  /// sum_i g_i (p_i' u_m) D(s,t-1] below the diagonal, and h on it; null if it is 0.
  mlir::Value matrix(const std::map<unsigned, Coefficient> &g, unsigned m, const Coefficient *h, double sign = 1);
  void solveWrites();
  /// As accumulate, with a gate on the value axis.
  mlir::Value accumulateGated(const std::map<unsigned, Coefficient> &g, const std::map<unsigned, Coefficient> &h,
                              mlir::Value acc);
  mlir::Value contractSource(mlir::Value matrix, mlir::Value rows, mlir::Value acc, tile::Mask mask);

  ChunkContext &context;
  Segments decay, gate;
  llvm::SmallVector<mlir::Value> reads, carriedReads, writes;
};

/// The writes of a chunk from sum_n L_mn w_n + w_m = B_m, all L_mn strictly lower triangular (null: 0).
llvm::SmallVector<mlir::Value> solveBlocks(TileBuilder &tiles, AxisNames &names,
                                           std::vector<std::vector<mlir::Value>> l, llvm::SmallVector<mlir::Value> b);

} // namespace mixc::derive

#endif
