// What becomes of the partial sums: with P(r, h) what the kernel of head h left in row r, and "column" a head or, of
// what is declared per group, a group,
//
//     gradient of an input or an initial state    d[r, c] = sum_{h in c} P(r, h)
//     gradient of a param                         d[c]    = sum_{h in c} sum_sequences P(s, h)
//
// added up in float64, in this order, and rounded once. What no kernel writes is zero: the empty sum.
#include "runtime/Call.h"

using namespace mixrt;

namespace {

/// The rows and columns of a gradient that is summed, and what each is the sum of.
struct Sum {
  const mixrt_tensor &tensor;
  char *result;
  const float *partial; // [rows of them, heads, own]
  int64_t rows, columns;
  int64_t headsEach, rowsEach; // parts of one cell

  int64_t cells() const { return rows * columns; }
  /// So that a unit is worth handing out.
  int64_t cellsPerUnit() const {
    constexpr int64_t numbers = 1 << 14;
    const int64_t each = tensor.own * (headsEach * rowsEach + 1);
    return each < numbers ? numbers / each : 1;
  }
  int64_t units() const { return (cells() + cellsPerUnit() - 1) / cellsPerUnit(); }
};

/// The nearest number of fewer bits, of two the even one; what overflows is infinite.
uint16_t roundToBf16(float number) {
  uint32_t bits;
  __builtin_memcpy(&bits, &number, 4);
  if (number != number)
    return static_cast<uint16_t>(bits >> 16 | 0x40);
  return static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

uint16_t roundToF16(float number) {
  uint32_t bits;
  __builtin_memcpy(&bits, &number, 4);
  const uint16_t sign = bits >> 16 & 0x8000;
  const uint32_t magnitude = bits & 0x7fffffff;
  if (number != number)
    return sign | 0x7e00;
  if (magnitude >= 0x477ff000) // 65520: halfway from the largest number to what would be next
    return sign | 0x7c00;
  if (magnitude >= 0x38800000) { // 2^-14: the bias is 112 less, and 13 bits are dropped
    const uint32_t rebiased = magnitude - (112u << 23);
    return sign | static_cast<uint16_t>((rebiased + 0xfff + (rebiased >> 13 & 1)) >> 13);
  }
  // Below, multiples of 2^-24: adding 1/2 leaves them in the last bits of the sum, rounded as we want it.
  float shifted;
  __builtin_memcpy(&shifted, &magnitude, 4);
  shifted += 0.5f;
  __builtin_memcpy(&bits, &shifted, 4);
  return sign | static_cast<uint16_t>(bits - 0x3f000000);
}

void store(const mixrt_tensor &tensor, char *place, const double *numbers, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    const auto number = static_cast<float>(numbers[i]);
    if (tensor.element_type == MIXRT_F32) {
      reinterpret_cast<float *>(place)[i] = number;
      continue;
    }
    reinterpret_cast<uint16_t *>(place)[i] =
        tensor.element_type == MIXRT_BF16 ? roundToBf16(number) : roundToF16(number);
  }
}

void sumCell(const Call &call, const Sum &sum, int64_t row, int64_t column) {
  const mixrt_tensor &tensor = sum.tensor;
  constexpr int64_t most = 256;
  double numbers[most];
  char *cell = sum.result + ((row * sum.columns + column) * tensor.elements + tensor.offset) * elementBytes(tensor);
  for (int64_t first = 0; first < tensor.own; first += most) {
    const int64_t count = tensor.own - first < most ? tensor.own - first : most;
    __builtin_memset(numbers, 0, count * sizeof *numbers);
    for (int64_t head = column * sum.headsEach; head < (column + 1) * sum.headsEach; ++head)
      for (int64_t part = row * sum.rowsEach; part < (row + 1) * sum.rowsEach; ++part) {
        const float *numbersOfPart = sum.partial + (part * call.heads + head) * tensor.own + first;
        for (int64_t i = 0; i < count; ++i)
          numbers[i] += static_cast<double>(numbersOfPart[i]);
      }
    store(tensor, cell + first * elementBytes(tensor), numbers, count);
  }
}

/// Calls body(sum) for every gradient that is summed and wanted, until it returns true.
template <typename Body> void forSums(const Call &call, Body body) {
  const char *partial = call.workspace + call.threads * call.threadBytes;
  for (int64_t i = 0; i < call.entry.main.tensor_count; ++i) {
    const mixrt_tensor &tensor = call.entry.main.tensors[i];
    const char *mine = partial;
    partial += partialBytes(call, tensor);
    auto *result = static_cast<char *>(call.arguments.pointer(tensor.slot));
    if (tensor.source == MIXRT_WRITTEN || isSummedInPlace(call, tensor) || !result)
      continue;
    const int64_t columns = columnsOf(call, tensor);
    const bool isEmpty = tensor.source == MIXRT_ZERO;
    const Sum sum = {tensor,
                     result,
                     reinterpret_cast<const float *>(mine),
                     rowsOf(call, tensor),
                     columns,
                     call.heads / columns,
                     isEmpty           ? 0
                     : isParam(tensor) ? call.sequences
                                       : 1};
    if (body(sum))
      return;
  }
}

} // namespace

int64_t mixrt::sumUnits(const Call &call) {
  int64_t units = 0;
  forSums(call, [&](const Sum &sum) {
    units += sum.units();
    return false;
  });
  return units;
}

void mixrt::sumUp(const Call &call, int64_t unit) {
  forSums(call, [&](const Sum &sum) {
    if (unit >= sum.units()) {
      unit -= sum.units();
      return false;
    }
    const int64_t first = unit * sum.cellsPerUnit(), past = first + sum.cellsPerUnit();
    for (int64_t cell = first; cell < past && cell < sum.cells(); ++cell)
      sumCell(call, sum, cell / sum.columns, cell % sum.columns);
    return true;
  });
}
