// Random token-local terms: keys, values, decays and gates, of size at most about 1, so that memories stay bounded.
//
// Numbers are dyadic: float32 holds them, so that kernels interpreted in float64 agree to rounding.
#ifndef MIXC_TEST_RANDOM_VOCABULARY_H
#define MIXC_TEST_RANDOM_VOCABULARY_H

#include "test/random/Mixer.h"
#include "test/random/Random.h"
#include <set>

namespace mixc::random {

class Vocabulary {
public:
  Vocabulary(Mixer &mixer, Random &random, std::set<std::string> &marks) : mixer(mixer), random(random), marks(marks) {}

  /// A vector of dim `dim`, at most about 1 long.
  Term key(const std::string &dim);
  /// A vector of length 1, almost.
  Term unitKey(const std::string &dim);
  /// A vector of any functions of inputs.
  Term value(const std::string &dim);
  /// A vector of positive entries.
  Term feature(const std::string &dim);
  /// A scalar in [0, 1]: constant, a param, or from the token.
  Term decay();
  /// A scalar of either sign.
  Term scalar();
  /// A vector with entries in [0, 1].
  Term gate(const std::string &dim);
  /// A function of a vector or scalar that need not be linear and does not make it much larger.
  Term squashed(Term x);
  /// A function for outputs: norms among them.
  Term finished(Term x);

  Term input(const std::string &prefix, const Shape &shape, bool bounded = false);
  Term param(const std::string &prefix, const Shape &shape, bool bounded = false);
  /// Now and then a let of it.
  Term named(Term x, int percent = 30);
  Term bind(Term x);
  Term constant() { return number(random.pick({0.125, 0.25, 0.5, 0.75, 0.875})); }
  void mark(const std::string &what) { marks.insert(what); }

private:
  Term argument(const std::string &prefix, const Shape &shape, bool bounded, bool isParam);

  Mixer &mixer;
  Random &random;
  std::set<std::string> &marks;
};

} // namespace mixc::random

#endif
