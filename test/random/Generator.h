// Random mixers, the same for the same seed.
#ifndef MIXC_TEST_RANDOM_GENERATOR_H
#define MIXC_TEST_RANDOM_GENERATOR_H

#include "test/random/Mixer.h"
#include <set>

namespace mixc::random {

struct Generated {
  Mixer mixer;
  std::set<std::string> marks; // constructs that it has
};

Generated generate(uint64_t seed);

} // namespace mixc::random

#endif
