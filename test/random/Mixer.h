// A mixer as data: declarations, lets, updates and outputs, and what its construction promises.
#ifndef MIXC_TEST_RANDOM_MIXER_H
#define MIXC_TEST_RANDOM_MIXER_H

#include "test/random/Term.h"
#include <map>
#include <optional>

namespace mixc::random {

struct Argument {
  std::string name;
  Shape shape;
  bool isParam = false, perGroup = false;
  std::optional<std::pair<double, double>> interval = {};
};

struct State {
  std::string name;
  Shape shape;
  std::string start; // text; empty: zero
  Term update;
};

struct Equation {
  std::string name;
  Term value;
};

/// What must be found of a state: never a slower class nor more writes than it was built from.
struct Promise {
  bool normal = false;  // it has a normal form
  bool chunked = false; // identity or scalar transition, writes free of reads or affine in them
  int64_t writes = 0;   // at most
};

struct Mixer {
  std::vector<Argument> arguments;
  std::vector<State> states;
  std::vector<Equation> lets, outputs;
  std::map<std::string, Promise> promises; // by state
  bool chunked = false;                    // everything in it is

  std::string text() const;
  size_t size() const;
  /// Every expression, lets first.
  std::vector<Term *> terms();
  std::vector<const Term *> terms() const;
  /// Drops arguments, lets and states that no output needs.
  void prune();
};

} // namespace mixc::random

#endif
