// Where the numbers of a call first leave what float32 holds: the reason why a reference is not finite.
#ifndef MIXC_DIALECT_MIX_FIRSTNOTFINITE_H
#define MIXC_DIALECT_MIX_FIRSTNOTFINITE_H

#include "dialect/mix/Interpreter.h"
#include <optional>

namespace mixc::mix {

/// NaN, infinite, or larger than every float32.
bool isBeyondFloat32(double x);

struct FirstNotFinite {
  /// What has the value: an input, a param or a state where the caller gave it, else the op whose operands were all as
  /// they should be.
  mlir::Operation *op = nullptr;
  int64_t sequence = 0, token = 0, head = 0; // the token counted within its sequence
  double value = 0;
  /// The largest entry of each operand, by magnitude and with its sign.
  std::vector<double> operands;
};

struct NotFinite {
  /// The first of the first sequence that has one. An infinity is no reason where an operand was one already, or where
  /// a state starts at `-inf`.
  std::optional<FirstNotFinite> first;
  /// Of each sequence and head, [sequences, heads]: the token from which on it has such values; -1 where it has none.
  std::vector<int64_t> from;
};

llvm::Expected<NotFinite> findNotFinite(MixerOp mixer, const Call &call);

} // namespace mixc::mix

#endif
