#include "runtime/Overlap.h"
#include "runtime/Status.h"

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
         placeOf(entry, *end.tensor) == placeOf(entry, *start.tensor);
}

mix_status Ranges::checkPair(const Range &a, const Range &b) const {
  const bool isInPlace = areOfOneState(a, b);
  if (isInPlace && a.first == b.first)
    return nullptr;
  return fail(MIX_OVERLAP, "%s overlaps %s%s", a.name, b.name, isInPlace ? ", and is not the same memory" : "");
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
