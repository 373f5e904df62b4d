// One call of an entry point, as read from its argument struct: everything checked, nothing written yet.
#ifndef MIXC_RUNTIME_CALL_H
#define MIXC_RUNTIME_CALL_H

#include "runtime/abi.h"

namespace mixrt {

/// An argument struct as the slots it consists of.
class Arguments {
public:
  Arguments(const mixrt_entry &entry, const void *slots) : entry(entry), slots(static_cast<const char *>(slots)) {}

  int64_t size() const { return number(0); }
  int64_t batch() const { return number(1); }
  int64_t time() const { return number(2); }
  int64_t heads() const { return number(3); }
  int64_t groups() const { return number(4) ? number(4) : 1; } // not set: one for all heads
  int64_t sequences() const { return isDecode() ? 0 : number(5); }
  const int64_t *cuSeqlens() const { return isDecode() ? nullptr : static_cast<const int64_t *>(pointer(6)); }
  void *workspace() const { return pointer(entry.slots - (isDecode() ? 4 : 5)); }
  void *saved() const { return isDecode() ? nullptr : pointer(entry.slots - 4); }
  int64_t threads() const { return number(entry.slots - 3); }
  mix_parallel_for *parallelFor() const { return reinterpret_cast<mix_parallel_for *>(pointer(entry.slots - 2)); }
  void *parallelForContext() const { return pointer(entry.slots - 1); }
  void *pointer(int64_t slot) const { return read<void *>(slot); }
  const void *itself() const { return slots; }

private:
  bool isDecode() const { return entry.kind == MIXRT_DECODE; }
  int64_t number(int64_t slot) const { return read<int64_t>(slot); }
  template <typename T> T read(int64_t slot) const {
    T value;
    __builtin_memcpy(&value, slots + 8 * slot, 8);
    return value;
  }

  const mixrt_entry &entry;
  const char *slots;
};

/// What a call works through: item i is block i / units of the sequences and unit i % units of it, and any thread may
/// take it. A unit is a head; where there are states per group that are written, a group, whose heads run one after the
/// other. A block is one sequence, unless there is a kernel for more; the last block may have fewer.
///
/// The workspace, 64-byte aligned: for each thread the kernel's scratch, then the copies of a group's states or what is
/// saved of one item if the caller did not keep it; then the partial sums of gradients, for all items.
struct Call {
  const mixrt_entry &entry;
  Arguments arguments;
  int64_t time, heads, groups, sequences;
  int64_t longest;          // tokens of a sequence
  const int64_t *cuSeqlens; // null: every sequence has `time` tokens
  bool byGroup;
  bool replays; // what is saved is computed anew, item by item
  bool isIdle;  // there is nothing to write
  int64_t block, units, items;
  int64_t mostThreads, threads; // that the caller allows; that there are items for
  char *workspace;
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
