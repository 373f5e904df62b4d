// What a call writes overlaps nothing else of it: not what it reads, nor what else it writes. One thing is allowed,
// since every item reads its starts before it writes its ends: X_final may be X_initial, the very same memory.
#ifndef MIXC_RUNTIME_OVERLAP_H
#define MIXC_RUNTIME_OVERLAP_H

#include "runtime/Call.h"

namespace mixrt {

struct Range {
  uintptr_t first, past;
  const char *name;
  const mixrt_tensor *tensor; // null: it is none
};

/// The memory of a call, piece by piece.
class Ranges {
public:
  /// How many there may be.
  static int64_t most(const mixrt_entry &entry) { return entry.main.tensor_count + 4; }

  /// `memory` is for as many.
  Ranges(const mixrt_entry &entry, Range *memory) : entry(entry), written(memory), read(memory + most(entry)) {}

  void add(const char *name, const mixrt_tensor *tensor, bool isWritten, const void *pointer, int64_t bytes) {
    if (!pointer || bytes <= 0)
      return;
    const auto first = reinterpret_cast<uintptr_t>(pointer);
    Range &range = isWritten ? written[writtenCount++] : *--read;
    readCount += !isWritten;
    range = {first, first + static_cast<uintptr_t>(bytes), name, tensor};
  }

  /// So far.
  bool areWritten() const { return writtenCount; }

  mix_status check() const;

private:
  bool areOfOneState(const Range &a, const Range &b) const;
  mix_status checkPair(const Range &a, const Range &b) const;

  const mixrt_entry &entry;
  Range *written, *read; // from the front, and from the back
  int64_t writtenCount = 0, readCount = 0;
};

} // namespace mixrt

#endif
