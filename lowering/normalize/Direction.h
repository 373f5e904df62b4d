// Directions: vectors along which a memory is read or written, freed of their scalar factors.
//
//     v = c x        H v = c (H x)        w v' = (c w) x'
//
// so that directions that differ by a factor are one direction: one read, one write. A factor that is computed from x
// itself stays with it (x / |x|: the normalised vector is what reads and writes share), unless only `core` is left.
#ifndef MIXC_LOWERING_NORMALIZE_DIRECTION_H
#define MIXC_LOWERING_NORMALIZE_DIRECTION_H

#include "lowering/normalize/Expressions.h"

namespace mixc::normalize {

struct Scaled {
  Value factor; // null is 1
  Value vector;
};

/// v = c x with c as large as it gets without touching a normalisation of x.
Scaled strip(Expressions &expressions, Value v);
/// v = c x with c as large as it gets.
Scaled core(Expressions &expressions, Value v);
/// Is `value` computed from `origin`?
bool isComputedFrom(Value value, Value origin);

} // namespace mixc::normalize

#endif
