// The smallest mixer found that still fails in the same way.
#ifndef MIXC_TEST_RANDOM_SHRINK_H
#define MIXC_TEST_RANDOM_SHRINK_H

#include "test/random/Judge.h"

namespace mixc::random {

struct Failure {
  Mixer mixer;
  Trial trial;
  std::string rule; // of a rewrite; empty: the mixer itself fails
  Verdict verdict;
};

/// Drops outputs, lets and terms, and tries smaller dims, while the kind of the verdict stays. Stops after `seconds`.
Failure shrink(Failure failure, double seconds);

} // namespace mixc::random

#endif
