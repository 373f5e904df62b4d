// How large a mixer may be. Beyond these, a message names the size and the limit within a second, instead of minutes
// and all memory.
#ifndef MIXC_LOWERING_LIMITS_H
#define MIXC_LOWERING_LIMITS_H

#include "llvm/ADT/ArrayRef.h"
#include <cstdint>
#include <optional>

namespace mixc::limits {

/// States of a mixer: a stratum each, at worst.
constexpr size_t states = 500;
/// Operations that a value is computed by, one after the other: passes walk down them.
constexpr unsigned depth = 5000;
/// Operations of all equations of a mixer, families and sums unrolled.
constexpr size_t expressions = 100'000;
/// States that take each other in chunks: the products of their n x n transitions are n^3 ops a token.
constexpr size_t mixed = 8;
/// Inputs of a kernel: the code generator's time grows with the square of what a function takes.
constexpr size_t inputs = 400;
/// Writes of a component at one token: all pairs of them meet. 32 compile in half a minute and 1.7 GB.
constexpr unsigned writes = 40;
/// Numbers of one tensor at one token: 4 TiB of float32. With it, no count of bytes or tiles comes near 2^63.
constexpr int64_t numbers = int64_t(1) << 40;

/// The product of sizes; none if it is beyond `numbers`.
inline std::optional<int64_t> product(llvm::ArrayRef<int64_t> sizes) {
  int64_t product = 1;
  for (int64_t size : sizes)
    if (__builtin_mul_overflow(product, size, &product) || product > numbers)
      return std::nullopt;
  return product;
}

} // namespace mixc::limits

#endif
