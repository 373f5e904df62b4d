// Random token-local terms: keys, values, decays and gates, of size at most about 1, so that memories stay bounded.
//
// Numbers are dyadic: float32 holds them, so that kernels interpreted in float64 agree to rounding.
#ifndef MIXC_TEST_RANDOM_VOCABULARY_H
#define MIXC_TEST_RANDOM_VOCABULARY_H

#include "test/random/Mixer.h"
#include "test/random/Random.h"
#include "test/random/Selection.h"
#include <set>

namespace mixc::random {

class Vocabulary {
public:
  Vocabulary(Mixer &mixer, Random &random, std::set<std::string> &marks, const Selection &selection)
      : mixer(mixer), random(random), marks(marks), selection(selection) {}

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

  /// Now and then of an earlier token.
  Term input(const std::string &prefix, const Shape &shape, bool bounded = false);
  Term param(const std::string &prefix, const Shape &shape, bool bounded = false);
  /// x[j] of a family x[1..n] of inputs; `members`: other bounds.
  Term member(const std::string &prefix, const Shape &shape, bool bounded = false, const std::string &members = "1..n",
              bool isParam = false);
  /// A matrix whose norm is less than 1.
  Term contraction(Term x) { return named(x / (number(1) + call("norm", {x}, {})), 100); }
  /// Now and then a let of it.
  Term named(Term x, int percent = 30);
  Term bind(Term x);
  Term constant() { return number(random.pick({0.125, 0.25, 0.5, 0.75, 0.875})); }
  void mark(const std::string &what) { marks.insert(what); }
  /// Shall a construct be used that is used `percent` times in a hundred?
  bool wants(const std::string &construct, int percent) {
    bool isWanted = random.chance(selection.chance(construct, percent));
    if (isWanted)
      mark(construct);
    return isWanted;
  }
  /// From now on all arguments are per group, or not.
  void useGroups(bool only) { onlyGroups = only; }

private:
  Term argument(const std::string &prefix, const Shape &shape, bool bounded, bool isParam,
                const std::string &members = "");
  /// A vector of a dim that no input has: `1 + K + K*K`, `2*K`, `K*2`.
  Term wide(const std::string &dim);
  /// A short convolution, a token shift, a let of an earlier token.
  Term ofThePast(const std::string &dim);

  Mixer &mixer;
  Random &random;
  std::set<std::string> &marks;
  const Selection &selection;
  bool onlyGroups = false;
};

} // namespace mixc::random

#endif
