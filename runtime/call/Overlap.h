// What a call writes overlaps nothing else of it: not what it reads, nor what else it writes. One thing is allowed,
// since every item reads its starts before it writes its ends: X_final may be X_initial, the very same memory. Slices
// of one tensor do not overlap, although one begins before the other ends.
#ifndef MIXC_RUNTIME_CALL_OVERLAP_H
#define MIXC_RUNTIME_CALL_OVERLAP_H

#include "runtime/call/Layout.h"

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
  static int64_t most(const mixrt_entry &entry) { return entry.main.tensor_count + 7; }

  /// `memory` is for as many.
  Ranges(const Call &call, Range *memory) : call(call), written(memory), read(memory + most(call.entry)) {}

  void add(const char *name, bool isWritten, const void *pointer, int64_t bytes) {
    const auto first = reinterpret_cast<uintptr_t>(pointer);
    if (pointer && bytes > 0)
      add({first, first + static_cast<uintptr_t>(bytes), name, nullptr}, isWritten);
  }
  void add(const mixrt_tensor &tensor, const Spread &spread) {
    if (call.arguments.pointer(tensor.slot) && spread.bytes)
      add({spread.first, spread.past, tensor.field, &tensor}, isWritten(tensor));
  }

  /// So far.
  bool areWritten() const { return writtenCount; }

  mix_status check() const;
  /// A state ends in the very memory where one starts.
  bool carryInPlace() const;

private:
  void add(const Range &range, bool isWritten) {
    (isWritten ? written[writtenCount++] : *--read) = range;
    readCount += !isWritten;
  }
  bool areOfOneState(const Range &a, const Range &b) const;
  mix_status checkPair(const Range &a, const Range &b) const;

  const Call &call;
  Range *written, *read; // from the front, and from the back
  int64_t writtenCount = 0, readCount = 0;
};

} // namespace mixrt

#endif
