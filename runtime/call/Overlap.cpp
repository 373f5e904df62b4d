#include "runtime/call/Overlap.h"
#include "runtime/call/Status.h"

using namespace mixrt;

/// The place of a state's start, or end, among all of them: both are in order of declaration.
static int64_t placeOf(const mixrt_entry &entry, const mixrt_tensor &tensor) {
  int64_t first = tensor.slot;
  for (int64_t i = 0; i < entry.main.tensor_count; ++i)
    if (entry.main.tensors[i].role == tensor.role && entry.main.tensors[i].slot < first)
      first = entry.main.tensors[i].slot;
  return tensor.slot - first;
}

bool Ranges::areOfOneState(const Range &end, const Range &start) const {
  return end.tensor && start.tensor && end.tensor->role == MIXRT_FINAL && start.tensor->role == MIXRT_INITIAL &&
         placeOf(call.entry, *end.tensor) == placeOf(call.entry, *start.tensor);
}

mix_status Ranges::checkPair(const Range &a, const Range &b) const {
  const bool isOneState = areOfOneState(a, b);
  if (isOneState && call.arguments.pointer(a.tensor->slot) == call.arguments.pointer(b.tensor->slot) &&
      layoutOf(call, *a.tensor) == layoutOf(call, *b.tensor))
    return nullptr;
  if (a.tensor && b.tensor && spreadOf(call, *a.tensor).isApartFrom(spreadOf(call, *b.tensor)))
    return nullptr;
  return fail(MIX_OVERLAP, "%s overlaps %s%s", a.name, b.name, isOneState ? ", and is not the same memory" : "");
}

bool Ranges::carryInPlace() const {
  for (int64_t i = 0; i < writtenCount; ++i)
    for (int64_t k = 0; k < readCount; ++k)
      if (areOfOneState(written[i], read[k]) && written[i].first < read[k].past && read[k].first < written[i].past)
        return true;
  return false;
}

mix_status Ranges::check() const {
  for (int64_t i = 0; i < writtenCount; ++i) {
    const Range &range = written[i];
    auto checkAll = [&](const Range *others, int64_t count) -> mix_status {
      for (const Range *other = others + count; other-- > others;)
        if (range.first < other->past && other->first < range.past)
          if (mix_status status = checkPair(range, *other))
            return status;
      return nullptr;
    };
    if (mix_status status = checkAll(written + i + 1, writtenCount - i - 1))
      return status;
    if (mix_status status = checkAll(read, readCount))
      return status;
  }
  return nullptr;
}
