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
  int64_t groups() const { return number(4); }
  int64_t sequences() const { return entry.decode ? 0 : number(5); }
  const int64_t *cuSeqlens() const { return entry.decode ? nullptr : static_cast<const int64_t *>(pointer(6)); }
  void *workspace() const { return pointer(entry.slots - (entry.decode ? 4 : 5)); }
  int64_t threads() const { return number(entry.slots - 3); }
  mix_parallel_for *parallelFor() const { return reinterpret_cast<mix_parallel_for *>(pointer(entry.slots - 2)); }
  void *parallelForContext() const { return pointer(entry.slots - 1); }
  void *pointer(int64_t slot) const { return read<void *>(slot); }

private:
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
/// take it. A unit is a head; where there are states per group, a group, whose heads run one after the other. A block is
/// one sequence, unless there is a kernel for more; the last block may have fewer.
struct Call {
  const mixrt_entry &entry;
  Arguments arguments;
  int64_t time, heads, groups, sequences;
  const int64_t *cuSeqlens; // null: every sequence has `time` tokens
  bool byGroup;
  int64_t block, units, items, threads;
  char *workspace;                     // threads times scratchStride bytes, 64-byte aligned
  int64_t scratchStride;               // the kernel's scratch, then the copies of a group's states
  int64_t nextItem = 0, itemsDone = 0; // atomic

  Call(const mixrt_entry &entry, const void *slots) : entry(entry), arguments(entry, slots) {}

  int64_t firstRow(int64_t sequence) const { return cuSeqlens ? cuSeqlens[sequence] : sequence * time; }
  int64_t length(int64_t sequence) const { return cuSeqlens ? cuSeqlens[sequence + 1] - cuSeqlens[sequence] : time; }
};

/// One row for every token; else one for every sequence, or, of a param, one in all.
inline bool isPerToken(const mixrt_tensor &tensor) {
  return tensor.role == MIXRT_INPUT || tensor.role == MIXRT_OUTPUT || tensor.role == MIXRT_KEPT;
}

/// What shares no cache line with its neighbours.
inline int64_t roundUpToLine(int64_t bytes) { return (bytes + 63) / 64 * 64; }

/// The state of a group, or the past of its inputs: read by every head of the group, written once.
inline bool isGroupState(const mixrt_tensor &tensor) {
  return tensor.per_group && (tensor.role == MIXRT_FINAL || tensor.role == MIXRT_STATE || tensor.role == MIXRT_KEPT);
}
/// Bytes of a copy of a group's state that is updated in place.
inline int64_t copyBytes(const mixrt_tensor &tensor) {
  return isGroupState(tensor) && tensor.role == MIXRT_STATE ? roundUpToLine(tensor.elements * tensor.element_bytes) : 0;
}

/// Reads and checks everything. On success the call may run.
mix_status check(Call &call);
/// The part of check that needs no tensor. False if an argument is not legal.
bool readCounts(Call &call);
int64_t workspaceBytes(const Call &call);

} // namespace mixrt

#endif
