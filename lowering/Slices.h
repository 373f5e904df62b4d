// What a value is computed from, through the operands of ops.
#ifndef MIXC_LOWERING_SLICES_H
#define MIXC_LOWERING_SLICES_H

#include "mlir/IR/Operation.h"
#include "llvm/ADT/DenseSet.h"

namespace mixc {

/// Calls `enter` once with each of these values, and with what they are computed from; where it returns false, goes no
/// further back.
inline void walkBack(llvm::SmallVector<mlir::Value> pending, llvm::function_ref<bool(mlir::Value)> enter) {
  llvm::DenseSet<mlir::Value> seen;
  while (!pending.empty()) {
    mlir::Value value = pending.pop_back_val();
    if (!seen.insert(value).second || !enter(value))
      continue;
    if (mlir::Operation *op = value.getDefiningOp())
      llvm::append_range(pending, op->getOperands());
  }
}

/// These values, and all that they are computed from.
inline llvm::DenseSet<mlir::Value> backwardSlice(llvm::SmallVector<mlir::Value> roots) {
  llvm::DenseSet<mlir::Value> slice;
  walkBack(std::move(roots), [&](mlir::Value value) { return slice.insert(value).second; });
  return slice;
}

/// Is one of what these values are computed from, or of them, a goal? Not through values that do not `pass`.
inline bool reachesBack(llvm::SmallVector<mlir::Value> roots, llvm::function_ref<bool(mlir::Value)> isGoal,
                        llvm::function_ref<bool(mlir::Value)> passes = nullptr) {
  bool found = false;
  walkBack(std::move(roots), [&](mlir::Value value) {
    found = found || isGoal(value);
    return !found && (!passes || passes(value));
  });
  return found;
}

} // namespace mixc

#endif
