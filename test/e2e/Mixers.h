// The mixers under test and the arguments they are tested with.
#ifndef MIXC_TEST_E2E_MIXERS_H
#define MIXC_TEST_E2E_MIXERS_H

#include "dialect/mix/Sample.h"
#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace mixc::test {

/// What in a mixer's arguments is the decay of its state.
struct Fading {
  /// The input or param that the decay regimes are put on; empty: the state never fades.
  std::string decay = "";
  /// The value of an input `decay` that clears the state, if there is one.
  std::optional<double> reset = std::nullopt;
  /// Puts a regime on a decay that is computed from values without an interval; null: the sampler does it.
  void (*setRegime)(mix::Call &call, mix::Decay regime) = nullptr;
  /// Is there a gradient at a reset?
  bool hasSlope = true;

  /// The regime, or another one where gradients are asked for and there are none.
  mix::Decay withSlope(mix::Decay regime) const {
    return regime == mix::Decay::Resets && !hasSlope ? mix::Decay::Mild : regime;
  }
};

struct TestMixer {
  std::string name;
  std::string keyDim = "K", valueDim = "V"; // valueDim: empty where there is but one dim
  Fading fading = {};
  /// Where it is written; empty: examples/NAME/NAME.mix.
  std::string file = "";
  /// Numbers for all dims, whatever they are called; empty: for a key and a value, as a test says.
  std::map<std::string, int64_t> allDims = {};

  std::string path() const;
  std::map<std::string, int64_t> dims(int64_t key, int64_t value) const {
    return allDims.empty() ? std::map<std::string, int64_t>{{keyDim, key}, {valueDim, value}} : allDims;
  }
  /// The same with other numbers for its first and its second dim.
  TestMixer sized(int64_t key, int64_t value) const;
  /// The regimes that its inputs reach.
  std::vector<mix::Decay> regimes() const;
};

/// What is known of an example's decay; of most there is nothing to know, as it is an input in [0, 1].
Fading fadingOf(const std::string &example);

/// Examples of every kind that have one memory `H` of a key and a value, and an output `y`.
const std::vector<TestMixer> &mixers();
const TestMixer &mixerNamed(const std::string &name);
const char *regimeName(mix::Decay regime);

/// The shape of a call, its decay, and whether states are passed in.
struct CaseShape {
  int64_t key = 32, value = 32;
  int64_t batch = 1, time = 1, heads = 4, groups = 1;
  bool initial = false;
  mix::Decay regime = mix::Decay::Uniform;
  std::vector<int64_t> cuSeqlens = {};
};

/// Random arguments: the regime is put on the decay alone where that is known, on all bounded values elsewhere.
mix::Call makeCall(const TestMixer &mixer, mix::MixerOp equations, const CaseShape &shape, uint64_t seed);

/// Tokens [from, to) of a call, all sequences alike, without its initial states.
mix::Call tokensOf(const mix::Call &call, int64_t from, int64_t to);

/// Puts the tokens of a part from `from` on into an answer of `time` tokens, and takes the part's final states.
void appendTokens(mix::Answer &whole, const mix::Answer &part, int64_t from, int64_t time);

/// Tokens of one memory that hardly fades, of any number.
mix::Decay nearOne(const TestMixer &mixer);

/// For tests over all mixers: the parameter is a name.
inline std::vector<std::string> mixerNames() {
  std::vector<std::string> names;
  for (const TestMixer &mixer : mixers())
    names.push_back(mixer.name);
  return names;
}
inline std::string testName(const testing::TestParamInfo<std::string> &info) { return info.param; }

} // namespace mixc::test

#endif
