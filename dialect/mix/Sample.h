// Random arguments for a mixer: what `mixc run` reads when it is given none, and what the tests use.
#ifndef MIXC_DIALECT_MIX_SAMPLE_H
#define MIXC_DIALECT_MIX_SAMPLE_H

#include "dialect/mix/Backward.h"

namespace mixc::mix {

/// Where in its interval `in [lo, hi]` a bounded value lies: the decay regimes that tests need.
enum class Decay {
  Uniform,  // anywhere, and for inputs exactly lo at one token in fifty
  NearHigh, // in the upper 2 %: what is carried between chunks hardly fades
  Mild,     // in the upper half, the top 2 % aside
  Strong,   // in the lower 30 %
  Resets,   // as NearHigh, but exactly lo at one token in eight (and at one token at least)
  High,     // exactly hi
  // One number for a whole tensor, a millionth to a thousandth of the interval below hi: what rounding does repeats.
  Alike,
  Mixed // that number, hi, a millionth below it, and the upper 2 %, by turns; exactly lo at one token in five hundred
};

struct SampleOptions {
  Decay decay = Decay::Uniform;
  /// Also give initial states: what a few other random tokens leave, so that they are states the mixer can reach.
  bool initialStates = false;
  /// Pack the sequences into one (batch must be 1): see Call.
  std::vector<int64_t> cuSeqlens = {};
};

/// Random inputs and params: vectors and rows of matrices of unit length, so that a state which goes through a matrix
/// is no chaos; bounded values in their interval as `options` says, the rest normal; all float32 numbers. The same seed
/// gives the same numbers on every machine, and a tensor's do not depend on the others. Every dim of the mixer must be
/// bound, by `dims` or by the mixer.
Call sample(MixerOp mixer, const std::map<std::string, int64_t> &dims, int64_t batch, int64_t length, int64_t heads,
            int64_t groups, uint64_t seed, const SampleOptions &options = {});

/// Random cotangents of all outputs and final states, histories included: normal float32 numbers, as independent of
/// each other and of the machine as those of `sample`. None for a call that the interpreter refuses.
Cotangents sampleCotangents(MixerOp mixer, const Call &call, uint64_t seed);

} // namespace mixc::mix

#endif
