// A mixer whose kernels are C functions, with everything that makes a gradient a sum: inputs per group, an input read
// one token back, params, a state per group, a family; and an input that nothing reads.
//
//     H[t] = a H[t-1] + g x + x[t-1]     P[t] = c P[t-1] + g     y = H + P + k[0] k[1]
//
// x, y, H : 2 numbers a head; g, c, P : a number a group; a, k[0], k[1] : a number a head; u : 3 numbers a head, read
// by none. x, g, k, u and their gradients have the type T. Forward saves H[t-1] of every token, P before every fourth,
// and H after the last.
#ifndef MIXC_TEST_UNIT_RUNTIME_TWOFOLD_H
#define MIXC_TEST_UNIT_RUNTIME_TWOFOLD_H

#include "runtime/abi.h"
#include <cstring>
#include <map>
#include <string>
#include <vector>

namespace mixc::test {

/// Numbers of 16 bits, as memory holds them.
struct Bf16 {
  static constexpr int64_t type = MIXRT_BF16;
  uint16_t bits;
  Bf16(float number = 0);
  operator float() const;
};
struct F16 {
  static constexpr int64_t type = MIXRT_F16;
  _Float16 value;
  F16(float number = 0) : value(static_cast<_Float16>(number)) {}
  operator float() const { return static_cast<float>(value); }
};
template <typename T> constexpr int64_t typeOf() {
  if constexpr (sizeof(T) == 4)
    return MIXRT_F32;
  else
    return T::type;
}

inline Bf16::Bf16(float number) {
  uint32_t word;
  std::memcpy(&word, &number, 4);
  bits = number != number ? 0x7fc0 : static_cast<uint16_t>((word + 0x7fff + (word >> 16 & 1)) >> 16);
}
inline Bf16::operator float() const {
  const uint32_t word = uint32_t(bits) << 16;
  float number;
  std::memcpy(&number, &word, 4);
  return number;
}

/// The argument structs, by slot; those of forward and backward begin alike.
enum Field {
  Size,
  Batch,
  Time,
  Heads,
  Groups,
  Sequences,
  CuSeqlens, //
  X,
  G,
  K,
  U,
  A,
  C,
  HInitial,
  PInitial,
  XHistoryInitial, //
  Y,
  HFinal,
  PFinal,
  XHistoryFinal,
  ForwardStrides,
  InitialSlots,
  FinalSlots,
  SlotCount,
  SlotBits,
  ForwardCuSeqlensBits,
  ForwardWorkspace,
  ForwardSaved,
  ForwardSlots = ForwardSaved + 4, //
  YGrad = 16,
  HFinalGrad,
  PFinalGrad,
  XHistoryFinalGrad, //
  XGrad,
  GGrad,
  KGrad,
  UGrad,
  AGrad,
  CGrad,
  HInitialGrad,
  PInitialGrad,
  XHistoryInitialGrad, //
  BackwardStrides,
  CuSeqlensBits,
  Workspace,
  Saved,
  Threads,
  ParallelFor,
  ParallelForContext,
  BackwardSlots
};

constexpr int64_t Every = 4;

template <typename T> const mixrt_entry &twofoldForward();
template <typename T> const mixrt_entry &twofoldBackward();

/// A call with random arrays, and its gradients in float64. The arrays of type T are held as float, rounded to it.
struct Twofold {
  using Numbers = std::vector<float>;

  Twofold(int64_t batch, int64_t time, int64_t heads, int64_t groups, const std::vector<int64_t> &cu = {});
  template <typename T> void roundInputs() {
    for (Numbers *array : {&x, &g, &k, &u})
      for (float &number : *array)
        number = static_cast<float>(T(number));
  }
  /// By field of the results.
  std::map<int, std::vector<double>> gradients() const;
  int64_t resultSize(int field) const;
  /// Its numbers are of the type T.
  static bool isNarrow(int field) { return field >= XGrad && field <= UGrad; }

  int64_t batch, time, heads, groups, sequences;
  std::vector<int64_t> cu;
  bool hasInitial = true, hasFinalGrad = true;
  Numbers x, g, k, u, a, c, hInitial, pInitial, xHistoryInitial, yGrad, hFinalGrad, pFinalGrad, xHistoryFinalGrad;
};

} // namespace mixc::test

#endif
