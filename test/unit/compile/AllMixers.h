// Every mixer of examples/ and of language.mix.
#ifndef MIXC_TEST_UNIT_COMPILE_ALLMIXERS_H
#define MIXC_TEST_UNIT_COMPILE_ALLMIXERS_H

#include <cstdint>
#include <map>
#include <ostream>
#include <string>
#include <vector>

namespace mixc::test {

struct InFile {
  std::string path, mixer, name;       // name: of a test, as two files may each have a mixer of one name
  std::map<std::string, int64_t> dims; // small numbers, not all alike
};

/// By name.
std::vector<InFile> allMixers();

inline void PrintTo(const InFile &mixer, std::ostream *os) { *os << mixer.mixer; }

} // namespace mixc::test

#endif
