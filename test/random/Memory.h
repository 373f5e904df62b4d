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
  /// `turned`: declared matrix<K, V>.
  Memory(const std::string &name, bool turned, Mixer &mixer, Random &random, Vocabulary &words)
      : name(name), turned(turned), mixer(mixer), random(random), words(words) {}

  Shape shape() const { return turned ? Shape{"K", "V"} : Shape{"V", "K"}; }
  Term before() const { return oldState(name, shape()); }
  Term after() const { return newState(name, shape()); }
  /// S p: V, of a state or what has become of one, in one of its spellings.
  Term read(Term S, Term p);
  /// v k', lying as the state does.
  Term outer(Term v, Term k);

  /// The update, as a chain of `count` steps; `source` is mixed into values: reads of other memories.
  Term chain(Term S, int count, const Steps &allowed, const std::vector<Term> &sources);
  const Promise promise() const;

private:
  Term step(Term S, const Steps &allowed);
  Term scaled(Term S);
  Term delta(Term S);
  Term erased(Term S);
  Term written(Term S);
  Term value();
  void wrote(int kind) { writeKind = std::max(writeKind, kind), ++writes; }

  std::string name;
  bool turned;
  Mixer &mixer;
  Random &random;
  Vocabulary &words;
  std::vector<Term> sources;
  int64_t writes = 0;
  int writeKind = 0; // free, affine, channel, nonlinear
  bool diagonal = false, valueGate = false;
};

} // namespace mixc::random

#endif
