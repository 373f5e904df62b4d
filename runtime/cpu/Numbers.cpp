#include "runtime/cpu/Numbers.h"

using namespace mixrt;

namespace {

uint32_t bitsOf(float number) {
  uint32_t bits;
  __builtin_memcpy(&bits, &number, 4);
  return bits;
}

float ofBits(uint32_t bits) {
  float number;
  __builtin_memcpy(&number, &bits, 4);
  return number;
}

uint16_t roundToBf16(float number) {
  const uint32_t bits = bitsOf(number);
  if (number != number)
    return static_cast<uint16_t>(bits >> 16 | 0x40);
  return static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

uint16_t roundToF16(float number) {
  const uint32_t bits = bitsOf(number);
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
  return sign | static_cast<uint16_t>(bitsOf(ofBits(magnitude) + 0.5f) - 0x3f000000);
}

float extendF16(uint16_t bits) {
  const uint32_t sign = static_cast<uint32_t>(bits & 0x8000) << 16, magnitude = bits & 0x7fff;
  if (magnitude >= 0x7c00) // infinite, or none
    return ofBits(sign | 0x7f800000 | (magnitude & 0x3ff) << 13);
  const float number = magnitude >= 0x400 ? ofBits((magnitude << 13) + (112u << 23))
                                          : static_cast<float>(magnitude) * 0x1p-24f; // multiples of 2^-24
  return ofBits(bitsOf(number) | sign);
}

} // namespace

void mixrt::storeNumber(float number, int64_t type, void *place) {
  if (type == MIXRT_F32) {
    __builtin_memcpy(place, &number, 4);
    return;
  }
  const uint16_t narrow = type == MIXRT_BF16 ? roundToBf16(number) : roundToF16(number);
  __builtin_memcpy(place, &narrow, 2);
}

float mixrt::loadNumber(const void *place, int64_t type) {
  if (type == MIXRT_F32) {
    float number;
    __builtin_memcpy(&number, place, 4);
    return number;
  }
  uint16_t narrow;
  __builtin_memcpy(&narrow, place, 2);
  return type == MIXRT_BF16 ? ofBits(static_cast<uint32_t>(narrow) << 16) : extendF16(narrow);
}
