// Choices that are the same on every machine: the standard fixes the engine, not its distributions.
#ifndef MIXC_TEST_RANDOM_RANDOM_H
#define MIXC_TEST_RANDOM_RANDOM_H

#include <cstdint>
#include <random>
#include <vector>

namespace mixc::random {

class Random {
public:
  explicit Random(uint64_t seed) : engine(seed * 0x9E3779B97F4A7C15u + 1) {}

  uint64_t below(uint64_t n) { return engine() % n; }
  bool chance(int percent) { return below(100) < static_cast<uint64_t>(percent); }
  template <typename T> T pick(std::initializer_list<T> from) { return from.begin()[below(from.size())]; }
  template <typename T> const T &pick(const std::vector<T> &from) { return from[below(from.size())]; }
  /// In [-1, 1].
  double centred() { return static_cast<double>(engine() >> 11) * 0x1p-52 - 1; }

private:
  std::mt19937_64 engine;
};

} // namespace mixc::random

#endif
