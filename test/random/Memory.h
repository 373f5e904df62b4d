// One matrix memory H: an update composed of random steps, each spelt in a random way, and the class it promises.
//
//     step                          transition     writes
//     a S                           scalar
//     S diag(g)                     diagonal
//     diag(e) S, (e g') .* S        value gate
//     S + w k'                                     free
//     S (I - b k k')                               affine
//     S + b (v - S k) k'                           affine
//     S + (e .* (v - S k)) k'                      a triangle per channel
//     S + tanh(v - S k) k'                         not affine
#ifndef MIXC_TEST_RANDOM_MEMORY_H
#define MIXC_TEST_RANDOM_MEMORY_H

#include "test/random/Vocabulary.h"

namespace mixc::random {

/// Which steps an update may be made of.
struct Steps {
  bool diagonal = false, valueGate = false, channel = false, nonlinear = false;
};

class Memory {
public:
  /// Keys have dim K. `turned`: declared matrix<K, V>.
  Memory(const std::string &name, const std::string &valueDim, bool turned, Random &random, Vocabulary &words)
      : name(name), valueDim(valueDim), turned(turned), random(random), words(words) {}

  Shape shape() const { return turned ? Shape{"K", valueDim} : Shape{valueDim, "K"}; }
  Term before() const { return oldState(name, shape()); }
  Term after() const { return newState(name, shape()); }
  /// S p: V, of a state or what has become of one, in one of its spellings.
  Term read(Term S, Term p);
  /// v k', lying as the state does.
  Term outer(Term v, Term k);

  /// The update, as a chain of `count` steps; `sources`, reads of other memories, are mixed into values and keys.
  Term chain(Term S, int count, const Steps &allowed, const std::vector<Term> &sources);
  Promise promise() const;
  /// What the state is between two steps of a chain, named.
  const std::vector<Term> &halfway() const { return stages; }

private:
  Term step(Term S, const Steps &allowed);
  Term scaled(Term S);
  Term delta(Term S);
  Term erased(Term S);
  Term written(Term S);
  Term value();
  Term key();
  void wrote(int kind) { writeKind = std::max(writeKind, kind), ++writes; }

  const std::string name, valueDim;
  const bool turned;
  Random &random;
  Vocabulary &words;
  std::vector<Term> sources, stages;
  int64_t writes = 0;
  int writeKind = 0; // free, affine, channel, nonlinear
  bool diagonal = false, valueGate = false;
};

} // namespace mixc::random

#endif
