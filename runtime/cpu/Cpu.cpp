// Detection follows Intel's manual: CPUID says what the processor has, XCR0 what the system saves of it.
#include "runtime/cpu/Cpu.h"
#include "runtime/abi.h"
#include <cpuid.h>
#include <sched.h>
#include <unistd.h>

namespace {

struct Feature {
  const char *name;
  uint32_t leaf, subleaf;
  int place, bit;      // register eax ebx ecx edx, and bit in it
  uint64_t savedState; // bits of XCR0
};

constexpr Feature features[] = {
#define FEATURE(name, leaf, subleaf, place, bit, state) {name, leaf, subleaf, place, bit, state},
    MIXRT_FEATURES(FEATURE)
#undef FEATURE
};
constexpr int featureCount = sizeof features / sizeof *features;
static_assert(featureCount < 63, "bit 63 says that the set was read");

/// The state that the system saves when it switches threads: without it a register may not be used, whatever CPUID
/// says.
uint64_t savedState() {
  unsigned eax, ebx, ecx, edx;
  if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx) || !(ecx & (1u << 27 /* OSXSAVE */)))
    return 0;
  __asm__("xgetbv" : "=a"(eax), "=d"(edx) : "c"(0));
  return eax | (static_cast<uint64_t>(edx) << 32);
}

uint64_t readFeatures() {
  const uint64_t saved = savedState();
  uint64_t found = 0;
  for (int i = 0; i < featureCount; ++i) {
    const Feature &feature = features[i];
    unsigned registers[4];
    if (!__get_cpuid_count(feature.leaf, feature.subleaf, &registers[0], &registers[1], &registers[2], &registers[3]))
      continue;
    if ((registers[feature.place] >> feature.bit & 1) && (saved & feature.savedState) == feature.savedState)
      found |= uint64_t(1) << i;
  }
  return found;
}

int64_t countProcessors() {
  // The main thread's set: the caller may be a worker that somebody pinned to one processor.
  unsigned long mask[128] = {};
  if (sched_getaffinity(getpid(), sizeof mask, reinterpret_cast<cpu_set_t *>(mask)) != 0)
    return 1;
  int64_t count = 0;
  for (unsigned long word : mask)
    for (; word; word &= word - 1)
      ++count;
  return count > 0 ? count : 1;
}

} // namespace

uint64_t mixrt::machineFeatures() {
  // CPUID traps in a virtual machine, which costs microseconds: once is enough.
  static uint64_t known;
  constexpr uint64_t wasRead = uint64_t(1) << 63;
  uint64_t set = __atomic_load_n(&known, __ATOMIC_RELAXED);
  if (!set) {
    set = readFeatures() | wasRead;
    __atomic_store_n(&known, set, __ATOMIC_RELAXED);
  }
  return set & ~wasRead;
}

const char *mixrt::featureName(uint64_t set) {
  for (int i = 0; i < featureCount; ++i)
    if (set >> i & 1)
      return features[i].name;
  return "none";
}

int64_t mixrt::processorCount() {
  static int64_t known;
  int64_t count = __atomic_load_n(&known, __ATOMIC_RELAXED);
  if (count)
    return count;
  count = countProcessors();
  int64_t none = 0; // two threads may count at once: the first one's answer stands for all
  return __atomic_compare_exchange_n(&known, &none, count, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED) ? count : none;
}
