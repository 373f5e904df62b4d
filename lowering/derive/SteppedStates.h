// States without a normal form in a chunk: scans and sequential strata, token by token.
//
//     tile.steps iter(S)    S <- f(S, x_t);    what the rest of the program takes from it is stacked, for every token
//
// In the steps stands what the next states are computed from, and whatever takes a matrix that depends on them, so that
// no matrix is kept for every token. Vectors and scalars that are used outside are stacked there; from them on the work
// is for the whole chunk again.
//
// States of several strata step together where one takes another's matrix, or a value takes matrices of both (M .* N).
// They cannot where a component, or another state, stands between them: then that matrix is stacked, too.
#ifndef MIXC_LOWERING_DERIVE_STEPPED_STATES_H
#define MIXC_LOWERING_DERIVE_STEPPED_STATES_H

#include "lowering/derive/ComponentProgram.h"
#include "llvm/ADT/SetVector.h"

namespace mixc::derive {

class SteppedStates {
public:
  struct Member {
    mix::NextOp next;
    mlir::Value state;  // of the mixer
    Axes axes;          // as declared
    mlir::Value before; // the tile before the chunk
  };
  /// What takes a state of `later` is not for these steps.
  SteppedStates(mix::MixerOp mixer, llvm::SmallVector<Member> members, llvm::ArrayRef<mlir::Value> later = {});

  llvm::ArrayRef<Member> getMembers() const { return members; }
  /// Is this value stacked, for use outside?
  bool isStacked(mlir::Value value) const { return cuts.contains(value); }
  /// A stacked value, on [time, axes of the value].
  std::pair<mlir::Value, Axes> stacked(mlir::Value value, ProgramParts parts);
  /// The i-th state after the chunk.
  mlir::Value next(unsigned i, ProgramParts parts);
  /// Do these steps take a matrix that the other stacks?
  bool takesMatrixOf(const SteppedStates &other) const;
  /// Do these steps take anything of the other's?
  bool takes(const SteppedStates &other) const;
  /// Do these states depend on the other's?
  bool dependOn(const SteppedStates &other) const;
  /// Does nothing stand between these states that is for later?
  bool canStep() const;

private:
  void findDependents(mlir::Block &step);
  void findInside(mlir::Block &step);
  void findCuts(mlir::Block &step);
  void build(ProgramParts parts);
  Axes axesOf(mlir::Value value, TokenLocal &local) const;

  llvm::SmallVector<Member> members;
  llvm::DenseSet<mlir::Value> dependent; // on the states, through values of this token alone
  llvm::DenseSet<mlir::Value> beyond;    // through other strata as well, or on later states
  llvm::DenseSet<mlir::Value> inside;
  llvm::SetVector<mlir::Value> cuts;
  llvm::DenseMap<mlir::Value, std::pair<mlir::Value, Axes>> results;
  tile::StepsOp steps;
};

/// The states of a mixer that have no normal form, as units that are stepped one after the other.
llvm::SmallVector<std::unique_ptr<SteppedStates>>
findSteppedStates(mix::MixerOp mixer, llvm::function_ref<SteppedStates::Member(mix::NextOp)> memberOf);

} // namespace mixc::derive

#endif
