// Home axes spread from seeds to what is computed from them entry by entry, and back, until nothing changes.
#include "lowering/derive/HomeAxes.h"

using namespace mlir;
using namespace mixc;
using namespace mixc::derive;

static bool isVector(Value value) { return cast<mix::TensorType>(value.getType()).isVector(); }

/// Entry i of the result needs entry i of the operands (but for a roll).
static bool isEntrywise(Operation *op) { return isa<mix::UnaryOp, mix::BinaryOp, mix::SelectOp, mix::RollOp>(op); }

void HomeAxes::seed(Value vector, tile::Axis axis) {
  if (!isVector(vector) || !homes.try_emplace(vector, axis).second)
    return;
  if (Operation *op = vector.getDefiningOp(); op && isEntrywise(op))
    for (Value operand : op->getOperands())
      seed(operand, axis);
}

std::optional<tile::Axis> HomeAxes::find(Value vector) const {
  auto found = homes.find(vector);
  return found == homes.end() ? std::nullopt : std::optional(found->second);
}

void HomeAxes::spread(mix::MixerOp mixer) {
  size_t before;
  do {
    before = homes.size();
    mixer.walk([&](Operation *op) {
      bool together = isa<mix::DotOp>(op) || isEntrywise(op);
      if (!together)
        return;
      SmallVector<Value> vectors;
      for (Value value :
           llvm::concat<Value>(SmallVector<Value>(op->getOperands()), SmallVector<Value>(op->getResults())))
        if (isVector(value))
          vectors.push_back(value);
      for (Value known : vectors)
        if (std::optional<tile::Axis> axis = find(known)) {
          for (Value other : vectors)
            seed(other, *axis);
          return;
        }
    });
  } while (homes.size() != before);
}
