// The chunk program of a component.
//
// With D(s,t] the product of the transitions of tokens s+1 .. t (n x n for n states, scalars or vectors of the key
// axis; see Transition.h), E(s,t] that of the gates on the value axis, and S the states before the chunk,
//
//     r_t = E(0,t-1] . S D(0,t-1]' p_t + sum_{s<t} (p_t' D(s,t-1] u_s) E(s,t-1] . w_s          w_t = phi_t(r_t)
//     S'  = E(0,C] . D(0,C] S + sum_s (E(s,C] . w_s) (D(s,C] u_s)'
//
// Writes that are free of reads are known at once. Where they are affine in them with one triangle for all value
// channels, one solve finds them; where not, substitution does, token by token over what the chunk's start and the
// pairs give. Late reads, along vectors that depend on reads or across the other axis, follow once w is known.
#ifndef MIXC_LOWERING_DERIVE_CHUNKED_COMPONENT_H
#define MIXC_LOWERING_DERIVE_CHUNKED_COMPONENT_H

#include "lowering/derive/Transition.h"

namespace mixc::derive {

class ChunkedComponent : public ComponentProgram {
public:
  ChunkedComponent(mix::ComponentOp op, ChunkContext &context, StateAxes axes, PerState states);

  mlir::Value read(unsigned i) override;
  mlir::Value write(unsigned m) override;
  mlir::Value next(unsigned i) override;
  ChunkedComponent *asChunked() override { return this; }

  /// Are writes affine in the reads with scalars, and some not free of them? Then one system gives them.
  static bool canBeSolved(mix::ComponentOp op);
  /// acc + sum_i g_i r_i + sum_m h_m w_m, on [time, value].
  mlir::Value accumulate(const std::map<unsigned, Coefficient> &g, const std::map<unsigned, Coefficient> &h,
                         mlir::Value acc);
  /// True if the read is used once, and not by a write: then its coefficient is folded into its direction.
  bool isLate(unsigned i);
  /// The read S_j x of the old state j, on [time, value].
  mlir::Value readAlong(unsigned j, mlir::Value x);
  /// The read S_j' x of the old state j, on [time, key of j].
  mlir::Value readAcross(unsigned j, mlir::Value x);

private:
  /// g r, r a read along p; `start` is what it takes from the states before the chunk, where that is worked out
  /// already.
  struct Term {
    Coefficient g;
    PerState p;
    mlir::Value start = {};
  };
  using Coefficients = std::map<unsigned, Coefficient>;

  /// Writes that are worked with as one: a single one, or those of a token that are solved for, side by side along an
  /// axis of their own; these are the last group.
  struct Group {
    llvm::SmallVector<unsigned> members; // each after those that its value takes
    Axes side;                           // that axis, if there are several
    PerState u;                          // directions, 0 past the end, on [time, side, key]
    mlir::Value w;                       // on [time, side, value]; null until they are known
  };

  static Affine::Rules rulesOf(mix::ComponentOp op);
  /// acc + sum of the terms + sum_m h_m w_m.
  mlir::Value gather(llvm::ArrayRef<Term> terms, const Coefficients &h, mlir::Value acc);
  /// As gather, with a gate on the value axis.
  mlir::Value gatherGated(llvm::ArrayRef<Term> terms, const Coefficients &h, mlir::Value acc);
  /// What a term takes from the states before the chunk, its g included: factors of it.
  mlir::Value fromStart(const Term &term, mlir::Value acc);
  /// S D(0,t-1]' p_t, of a read that is needed several times.
  mlir::Value carried(unsigned i);
  /// The directions of read i, on [time, key].
  PerState direction(unsigned i);
  /// The directions of write m, 0 past the end.
  PerState written(unsigned m);
  void groupWrites();
  mlir::Value valuesOf(Group &group);
  /// [source, side]: what a group is summed over.
  Axes sourcesOf(const Group &group) const;
  /// sum over terms of g (p' D(s,t-1] u) below the diagonal, and the h of its members on it (then `hasOwn`), on
  /// [time, source, side]; null if it is 0.
  mlir::Value matrix(llvm::ArrayRef<Term> terms, const Group &group, const Coefficients &h, bool &hasOwn);
  /// The same without h, times a sign.
  llvm::SmallVector<Product> pairs(llvm::ArrayRef<Term> terms, const PerState &u, double sign = 1);

  // ChunkedWrites.cpp
  void findWrites();
  void solveWrites();
  mlir::Value coupling(llvm::ArrayRef<Coefficients> g, llvm::ArrayRef<Coefficients> h, tile::Axis row,
                       tile::Axis column);
  mlir::Value ownMatrix(llvm::ArrayRef<Coefficients> h, tile::Axis row, tile::Axis column);
  void substituteWrites();

  ChunkContext &context;
  const mix::WriteKind kind; // which program there is for the writes
  Transition transition;
  Segments gate;
  llvm::SmallVector<mlir::Value> reads, carriedReads, writes;
  llvm::SmallVector<Group, 1> groups;
};

} // namespace mixc::derive

#endif
