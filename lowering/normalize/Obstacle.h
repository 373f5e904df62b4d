// What keeps states from a normal form, in the user's terms, or the value that was asked for.
#ifndef MIXC_LOWERING_NORMALIZE_OBSTACLE_H
#define MIXC_LOWERING_NORMALIZE_OBSTACLE_H

#include "mlir/IR/Operation.h"
#include <optional>
#include <string>

namespace mixc::normalize {

struct Obstacle {
  enum Kind {
    Whole,  // a state is used other than through products with vectors
    Axis,   // a state is read along the axis that this orientation does not contract
    Number, // a dim has no number, and is needed to take a product apart
    Other
  };
  Kind kind = Other;
  std::string reason;
  /// The term that is in the way; its location is the user's.
  mlir::Operation *culprit = nullptr;
};

/// A T, or the obstacle to it.
template <typename T> class Outcome {
public:
  Outcome(T value) : value(std::move(value)) {}
  Outcome(Obstacle obstacle) : why(std::move(obstacle)) {}
  explicit operator bool() const { return value.has_value(); }
  T &operator*() { return *value; }
  T *operator->() { return &*value; }
  const Obstacle &obstacle() const { return why; }

private:
  std::optional<T> value;
  Obstacle why;
};

} // namespace mixc::normalize

#endif
