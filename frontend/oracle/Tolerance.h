// How far a number may be from its reference, and why that far. Whatever is held against an interpreter is held by
// this: kernels by `mixc run` and the tests, random mixers in float64 and in float32.
#pragma once
#include "llvm/ADT/StringRef.h"

namespace mixc {

/// Why a tolerance is as wide as it is.
enum class Reason {
  Float32,      // sums in float32: 1e-5
  Rounding,     // four times the error of the interpreter that rounds every op to float32, at the same call
  Redrawn,      // the same, the largest of calls that are as good
  ElementType,  // arrays of bf16 or f16: 5e-3
  Respelt,      // four times the error of the interpreter in float32, of the same equations in another spelling
  Float64,      // the same sums in another order: 1e-11; of gradients 1e-9
  Perturbation, // ten times the change that 1e-15 of the arguments makes, in float64
  Cancellation, // what is left of larger terms is off by their rounding
  Noise,        // what should be zero is the rounding of numbers of size 1
};
llvm::StringRef nameOf(Reason reason);

/// SaysNothing: right is not told from wrong, as float32 itself is as far off. It is no pass.
enum class Finding { Agrees, Disagrees, SaysNothing };

struct Tolerance {
  double bound;
  Reason reason;

  /// An error beyond it is too much to be called agreement, whatever the reason for a larger bound: it is chaos.
  static constexpr double ceiling = 1e-2;

  static Tolerance float32() { return {1e-5, Reason::Float32}; }
  static Tolerance float64() { return {1e-11, Reason::Float64}; }
  static Tolerance gradientsInFloat64() { return {1e-9, Reason::Float64}; }
  static Tolerance elementType() { return {5e-3, Reason::ElementType}; }

  /// Wider, where there is a reason: `other` is finite and larger than the bound.
  void allow(double other, Reason why);
  /// `interpreter`: the error of the interpreter that rounds every op to float32. A kernel's may be four times that.
  void allowRounding(double interpreter, Reason why = Reason::Rounding);
  /// `change`: what 1e-15 of the arguments makes of a tensor.
  void allowPerturbation(double change);

  /// NaN disagrees with everything.
  Finding of(double error) const;
};

} // namespace mixc
