// What is said of a reference that is not finite: where, and why. It is the equations that are to blame then, not a
// kernel.
#pragma once
#include "dialect/mix/FirstNotFinite.h"
#include "frontend/oracle/Compare.h"

namespace mixc {

/// `y` is nan at [batch 0, token 12, head 1].
std::string placeOfNotFinite(const TensorError &tensor);
/// Why, if it can be found: the first op, or the array, that leaves float32, with the numbers that it had.
std::string reasonOfNotFinite(const TensorError &tensor, const mix::NotFinite &found);
/// What a tensor has a number for.
enum class Per { OutputToken, Token, Sequence, Head };

/// Fills in what the reference says of the comparison: whether it is 0, its first entry beyond float32, and the error
/// where the interpreter's values were all finite up to there: of outputs before the first token that was not, of each
/// sequence and head; of states and gradients in those that have none. `y` is null if there is none.
void describeReference(TensorError &error, Per per, const mix::Array *y, const mix::Array &reference,
                       const mix::Call &call, llvm::function_ref<const mix::NotFinite &()> found);

} // namespace mixc
