// Independent chains of vector multiply-adds, more of them than latency x throughput needs: 4 cycles x 2 a cycle.
#include "bench/Peak.h"
#include <algorithm>
#include <chrono>
#include <thread>
#include <vector>

namespace mixc::bench {
namespace {

#if defined(__AVX512F__)
constexpr int Lanes = 16;
#elif defined(__AVX__)
constexpr int Lanes = 8;
#else
constexpr int Lanes = 4;
#endif
constexpr int Chains = 12;
using Vector = float __attribute__((vector_size(Lanes * sizeof(float))));

Vector chains(long rounds) {
  Vector sums[Chains] = {};
  Vector factor = Vector{} + 0.9999f, term = Vector{} + 1e-4f;
  for (long round = 0; round < rounds; ++round) {
#pragma clang loop unroll(full)
    for (Vector &sum : sums)
      sum = sum * factor + term;
    asm volatile("" : "+x"(factor), "+x"(term)); // every round is a round
  }
  for (int i = 1; i < Chains; ++i)
    sums[0] += sums[i];
  return sums[0];
}

void work(long rounds) {
  Vector result = chains(rounds);
  asm volatile("" : : "x"(result));
}

} // namespace

double peak(int threads) {
  constexpr long rounds = 2'000'000;
  double best = 0;
  for (int run = 0; run < 7; ++run) {
    auto began = std::chrono::steady_clock::now();
    std::vector<std::thread> others;
    for (int i = 1; i < threads; ++i)
      others.emplace_back(work, rounds);
    work(rounds);
    for (std::thread &other : others)
      other.join();
    double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    best = std::max(best, 2.0 * Lanes * Chains * rounds * threads / seconds);
  }
  return best;
}

} // namespace mixc::bench
