// The language's functions of one and two numbers, with their exact values at the corners.
#ifndef MIXC_DIALECT_MIX_SCALAR_H
#define MIXC_DIALECT_MIX_SCALAR_H

#include "dialect/mix/Mix.h"

namespace mixc::mix {

/// f(x) in float64. sign(0) = 0; sigmoid, silu, softplus, elu and gelu neither overflow nor give NaN for any finite x.
double apply(UnaryKind kind, double x);
/// f(x, y) in float64. 0^0 = 1; logaddexp(-inf, -inf) = -inf; a NaN operand gives NaN.
double apply(BinaryKind kind, double x, double y);

} // namespace mixc::mix

#endif
