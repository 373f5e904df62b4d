// Runs the kernels over all (sequence, head), or (block of sequences, head). In memory a tensor is, row-major (H heads, or G groups of them; E elements
// each)
//
//     input, output, kept     [batch, time, H, E]      first row of sequence s: s time, or cu_seqlens[s]
//     param                   [H, E]
//     initial, final, state   [sequences, H, E]
//
// The members of a family are tensors that share their E: each begins at an offset of its own.
#include "runtime/Call.h"
#include "runtime/Cpu.h"
#include "runtime/Pool.h"
#include "runtime/Status.h"
#include <alloca.h>

using namespace mixrt;

namespace {

/// Where item (sequence, head) finds a tensor.
void *locate(const Call &call, const mixrt_tensor &tensor, int64_t sequence, int64_t head, int64_t firstRow) {
  char *base = static_cast<char *>(call.arguments.pointer(tensor.slot));
  if (!base)
    return nullptr;
  const int64_t columns = tensor.per_group ? call.groups : call.heads;
  const int64_t column = tensor.per_group ? head / (call.heads / call.groups) : head;
  int64_t row = 0;
  if (isPerToken(tensor))
    row = firstRow;
  else if (tensor.role != MIXRT_PARAM)
    row = sequence;
  return base + ((row * columns + column) * tensor.elements + tensor.offset) * tensor.element_bytes;
}

/// Every head of a group starts from the group's state before the call; the last one alone leaves what comes after it. The others
/// update copies.
void shieldGroupStates(const Call &call, void **tensors, char *copies) {
  for (int64_t i = 0; i < call.entry.tensor_count; ++i) {
    const mixrt_tensor &tensor = call.entry.tensors[i];
    if (!isGroupState(tensor) || !tensors[i])
      continue;
    if (tensor.role != MIXRT_STATE) {
      tensors[i] = nullptr;
      continue;
    }
    const int64_t offset = tensor.offset * tensor.element_bytes;
    __builtin_memcpy(copies, static_cast<char *>(tensors[i]) - offset, tensor.elements * tensor.element_bytes);
    tensors[i] = copies + offset;
    copies += copyBytes(tensor);
  }
}

/// What a thread calls kernels with.
struct Room {
  void **tensors; // for every sequence of a block
  int64_t *strides, *lengths;
  char *scratch;
};

void runSequence(const Call &call, int64_t sequence, int64_t unit, const Room &room) {
  const int64_t heads = call.heads / call.units;
  for (int64_t head = unit * heads; head < (unit + 1) * heads; ++head) {
    for (int64_t i = 0; i < call.entry.tensor_count; ++i)
      room.tensors[i] = locate(call, call.entry.tensors[i], sequence, head, call.firstRow(sequence));
    if (head + 1 < (unit + 1) * heads)
      shieldGroupStates(call, room.tensors, room.scratch + roundUpToLine(call.entry.scratch_bytes));
    call.entry.kernel(room.tensors, room.strides, call.length(sequence), room.scratch);
  }
}

void runBlock(const Call &call, int64_t first, int64_t count, int64_t head, const Room &room) {
  const int64_t block = call.block;
  for (int64_t s = 0; s < block; ++s) {
    room.lengths[s] = s < count ? call.length(first + s) : 0;
    for (int64_t i = 0; i < call.entry.tensor_count; ++i)
      room.tensors[i * block + s] =
          s < count ? locate(call, call.entry.tensors[i], first + s, head, call.firstRow(first + s)) : nullptr;
  }
  call.entry.block_kernel(room.tensors, room.strides, room.lengths, room.scratch);
}

/// The kernel of a block takes as long as its longest sequence needs: where half of that or more would be for nothing,
/// its sequences run one by one.
bool fillsBlock(const Call &call, int64_t first, int64_t count) {
  int64_t tokens = 0, longest = 0;
  for (int64_t s = first; s < first + count; ++s) {
    const int64_t length = call.length(s);
    tokens += length;
    longest = length > longest ? length : longest;
  }
  return call.block > 1 && tokens > longest * call.block / 2;
}

void runItem(const Call &call, int64_t item, const Room &room) {
  const int64_t first = item / call.units * call.block, unit = item % call.units, left = call.sequences - first;
  const int64_t count = left < call.block ? left : call.block;
  if (fillsBlock(call, first, count))
    return runBlock(call, first, count, unit, room);
  for (int64_t s = first; s < first + count; ++s)
    runSequence(call, s, unit, room);
}

/// One thread's share: items from the common counter until none is left.
void takeItems(void *argument, int64_t thread) {
  Call &call = *static_cast<Call *>(argument);
  const int64_t tensorCount = call.entry.tensor_count;
  const Room room = {static_cast<void **>(alloca((tensorCount + 1) * call.block * sizeof(void *))),
                     static_cast<int64_t *>(alloca((tensorCount + 1) * sizeof(int64_t))),
                     static_cast<int64_t *>(alloca(call.block * sizeof(int64_t))),
                     call.scratchStride ? call.workspace + thread * call.scratchStride : nullptr};
  for (int64_t i = 0; i < tensorCount; ++i) {
    const mixrt_tensor &tensor = call.entry.tensors[i];
    room.strides[i] = (tensor.per_group ? call.groups : call.heads) * tensor.elements;
  }

  FlushDenormals mode;
  int64_t done = 0;
  for (;; ++done) {
    const int64_t item = __atomic_fetch_add(&call.nextItem, 1, __ATOMIC_RELAXED);
    if (item >= call.items)
      break;
    runItem(call, item, room);
  }
  __atomic_fetch_add(&call.itemsDone, done, __ATOMIC_RELEASE);
}

} // namespace

mix_status mixrt_run(const mixrt_entry *entry, const void *arguments) {
  if (!arguments)
    return fail(MIX_NULL_ARGUMENT, "args is null");
  Call call(*entry, arguments);
  if (mix_status status = check(call))
    return status;
  if (call.items == 0)
    return nullptr;

  mix_parallel_for *parallelFor = call.arguments.parallelFor();
  if (call.threads == 1)
    takeItems(&call, 0);
  else if (parallelFor)
    parallelFor(call.arguments.parallelForContext(), call.threads, takeItems, &call);
  else
    runOnPool(call.threads, takeItems, &call);

  if (__atomic_load_n(&call.itemsDone, __ATOMIC_ACQUIRE) != call.items)
    return fail(MIX_BAD_PARALLEL_FOR, "parallel_for returned before it had called its body for every index");
  return nullptr;
}

size_t mixrt_workspace_size(const mixrt_entry *entry, const void *arguments) {
  if (!arguments)
    return 0;
  Call call(*entry, arguments);
  return readCounts(call) ? static_cast<size_t>(workspaceBytes(call)) : 0;
}
