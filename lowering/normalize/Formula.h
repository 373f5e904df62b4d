// Readable mathematics: a value as the language would write it, in the user's names.
#ifndef MIXC_LOWERING_NORMALIZE_FORMULA_H
#define MIXC_LOWERING_NORMALIZE_FORMULA_H

#include "dialect/mix/Mix.h"
#include <string>

namespace mixc::normalize {

/// `beta * (v - r0) * key'`; states are `H[t-1]`, a component's results `r0` and `w0` (`H.r0` if the mixer has
/// several).
std::string formula(mlir::Value value);

/// The formula between backquotes, shortened to fit a message.
std::string quotedFormula(mlir::Value value);
std::string quoted(mlir::Operation *op);

} // namespace mixc::normalize

#endif
