// Reverse-mode differentiation of logical tile programs.
//
// For y = f(x) the cotangent of x is x' = (df/dx)^T y'. Every rule is built of tile ops again, so the op set is closed:
// recur gives a reversed recur, solve the transposed solve and a strict contract, contract two contracts. Nothing is
// divided by a decay, so decays of exactly 0 have exact gradients. Conventions at kinks: ties of max and min share,
// abs'(0) = sqrt'(0) = 0. In maps a cotangent that is exactly 0 stays 0, whatever the slope (ScalarAdjoint.h); in sums
// of products 0 times infinity is NaN, as it is forward.
#ifndef MIXC_LOWERING_ADJOINT_ADJOINT_H
#define MIXC_LOWERING_ADJOINT_ADJOINT_H

#include "dialect/tile/Tile.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/BitVector.h"

namespace mixc {

/// Builds the cotangents of those operands of a pure tile op that `needed` names, from the result's:
/// operandCotangents[i] has operand i's type, or is null where nothing flows (masks, operands not needed). Fails with a
/// diagnostic on an op without a rule.
llvm::LogicalResult buildAdjoint(mlir::Operation *op, mlir::Value resultCotangent, const llvm::BitVector &needed,
                                 mlir::OpBuilder &builder, llvm::SmallVectorImpl<mlir::Value> &operandCotangents);

/// Values and their cotangents.
using Cotangents = llvm::DenseMap<mlir::Value, mlir::Value>;

/// The tensor that takes the gradient of what is loaded from a tensor per token.
using GradientOf = llvm::function_ref<mlir::Value(mlir::Value tensor)>;

/// Reverse mode over the straight line of a block: `cotangents` goes in with those of some values (what leaves the
/// block: yielded or stored) and comes out with those of the values of `wanted` (block arguments, loads, anything that
/// the block reads) added to it, and of what lies between. A wanted value without an entry has cotangent 0. Built at
/// `builder`'s place, where all of the block's values must be visible. Memory ops end the flow: the caller seeds what
/// stores take and collects what loads gave; only what `tile.steps` load token by token, the reversed steps store
/// token by token, where `gradientOf` says. Loops over chunks that a cotangent would have to pass are an error. The
/// arith and math dialects must be loaded.
llvm::LogicalResult differentiate(mlir::Block &block, llvm::ArrayRef<mlir::Value> wanted, mlir::OpBuilder &builder,
                                  Cotangents &cotangents, GradientOf gradientOf = nullptr);

/// Adds a part to a value's cotangent.
void addTo(Cotangents &cotangents, mlir::Value value, mlir::Value part, mlir::OpBuilder &builder, mlir::Location loc);

/// The float tiles of a block, and loads in steps, that change when a wanted one does.
llvm::DenseSet<mlir::Value> dependants(mlir::Block &block, llvm::ArrayRef<mlir::Value> wanted);

} // namespace mixc

#endif
