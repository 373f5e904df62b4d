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

/// What a call works through: item i is sequence i / heads and head i % heads, and any thread may take it.
struct Call {
  const mixrt_entry &entry;
  Arguments arguments;
  int64_t time, heads, groups, sequences;
  const int64_t *cuSeqlens; // null: every sequence has `time` tokens
  int64_t items, threads;
  char *workspace; // threads times scratchStride bytes, 64-byte aligned
  int64_t scratchStride;
  int64_t nextItem = 0, itemsDone = 0; // atomic

  Call(const mixrt_entry &entry, const void *slots) : entry(entry), arguments(entry, slots) {}
};

/// One row for every token; else one for every sequence, or, of a param, one in all.
inline bool isPerToken(const mixrt_tensor &tensor) {
  return tensor.role == MIXRT_INPUT || tensor.role == MIXRT_OUTPUT || tensor.role == MIXRT_KEPT;
}

/// Reads and checks everything. On success the call may run.
mix_status check(Call &call);
/// The part of check that needs no tensor. False if an argument is not legal.
bool readCounts(Call &call);
int64_t workspaceBytes(const Call &call);

} // namespace mixrt

#endif
