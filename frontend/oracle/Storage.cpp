#include "frontend/oracle/Storage.h"
#include "llvm/ADT/APFloat.h"
#include <cmath>
#include <cstring>

using namespace llvm;

namespace mixc {

static const fltSemantics &semanticsOf(StringRef elementType) {
  return elementType == "bf16" ? APFloat::BFloat() : elementType == "f16" ? APFloat::IEEEhalf() : APFloat::IEEEsingle();
}

Storage::Storage(StringRef elementType, int64_t size)
    : elementType(elementType), width(elementType == "f32" ? 4 : 2), bytes(size * width) {
  bytes.reserve(1);
  if (size == 0)
    return;
  write(0, std::nan(""));
  for (int64_t i = 1; i < size; ++i)
    std::memcpy(bytes.data() + i * width, bytes.data(), width);
}

Storage::Storage(StringRef elementType, ArrayRef<double> numbers)
    : Storage(elementType, static_cast<int64_t>(numbers.size())) {
  for (auto [i, number] : enumerate(numbers))
    write(static_cast<int64_t>(i), number);
}

std::vector<double> Storage::numbers() const {
  std::vector<double> result(size());
  for (int64_t i = 0; i < size(); ++i)
    result[i] = read(i);
  return result;
}

void Storage::copy(int64_t to, const Storage &other, int64_t from, int64_t count) {
  std::memcpy(bytes.data() + to * width, other.bytes.data() + from * width, count * width);
}

double Storage::read(int64_t element) const {
  const char *place = bytes.data() + element * width;
  if (width == 4) {
    float number;
    std::memcpy(&number, place, 4);
    return number;
  }
  uint16_t bits;
  std::memcpy(&bits, place, 2);
  APFloat number(semanticsOf(elementType), APInt(16, bits));
  bool loses;
  number.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &loses);
  return number.convertToDouble();
}

void Storage::write(int64_t element, double number) {
  char *place = bytes.data() + element * width;
  if (width == 4) {
    const float rounded = static_cast<float>(number);
    std::memcpy(place, &rounded, 4);
    return;
  }
  APFloat rounded(number);
  bool loses;
  rounded.convert(semanticsOf(elementType), APFloat::rmNearestTiesToEven, &loses);
  const auto bits = static_cast<uint16_t>(rounded.bitcastToAPInt().getZExtValue());
  std::memcpy(place, &bits, 2);
}

} // namespace mixc
