// Runs the kernels over all (sequence, head), or (block of sequences, head). In memory a tensor is, row-major (H heads,
// or G groups of them; E elements each)
//
//     input, output, kept, and their gradients      [batch, time, H, E]    sequence s from s time, or cu_seqlens[s], on
//     param                                         [H, E]
//     initial, final, state, and their gradients    [sequences, H, E]
//     partial sums of gradients                     float32 [batch time or sequences, H, own]
//     saved (Call.h)                                float32 [batch time or segments or sequences, H, own]
//
// The members of a family are tensors that share their E: each begins at an offset of its own.
#include "runtime/Call.h"
#include "runtime/Cpu.h"
#include "runtime/Pool.h"
#include "runtime/Status.h"
#include <alloca.h>

using namespace mixrt;

namespace {

/// A sequence, and one head of it.
struct Item {
  int64_t sequence, head, firstRow, length;
};

/// A tensor as one thread finds it: row r of column c is at base + (r columns + c) pitch bytes.
struct Place {
  char *base; // null: absent
  int64_t columns, pitch, bytes;
  enum { One, Sequence, Token, Segment } row; // which row an item's first is

  int64_t stride() const { return columns * pitch / bytes; }
};

Place placeOfRows(const Call &call, const mixrt_tensor &tensor, char *base, bool hasColumns) {
  return {base, hasColumns ? call.heads : 1, tensor.own * 4, 4, Place::One};
}

/// Where the caller has it.
Place placeOfArgument(const Call &call, const mixrt_tensor &tensor) {
  auto *base = static_cast<char *>(call.arguments.pointer(tensor.slot));
  const int64_t bytes = elementBytes(tensor);
  return {base ? base + tensor.offset * bytes : nullptr, columnsOf(call, tensor), tensor.elements * bytes, bytes,
          isPerToken(tensor) ? Place::Token
          : isParam(tensor)  ? Place::One
                             : Place::Sequence};
}

/// One thread's share of a call: its part of the workspace, and where its kernels find their tensors.
class Worker {
public:
  Worker(const Call &call, int64_t thread, void *places, void *replayPlaces)
      : call(call), scratch(call.threadBytes ? call.workspace + thread * call.threadBytes : nullptr),
        main(call.entry.main, places), replay(call.entry.replay, replayPlaces) {
    bind(main);
    if (call.replays)
      bind(replay);
  }

  /// What an array for a program's places takes.
  static int64_t placesBytes(const mixrt_program &program) {
    return (program.tensor_count + 1) * (sizeof(Place) + sizeof(int64_t) + program.block * sizeof(void *)) +
           program.block * sizeof(int64_t);
  }

  void run(int64_t item) {
    const int64_t first = item / call.units * call.block, unit = item % call.units, left = call.sequences - first;
    const int64_t count = left < call.block ? left : call.block;
    if (fillsBlock(first, count))
      return runBlock(first, count, unit);
    for (int64_t sequence = first; sequence < first + count; ++sequence)
      runSequence(sequence, unit);
  }

private:
  struct Program {
    Program(const mixrt_program &code, void *memory) : code(code), places(static_cast<Place *>(memory)) {
      const int64_t count = code.tensor_count + 1;
      strides = reinterpret_cast<int64_t *>(places + count);
      lengths = strides + count;
      tensors = reinterpret_cast<void **>(lengths + code.block);
    }
    const mixrt_program &code;
    Place *places;
    int64_t *strides, *lengths;
    void **tensors; // for every sequence of a block
  };

  /// The kernel of a block takes as long as its longest sequence needs: where half of that or more would be for
  /// nothing, its sequences run one by one.
  bool fillsBlock(int64_t first, int64_t count) const {
    int64_t tokens = 0, longest = 0;
    for (int64_t sequence = first; sequence < first + count; ++sequence) {
      const int64_t length = call.length(sequence);
      tokens += length;
      longest = length > longest ? length : longest;
    }
    return call.block > 1 && tokens > longest * call.block / 2;
  }

  void runBlock(int64_t first, int64_t count, int64_t head) {
    const mixrt_program &code = main.code;
    for (int64_t s = 0; s < call.block; ++s) {
      main.lengths[s] = s < count ? call.length(first + s) : 0;
      for (int64_t i = 0; i < code.tensor_count; ++i)
        main.tensors[i * code.block + s] = nullptr;
      if (s < count)
        findTensors(main, itemOf(first + s, head), main.tensors + s, code.block);
    }
    code.block_kernel(main.tensors, main.strides, main.lengths, scratch);
  }

  void runSequence(int64_t sequence, int64_t unit) {
    const int64_t heads = call.heads / call.units;
    for (int64_t head = unit * heads; head < (unit + 1) * heads; ++head) {
      if (call.replays)
        runKernel(replay, itemOf(sequence, head));
      runKernel(main, itemOf(sequence, head));
    }
  }

  Item itemOf(int64_t sequence, int64_t head) const {
    return {sequence, head, call.firstRow(sequence), call.length(sequence)};
  }

  void bind(Program &program) {
    char *partial = call.workspace + call.threads * call.threadBytes;
    char *own = scratch + scratchBytes();
    char *saved = usesSaved(call) ? static_cast<char *>(call.arguments.saved()) + savedHeadBytes : nullptr;
    for (int64_t i = 0; i < program.code.tensor_count; ++i) {
      const mixrt_tensor &tensor = program.code.tensors[i];
      Place &place = program.places[i];
      place = placeOfArgument(call, tensor);
      const int64_t partialSize = partialBytes(call, tensor);
      if (tensor.source == MIXRT_ZERO) {
        place.base = nullptr;
      } else if (tensor.role == MIXRT_SAVED && call.replays) {
        place = placeOfRows(call, tensor, own, /*hasColumns=*/false);
        own += replayedBytes(call, tensor);
      } else if (tensor.role == MIXRT_SAVED) {
        place = placeOfRows(call, tensor, saved, /*hasColumns=*/true);
        place.row = tensor.every == MIXRT_WHOLE_SEQUENCE ? Place::Sequence
                    : tensor.every                       ? Place::Segment
                                                         : Place::Token;
        saved += saved ? savedBytes(call, tensor) : 0;
      } else if (partialSize) {
        place = placeOfRows(call, tensor, place.base ? partial : nullptr, /*hasColumns=*/true);
        place.row = isPerToken(tensor) ? Place::Token : Place::Sequence;
      }
      partial += partialSize;
      program.strides[i] = place.stride();
    }
  }

  int64_t scratchBytes() const {
    const int64_t mine = call.entry.main.scratch_bytes, other = call.replays ? call.entry.replay.scratch_bytes : 0;
    return roundUpToLine(mine > other ? mine : other);
  }

  static void *locate(const Call &call, const mixrt_tensor &tensor, const Place &place, const Item &item) {
    if (!place.base)
      return nullptr;
    int64_t row = 0;
    if (place.row == Place::Sequence)
      row = item.sequence;
    else if (place.row == Place::Token)
      row = item.firstRow;
    else if (place.row == Place::Segment)
      row = item.firstRow / tensor.every + item.sequence;
    return place.base + (row * place.columns + item.head / (call.heads / place.columns)) * place.pitch;
  }

  void runKernel(Program &program, const Item &item) {
    findTensors(program, item, program.tensors, 1);
    program.code.kernel(program.tensors, program.strides, item.length, scratch);
  }

  /// Writes where they are into every step-th of `tensors`.
  void findTensors(const Program &program, const Item &item, void **tensors, int64_t step) {
    const int64_t groupSize = call.heads / call.groups;
    const bool isLastOfGroup = item.head % groupSize == groupSize - 1;
    char *copies = scratch + scratchBytes();
    for (int64_t i = 0; i < program.code.tensor_count; ++i) {
      const mixrt_tensor &tensor = program.code.tensors[i];
      void *&pointer = tensors[i * step];
      pointer = locate(call, tensor, program.places[i], item);
      if (!pointer)
        continue;
      if (!isLastOfGroup)
        pointer = shielded(tensor, pointer, copies);
      if (tensor.source == MIXRT_PARTIAL)
        clear(tensor, program.places[i], static_cast<char *>(pointer), item);
    }
  }

  /// Every head of a group starts from the group's state before the call; the last one alone leaves what comes after
  /// it, and takes the cotangent of that. The others update copies.
  static void *shielded(const mixrt_tensor &tensor, void *pointer, char *&copies) {
    if (tensor.per_group && tensor.role == MIXRT_FINAL_GRAD)
      return nullptr;
    if (!isGroupState(tensor))
      return pointer;
    if (tensor.role != MIXRT_STATE)
      return nullptr;
    const int64_t offset = tensor.offset * elementBytes(tensor);
    char *copy = copies;
    copies += copyBytes(tensor);
    __builtin_memcpy(copy, static_cast<char *>(pointer) - offset, tensor.elements * elementBytes(tensor));
    return copy + offset;
  }

  /// The kernel adds to a partial sum.
  static void clear(const mixrt_tensor &tensor, const Place &place, char *first, const Item &item) {
    const int64_t rows = isPerToken(tensor) ? item.length : 1;
    for (int64_t row = 0; row < rows; ++row)
      __builtin_memset(first + row * place.columns * place.pitch, 0, tensor.own * place.bytes);
  }

  const Call &call;
  char *scratch;
  Program main, replay;
};

/// The numbers 0 ... count - 1 from the common counter, until none is left.
template <typename Body> void takeAll(Call &call, int64_t count, Body body) {
  FlushDenormals mode;
  int64_t done = 0;
  for (;; ++done) {
    const int64_t next = __atomic_fetch_add(&call.next, 1, __ATOMIC_RELAXED);
    if (next >= count)
      break;
    body(next);
  }
  __atomic_fetch_add(&call.done, done, __ATOMIC_RELEASE);
}

/// One thread's share of the items.
void takeItems(void *argument, int64_t thread) {
  Call &call = *static_cast<Call *>(argument);
  void *places = alloca(Worker::placesBytes(call.entry.main));
  void *replayPlaces = alloca(Worker::placesBytes(call.entry.replay));
  Worker worker(call, thread, places, replayPlaces);
  takeAll(call, call.items, [&](int64_t item) { worker.run(item); });
}

void takeSums(void *argument, int64_t) {
  Call &call = *static_cast<Call *>(argument);
  takeAll(call, sumUnits(call), [&](int64_t unit) { sumUp(call, unit); });
}

/// Works through `count` things on as many threads as that is worth.
mix_status runParallel(Call &call, int64_t count, void (*take)(void *, int64_t)) {
  call.next = call.done = 0;
  const int64_t threads = call.mostThreads < count ? call.mostThreads : count;
  mix_parallel_for *parallelFor = call.arguments.parallelFor();
  if (threads == 0)
    return nullptr;
  if (threads == 1)
    take(&call, 0);
  else if (parallelFor)
    parallelFor(call.arguments.parallelForContext(), threads, take, &call);
  else
    runOnPool(threads, take, &call);

  if (__atomic_load_n(&call.done, __ATOMIC_ACQUIRE) != count)
    return fail(MIX_BAD_PARALLEL_FOR, "parallel_for returned before it had called its body for every index");
  return nullptr;
}

} // namespace

mix_status mixrt_run(const mixrt_entry *entry, const void *arguments) {
  if (!arguments)
    return fail(MIX_NULL_ARGUMENT, "args is null");
  Call call(*entry, arguments);
  if (mix_status status = check(call))
    return status;
  if (call.isIdle) // 2^40 empty sequences are not gone through one by one
    return nullptr;
  const bool saves = entry->kind == MIXRT_FORWARD && usesSaved(call);
  if (saves)
    eraseSavedHead(call);
  if (mix_status status = runParallel(call, call.items, takeItems))
    return status;
  if (saves)
    writeSavedHead(call);
  return entry->kind == MIXRT_BACKWARD ? runParallel(call, sumUnits(call), takeSums) : nullptr;
}

size_t mixrt_workspace_size(const mixrt_entry *entry, const void *arguments) {
  if (!arguments)
    return 0;
  Call call(*entry, arguments);
  return readCounts(call) ? static_cast<size_t>(call.workspaceBytes) : 0;
}

size_t mixrt_saved_size(const mixrt_entry *forward, const void *arguments) {
  if (!arguments)
    return 0;
  Call call(*forward, arguments);
  return readCounts(call) ? static_cast<size_t>(call.savedBytes) : 0;
}
