// How far a kernel's answer is from the interpreter's, and how far it may be.
#pragma once
#include "dialect/mix/Backward.h"

namespace mixc {

struct TensorError {
  std::string name; // `y`, `H.final`; of gradients `x.grad`, `H.initial.grad`
  double error;     // |y - ref| / |ref|
  double bound;     // of float32 1e-5, or four times the error of the interpreter in float32 where that is larger;
                    // of bf16 and f16 5e-3
  bool passes() const { return error <= bound; } // NaN does not

  struct Entry {
    int64_t at; // of [shape], flat
    double value;
  };
  /// The reference's first entry that float32 cannot hold, and the error of those that it can.
  std::optional<Entry> notFinite = {};
  double elsewhere = 0;
  bool isZero = false; // the reference, everywhere
  std::vector<int64_t> shape = {};

  /// The equations are to blame, as far as can be seen, and not the kernel.
  bool isBeyondReference() const { return !passes() && notFinite && elsewhere <= bound; }
};

/// A float32 kernel's error may be this many times the interpreter's that rounds every op to float32.
constexpr double roundingAllowance = 4;

/// The reference is the mixer interpreted in float64 on the same call, whose numbers are rounded to their element types;
/// each output and each final state is held against it.
/// `tokenByToken`: the answer was decoded one token a call, so a state in bf16 or f16 is rounded after each.
llvm::Expected<std::vector<TensorError>> compare(mix::MixerOp mixer, const mix::Call &call, const mix::Answer &answer,
                                                 bool tokenByToken = false);

/// The same of gradients, those of all inputs, params and states, against `interpretBackward`. A gradient whose reference
/// is below 1e-6 of the largest one is held against that one: its error is |y - ref| / |largest ref|.
llvm::Expected<std::vector<TensorError>> compareGradients(mix::MixerOp mixer, const mix::Call &call,
                                                          const mix::Cotangents &cotangents,
                                                          const mix::Gradients &gradients);

/// The error of the interpreter rounding every op to float32, by tensor: the largest over the call and `others` that are
/// as good, the same numbers but for one float32 rounding of each.
llvm::Expected<std::map<std::string, double>> roundingErrors(mix::MixerOp mixer, const mix::Call &call, int others = 0);

/// The same of gradients, at this call alone: what compareGradients holds them against first.
llvm::Expected<std::map<std::string, double>> gradientRoundingErrors(mix::MixerOp mixer, const mix::Call &call,
                                                                     const mix::Cotangents &cotangents);

/// |y - ref|_2 / |ref|_2. Entries that are equal differ by 0, infinities too, and so do those that differ by at most
/// `negligible`; of a zero reference it is |y|_2.
double relativeError(const mix::Array &y, const mix::Array &reference, double negligible = 0);

} // namespace mixc
