// The normal form of one component, before it is an op: see mix.component.
//
//     r_i = sum_j S_j p_ij        w_m = phi_m(r, inputs)        S_i <- e . (sum_j S_j diag(a_ij)) + sum_m w_m u_mi'
#ifndef MIXC_LOWERING_NORMALIZE_NORMALFORM_H
#define MIXC_LOWERING_NORMALIZE_NORMALFORM_H

#include "lowering/normalize/Linearity.h"
#include <map>
#include <tuple>

namespace mixc::normalize {

struct Write {
  Value value;                     // w_m
  std::map<unsigned, Value> along; // i -> u_mi
};

struct NormalForm {
  llvm::SmallVector<mix::StateOp> states;
  llvm::BitVector turned; // of each state: declared as key x value
  llvm::SmallVector<Read> reads;
  llvm::SmallVector<Value> late;                             // reads that no write uses, as they stand in the step
  size_t lateDirections = 0;                                 // what these are along, multiplied out
  std::map<std::pair<unsigned, unsigned>, Value> transition; // (i, j) -> a_ij
  Value gate;                                                // e, or null
  llvm::SmallVector<Write> writes;
  llvm::SmallVector<std::pair<unsigned, Read>> fromOthers; // reads that other components get, by their index

  /// Of two orientations the one of less cost is taken: directions of late reads, then writes, then decays along the
  /// key axis.
  std::tuple<size_t, size_t, size_t> cost() const;
  /// The slots of everything that enters it, for rewriting: p, a, e, u; with w too if asked for.
  llvm::SmallVector<Value *> operands(bool withWrites);
};

/// The normal form of states whose values after the token are `nexts`, beside those of `others`. Reads are added as
/// users are rewritten.
Outcome<NormalForm> normalForm(Linearity &linearity, llvm::ArrayRef<mix::NextOp> nexts,
                               llvm::ArrayRef<NormalForm> others);

} // namespace mixc::normalize

#endif
