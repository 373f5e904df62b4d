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
  std::string members = {}; // of a family: `1..n`
};

struct State {
  std::string name;
  Shape shape;
  std::string start; // text; empty: zero; a number, I or the name of a param
  Term update;
  bool perGroup = false;
};

struct Equation {
  std::string name;
  Term value;
  std::string range = {}; // of a family of lets: `j in 1..n`
};

enum class Transition { Scalar, Diagonal };
enum class Writes { Free, Affine, Channel, Nonlinear };

/// What must be found of a state: never a slower class nor more writes than it was built from.
struct Promise {
  bool normal = false; // it has a normal form, and so a chunk program
  int64_t count = 0;   // of writes, at most
  Writes writes = Writes::Free;
  Transition transition = Transition::Scalar;
  bool valueGate = false;
};

struct Mixer {
  std::vector<Argument> arguments;
  std::vector<State> states;
  std::vector<Equation> lets, outputs;
  std::map<std::string, Promise> promises; // by state
  bool isWide = false;                     // it has states of more than K * V entries
  int64_t count = 2, rank = 2;             // of families, n; of matrices that are read along, P

  /// Has every state a normal form, by construction?
  bool isChunkable() const;
  /// Does some write correct what was read?
  bool isErasing() const;
  /// Is something divided by its norm?
  bool hasNorm() const;
  /// Does it have functions with two slopes?
  bool hasKink() const;

  std::string text() const;
  size_t size() const;
  /// Families of lets and sums over one.
  size_t families() const;
  /// Every expression, lets first.
  std::vector<Term *> terms();
  std::vector<const Term *> terms() const;
  /// Drops arguments, lets and states that no output needs.
  void prune();
};

} // namespace mixc::random

#endif
