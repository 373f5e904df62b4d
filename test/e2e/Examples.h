// The mixers of a file, read off its text: a new example is under test without a line here.
#ifndef MIXC_TEST_E2E_EXAMPLES_H
#define MIXC_TEST_E2E_EXAMPLES_H

#include "test/e2e/Mixers.h"

namespace mixc::test {

/// With small dims: no two alike, some of them no whole number of vectors.
std::vector<TestMixer> mixersOf(const std::string &path);

/// NAME.mix of all folders NAME of examples/ that have one, in order.
std::vector<std::string> exampleFiles();

/// The mixers of all examples.
const std::vector<TestMixer> &exampleMixers();
std::vector<std::string> exampleNames();
const TestMixer &exampleNamed(const std::string &name);

} // namespace mixc::test

#endif
