// The most float32 multiply-adds that this machine does in a second.
#ifndef MIXC_BENCH_PEAK_H
#define MIXC_BENCH_PEAK_H

namespace mixc::bench {

/// FLOP/s (a multiply-add is two) of this many threads at once.
double peak(int threads);

} // namespace mixc::bench

#endif
