// Counters of the rewrite rules: which of the mathematics' rules were used, and how often. Random mixers (test/random)
// must use every one. Off, and then one load of a flag, unless `countRules` switched them on.
#ifndef MIXC_LOWERING_RULES_H
#define MIXC_LOWERING_RULES_H

#include "llvm/ADT/StringRef.h"
#include <atomic>
#include <cstdint>
#include <map>
#include <string>

namespace mixc {
namespace rules {
extern std::atomic<bool> counted;
void count(llvm::StringRef rule);
} // namespace rules

/// One use of a rule; its name is written out here and nowhere else, so that a test can find all names in the sources.
inline void countRule(llvm::StringRef rule) {
  if (rules::counted.load(std::memory_order_relaxed))
    rules::count(rule);
}

/// From now on, and from zero.
void countRules();
std::map<std::string, int64_t> ruleCounts();

} // namespace mixc

#endif
