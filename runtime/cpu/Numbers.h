// Numbers as memory has them. Conversions are ours: the compiler's, of 16 bits, would be calls of its own runtime.
#ifndef MIXC_RUNTIME_CPU_NUMBERS_H
#define MIXC_RUNTIME_CPU_NUMBERS_H

#include "runtime/abi.h"

namespace mixrt {

/// `type`: a mixrt_element_type. To the nearest number, of two the even one; what overflows is infinite.
void storeNumber(float number, int64_t type, void *place);
float loadNumber(const void *place, int64_t type);

} // namespace mixrt

#endif
