// Reverse mode on the scalars of a map's region.
#ifndef MIXC_LOWERING_ADJOINT_SCALARADJOINT_H
#define MIXC_LOWERING_ADJOINT_SCALARADJOINT_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/Value.h"

namespace mixc {

/// The cotangent of a scalar: `value` where `guard` holds, 0 elsewhere (no guard: everywhere).
///
/// A branch that a select does not take may have an infinite derivative, and 0 times infinity is NaN. So a cotangent is
/// not multiplied by a 0 for the branch not taken: it carries the condition, and is selected once, at the end. For the
/// same reason a cotangent that is 0 by itself, at a padded token or behind a slope of 0, stays 0 whatever slope it
/// meets.
struct ScalarCotangent {
  mlir::Value value, guard;
  explicit operator bool() const { return static_cast<bool>(value); }
};

/// What flows from the result's cotangent to operand `index` of a scalar op: nothing (null) where the derivative is 0.
mlir::FailureOr<ScalarCotangent> scalarAdjoint(mlir::Operation *op, unsigned index, ScalarCotangent result,
                                               mlir::OpBuilder &builder);

/// The sum of two cotangents of one value.
ScalarCotangent add(ScalarCotangent x, ScalarCotangent y, mlir::OpBuilder &builder, mlir::Location loc);

/// The number itself: the guard is resolved.
mlir::Value resolve(ScalarCotangent x, mlir::OpBuilder &builder, mlir::Location loc);

} // namespace mixc

#endif
