// What the verifiers of the tile dialect share: comparing tiles by their axes' names.
//
// Two tiles have the same axes if they have the same set of (kind, name, extent), in any order. A tile broadcasts to
// another if its axes are among the other's.
#ifndef MIXC_DIALECT_TILE_TILEVERIFY_H
#define MIXC_DIALECT_TILE_TILEVERIFY_H

#include "dialect/tile/Tile.h"

namespace mixc::tile {

/// `[time:16, key(K):32]`, for messages.
std::string format(llvm::ArrayRef<Axis> axes);

/// Every axis of `part` is one of `whole`.
bool isAmong(llvm::ArrayRef<Axis> part, llvm::ArrayRef<Axis> whole);

/// The same axes, in any order.
bool areSame(llvm::ArrayRef<Axis> x, llvm::ArrayRef<Axis> y);

/// The axes whose name is not in `names`.
llvm::SmallVector<Axis> drop(llvm::ArrayRef<Axis> axes, mlir::ArrayAttr names);

/// Names in `names` are strings without duplicates, each an axis of `type`.
llvm::LogicalResult verifyOver(mlir::Operation *op, mlir::ArrayAttr names, TileType type);

/// `found` has exactly the axes `expected`, in any order.
llvm::LogicalResult verifyAxes(mlir::Operation *op, llvm::StringRef what, llvm::ArrayRef<Axis> found,
                               llvm::ArrayRef<Axis> expected);

/// All tiles have one element type.
llvm::LogicalResult verifyOneElementType(mlir::Operation *op, llvm::ArrayRef<TileType> types);

} // namespace mixc::tile

#endif
