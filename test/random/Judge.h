// Holds everything that the compiler makes of a mixer against the float64 interpreter of its equations.
#ifndef MIXC_TEST_RANDOM_JUDGE_H
#define MIXC_TEST_RANDOM_JUDGE_H

#include "test/random/Mixer.h"
#include <chrono>

namespace mixc::random {

/// On what a mixer is tried: numbers for its dims, a chunk size (0: chosen), a seed for the arguments.
struct Trial {
  int64_t K = 5, V = 5, chunk = 0;
  std::vector<int64_t> lengths = {1, 17};
  uint64_t seed = 0;
  bool compiled = false;
  int64_t repeated = 0; // tokens of one more call, whose gates repeat values near 1; of mixers that are compiled
  std::string text() const;
  std::map<std::string, int64_t> dims() const { return {{"K", K}, {"V", V}}; }
};
Trial drawTrial(uint64_t seed, bool compiled, const Mixer &mixer);

/// What was found. `kind` is empty if all is well; `findings` are the components with their classes, one a line,
/// sorted.
struct Verdict {
  std::string kind = {}, message = {}, findings = {};
  std::vector<std::string> marks = {};
  std::map<std::string, int64_t> rules = {}; // uses of rewrite rules
};

/// How the marks begin of what was beyond the ceiling of Tolerance: right was not told from wrong.
constexpr const char *saysNothing = "says nothing: ";

/// The mixer, in a process of its own: a crash or a loop without end is a verdict too.
Verdict judge(const Mixer &mixer, const Trial &trial);
/// The same class and number of writes, and the same numbers, after one use of a rule (any use, or the one chosen)?
Verdict judgeRewrites(const Mixer &mixer, const std::string &rule, const Trial &trial,
                      std::optional<size_t> use = std::nullopt);

} // namespace mixc::random

#endif
