#include "runtime/cpu/Stage.h"
#include "runtime/cpu/Numbers.h"

using namespace mixrt;

namespace {

template <typename T>
void copy(const Strided &to, const Strided &from, int64_t firstRow, int64_t rows, int64_t first, int64_t numbers) {
  for (int64_t row = firstRow; row < firstRow + rows; ++row)
    for (int64_t i = first; i < first + numbers; ++i)
      *reinterpret_cast<T *>(to.first + row * to.time + i * to.element) =
          *reinterpret_cast<const T *>(from.first + row * from.time + i * from.element);
}

} // namespace

// In squares: along one of the axes either side lies apart.
void mixrt::copyNumbers(const Strided &to, const Strided &from, int64_t rows, int64_t numbers, int64_t bytesEach) {
  constexpr int64_t side = 16;
  for (int64_t row = 0; row < rows; row += side)
    for (int64_t first = 0; first < numbers; first += side) {
      const int64_t height = rows - row < side ? rows - row : side;
      const int64_t width = numbers - first < side ? numbers - first : side;
      if (bytesEach == 4)
        copy<uint32_t>(to, from, row, height, first, width);
      else
        copy<uint16_t>(to, from, row, height, first, width);
    }
}

void mixrt::startState(const mixrt_tensor &state, char *stage, const char *param, int64_t paramElement,
                       int64_t paramType) {
  const int64_t bytes = state.element_type == MIXRT_F32 ? 4 : 2;
  for (int64_t i = 0; i < state.own; ++i) {
    float number = static_cast<float>(state.start);
    if (param)
      number = loadNumber(param + i * paramElement, paramType);
    else if (state.start_identity)
      number = i % (state.start_identity + 1) == 0 ? 1.0f : 0.0f;
    storeNumber(number, state.element_type, stage + i * bytes);
  }
}
