// How far a kernel's answer is from the interpreter's, and how far it may be.
#pragma once
#include "dialect/mix/Backward.h"
#include "frontend/oracle/Tolerance.h"
#include <functional>
#include <random>

namespace mixc {

struct TensorError {
  std::string name; // `y`, `H.final`; of gradients `x.grad`, `H.initial.grad`
  double error;     // |y - ref| / |ref|
  Tolerance tolerance;
  Finding finding() const { return tolerance.of(error); }
  bool passes() const { return finding() == Finding::Agrees; }

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
  bool isBeyondReference() const {
    return finding() == Finding::Disagrees && notFinite && elsewhere <= tolerance.bound;
  }
};

/// Which tokens' outputs count: (batch, token, head); null: all.
using TokenFilter = std::function<bool(int64_t batch, int64_t token, int64_t head)>;

/// The errors of the interpreter that rounds every op to float32, by tensor: at a call, and at others that are as good,
/// the same numbers but for one float32 rounding of each. One call after the other, as they are asked for.
class Yardstick {
public:
  using Errors = std::map<std::string, double>;
  using Measure = std::function<llvm::Expected<Errors>(const mix::Call &call)>;
  Yardstick(mix::Call call, Measure measure) : call(std::move(call)), measure(std::move(measure)) {}

  /// The largest of the first `count` calls.
  llvm::Expected<Errors> largestOf(int count);

private:
  mix::Call call;
  Measure measure;
  std::minstd_rand random{1};
  std::vector<Errors> largest; // of the first, the first two, ...
};

/// What the interpreter makes of a call, in float64: the reference of any number of kernels. Nothing is interpreted
/// before it is needed, or twice; what float32 costs only where an answer is further off than sums in float32 are.
class Reference {
public:
  Reference(mix::MixerOp mixer, mix::Call call, TokenFilter filter = nullptr);
  Reference(const Reference &) = delete;

  /// Each output and each final state is held against it.
  /// `tokenByToken`: the answer was decoded one token a call, so a state in bf16 or f16 is rounded after each.
  llvm::Expected<std::vector<TensorError>> compare(const mix::Answer &answer, bool tokenByToken = false);

private:
  llvm::Expected<const mix::Answer *> answerOf(bool roundsStates);

  mix::MixerOp mixer;
  mix::Call call;
  TokenFilter filter;
  std::optional<mix::Answer> exact, byToken;
  Yardstick yardstick;
};

/// The same of gradients, those of all inputs, params and states, against `interpretBackward`. A gradient whose
/// reference is below 1e-6 of the largest one is held against that one: its error is |y - ref| / |largest ref|.
class GradientReference {
public:
  GradientReference(mix::MixerOp mixer, mix::Call call, mix::Cotangents cotangents);
  GradientReference(const GradientReference &) = delete;

  llvm::Expected<std::vector<TensorError>> compare(const mix::Gradients &gradients);

private:
  llvm::Expected<const mix::Gradients *> gradients();

  mix::MixerOp mixer;
  mix::Call call;
  mix::Cotangents cotangents;
  std::optional<mix::Gradients> exact;
  Yardstick yardstick;
};

/// One answer alone.
llvm::Expected<std::vector<TensorError>> compare(mix::MixerOp mixer, const mix::Call &call, const mix::Answer &answer,
                                                 bool tokenByToken = false);
llvm::Expected<std::vector<TensorError>> compareGradients(mix::MixerOp mixer, const mix::Call &call,
                                                          const mix::Cotangents &cotangents,
                                                          const mix::Gradients &gradients);

/// The error of the interpreter rounding every op to float32, by tensor: the largest over the call and `others` that
/// are as good, the same numbers but for one float32 rounding of each.
llvm::Expected<Yardstick::Errors> roundingErrors(mix::MixerOp mixer, const mix::Call &call, int others = 0);

/// The same of gradients, at this call alone: what compareGradients holds them against first.
llvm::Expected<Yardstick::Errors> gradientRoundingErrors(mix::MixerOp mixer, const mix::Call &call,
                                                         const mix::Cotangents &cotangents);

/// |y - ref|_2 / |ref|_2. Entries that are equal differ by 0, infinities too, and so do those that differ by at most
/// `negligible`; of a zero reference it is |y|_2.
double relativeError(const mix::Array &y, const mix::Array &reference, double negligible = 0);

} // namespace mixc
