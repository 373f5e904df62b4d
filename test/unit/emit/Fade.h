// A mixer with backward kernels written by hand, at stage `vector`:
//
//     H[t] = a H[t-1] + g x[1] x[2]        y[t] = H[t]
//
// scalars all: x a family, g per group, a a param; u is declared and read by nobody. Forward saves H[t-1].
#ifndef MIXC_TEST_UNIT_EMIT_FADE_H
#define MIXC_TEST_UNIT_EMIT_FADE_H

#include "lowering/object/Library.h"
#include <string>

namespace mixc::test {

const char *fadeText();
/// Writes its library and header, and says what they hold.
std::vector<MixerInterface> writeFade(const std::string &path);

} // namespace mixc::test

#endif
