// The derivatives of functions by elements, as expressions.
#ifndef MIXC_FRONTEND_SEMA_ELEMENTWISEDERIVATIVES_H
#define MIXC_FRONTEND_SEMA_ELEMENTWISEDERIVATIVES_H

#include "frontend/sema/ExprBuilder.h"

namespace mixc {

/// f'(x) of y = f(x), a unary node; null where it is 0 everywhere.
Expr *derivativeOf(ExprBuilder &make, Expr *y);
/// bar .* dz/dx of z = f(x, y), a binary node, or dz/dy; one entry for each of z's.
Expr *partialOf(ExprBuilder &make, Expr *z, bool byFirst, Expr *bar);
/// x where it is not 0, and 1 where it is: a denominator.
Expr *oneAtZero(ExprBuilder &make, Expr *x);

} // namespace mixc

#endif
