// Between which numbers the values of a mixer lie, as far as intervals say.
#ifndef MIXC_LOWERING_DERIVE_BOUNDS_H
#define MIXC_LOWERING_DERIVE_BOUNDS_H

#include "dialect/mix/Mix.h"
#include "llvm/ADT/DenseMap.h"
#include <limits>

namespace mixc::derive {

/// The numbers from lo to hi, both included; all of them where nothing is known.
struct Interval {
  double lo = -std::numeric_limits<double>::infinity(), hi = std::numeric_limits<double>::infinity();
};

class Bounds {
public:
  /// Of every value of the step, in the order of its ops.
  explicit Bounds(mlir::Block &step);
  Interval of(mlir::Value value) const { return known.lookup(value); }

private:
  Interval intervalOf(mlir::Operation &op) const;

  llvm::DenseMap<mlir::Value, Interval> known;
};

} // namespace mixc::derive

#endif
