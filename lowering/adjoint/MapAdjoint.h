// The adjoint of an elementwise function of tiles.
#ifndef MIXC_LOWERING_ADJOINT_MAPADJOINT_H
#define MIXC_LOWERING_ADJOINT_MAPADJOINT_H

#include "dialect/tile/Tile.h"
#include "mlir/IR/Builders.h"

namespace mixc {

/// The cotangent of input `index` of y = f(x_0, x_1, ...), entry by entry:
///
///   x_i' = sum over the axes that x_i lacks of y' df/dx_i
///
/// one map that computes f's region again and walks it backwards, and a sum. Null if f does not depend on x_i.
mlir::FailureOr<mlir::Value> buildMapAdjoint(tile::MapOp op, unsigned index, mlir::Value resultCotangent,
                                             mlir::OpBuilder &builder);

} // namespace mixc

#endif
