// grad(loss, X): the symbolic derivative of a scalar expression.
#ifndef MIXC_FRONTEND_SEMA_GRADIENT_H
#define MIXC_FRONTEND_SEMA_GRADIENT_H

#include "frontend/sema/ExprBuilder.h"

namespace mixc {

/// The derivative of the scalar `loss` by `variable`, a state before the token or a `let`, where it is named: directly,
/// or in lets that name it. Everything else is held. Of the type of `variable`; null if it takes more than
/// `maxExpressions` nodes.
Expr *gradient(ExprBuilder &builder, Mixer &mixer, Expr *loss, const Expr *variable, size_t maxExpressions);

} // namespace mixc

#endif
