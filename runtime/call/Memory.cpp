// How many bytes a call needs beside its tensors: workspace, and what forward saves for backward.
#include "runtime/call/Layout.h"
#include "runtime/call/Status.h"
#include <inttypes.h>

using namespace mixrt;

namespace {

/// A number of bytes, or more than can be counted.
struct Bytes {
  int64_t count;
  bool overflow = false;

  Bytes times(int64_t factor) const {
    Bytes product{0, overflow};
    product.overflow |= __builtin_mul_overflow(count, factor, &product.count);
    return product;
  }
  Bytes plus(Bytes other) const {
    Bytes sum{0, overflow || other.overflow};
    sum.overflow |= __builtin_add_overflow(count, other.count, &sum.count);
    return sum;
  }
  Bytes toLine() const { return {plus({63}).count / 64 * 64, plus({63}).overflow}; }
};

/// Rows of float32 numbers.
Bytes rowsOfFloats(Bytes rows, int64_t columns, int64_t elements) {
  return rows.times(columns).times(elements).times(4).toLine();
}

Bytes tokens(const Call &call) { return Bytes{call.arguments.batch()}.times(call.time); }

Bytes countPartial(const Call &call, const mixrt_tensor &tensor) {
  if (tensor.source != MIXRT_PARTIAL || isSummedInPlace(call, tensor))
    return {0};
  return rowsOfFloats(isPerToken(tensor) ? tokens(call) : Bytes{call.sequences}, call.heads, tensor.own);
}

Bytes countSaved(const Call &call, const mixrt_tensor &tensor) {
  if (tensor.role != MIXRT_SAVED)
    return {0};
  Bytes rows = tokens(call);
  if (tensor.every == MIXRT_WHOLE_SEQUENCE)
    rows = {call.sequences};
  else if (tensor.every)
    rows = Bytes{rows.count / tensor.every, rows.overflow}.plus({call.sequences});
  return rowsOfFloats(rows, call.heads, tensor.own);
}

Bytes countReplayed(const Call &call, const mixrt_tensor &tensor) {
  if (tensor.role != MIXRT_SAVED)
    return {0};
  if (tensor.every == MIXRT_WHOLE_SEQUENCE)
    return rowsOfFloats({1}, 1, tensor.own);
  const int64_t every = tensor.every ? tensor.every : 1;
  return rowsOfFloats({call.longest / every + (call.longest % every != 0)}, 1, tensor.own);
}

Bytes countStaged(const Call &call, const mixrt_tensor &tensor) {
  if (!isStaged(call, tensor))
    return {0};
  return Bytes{isPerToken(tensor) ? call.longest : 1}
      .times(tensor.own)
      .times(elementBytes(tensor))
      .toLine()
      .times(call.block);
}

} // namespace

int64_t mixrt::partialBytes(const Call &call, const mixrt_tensor &tensor) { return countPartial(call, tensor).count; }
int64_t mixrt::savedBytes(const Call &call, const mixrt_tensor &tensor) { return countSaved(call, tensor).count; }
int64_t mixrt::replayedBytes(const Call &call, const mixrt_tensor &tensor) { return countReplayed(call, tensor).count; }

mix_status mixrt::layOut(Call &call) {
  const mixrt_program &main = call.entry.main, &replay = call.entry.replay;
  Bytes thread{roundUpToLine(main.scratch_bytes)}, partial{0}, saved{0};
  bool saves = false;
  if (call.replays && replay.scratch_bytes > main.scratch_bytes)
    thread = {roundUpToLine(replay.scratch_bytes)};
  for (int64_t i = 0; i < main.tensor_count; ++i) {
    const mixrt_tensor &tensor = main.tensors[i];
    thread = thread.plus({copyBytes(tensor)});
    if (call.replays)
      thread = thread.plus(countReplayed(call, tensor));
    partial = partial.plus(countPartial(call, tensor));
    saved = saved.plus(countSaved(call, tensor));
    saves |= tensor.role == MIXRT_SAVED;
  }
  call.stages = thread.count;
  const mixrt_program *const programs[] = {&main, &replay};
  for (const mixrt_program *program : programs)
    for (int64_t i = 0; call.stagesSome && i < program->tensor_count; ++i)
      if (program == &main || call.replays)
        thread = thread.plus(countStaged(call, program->tensors[i]));
  if (saves)
    saved = saved.plus({savedHeadBytes});
  // 63 more, to align it.
  Bytes workspace = thread.times(call.threads).plus(partial);
  if (workspace.count || workspace.overflow)
    workspace = workspace.plus({63});
  if (workspace.overflow)
    return fail(MIX_TOO_LARGE, "workspace would have more than 2^63 bytes");
  if (saved.overflow)
    return fail(MIX_TOO_LARGE, "saved would have more than 2^63 bytes");
  call.threadBytes = thread.count;
  call.workspaceBytes = workspace.count;
  call.savedBytes = saved.count;
  return nullptr;
}
