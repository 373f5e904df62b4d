#include "runtime/call/Layout.h"

using namespace mixrt;

static int64_t times(int64_t a, int64_t b) { // of what is checked elsewhere
  return static_cast<int64_t>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
}

static int64_t orElse(int64_t given, int64_t contiguous) {
  return given == MIXRT_BROADCAST ? 0 : given ? given : contiguous;
}

Layout mixrt::layoutOf(const Call &call, const mixrt_tensor &tensor) {
  const mixrt_strides *given = call.arguments.strides(tensor.slot);
  Layout layout;
  if (!given) {
    layout.element = 1;
    layout.head = tensor.elements;
    layout.time = times(columnsOf(call, tensor), tensor.elements);
    layout.batch = isPerToken(tensor) ? times(call.time, layout.time) : layout.time;
    return layout;
  }
  const mixrt_strides strides = *given;
  layout.element = orElse(strides.element, 1);
  layout.head = orElse(strides.head, times(tensor.elements, layout.element));
  const int64_t row = times(columnsOf(call, tensor), layout.head);
  layout.time = isPerToken(tensor) ? orElse(strides.time, row) : row;
  layout.batch = orElse(strides.batch, isPerToken(tensor) ? times(call.time, layout.time) : row);
  return layout;
}

Spread mixrt::spreadOf(const Call &call, const mixrt_tensor &tensor) {
  const int64_t sequences = isParam(tensor)         ? 1
                            : isPerToken(tensor)    ? call.arguments.batch()
                            : slotsOf(call, tensor) ? call.arguments.slotCount()
                                                    : call.sequences;
  const int64_t counts[] = {sequences, isPerToken(tensor) ? call.time : 1, columnsOf(call, tensor), tensor.elements};
  Spread spread;
  for (int64_t count : counts)
    if (count == 0)
      return spread;
  spread.bytes = elementBytes(tensor);
  const auto pointer = reinterpret_cast<uintptr_t>(call.arguments.pointer(tensor.slot));
  if (!call.arguments.strides(tensor.slot)) { // one block
    for (int64_t count : counts)
      spread.overflows |= __builtin_mul_overflow(spread.bytes, count, &spread.bytes);
    spread.first = pointer;
    spread.past = pointer + static_cast<uintptr_t>(spread.bytes);
    return spread;
  }
  const Layout layout = layoutOf(call, tensor);
  const int64_t strides[] = {layout.batch, layout.time, layout.head, layout.element};
  int64_t below = 0, above = spread.bytes;
  for (int64_t i = 0; i < 4; ++i) {
    if (counts[i] == 1)
      continue;
    int64_t stride, reach;
    spread.overflows |= __builtin_mul_overflow(strides[i], spread.bytes, &stride);
    spread.overflows |= __builtin_mul_overflow(stride, counts[i] - 1, &reach);
    spread.overflows |= __builtin_add_overflow(reach < 0 ? below : above, reach, reach < 0 ? &below : &above);
    spread.axis[spread.axes++] = {counts[i], stride < 0 ? times(stride, -1) : stride};
  }
  spread.first = pointer + static_cast<uintptr_t>(below);
  spread.past = pointer + static_cast<uintptr_t>(above);
  return spread;
}

// From the shortest stride to the longest: each has room for what the shorter ones reach.
bool Spread::repeats() const {
  int64_t reach = bytes, from = -1;
  for (int64_t i = 0; i < axes; ++i) {
    int64_t next = -1; // the shortest that is left; of two alike the earlier one
    for (int64_t k = 0; k < axes; ++k) {
      const bool isLeft =
          from < 0 || axis[k].stride > axis[from].stride || (axis[k].stride == axis[from].stride && k > from);
      if (isLeft && (next < 0 || axis[k].stride < axis[next].stride))
        next = k;
    }
    if (axis[next].stride < reach)
      return true;
    reach += (axis[next].count - 1) * axis[next].stride;
    from = next;
  }
  return false;
}

/// What is reached within a period, by the strides that are no multiples of it.
static int64_t reachWithin(const Spread &spread, int64_t period) {
  int64_t reach = spread.bytes;
  for (int64_t i = 0; i < spread.axes; ++i)
    if (spread.axis[i].stride % period)
      reach += (spread.axis[i].count - 1) * spread.axis[i].stride;
  return reach;
}

bool Spread::isApartFrom(const Spread &other) const {
  if (past <= other.first || other.past <= first)
    return true;
  const Spread *const both[] = {this, &other};
  for (const Spread *of : both)
    for (int64_t i = 0; i < of->axes; ++i) {
      const int64_t period = of->axis[i].stride;
      if (period == 0)
        continue;
      const int64_t mine = reachWithin(*this, period), others = reachWithin(other, period);
      const int64_t apart =
          other.first >= first
              ? static_cast<int64_t>((other.first - first) % static_cast<uintptr_t>(period))
              : period - 1 - static_cast<int64_t>((first - other.first - 1) % static_cast<uintptr_t>(period));
      if (mine <= apart && others <= period - apart)
        return true;
    }
  return false;
}

bool mixrt::isStaged(const Call &call, const mixrt_tensor &tensor) {
  if (tensor.role == MIXRT_SAVED || tensor.source == MIXRT_ZERO || !call.arguments.pointer(tensor.slot))
    return false;
  if (tensor.source == MIXRT_PARTIAL && !isSummedInPlace(call, tensor))
    return false; // the kernel adds to what is in the workspace
  if (tensor.role == MIXRT_STATE && call.initialSlots)
    return true; // one that no slot has starts in a copy
  if (!call.arguments.strides(tensor.slot))
    return false;
  const Layout layout = layoutOf(call, tensor);
  return (layout.element != 1 && tensor.own > 1) || (isPerToken(tensor) && layout.time < 0);
}

int64_t mixrt::stagedBytes(const Call &call, const mixrt_tensor &tensor) {
  const int64_t rows = isPerToken(tensor) ? call.longest : 1;
  return roundUpToLine(rows * tensor.own * elementBytes(tensor));
}
