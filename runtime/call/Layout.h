// Where the caller's tensors lie. Number e of head h (or group) of token t of sequence b is at
//
//     pointer + b batch + t time + h head + e element          in elements; e: row-major among the tensor's dims
//
// A kernel takes a pointer to the first token's row and the time stride, and numbers of a row next to each other. So a
// tensor whose element stride is not 1 ([batch, channels, time]), or whose tokens lie backwards, is *staged*: copied
// into the thread's own memory, item by item, before the kernel runs, and back after it where it is written.
#ifndef MIXC_RUNTIME_CALL_LAYOUT_H
#define MIXC_RUNTIME_CALL_LAYOUT_H

#include "runtime/call/Call.h"

namespace mixrt {

/// The strides of a tensor, none of them to be filled in.
struct Layout : mixrt_strides {
  bool operator==(const Layout &other) const {
    return batch == other.batch && time == other.time && head == other.head && element == other.element;
  }
};
/// Strides that are not representable come out wrong: check finds them.
Layout layoutOf(const Call &call, const mixrt_tensor &tensor);

/// The memory of a tensor: `bytes` bytes at first + every sum of i_k stride_k, 0 <= i_k < count_k.
struct Spread {
  uintptr_t first = 0, past = 0; // past: of the last of them
  int64_t bytes = 0;             // 0: there is none
  int64_t axes = 0;              // those of more than one; their strides are positive
  struct {
    int64_t count, stride;
  } axis[4];
  bool overflows = false;

  bool repeats() const; // two of them may be one
  /// No byte is of both, provably: where one period divides all long strides of both, what is within it is apart.
  bool isApartFrom(const Spread &other) const;
};
Spread spreadOf(const Call &call, const mixrt_tensor &tensor);

/// The kernel is given a copy.
bool isStaged(const Call &call, const mixrt_tensor &tensor);
/// Bytes of that copy, for one sequence.
int64_t stagedBytes(const Call &call, const mixrt_tensor &tensor);

} // namespace mixrt

#endif
