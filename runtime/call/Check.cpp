// Checks of a call's arguments, in the order of the struct. All of them come before the first write.
#include "runtime/call/Machine.h"
#include "runtime/call/Overlap.h"
#include "runtime/call/Slots.h"
#include "runtime/call/Status.h"
#include <alloca.h>
#include <inttypes.h>

using namespace mixrt;

namespace {

#define RETURN_IF_FAILED(expression)                                                                                   \
  if (mix_status status = (expression))                                                                                \
  return status

mix_status checkCpu(const mixrt_entry &entry) {
  const uint64_t missing = entry.features & ~machineFeatures();
  if (!missing)
    return nullptr;
  return fail(MIX_UNSUPPORTED_CPU, "this library was compiled for %s, and this machine has no %s", entry.cpu,
              featureName(missing));
}

mix_status checkSize(const mixrt_entry &entry, const Arguments &arguments) {
  const int64_t least = entry.slots * 8, whole = least + entry.reserved * 8;
  if (arguments.size() == whole || arguments.size() == least)
    return nullptr;
  return fail(MIX_BAD_STRUCT_SIZE,
              "size is %" PRId64 ", and sizeof(%s_args) is %" PRId64 " in this library: is its header of another one?",
              arguments.size(), entry.name, whole);
}

mix_status checkCounts(const Call &call) {
  const Arguments &arguments = call.arguments;
  if (arguments.batch() < 0)
    return fail(MIX_BAD_SHAPE, "batch is %" PRId64, arguments.batch());
  if (arguments.time() < 0)
    return fail(MIX_BAD_SHAPE, "time is %" PRId64, arguments.time());
  if (arguments.heads() < 1)
    return fail(MIX_BAD_SHAPE, "heads is %" PRId64, arguments.heads());
  if (arguments.groups() < 1)
    return fail(MIX_BAD_SHAPE, "groups is %" PRId64, arguments.groups());
  if (arguments.heads() % arguments.groups())
    return fail(MIX_BAD_SHAPE, "heads (%" PRId64 ") is not a multiple of groups (%" PRId64 ")", arguments.heads(),
                arguments.groups());
  if (arguments.threads() < 0)
    return fail(MIX_BAD_THREADS, "threads is %" PRId64, arguments.threads());
  return nullptr;
}

mix_status checkBits(const char *name, int64_t bits) {
  if (bits == 0 || bits == 32 || bits == 64)
    return nullptr;
  return fail(MIX_BAD_SHAPE, "%s is %" PRId64 ", and may be 64, 32 or 0", name, bits);
}

mix_status checkAligned(const char *name, const void *pointer, int64_t bytes) {
  if (reinterpret_cast<uintptr_t>(pointer) % static_cast<uintptr_t>(bytes) == 0)
    return nullptr;
  return fail(MIX_MISALIGNED, "%s is not aligned to %" PRId64 " bytes", name, bytes);
}

mix_status checkSequences(const Call &call) {
  const Arguments &arguments = call.arguments;
  const int64_t sequences = arguments.sequences(), time = arguments.time();
  const Numbers starts = arguments.cuSeqlens();
  if (mix_status status = checkBits("cu_seqlens_bits", arguments.cuSeqlensBits()))
    return status;
  if (sequences < 0)
    return fail(MIX_BAD_SHAPE, "sequences is %" PRId64, sequences);
  if (!starts) {
    if (sequences != 0 && sequences != arguments.batch())
      return fail(MIX_BAD_SHAPE, "sequences is %" PRId64 ", and without cu_seqlens it is batch (%" PRId64 ") or 0",
                  sequences, arguments.batch());
    return nullptr;
  }
  if (mix_status status = checkAligned("cu_seqlens", starts.first, starts.bytesEach()))
    return status;
  if (arguments.batch() != 1)
    return fail(MIX_BAD_SHAPE, "batch is %" PRId64 ", and with cu_seqlens it is 1", arguments.batch());
  if (starts[0] != 0)
    return fail(MIX_BAD_CU_SEQLENS, "cu_seqlens starts at %" PRId64 ", not at 0", starts[0]);
  for (int64_t i = 1; i <= sequences; ++i) {
    if (starts[i] < starts[i - 1])
      return fail(MIX_BAD_CU_SEQLENS, "cu_seqlens decreases at index %" PRId64, i);
    // Before the next element is read: a wrong count of sequences should be found before it leads out of the array.
    if (starts[i] > time)
      return fail(MIX_BAD_CU_SEQLENS, "cu_seqlens is %" PRId64 " at index %" PRId64 ", past time (%" PRId64 ")",
                  starts[i], i, time);
  }
  if (starts[sequences] != time)
    return fail(MIX_BAD_CU_SEQLENS, "cu_seqlens ends at %" PRId64 ", not at time (%" PRId64 ")", starts[sequences],
                time);
  return nullptr;
}

/// A tensor has a size that can be counted, and a pointer where it has elements; what is written has no number twice.
mix_status checkTensor(const Call &call, const mixrt_tensor &tensor, Ranges &ranges) {
  if (tensor.role == MIXRT_SAVED)
    return nullptr; // several share one pointer: checkSaved
  const Arguments &arguments = call.arguments;
  const Spread spread = spreadOf(call, tensor);
  if (spread.overflows)
    return fail(MIX_TOO_LARGE, "%s would have more than 2^63 bytes", tensor.field);
  const void *pointer = arguments.pointer(tensor.slot);
  if (!pointer && !isOptional(tensor) && spread.bytes)
    return fail(MIX_NULL_ARGUMENT, "%s is null", tensor.field);
  if (mix_status status = checkAligned(tensor.field, pointer, elementBytes(tensor)))
    return status;
  if (tensor.offset != 0) // of a family the first member stands for all
    return nullptr;
  if (pointer && isWritten(tensor) && arguments.strides(tensor.slot) && spread.repeats())
    return fail(MIX_OVERLAP, "the strides of %s give two of its numbers one place", tensor.field);
  ranges.add(tensor, spread);
  return nullptr;
}

/// Slots are of the pool.
mix_status checkSlotsOf(const Call &call) {
  const Arguments &arguments = call.arguments;
  RETURN_IF_FAILED(checkBits("slot_bits", arguments.slotBits()));
  const bool isDecode = call.entry.kind == MIXRT_DECODE;
  const struct {
    const char *name;
    const Numbers &slots;
  } lists[] = {{isDecode ? "slots" : "initial_slots", call.initialSlots}, {"final_slots", call.finalSlots}};
  for (const auto &[name, slots] : lists) {
    if (!slots)
      continue;
    if (arguments.slotCount() < 0)
      return fail(MIX_BAD_SHAPE, "slot_count is %" PRId64, arguments.slotCount());
    RETURN_IF_FAILED(checkAligned(name, slots.first, slots.bytesEach()));
    for (int64_t i = 0; i < call.sequences; ++i)
      if (slots[i] < -1 || slots[i] >= arguments.slotCount())
        return fail(MIX_BAD_SLOTS, "%s is %" PRId64 " at index %" PRId64 ", and slot_count is %" PRId64, name, slots[i],
                    i, arguments.slotCount());
  }
  return nullptr;
}

mix_status checkWorkspace(Call &call) {
  char *workspace = static_cast<char *>(call.arguments.workspace());
  if (call.workspaceBytes && !workspace)
    return fail(MIX_NO_WORKSPACE, "workspace is null, and this call needs %" PRId64 " bytes", call.workspaceBytes);
  call.workspace = workspace + (-reinterpret_cast<uintptr_t>(workspace) & 63);
  return nullptr;
}

mix_status checkSaved(const Call &call) {
  if (call.savedBytes && reinterpret_cast<uintptr_t>(call.arguments.saved()) % alignof(float))
    return fail(MIX_MISALIGNED, "saved is not aligned to 4 bytes");
  return call.entry.kind == MIXRT_BACKWARD && usesSaved(call) ? checkSavedHead(call) : nullptr;
}

/// `ranges` has the tensors.
mix_status checkOverlap(Call &call, Ranges &ranges) {
  const Arguments &arguments = call.arguments;
  const bool saves = call.entry.kind == MIXRT_FORWARD && usesSaved(call);
  call.isIdle = !saves && (!ranges.areWritten() || (call.entry.kind == MIXRT_DECODE && call.time == 0));
  if (call.isIdle)
    return nullptr;
  ranges.add("workspace", true, arguments.workspace(), call.workspaceBytes);
  ranges.add("saved", saves, arguments.saved(), call.savedBytes);
  ranges.add("cu_seqlens", false, call.cuSeqlens.first, call.cuSeqlens.bytesEach() * (call.sequences + 1));
  ranges.add("strides", false, arguments.stridesOfAll(), arguments.tensorFields() * int64_t(sizeof(mixrt_strides)));
  ranges.add("initial_slots", false, call.initialSlots.first, call.initialSlots.bytesEach() * call.sequences);
  ranges.add(call.entry.kind == MIXRT_DECODE ? "slots" : "final_slots", false, call.finalSlots.first,
             call.finalSlots.bytesEach() * call.sequences);
  ranges.add("the argument struct", false, arguments.itself(), 8 * call.entry.slots);
  return ranges.check();
}

int64_t longestSequence(const Call &call) {
  if (!call.cuSeqlens)
    return call.sequences ? call.time : 0;
  int64_t longest = 0;
  for (int64_t i = 0; i < call.sequences; ++i)
    longest = call.length(i) > longest ? call.length(i) : longest;
  return longest;
}

/// Sequences, items, threads: what follows from legal counts.
mix_status deriveCounts(Call &call) {
  const Arguments &arguments = call.arguments;
  call.time = arguments.time();
  call.heads = arguments.heads();
  call.groups = arguments.groups();
  call.cuSeqlens = arguments.cuSeqlens();
  call.initialSlots = arguments.initialSlots();
  call.finalSlots = arguments.finalSlots();
  call.sequences = call.cuSeqlens ? arguments.sequences() : arguments.batch();
  call.longest = longestSequence(call);
  call.stagesSome = arguments.stridesOfAll() || (call.entry.kind == MIXRT_DECODE && call.initialSlots);
  call.byGroup = call.replays = false;
  for (int64_t i = 0; i < call.entry.main.tensor_count; ++i) {
    const mixrt_tensor &tensor = call.entry.main.tensors[i];
    call.byGroup |= isGroupState(tensor);
    call.replays |= call.entry.kind == MIXRT_BACKWARD && tensor.role == MIXRT_SAVED && !arguments.saved();
  }
  call.units = call.byGroup ? call.groups : call.heads;
  // Copies of a group's states are kept for one sequence, and a block saves nothing; few sequences fill no block
  // (Run.cpp), so each is an item.
  const bool isOneByOne = call.byGroup || (call.entry.kind == MIXRT_FORWARD && arguments.saved()) ||
                          call.sequences <= call.entry.main.block / 2;
  call.block = isOneByOne ? 1 : call.entry.main.block;
  const int64_t blocks = call.sequences / call.block + (call.sequences % call.block != 0);
  if (__builtin_mul_overflow(blocks, call.units, &call.items))
    return fail(MIX_TOO_LARGE, "there are more than 2^63 sequences times heads");

  // The pool has no use for more threads than processors; a parallel_for has as many as its owner says.
  constexpr int64_t mostThreads = 4096;
  int64_t threads = arguments.threads() ? arguments.threads() : processorCount();
  if (!arguments.parallelFor() && threads > processorCount())
    threads = processorCount();
  call.mostThreads = threads < mostThreads ? threads : mostThreads;
  call.threads = call.mostThreads < call.items ? call.mostThreads : call.items;
  return nullptr;
}

} // namespace

bool mixrt::readCounts(Call &call) {
  return !checkSize(call.entry, call.arguments) && !checkCounts(call) && !checkSequences(call) && !deriveCounts(call) &&
         !layOut(call);
}

mix_status mixrt::check(Call &call) {
  RETURN_IF_FAILED(checkSize(call.entry, call.arguments));
  RETURN_IF_FAILED(checkCpu(call.entry));
  RETURN_IF_FAILED(checkCounts(call));
  RETURN_IF_FAILED(checkSequences(call));
  RETURN_IF_FAILED(deriveCounts(call));
  RETURN_IF_FAILED(checkAligned("strides", call.arguments.stridesOfAll(), alignof(mixrt_strides)));
  RETURN_IF_FAILED(checkSlotsOf(call));
  Ranges ranges(call, static_cast<Range *>(alloca(Ranges::most(call.entry) * sizeof(Range))));
  for (int64_t i = 0; i < call.entry.main.tensor_count; ++i)
    RETURN_IF_FAILED(checkTensor(call, call.entry.main.tensors[i], ranges));
  RETURN_IF_FAILED(layOut(call));
  RETURN_IF_FAILED(checkWorkspace(call));
  RETURN_IF_FAILED(checkSaved(call));
  RETURN_IF_FAILED(checkOverlap(call, ranges));
  return checkRaces(call, ranges.carryInPlace());
}
