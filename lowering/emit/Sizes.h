// Bytes as formulas of a call's counts, for callers who have to know them before there is a call: text with the names
// of counts, whole numbers, `+`, `*`, `/` (rounding down) and parentheses. runtime/call/Memory.cpp has the numbers
// themselves; a test holds the two together.
#ifndef MIXC_LOWERING_EMIT_SIZES_H
#define MIXC_LOWERING_EMIT_SIZES_H

#include "lowering/emit/Interface.h"

namespace mixc {

/// Of a tensor without strides: `4096 * batch * time * heads`.
std::string tensorBytes(const TensorInfo &tensor);
/// What NAME_saved_size says.
std::string savedBytes(const MixerInterface &mixer);
/// What the entry's workspace_size says for a call without strides, or more: less where there are fewer items than
/// `threads`, or where a sum has one part. `longest` is the longest sequence; it is named only with `replays`: backward
/// without `saved`.
std::string workspaceBytes(const EntryInfo &entry, bool replays);

} // namespace mixc

#endif
