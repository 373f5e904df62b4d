// Sequences run at once: none writes a slot that another writes, too, nor one that another reads.
#ifndef MIXC_RUNTIME_CALL_SLOTS_H
#define MIXC_RUNTIME_CALL_SLOTS_H

#include "runtime/call/Call.h"

namespace mixrt {

/// Every slot is of the pool. `inPlace`: states end in the memory where they start.
mix_status checkRaces(const Call &call, bool inPlace);

} // namespace mixrt

#endif
