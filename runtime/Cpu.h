// What the runtime asks of the processor: which instructions it has, how many run at once, and how it treats tiny
// numbers.
#ifndef MIXC_RUNTIME_CPU_H
#define MIXC_RUNTIME_CPU_H

#include "runtime/abi.h"
#include <immintrin.h>

namespace mixrt {

/// The instructions of this machine, by line of MIXRT_FEATURES.
uint64_t machineFeatures();
/// The LLVM name of the lowest feature of the set.
const char *featureName(uint64_t features);

/// Processors that this process may use; the same answer throughout the process, whatever thread asks, so that a
/// workspace sized by one is enough for another.
int64_t processorCount();

/// Within its scope: results and operands below 2^-126 count as zero (a decaying state would otherwise run a hundred
/// times slower), rounding is to nearest, and no floating-point exception traps. Afterwards the thread's mode and flags
/// are what they were.
class FlushDenormals {
public:
  FlushDenormals() : before(_mm_getcsr()) {
    _mm_setcsr(0x1f80 /* default, all masked */ | 0x8000 /* FTZ */ | 0x40 /* DAZ */);
  }
  ~FlushDenormals() { _mm_setcsr(before); }
  FlushDenormals(const FlushDenormals &) = delete;
  FlushDenormals &operator=(const FlushDenormals &) = delete;

private:
  unsigned before;
};

} // namespace mixrt

#endif
