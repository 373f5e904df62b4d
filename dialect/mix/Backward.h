// Reverse mode of the interpreter: the oracle of gradients.
#ifndef MIXC_DIALECT_MIX_BACKWARD_H
#define MIXC_DIALECT_MIX_BACKWARD_H

#include "dialect/mix/Interpreter.h"

namespace mixc::mix {

/// Cotangents of what a call writes, in the shapes of its `Answer`. A missing one is zero.
struct Cotangents {
  Arrays outputs, final;
};

/// Gradients of what a call reads, in the shapes of its `Call`: of every input and param, and of every state and
/// history, passed or not (then at the start that it had). A param that a state starts from gets the gradient of the
/// start where the state was not passed.
struct Gradients {
  Arrays inputs, params, initial;
};

/// The gradients of sum(outputs . their cotangents) + sum(final states . theirs), token by token from the last to the
/// first. What the heads of a group share gets the sum over them; the final cotangent of a per-group state counts once,
/// as the state is written once. Subgradients: those of Scalar.h, and the largest entries of a max share its cotangent.
/// With `roundToFloat32` every op's result is rounded to float32, of the mixer and of its adjoint.
llvm::Expected<Gradients> interpretBackward(MixerOp mixer, const Call &call, const Cotangents &cotangents);

} // namespace mixc::mix

#endif
