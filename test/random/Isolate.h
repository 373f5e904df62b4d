// A function in a process of its own.
#ifndef MIXC_TEST_RANDOM_ISOLATE_H
#define MIXC_TEST_RANDOM_ISOLATE_H

#include "test/random/Judge.h"

namespace mixc::random {

/// A crash or more than `seconds` of processor time gives the verdict `crash` or `timeout`.
Verdict isolate(const std::function<Verdict()> &work, int seconds);

} // namespace mixc::random

#endif
