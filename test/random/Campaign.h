// Many random mixers, one after the other.
#ifndef MIXC_TEST_RANDOM_CAMPAIGN_H
#define MIXC_TEST_RANDOM_CAMPAIGN_H

#include "test/random/Selection.h"
#include "test/random/Shrink.h"
#include "llvm/Support/raw_ostream.h"

namespace mixc::random {

struct Campaign {
  int64_t count = 100;
  uint64_t seed = 0; // of the first mixer; the next one's is one more
  int64_t compileEvery = 0;
  int64_t repeated = 0; // tokens with gates that repeat, of those that are compiled; 0: none
  Selection selection = {};
  double seconds = 0; // 0: no limit
  double shrinkSeconds = 30;
  int64_t shrinkEach = 2; // failures of one kind that are made small
  bool untilFailure = false;
  std::string folder = ""; // failures are written there as well
};

struct Tally {
  int64_t mixers = 0, passed = 0, compiled = 0, rewrites = 0;
  int64_t saidNothing = 0; // mixers of which some tensor, in some trial, is chaos: right is not told from wrong
  /// Chaos is a reason to look at the generator where more than one mixer in fifty is.
  bool saysEnough() const { return saidNothing * 50 <= mixers; }
  std::map<std::string, int64_t> marks;    // constructs, classes, rewrites
  std::map<std::string, int64_t> rules;    // of the compiler, by uses
  std::map<std::string, int64_t> failures; // by kind
};

/// One mixer and three rewrites of it; every failure is printed with its seed.
Tally run(const Campaign &campaign, llvm::raw_ostream &out);
/// The compiler's rewrite rules, as the sources name them.
std::vector<std::string> knownRules();
void print(const Tally &tally, llvm::raw_ostream &out);

} // namespace mixc::random

#endif
