// What becomes of the partial sums: with P(r, h) what the kernel of head h left in row r, and "column" a head or, of
// what is declared per group, a group,
//
//     gradient of an input or an initial state    d[r, c] = sum_{h in c} P(r, h)
//     gradient of a param                         d[c]    = sum_{h in c} sum_sequences P(s, h)
//
// added up in float64, in this order, and rounded once. What no kernel writes is zero: the empty sum.
#include "runtime/call/Layout.h"
#include "runtime/cpu/Numbers.h"

using namespace mixrt;

namespace {

/// The rows and columns of a gradient that is summed, and what each is the sum of.
struct Sum {
  const mixrt_tensor &tensor;
  Layout layout;
  char *result;
  const float *partial; // [rows of them, heads, own]
  int64_t rows, columns;
  int64_t headsEach, rowsEach; // parts of one cell

  int64_t cells() const { return rows * columns; }
  /// Of this member's first number. A row is one of all tokens, or of the sequences.
  char *place(const Call &call, int64_t row, int64_t column) const {
    int64_t at = column * layout.head + tensor.offset * layout.element;
    if (isPerToken(tensor))
      at += row / call.time * layout.batch + row % call.time * layout.time;
    else
      at += row * layout.batch;
    return result + at * elementBytes(tensor);
  }
  /// So that a unit is worth handing out.
  int64_t cellsPerUnit() const {
    constexpr int64_t numbers = 1 << 14;
    const int64_t each = tensor.own * (headsEach * rowsEach + 1);
    return each < numbers ? numbers / each : 1;
  }
  int64_t units() const { return (cells() + cellsPerUnit() - 1) / cellsPerUnit(); }
};

void sumCell(const Call &call, const Sum &sum, int64_t row, int64_t column) {
  const mixrt_tensor &tensor = sum.tensor;
  constexpr int64_t most = 256;
  double numbers[most];
  const int64_t each = sum.layout.element * elementBytes(tensor);
  char *cell = sum.place(call, row, column);
  for (int64_t first = 0; first < tensor.own; first += most) {
    const int64_t count = tensor.own - first < most ? tensor.own - first : most;
    __builtin_memset(numbers, 0, count * sizeof *numbers);
    for (int64_t head = column * sum.headsEach; head < (column + 1) * sum.headsEach; ++head)
      for (int64_t part = row * sum.rowsEach; part < (row + 1) * sum.rowsEach; ++part) {
        const float *numbersOfPart = sum.partial + (part * call.heads + head) * tensor.own + first;
        for (int64_t i = 0; i < count; ++i)
          numbers[i] += static_cast<double>(numbersOfPart[i]);
      }
    for (int64_t i = 0; i < count; ++i)
      storeNumber(static_cast<float>(numbers[i]), tensor.element_type, cell + (first + i) * each);
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
                     layoutOf(call, tensor),
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
