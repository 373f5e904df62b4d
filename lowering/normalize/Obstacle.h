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
  /// What would lift it, in one short sentence; may be empty.
  std::string help = {};
  /// A matrix that an update adds whole: if it is made of other states, they may be solved together.
  mlir::Value added = {};
};

// What lifts the obstacles of more than one place.
inline constexpr const char *kFreeGates = "a gate that depends on the inputs alone can be chunked",
                            *kFreeReads = "a read along a vector of the inputs can be chunked",
                            *kDiagonal = "a diagonal matrix there (`diag(a)`) can be chunked",
                            *kProducts = "a state that is used in products with vectors alone can be chunked",
                            *kOuter = "outer products (`v * k'`) can be chunked";

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
