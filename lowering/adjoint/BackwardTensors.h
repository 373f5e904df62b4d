// The tensors of a backward kernel.
//
//     inputs, params, starts           as the forward program has them
//     cotangents                       of outputs and ends, at their places
//     saved tiles                      all that there could be; those that are not read go in the end
//     gradients                        of inputs, params and starts
#ifndef MIXC_LOWERING_ADJOINT_BACKWARDTENSORS_H
#define MIXC_LOWERING_ADJOINT_BACKWARDTENSORS_H

#include "dialect/tile/Tile.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/MapVector.h"

namespace mixc {

class BackwardTensors {
public:
  /// Adds them to `kernel`; `around` takes each tensor of the forward program to its own.
  BackwardTensors(tile::KernelOp forward, tile::KernelOp kernel, tile::SavesAttr saves, mlir::IRMapping &around);

  /// The tensor in this role of what a tensor, of this kernel or the forward program, is declared as.
  mlir::Value counterpart(mlir::Value tensor, tile::Role role) const;
  /// Tokens of a segment.
  int64_t every() const { return saves.getEvery(); }
  /// Where a tile of the forward program is saved; null where it is not.
  mlir::Value savedIn(mlir::Value tile) const { return saved.lookup(tile); }
  /// The writes of a body that are saved, and where.
  llvm::SmallVector<std::pair<mlir::Value, mlir::Value>> writesOf(mlir::Block &body) const;

  /// Drops the saved tensors that nothing reads, and says what is left.
  tile::SavesAttr dropUnread();

private:
  void add(tile::ArgumentAttr argument, tile::ViewType type);
  bool isPartial(mlir::BlockArgument tensor) const;

  tile::KernelOp forward, kernel;
  tile::SavesAttr saves;
  llvm::MapVector<mlir::Value, mlir::Value> saved; // by tile of the forward program
};

} // namespace mixc

#endif
