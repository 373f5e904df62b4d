// Makes the states of a random mixer, one construct at a time. Each construct declares states with what their
// construction promises, and leaves what it reads from them in `reads` for outputs and for later constructs.
#ifndef MIXC_TEST_RANDOM_BUILDER_H
#define MIXC_TEST_RANDOM_BUILDER_H

#include "test/random/Memory.h"

namespace mixc::random {

class Builder {
public:
  Builder(uint64_t seed, const Selection &selection) : random(seed), words(mixer, random, marks, selection) {
    mixer.count = random.pick({1, 2, 2, 3});
    mixer.rank = random.pick({1, 2, 2, 3});
  }

  // Memories (Memories.cpp): all in normal form.
  void memory() { memory(anySteps(), reads); }
  void sideBySide();
  void cascade();
  void normaliser();
  void momentum();
  void bonus();
  void oneRow();
  void rotation();
  void trapezoid();
  void mixing();
  void joined();
  void oja();
  // Of these the states that are memories alone (Sequential.cpp).
  void stabilised();
  void fullGate();
  void vectorScan();
  void semiring();
  void complexScan();
  void minimalGate();
  void dense();
  void lstm();
  void gru();
  void deepMemory();
  void ownGate();
  void wholeState();
  void constantMatrix();

  void outputs();

  Mixer mixer;
  std::set<std::string> marks;

private:
  Steps anySteps();
  std::string freshState() { return std::string(1, static_cast<char>('A' + mixer.states.size())); }
  std::string anyKeyDim();
  /// A memory with keys of dim K, or another, that is not declared yet.
  Memory fresh(const std::string &valueDim, const std::string &keyDim, bool turned);
  Memory memory(const Steps &allowed, const std::vector<Term> &sources);
  void declare(const std::string &name, const Shape &shape, Term update, const Promise &promise, bool mayStart = true);
  /// A read of a memory before the token, after it, between two steps, or at the end; under a gate of the values, and
  /// of states that mix, more often a late one, which is rare otherwise.
  Term readOf(Memory &memory, int latePercent = 8);
  /// Reads that no write uses: two hops, the other axis, all entries, P vectors at once.
  Term lateRead(Memory &memory, Term S);
  void keep(const Term &read);
  /// A gate for every entry of a memory, now and then made of vectors.
  Term gateOf(const Shape &shape);
  /// Declares a state that is no memory, and keeps a read of it.
  void sequential(const std::string &name, Term state, Term update, Term read, bool mayStart = true);
  /// A param that keeps a vector's size, as a factor.
  Term weights(const std::string &dim, Term x) { return number(0.125) * (words.param("m", {dim, dim}) * x); }
  Term scaled(bool isScaled, Term S) { return isScaled ? words.decay() * S : S; }

  Random random;
  Vocabulary words;
  std::vector<Term> reads, ends; // `ends` need the end of the sequence: for outputs alone
};

} // namespace mixc::random

#endif
