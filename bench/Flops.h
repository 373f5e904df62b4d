// FLOPs of a mixer's recurrence, whatever a kernel does.
#ifndef MIXC_BENCH_FLOPS_H
#define MIXC_BENCH_FLOPS_H

#include "dialect/mix/Mix.h"
#include <map>
#include <string>

namespace mixc::bench {

/// Per token and head, of a mixer at stage `component`. States in normal form: 2 |S| for every read and every write,
/// |S| for a decay. States that are stepped, scans and sequential ones: every operation of their updates, and the
/// products that read them.
double recurrenceFlops(mix::MixerOp mixer, const std::map<std::string, int64_t> &dims);

} // namespace mixc::bench

#endif
