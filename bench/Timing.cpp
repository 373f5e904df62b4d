#include "bench/Timing.h"
#include <algorithm>
#include <chrono>
#include <vector>

namespace mixc::bench {

static double secondsOf(const std::function<void()> &run) {
  auto began = std::chrono::steady_clock::now();
  run();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

double medianSeconds(const std::function<void()> &run) {
  for (int warmUp = 0; warmUp < 3; ++warmUp)
    run();
  std::vector<double> times;
  for (double total = 0; times.size() < 15 || (total < 0.5 && times.size() < 10000); total += times.back())
    times.push_back(secondsOf(run));
  std::nth_element(times.begin(), times.begin() + times.size() / 2, times.end());
  return times[times.size() / 2];
}

} // namespace mixc::bench
