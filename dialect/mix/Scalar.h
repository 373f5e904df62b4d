// The language's functions of one and two numbers, with their exact values at the corners.
#ifndef MIXC_DIALECT_MIX_SCALAR_H
#define MIXC_DIALECT_MIX_SCALAR_H

#include "dialect/mix/Mix.h"

namespace mixc::mix {

/// f(x) in float64. sign(0) = 0; sigmoid, silu, softplus, elu, gelu and gelu_erf neither overflow nor give NaN for any
/// finite x.
double apply(UnaryKind kind, double x);
/// f(x, y) in float64. 0^0 = 1; logaddexp(-inf, -inf) = -inf; a NaN operand gives NaN.
double apply(BinaryKind kind, double x, double y);

/// 1 or 0 of two numbers: a comparison, or what joins two.
bool isCondition(BinaryKind kind);

/// f'(x); where f has a kink or a vertical tangent, 0: sign, abs and relu at 0, sqrt and rsqrt at 0.
double derivative(UnaryKind kind, double x);
/// df/dx and df/dy. Of min, max and logaddexp at a tie, infinities included, half each. x^y has none by x where y is 0
/// or where a root meets 0, and none by y where x <= 0.
std::pair<double, double> derivatives(BinaryKind kind, double x, double y);

} // namespace mixc::mix

#endif
