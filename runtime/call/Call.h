// One call of an entry point, as read from its argument struct: everything checked, nothing written yet.
#ifndef MIXC_RUNTIME_CALL_CALL_H
#define MIXC_RUNTIME_CALL_CALL_H

#include "runtime/abi.h"

namespace mixrt {

/// Slots of the fields that are no tensors: from the first on, or, negative, back from the end.
struct Fields {
#define FIELD(id, name, type, entries, comment) int64_t id = 0;
  MIXRT_LEADING(FIELD)
  MIXRT_TRAILING(FIELD)
#undef FIELD
  int64_t leading = 0, trailing = 0; // how many there are

  constexpr explicit Fields(mixrt_entry_kind kind) {
#define COUNT(id, name, type, entries, comment) trailing += ((entries) >> kind) & 1;
    MIXRT_TRAILING(COUNT)
#undef COUNT
    int64_t left = trailing;
#define PLACE(id, name, type, entries, comment)                                                                        \
  if ((entries) >> kind & 1)                                                                                           \
    id = leading++;
    MIXRT_LEADING(PLACE)
#undef PLACE
#define PLACE(id, name, type, entries, comment)                                                                        \
  if ((entries) >> kind & 1)                                                                                           \
    id = -left--;
    MIXRT_TRAILING(PLACE)
#undef PLACE
  }
};

/// By mixrt_entry_kind.
inline constexpr Fields fieldsOf[] = {Fields(MIXRT_FORWARD), Fields(MIXRT_DECODE), Fields(MIXRT_BACKWARD)};

/// A list of whole numbers of the caller's.
struct Numbers {
  const void *first = nullptr; // null: there is none
  bool isNarrow = false;       // 32 bits each

  explicit operator bool() const { return first; }
  int64_t operator[](int64_t i) const {
    return isNarrow ? static_cast<const int32_t *>(first)[i] : static_cast<const int64_t *>(first)[i];
  }
  int64_t bytesEach() const { return isNarrow ? 4 : 8; }
};

/// An argument struct as the slots it consists of. What an entry has no field for is 0.
class Arguments {
public:
  Arguments(const mixrt_entry &entry, const void *slots)
      : entry(entry), at(fieldsOf[entry.kind]), slots(static_cast<const char *>(slots)) {}

  int64_t size() const { return number(at.size); }
  int64_t batch() const { return number(at.batch); }
  int64_t time() const { return number(isDecode() ? at.tokens : at.time); }
  int64_t heads() const { return number(at.heads); }
  int64_t groups() const { return number(at.groups) ? number(at.groups) : 1; } // not set: one for all heads
  int64_t sequences() const { return isDecode() ? 0 : number(at.sequences); }
  Numbers cuSeqlens() const { return isDecode() ? Numbers() : numbers(at.cu_seqlens, cuSeqlensBits()); }
  int64_t cuSeqlensBits() const { return isDecode() ? 0 : number(at.cu_seqlens_bits); }
  /// The strides of the tensor in a slot; null: it is contiguous.
  const mixrt_strides *strides(int64_t slot) const {
    auto *all = static_cast<const mixrt_strides *>(stridesOfAll());
    return all ? all + (slot - at.leading) : nullptr;
  }
  const void *stridesOfAll() const { return pointer(at.strides); }
  int64_t tensorFields() const { return entry.slots - at.leading - at.trailing; }
  Numbers initialSlots() const { return slotsAt(isDecode() ? at.slots : at.initial_slots); }
  Numbers finalSlots() const { return slotsAt(isDecode() ? at.slots : at.final_slots); }
  int64_t slotCount() const { return isBackward() ? 0 : number(at.slot_count); }
  int64_t slotBits() const { return isBackward() ? 0 : number(at.slot_bits); }
  void *workspace() const { return pointer(at.workspace); }
  void *saved() const { return isDecode() ? nullptr : pointer(isBackward() ? at.saved : at.saves); }
  int64_t threads() const { return number(at.threads); }
  mix_parallel_for *parallelFor() const { return reinterpret_cast<mix_parallel_for *>(pointer(at.parallel_for)); }
  void *parallelForContext() const { return pointer(at.parallel_for_context); }
  void *pointer(int64_t slot) const { return read<void *>(slot); }
  const void *itself() const { return slots; }

private:
  bool isDecode() const { return entry.kind == MIXRT_DECODE; }
  bool isBackward() const { return entry.kind == MIXRT_BACKWARD; }
  int64_t number(int64_t slot) const { return read<int64_t>(slot); }
  Numbers numbers(int64_t slot, int64_t bits) const { return {pointer(slot), bits == 32}; }
  Numbers slotsAt(int64_t slot) const { return isBackward() ? Numbers() : numbers(slot, slotBits()); }
  template <typename T> T read(int64_t slot) const {
    T value;
    __builtin_memcpy(&value, slots + 8 * (slot < 0 ? entry.slots + slot : slot), 8);
    return value;
  }

  const mixrt_entry &entry;
  const Fields &at;
  const char *slots;
};

/// What a call works through: item i is block i / units of the sequences and unit i % units of it, and any thread may
/// take it. A unit is a head; where there are states per group that are written, a group, whose heads run one after the
/// other. A block is one sequence, unless there is a kernel for more; the last block may have fewer.
///
/// The workspace, 64-byte aligned: for each thread the kernel's scratch, then the copies of a group's states or what is
/// saved of one item if the caller did not keep it, and what is staged (Layout.h) of a block; then the partial sums of
/// gradients, for all items.
struct Call {
  const mixrt_entry &entry;
  Arguments arguments;
  int64_t time, heads, groups, sequences;
  int64_t longest;   // tokens of a sequence
  Numbers cuSeqlens; // none: every sequence has `time` tokens
  Numbers initialSlots, finalSlots;
  bool byGroup;
  bool replays;    // what is saved is computed anew, item by item
  bool isIdle;     // there is nothing to write
  bool stagesSome; // perhaps: there are strides, or slots of states in place
  int64_t block, units, items;
  int64_t mostThreads, threads; // that the caller allows; that there are items for
  char *workspace;
  int64_t stages; // where those of a thread begin in its memory
  int64_t threadBytes, workspaceBytes, savedBytes;
  int64_t next, done; // atomic: of the items, or of what else is being worked through

  Call(const mixrt_entry &entry, const void *slots) : entry(entry), arguments(entry, slots) {}

  int64_t tokens() const { return arguments.batch() * time; } // if any tensor has a row for each
  int64_t firstRow(int64_t sequence) const { return cuSeqlens ? cuSeqlens[sequence] : sequence * time; }
  int64_t length(int64_t sequence) const { return cuSeqlens ? cuSeqlens[sequence + 1] - cuSeqlens[sequence] : time; }
};

/// One row for every token; else one for every sequence, or, of a param, one in all.
inline bool isPerToken(const mixrt_tensor &tensor) {
  return tensor.role == MIXRT_INPUT || tensor.role == MIXRT_OUTPUT || tensor.role == MIXRT_KEPT ||
         tensor.role == MIXRT_OUTPUT_GRAD || tensor.role == MIXRT_INPUT_GRAD;
}
inline bool isParam(const mixrt_tensor &tensor) {
  return tensor.role == MIXRT_PARAM || tensor.role == MIXRT_PARAM_GRAD;
}
inline bool isGradient(const mixrt_tensor &tensor) {
  return tensor.role == MIXRT_INPUT_GRAD || tensor.role == MIXRT_PARAM_GRAD || tensor.role == MIXRT_INITIAL_GRAD;
}
/// The caller may pass null.
inline bool isOptional(const mixrt_tensor &tensor) {
  return tensor.role == MIXRT_INITIAL || tensor.role == MIXRT_FINAL || tensor.role == MIXRT_KEPT ||
         tensor.role == MIXRT_FINAL_GRAD || isGradient(tensor);
}

inline int64_t elementBytes(const mixrt_tensor &tensor) { return tensor.element_type == MIXRT_F32 ? 4 : 2; }
inline int64_t columnsOf(const Call &call, const mixrt_tensor &tensor) {
  return tensor.per_group ? call.groups : call.heads;
}
inline int64_t rowsOf(const Call &call, const mixrt_tensor &tensor) {
  return isPerToken(tensor) ? call.tokens() : isParam(tensor) ? 1 : call.sequences;
}
/// The call writes to the caller's array.
inline bool isWritten(const mixrt_tensor &tensor) {
  return tensor.role == MIXRT_OUTPUT || tensor.role == MIXRT_FINAL || tensor.role == MIXRT_STATE ||
         tensor.role == MIXRT_KEPT || isGradient(tensor);
}

/// The state of a group, or the past of its inputs: read by every head of the group, written once.
inline bool isGroupState(const mixrt_tensor &tensor) {
  return tensor.per_group && (tensor.role == MIXRT_FINAL || tensor.role == MIXRT_STATE || tensor.role == MIXRT_KEPT);
}

/// Where states lie in a pool: the one that is read, and the one that is written. -1: nowhere.
inline int64_t initialSlot(const Call &call, int64_t sequence) {
  return call.initialSlots ? call.initialSlots[sequence] : sequence;
}
inline int64_t finalSlot(const Call &call, int64_t sequence) {
  return call.finalSlots ? call.finalSlots[sequence] : sequence;
}
/// The tensor's rows are found by slot.
inline const Numbers &slotsOf(const Call &call, const mixrt_tensor &tensor) {
  static constexpr Numbers none;
  return tensor.role == MIXRT_INITIAL                               ? call.initialSlots
         : tensor.role == MIXRT_FINAL || tensor.role == MIXRT_STATE ? call.finalSlots
                                                                    : none;
}

//===-- Memory (Memory.cpp) --------------------------------------------------------------------------------------===//

/// What shares no cache line with its neighbours.
inline int64_t roundUpToLine(int64_t bytes) { return (bytes + 63) / 64 * 64; }

/// Bytes of a copy of a group's state that is updated in place.
inline int64_t copyBytes(const mixrt_tensor &tensor) {
  return isGroupState(tensor) && tensor.role == MIXRT_STATE ? roundUpToLine(tensor.elements * elementBytes(tensor)) : 0;
}
/// A sum of one part, in float32: the kernel adds to the result itself.
inline bool isSummedInPlace(const Call &call, const mixrt_tensor &tensor) {
  return tensor.source == MIXRT_PARTIAL && tensor.element_type == MIXRT_F32 && columnsOf(call, tensor) == call.heads &&
         (!isParam(tensor) || call.sequences == 1);
}
/// Bytes of workspace for a tensor's partial sums, [tokens or sequences, heads, own]; 0 where there are none.
int64_t partialBytes(const Call &call, const mixrt_tensor &tensor);
/// What stands before the tensors in the caller's `saved`.
constexpr int64_t savedHeadBytes = 64;
/// Bytes of a tensor in the caller's `saved`: [tokens, heads, own], [sequences, heads, own], or [segments, heads, own],
/// where the first segment of sequence s is first_row(s) / every + s.
int64_t savedBytes(const Call &call, const mixrt_tensor &tensor);
/// The same of one item alone.
int64_t replayedBytes(const Call &call, const mixrt_tensor &tensor);
/// Sets threadBytes, workspaceBytes and savedBytes. An error if there are more than 2^63.
mix_status layOut(Call &call);

//===-- Checks (Check.cpp) ---------------------------------------------------------------------------------------===//

/// Reads and checks everything. On success the call may run.
mix_status check(Call &call);
/// The part of check that needs no tensor. False if an argument is not legal.
bool readCounts(Call &call);

//===-- What `saved` says of itself (Saved.cpp) ------------------------------------------------------------------===//

/// The call passes `saved`, and it holds something.
bool usesSaved(const Call &call);
/// Forward: from here on `saved` is of no call ...
void eraseSavedHead(const Call &call);
/// ... and from here on of this one.
void writeSavedHead(const Call &call);
/// Backward: `saved` is of a call of forward with the same counts.
mix_status checkSavedHead(const Call &call);

//===-- Sums (Sum.cpp) -------------------------------------------------------------------------------------------===//

/// The gradients that are sums over heads or sequences, or nothing at all, are made in so many units of work, ...
int64_t sumUnits(const Call &call);
/// ... of which this is one. The order of additions is the same for any number of threads.
void sumUp(const Call &call, int64_t unit);

} // namespace mixrt

#endif
