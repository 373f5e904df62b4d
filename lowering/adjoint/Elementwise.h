// Builders of the tile expressions that adjoints are made of.
#ifndef MIXC_LOWERING_ADJOINT_ELEMENTWISE_H
#define MIXC_LOWERING_ADJOINT_ELEMENTWISE_H

#include "dialect/tile/Tile.h"
#include "mlir/IR/Builders.h"

namespace mixc {

tile::TileType typeOf(mlir::Value tile);

/// A map of these inputs; `body` builds the scalar result of the scalar arguments.
mlir::Value buildMap(mlir::OpBuilder &builder, mlir::Location loc, tile::TileType result, mlir::ValueRange inputs,
                     llvm::function_ref<mlir::Value(mlir::OpBuilder &, mlir::ValueRange)> body);

/// x + y and x y, entry by entry, with the axes of both.
mlir::Value buildAdd(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value x, mlir::Value y);
mlir::Value buildMul(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value x, mlir::Value y);
mlir::Value buildNegate(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value x);

/// A tile of this type that holds 0.
mlir::Value buildZero(mlir::OpBuilder &builder, mlir::Location loc, tile::TileType type);

/// x summed over the axes that `type` lacks: the adjoint of broadcasting.
mlir::Value buildSumTo(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value x, tile::TileType type);

/// x repeated along the axes that it lacks: the adjoint of summing.
mlir::Value buildBroadcast(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value x, tile::TileType type);

} // namespace mixc

#endif
