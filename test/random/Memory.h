// One matrix memory H: an update composed of random steps, each spelt in a random way, and the class it promises.
//
//     step                                  transition     writes
//     a S                                   scalar
//     S diag(g)                             diagonal
//     diag(e) S, (e g') .* S                value gate
//     S + w k', S + X B'                                   free
//     S (I - b k k')                                       affine
//     S + b (v - S k) k', S - b grad(loss, S)              affine
//     S + (e .* (v - S k)) k'                              a triangle per channel
//     S + tanh(v - S k) k'                                 not affine
//     n of these, for j in 1..n                            n of them
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
  /// `turned`: declared matrix<keys, values>.
  Memory(const std::string &name, const std::string &valueDim, const std::string &keyDim, bool turned, Mixer &mixer,
         Random &random, Vocabulary &words)
      : name(name), valueDim(valueDim), keyDim(keyDim), turned(turned), mixer(mixer), random(random), words(words) {}

  Shape shape() const { return turned ? Shape{keyDim, valueDim} : Shape{valueDim, keyDim}; }
  Term before() const { return oldState(name, shape()); }
  Term after() const { return newState(name, shape()); }
  Term atEnd() const { return endOfState(name, shape()); }
  /// [values, keys], however the state lies.
  Term flat(Term S) const { return turned ? transpose(S) : S; }
  /// S p: V, of a state or what has become of one, in one of its spellings.
  Term read(Term S, Term p);
  /// v k', lying as the state does; of vectors or of matrices of P columns.
  Term outer(Term v, Term k);

  /// The update, as a chain of `count` steps; `sources`, reads of other memories, are mixed into values and keys.
  Term chain(Term S, int count, const Steps &allowed, const std::vector<Term> &sources);
  Term step(Term S, const Steps &allowed);
  Promise promise() const { return promised; }
  /// What the state is between two steps of a chain, named.
  const std::vector<Term> &halfway() const { return stages; }
  /// A value that the chain writes, or none.
  const Term &lastWritten() const { return lastValue; }

  const std::string name, valueDim, keyDim;

private:
  Term scaled(Term S);
  Term gated(Term S, const Steps &allowed);
  Term delta(Term S);
  Term erased(Term S);
  Term written(Term S);
  Term notScalar(Term S, bool isChannel);
  Term family(Term S);
  Term manyColumns(Term S);
  Term descended(Term S, const Steps &allowed);
  Term value();
  Term key();
  Term times(Term S, Term symmetric) { return turned ? symmetric * S : S * symmetric; }
  void wrote(Writes kind, int64_t count = 1) {
    promised.writes = std::max(promised.writes, kind), promised.count += count;
  }

  const bool turned;
  Mixer &mixer;
  Random &random;
  Vocabulary &words;
  std::vector<Term> sources, stages;
  Term lastValue;
  bool isErased = false;
  Promise promised{.normal = true};
};

} // namespace mixc::random

#endif
