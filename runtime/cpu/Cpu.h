// How the processor treats tiny numbers while kernels run.
#ifndef MIXC_RUNTIME_CPU_CPU_H
#define MIXC_RUNTIME_CPU_CPU_H

#include "runtime/call/Machine.h"
#include <immintrin.h>

namespace mixrt {

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
