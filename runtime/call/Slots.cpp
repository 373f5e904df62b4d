#include "runtime/call/Slots.h"
#include "runtime/call/Status.h"
#include <inttypes.h>

using namespace mixrt;

namespace {

/// Slots from `first` on, as many as there are bits.
struct Window {
  static constexpr int64_t size = 1 << 14;
  int64_t first;
  uint64_t bits[size / 64] = {};

  bool has(int64_t slot) const { return slot >= first && slot - first < size; }
  uint64_t &word(int64_t slot) { return bits[(slot - first) / 64]; }
  static uint64_t bit(int64_t slot, int64_t first) { return uint64_t(1) << ((slot - first) % 64); }
  bool isMarked(int64_t slot) { return has(slot) && word(slot) & bit(slot, first); }
  void mark(int64_t slot) { word(slot) |= bit(slot, first); }
};

/// The least that is written and not below `from`; -1: there is none.
int64_t nextSlot(const Call &call, int64_t from) {
  int64_t next = -1;
  for (int64_t i = 0; i < call.sequences; ++i)
    if (const int64_t slot = finalSlot(call, i); slot >= from && (next < 0 || slot < next))
      next = slot;
  return next;
}

} // namespace

// Window by window, those alone in which a slot is written: time sequences times windows, and no memory.
mix_status mixrt::checkRaces(const Call &call, bool inPlace) {
  if (!call.finalSlots && !(call.initialSlots && inPlace))
    return nullptr;
  const char *name = call.entry.kind == MIXRT_DECODE ? "slots" : "final_slots";
  for (int64_t from = 0; (from = nextSlot(call, from)) >= 0; from += Window::size) {
    Window written{from};
    for (int64_t i = 0; i < call.sequences; ++i) {
      const int64_t slot = finalSlot(call, i);
      if (!written.has(slot))
        continue;
      if (written.isMarked(slot))
        return fail(MIX_BAD_SLOTS, "%s is %" PRId64 " at index %" PRId64 ", and that is another sequence's slot, too",
                    name, slot, i);
      written.mark(slot);
    }
    for (int64_t i = 0; i < call.sequences && inPlace; ++i)
      if (const int64_t slot = initialSlot(call, i); written.isMarked(slot) && finalSlot(call, i) != slot)
        return fail(MIX_BAD_SLOTS, "sequence %" PRId64 " starts in slot %" PRId64 ", and another one ends there", i,
                    slot);
  }
  return nullptr;
}
