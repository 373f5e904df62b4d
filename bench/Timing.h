// Medians of wall time.
#ifndef MIXC_BENCH_TIMING_H
#define MIXC_BENCH_TIMING_H

#include <functional>

namespace mixc::bench {

/// Seconds: the median of at least 15 runs and half a second, after warm-up.
double medianSeconds(const std::function<void()> &run);

} // namespace mixc::bench

#endif
