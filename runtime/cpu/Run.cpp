// Runs the kernels over all (sequence, head), or (block of sequences, head). In memory a tensor is, row-major where the
// caller gives no strides (call/Layout.h; H heads, or G groups of them; E elements each),
//
//     input, output, kept, and their gradients      [batch, time, H, E]    sequence s from s time, or cu_seqlens[s], on
//     param                                         [H, E]
//     initial, final, state, and their gradients    [sequences, H, E]      or [slots, H, E], sequence s at slots[s]
//     partial sums of gradients                     float32 [batch time or sequences, H, own]
//     saved (call/Call.h)                           float32 [batch time or segments or sequences, H, own]
//
// The members of a family are tensors that share their E: each begins at an offset of its own.
#include "runtime/call/Layout.h"
#include "runtime/call/Status.h"
#include "runtime/cpu/Cpu.h"
#include "runtime/cpu/Pool.h"
#include "runtime/cpu/Stage.h"
#include <alloca.h>

using namespace mixrt;

namespace {

/// A sequence, and one head of it.
struct Item {
  int64_t sequence, head, firstRow, length;
};

/// A tensor as one thread finds it: an item's first number is at base + row (its index) + column (its head or group),
/// number i of token t at t time + i element from there. All in bytes.
struct Place {
  char *base; // null: absent
  int64_t row, column, time, element;
  int64_t bytes;     // of a number
  int64_t headsEach; // of a column
  enum { One, Sequence, Token, Segment, InitialSlot, FinalSlot } index;
  char *stage;        // null: the kernel works on the caller's own
  int64_t stageBytes; // of a sequence
};

/// Rows of float32 numbers of our own, one next to the other.
Place placeOfRows(const Call &call, const mixrt_tensor &tensor, char *base, bool hasColumns) {
  const int64_t column = tensor.own * 4, row = (hasColumns ? call.heads : 1) * column;
  return {base, row, hasColumns ? column : 0, row, 4, 4, 1, Place::One, nullptr, 0};
}

/// Where the caller has it.
Place placeOfArgument(const Call &call, const mixrt_tensor &tensor) {
  auto *base = static_cast<char *>(call.arguments.pointer(tensor.slot));
  const Layout layout = layoutOf(call, tensor);
  const int64_t bytes = elementBytes(tensor);
  const bool isPacked = isPerToken(tensor) && call.cuSeqlens;
  return {base ? base + tensor.offset * layout.element * bytes : nullptr,
          (isPacked ? layout.time : layout.batch) * bytes,
          layout.head * bytes,
          layout.time * bytes,
          layout.element * bytes,
          bytes,
          call.heads / columnsOf(call, tensor),
          isParam(tensor)                                            ? Place::One
          : isPacked                                                 ? Place::Token
          : tensor.role == MIXRT_INITIAL                             ? Place::InitialSlot
          : tensor.role == MIXRT_FINAL || tensor.role == MIXRT_STATE ? Place::FinalSlot
                                                                     : Place::Sequence,
          nullptr,
          0};
}

/// One thread's share of a call: its part of the workspace, and where its kernels find their tensors.
class Worker {
public:
  Worker(const Call &call, int64_t thread, void *places, void *replayPlaces)
      : call(call), scratch(call.threadBytes ? call.workspace + thread * call.threadBytes : nullptr),
        stages(scratch + call.stages), main(call.entry.main, places), replay(call.entry.replay, replayPlaces) {
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
    bool stages = false;
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
        findTensors(main, itemOf(first + s, head), s, code.block);
    }
    code.block_kernel(main.tensors, main.strides, main.lengths, scratch);
    for (int64_t s = 0; s < count && main.stages; ++s)
      giveBack(main, itemOf(first + s, head), s);
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
        place.index = tensor.every == MIXRT_WHOLE_SEQUENCE ? Place::Sequence
                      : tensor.every                       ? Place::Segment
                                                           : Place::Token;
        saved += saved ? savedBytes(call, tensor) : 0;
      } else if (partialSize) {
        place = placeOfRows(call, tensor, place.base ? partial : nullptr, /*hasColumns=*/true);
        place.index = isPerToken(tensor) ? Place::Token : Place::Sequence;
      } else if (call.stagesSome && isStaged(call, tensor)) {
        place.stage = stages;
        place.stageBytes = stagedBytes(call, tensor);
        stages += call.block * place.stageBytes;
        program.stages = true;
      }
      partial += partialSize;
      program.strides[i] = place.stage ? tensor.own : place.time / place.bytes;
    }
  }

  int64_t scratchBytes() const {
    const int64_t mine = call.entry.main.scratch_bytes, other = call.replays ? call.entry.replay.scratch_bytes : 0;
    return roundUpToLine(mine > other ? mine : other);
  }

  char *locate(const mixrt_tensor &tensor, const Place &place, const Item &item) const {
    if (!place.base)
      return nullptr;
    int64_t row = 0;
    if (place.index == Place::Sequence)
      row = item.sequence;
    else if (place.index == Place::Token)
      row = item.firstRow;
    else if (place.index == Place::Segment)
      row = item.firstRow / tensor.every + item.sequence;
    else if (place.index == Place::InitialSlot)
      row = initialSlot(call, item.sequence);
    else if (place.index == Place::FinalSlot)
      row = finalSlot(call, item.sequence);
    if (row < 0)
      return nullptr;
    return place.base + row * place.row + item.head / place.headsEach * place.column;
  }

  void runKernel(Program &program, const Item &item) {
    findTensors(program, item, 0, 1);
    program.code.kernel(program.tensors, program.strides, item.length, scratch);
    if (program.stages)
      giveBack(program, item, 0);
  }

  /// Every head of a group starts from the group's state before the call; the last one alone leaves what comes after
  /// it, and takes the cotangent of that. The others update copies.
  bool isLastOfGroup(const Item &item) const {
    const int64_t groupSize = call.heads / call.groups;
    return item.head % groupSize == groupSize - 1;
  }

  /// Finds the tensors of sequence s of a block of so many, and copies those that the kernel takes as copies.
  void findTensors(const Program &program, const Item &item, int64_t s, int64_t block) {
    const bool isLast = isLastOfGroup(item);
    char *copies = scratch + scratchBytes();
    for (int64_t i = 0; i < program.code.tensor_count; ++i) {
      const mixrt_tensor &tensor = program.code.tensors[i];
      const Place &place = program.places[i];
      void *&pointer = program.tensors[i * block + s];
      char *there = locate(tensor, place, item);
      pointer = there;
      if (!isLast && tensor.per_group && (tensor.role == MIXRT_FINAL_GRAD || isGroupState(tensor))) {
        if (tensor.role != MIXRT_STATE) {
          pointer = nullptr;
          continue;
        }
        if (there && !needsStage(place, tensor)) {
          pointer = copies + tensor.offset * place.bytes;
          __builtin_memcpy(copies, there - tensor.offset * place.bytes, tensor.elements * place.bytes);
          copies += copyBytes(tensor);
        }
      }
      if (place.stage && (there || (tensor.role == MIXRT_STATE && block == 1)))
        pointer = staged(program, tensor, place, item, there, s);
      if (pointer && tensor.source == MIXRT_PARTIAL)
        clear(tensor, static_cast<char *>(pointer), place.stage ? tensor.own * place.bytes : place.time, item);
    }
  }

  /// Numbers of a row lie apart, or its rows backwards; else a state is staged where no slot has it, alone.
  static bool needsStage(const Place &place, const mixrt_tensor &tensor) {
    return place.stage && (tensor.role != MIXRT_STATE || (place.element != place.bytes && tensor.own > 1));
  }

  void *staged(const Program &program, const mixrt_tensor &tensor, const Place &place, const Item &item, char *there,
               int64_t s) {
    char *stage = place.stage + s * place.stageBytes;
    if (!there) {
      startAnew(program, tensor, stage, item);
      return stage;
    }
    if (!needsStage(place, tensor))
      return there;
    if (!isWritten(tensor) || tensor.role == MIXRT_STATE)
      copyNumbers(stageOf(stage, tensor, place), {there, place.time, place.element}, rowsOf(tensor, item), tensor.own,
                  place.bytes);
    return stage;
  }

  void startAnew(const Program &program, const mixrt_tensor &state, char *stage, const Item &item) {
    if (!state.start_param)
      return startState(state, stage, nullptr, 0, 0);
    const mixrt_tensor &param = program.code.tensors[state.start_param - 1];
    const Place place = placeOfArgument(call, param); // not staged
    startState(state, stage, locate(param, place, item), place.element, param.element_type);
  }

  /// What the kernel wrote into copies goes where the caller wants it.
  void giveBack(const Program &program, const Item &item, int64_t s) {
    const bool isLast = isLastOfGroup(item);
    for (int64_t i = 0; i < program.code.tensor_count; ++i) {
      const mixrt_tensor &tensor = program.code.tensors[i];
      const Place &place = program.places[i];
      if (!needsStage(place, tensor) || !isWritten(tensor) || (!isLast && isGroupState(tensor)))
        continue;
      if (char *there = locate(tensor, place, item))
        copyNumbers({there, place.time, place.element}, stageOf(place.stage + s * place.stageBytes, tensor, place),
                    rowsOf(tensor, item), tensor.own, place.bytes);
    }
  }

  static Strided stageOf(char *stage, const mixrt_tensor &tensor, const Place &place) {
    return {stage, tensor.own * place.bytes, place.bytes};
  }
  static int64_t rowsOf(const mixrt_tensor &tensor, const Item &item) { return isPerToken(tensor) ? item.length : 1; }

  /// The kernel adds to a partial sum.
  static void clear(const mixrt_tensor &tensor, char *first, int64_t time, const Item &item) {
    const int64_t bytes = tensor.own * int64_t(sizeof(float));
    for (int64_t row = 0; row < rowsOf(tensor, item); ++row)
      __builtin_memset(first + row * time, 0, bytes);
  }

  const Call &call;
  char *scratch, *stages; // stages: the next that is free
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
