// The transition of a component's n states over parts of a chunk: D(s,t] = A_t ... A_{s+1}, A_t the n x n matrix of the
// a_ij of token t, each a scalar or a vector of the key axis, or 0.
//
//     D(0,t-1]' p_t          a read, seen from the start of the chunk
//     D(s,C] u_s             a write, seen from its end
//     p_t' D(s,t-1] u_s      what a read sees of an earlier write
//     D(0,C]                 the whole chunk
//
// States that do not mix have one decay each, whose products ChunkContext makes and shares. States that mix have
// products of matrices: token by token, each from the one before, none by division.
#ifndef MIXC_LOWERING_DERIVE_TRANSITION_H
#define MIXC_LOWERING_DERIVE_TRANSITION_H

#include "lowering/derive/ChunkContext.h"

namespace mixc::derive {

class Transition {
public:
  Transition(mix::ComponentOp op, ChunkContext &context, llvm::ArrayRef<tile::Axis> keys);

  /// D(0,t-1]' p_t, scaled by a number of the token.
  PerState fromStart(const PerState &p, const Coefficient &g = {});
  /// (D(0,t-1] x_t)_i; null if it is 0.
  mlir::Value onwards(const PerState &x, unsigned i);
  /// D(s,C] u_s
  PerState toEnd(const PerState &u);
  /// p_t' D(s,t-1] u_s for s < t, else 0, as products on [time, source].
  llvm::SmallVector<Product> pairs(const PerState &p, const PerState &u);
  /// sum_{s<t} M_ts (D(s,t-1] u_s)_i on [time, key of state i]; null if it is 0.
  mlir::Value gather(mlir::Value matrix, const PerState &u, unsigned i);
  /// What of state j is in state i after the chunk: nothing, or its factors.
  std::optional<Product> whole(unsigned i, unsigned j);

  /// May a state that does not mix have a decay above 1 in size?
  bool mayGrow() const {
    return llvm::any_of(decays, [](const Segments &decay) { return decay.mayGrow; });
  }

private:
  /// An entry of a product of transitions: 0, or a tile, null for 1.
  using Entry = std::optional<mlir::Value>;
  using Matrix = std::vector<std::vector<Entry>>;

  enum Part { Before, After, Between, Whole };
  const Matrix &products(Part part);
  /// D(m,t-1] to the first row m of a token's block, or D(s,m-1] to the last row m-1 of its block, of `block` rows.
  const Matrix &towards(bool rows, int64_t block);
  Matrix mixed(bool reverse, mlir::Value starts, llvm::ArrayRef<tile::Axis> axes, Matrix *last);
  mlir::Value applied(const Matrix &matrix, const PerState &x, unsigned i, bool transposed, const Coefficient &g = {});
  mlir::Value contractMixed(const PerState &x, const PerState &y);

  mix::ComponentOp op;
  ChunkContext &context;
  TileBuilder &tiles;
  llvm::SmallVector<tile::Axis, 2> keys;
  unsigned n;
  bool alongKeys;                                // some entry is a vector
  bool mixes = false;                            // some state takes another, or nothing of itself
  std::vector<std::vector<mlir::Value>> entries; // of the mixer; null is 0
  llvm::SmallVector<Segments> decays;            // of states that do not mix
  std::map<int, Matrix> known;
  std::map<std::pair<bool, int64_t>, Matrix> blocks;
};

} // namespace mixc::derive

#endif
