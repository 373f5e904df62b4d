// What the checks of a call ask of the machine that it runs on.
#ifndef MIXC_RUNTIME_CALL_MACHINE_H
#define MIXC_RUNTIME_CALL_MACHINE_H

#include <stdint.h>

namespace mixrt {

/// The instructions of this machine, by line of MIXRT_FEATURES.
uint64_t machineFeatures();
/// The LLVM name of the lowest feature of the set.
const char *featureName(uint64_t features);

/// Processors that this process may use; the same answer throughout the process, whatever thread asks, so that a
/// workspace sized by one is enough for another.
int64_t processorCount();

} // namespace mixrt

#endif
