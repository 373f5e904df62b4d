#include "lowering/Rules.h"
#include <mutex>

namespace mixc {

std::atomic<bool> rules::counted = false;

static std::mutex mutex;
static std::map<std::string, int64_t> counts;

void rules::count(llvm::StringRef rule) {
  std::lock_guard<std::mutex> lock(mutex);
  ++counts[rule.str()];
}

void countRules() {
  std::lock_guard<std::mutex> lock(mutex);
  counts.clear();
  rules::counted = true;
}

std::map<std::string, int64_t> ruleCounts() {
  std::lock_guard<std::mutex> lock(mutex);
  return counts;
}

} // namespace mixc
