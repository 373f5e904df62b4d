#include "bench/Flops.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/SmallPtrSet.h"
#include <cmath>

using namespace mlir;

namespace mixc::bench {
namespace {

using Dims = std::map<std::string, int64_t>;

double sizeOf(Type type, const Dims &dims) {
  double size = 1;
  for (const mix::Dim &dim : cast<mix::TensorType>(type).getDims())
    size *= static_cast<double>(dim.evaluate(dims).value_or(0));
  return size;
}

double ofComponent(mix::ComponentOp component, const Dims &dims) {
  auto found = component.getClassAttr();
  const bool fades = !found || found->getTransition() != mix::TransitionKind::Identity;
  return sizeOf(component.getStates().front().getType(), dims) *
         static_cast<double>(2 * component.getReadDirs().size() + 2 * component.getWriteDirs().size() +
                             fades * component.getTransition().size());
}

/// A product costs a multiplication and an addition for every pair, a sum one operation for every term, everything else
/// one for every entry; what moves numbers about costs nothing.
double ofOp(Operation *op, const Dims &dims) {
  const double result = sizeOf(op->getResult(0).getType(), dims);
  if (isa<mix::MatmulOp, mix::DotOp>(op)) {
    double product = result;
    for (Value operand : op->getOperands())
      product *= sizeOf(operand.getType(), dims);
    return 2 * std::sqrt(product); // [m, k] by [k, n] is mkn pairs, and (mk)(kn)(mn) is its square
  }
  if (isa<mix::BinaryOp, mix::UnaryOp, mix::OuterOp, mix::KronOp>(op))
    return result;
  return isa<mix::ReduceOp>(op) ? sizeOf(op->getOperand(0).getType(), dims) : 0;
}

/// What a value is computed from, by ops of the step.
void collect(Value value, llvm::SetVector<Operation *> &ops) {
  SmallVector<Value> left{value};
  while (!left.empty()) {
    Operation *op = left.pop_back_val().getDefiningOp();
    if (op && op->getNumResults() == 1 && !isa<mix::ComponentOp>(op) && ops.insert(op))
      llvm::append_range(left, op->getOperands());
  }
}

} // namespace

double recurrenceFlops(mix::MixerOp mixer, const Dims &dims) {
  double flops = 0;
  llvm::SetVector<Operation *> ops;
  llvm::SmallPtrSet<Operation *, 4> stepped;
  for (mix::ComponentOp component : mixer.step().getOps<mix::ComponentOp>())
    flops += ofComponent(component, dims);
  for (mix::NextOp next : mixer.step().getOps<mix::NextOp>()) {
    collect(next.getValue(), ops);
    stepped.insert(next.getValue().getDefiningOp());
    for (mix::StateOp state : mixer.step().getOps<mix::StateOp>())
      if (state.getName() == next.getName())
        stepped.insert(state);
  }
  for (Operation &op : mixer.step())
    if (isa<mix::MatmulOp, mix::DotOp>(op) &&
        llvm::any_of(op.getOperands(), [&](Value operand) { return stepped.contains(operand.getDefiningOp()); }))
      ops.insert(&op);
  for (Operation *op : ops)
    if (!isa<mix::InputOp, mix::ParamOp, mix::StateOp>(op))
      flops += ofOp(op, dims);
  return flops;
}

} // namespace mixc::bench
