// The library's threads: started when first needed, asleep when idle, shared by all calls, built anew in a forked
// child, and ended when the library is closed.
#ifndef MIXC_RUNTIME_POOL_H
#define MIXC_RUNTIME_POOL_H

#include <stdint.h>

namespace mixrt {

/// Calls body(argument, index) on several threads at once: index 0 on this one, 1 ... count - 1 on threads of the pool
/// *as far as they are free before body(argument, 0) returns*. So every body must take its share of the work from a
/// common counter until none is left. Returns when all have returned. May be called from several threads at once.
void runOnPool(int64_t count, void (*body)(void *argument, int64_t index), void *argument);

} // namespace mixrt

#endif
