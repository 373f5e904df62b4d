// Runs the kernel over all (sequence, head). In memory a tensor is, row-major (H heads, or G groups of them; E elements
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

void runItem(const Call &call, int64_t item, void **tensors, const int64_t *strides, char *scratch) {
  const int64_t sequence = item / call.units, unit = item % call.units, heads = call.heads / call.units;
  const int64_t *starts = call.cuSeqlens;
  const int64_t firstRow = starts ? starts[sequence] : sequence * call.time;
  const int64_t length = starts ? starts[sequence + 1] - starts[sequence] : call.time;
  for (int64_t head = unit * heads; head < (unit + 1) * heads; ++head) {
    for (int64_t i = 0; i < call.entry.tensor_count; ++i)
      tensors[i] = locate(call, call.entry.tensors[i], sequence, head, firstRow);
    if (head + 1 < (unit + 1) * heads)
      shieldGroupStates(call, tensors, scratch + roundUpToLine(call.entry.scratch_bytes));
    call.entry.kernel(tensors, strides, length, scratch);
  }
}

/// One thread's share: items from the common counter until none is left.
void takeItems(void *argument, int64_t thread) {
  Call &call = *static_cast<Call *>(argument);
  const int64_t tensorCount = call.entry.tensor_count;
  void **tensors = static_cast<void **>(alloca((tensorCount + 1) * sizeof(void *)));
  int64_t *strides = static_cast<int64_t *>(alloca((tensorCount + 1) * sizeof(int64_t)));
  for (int64_t i = 0; i < tensorCount; ++i) {
    const mixrt_tensor &tensor = call.entry.tensors[i];
    strides[i] = (tensor.per_group ? call.groups : call.heads) * tensor.elements;
  }
  char *scratch = call.scratchStride ? call.workspace + thread * call.scratchStride : nullptr;

  FlushDenormals mode;
  int64_t done = 0;
  for (;; ++done) {
    const int64_t item = __atomic_fetch_add(&call.nextItem, 1, __ATOMIC_RELAXED);
    if (item >= call.items)
      break;
    runItem(call, item, tensors, strides, scratch);
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
