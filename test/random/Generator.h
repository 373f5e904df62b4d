// Random mixers, the same for the same seed.
#ifndef MIXC_TEST_RANDOM_GENERATOR_H
#define MIXC_TEST_RANDOM_GENERATOR_H

#include "test/random/Mixer.h"
#include "test/random/Selection.h"

namespace mixc::random {

struct Generated {
  Mixer mixer;
  std::set<std::string> marks; // constructs that it has
};

/// Every construct that can be selected.
std::vector<std::string> constructNames();
Generated generate(uint64_t seed, const Selection &selection = {});

} // namespace mixc::random

#endif
