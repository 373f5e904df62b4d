// The adjoint of tile.steps.
#ifndef MIXC_LOWERING_ADJOINT_STEPSADJOINT_H
#define MIXC_LOWERING_ADJOINT_STEPSADJOINT_H

#include "lowering/adjoint/Adjoint.h"

namespace mixc {

/// Hands the cotangents of the results of steps on to their operands. With c_t what is carried after token t,
///
///   (c_t, y_t) = f(c_{t-1}, x_t, w)        c'_{t-1}, x'_t, w'_t = (df/d(c, x, w))' (c'_t, y'_t)        w' = sum_t w'_t
///
/// steps from the last token to the first, which take every c_{t-1}: made of what is stacked where c does nothing but
/// collect that; else the steps now stack it (the op is replaced by one that does). Tiles of `active` alone get
/// cotangents. Rows past the valid ones get 0. What the body loads token by token, the reversed body stores.
llvm::LogicalResult buildStepsAdjoint(tile::StepsOp op, const llvm::DenseSet<mlir::Value> &active,
                                      mlir::OpBuilder &builder, Cotangents &cotangents, GradientOf gradientOf);

/// Do the carried tiles do nothing but collect what is stacked? Then the adjoint needs no more of the steps than that.
bool isKnownByItsRows(tile::StepsOp op);

} // namespace mixc

#endif
