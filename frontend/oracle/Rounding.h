// The numbers that the caller's arrays hold, for interpreter and kernels alike.
#pragma once
#include "dialect/mix/Backward.h"

namespace mixc {

/// Rounds a call's numbers to what its mixer's arrays hold: what the kernels see, the interpreter sees too.
void roundToStorage(mix::MixerOp mixer, mix::Call &call);
/// The same of cotangents, which have the types of what they are the cotangents of.
void roundToStorage(mix::MixerOp mixer, mix::Cotangents &cotangents);

/// `f32`, `bf16` or `f16` of an output or state.
std::string elementTypeOf(mix::MixerOp mixer, const std::string &name);

} // namespace mixc
