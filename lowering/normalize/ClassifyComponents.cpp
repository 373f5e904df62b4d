// Finds the class of every component, and which of the other states are scans (Scans.h).
//
//     transition   identity    a_ii = 1, nothing else
//                  scalar      every a_ij a scalar
//                  diagonal    some a_ij a vector of the key axis
//     writes       free, affine, channel, nonlinear: ReadDependence.h. Behind a gate on the value axis, affine is
//                  channel
#include "lowering/Passes.h"
#include "lowering/normalize/Classify.h"
#include "lowering/normalize/ReadDependence.h"
#include "lowering/normalize/Scans.h"

using namespace mlir;

namespace mixc {
#define GEN_PASS_DEF_CLASSIFYCOMPONENTS
#include "lowering/Passes.h.inc"

namespace normalize {
using namespace mix;

namespace {

TensorType typeOf(Value value) { return cast<TensorType>(value.getType()); }

bool isOne(Value value) {
  auto constant = value.getDefiningOp<ConstantOp>();
  return constant && constant.getValue().isExactlyValue(1.0);
}

bool isConstantOverTime(ComponentOp component) {
  return llvm::all_of(component.getTransition(), [](Value a) { return !isPerToken(typeOf(a)); });
}

std::string counted(int64_t number, StringRef what) {
  static constexpr const char *words[] = {"no", "one", "two", "three", "four", "five", "six", "seven", "eight"};
  std::string text = number < 9 ? words[number] : std::to_string(number);
  return text + " " + what.str() + (number == 1 ? "" : "s");
}

} // namespace

TransitionKind transitionKind(unsigned n, ArrayRef<std::pair<std::pair<unsigned, unsigned>, Value>> entries) {
  bool identity = entries.size() == n;
  for (const auto &[at, a] : entries) {
    if (!typeOf(a).isScalar())
      return TransitionKind::Diagonal;
    identity &= at.first == at.second && isOne(a);
  }
  return identity ? TransitionKind::Identity : TransitionKind::Scalar;
}

ClassAttr classify(ComponentOp component) {
  Block &phi = component.getPhi().front();
  auto isRead = [&](Value value) {
    auto argument = dyn_cast<BlockArgument>(value);
    return argument && argument.getOwner() == &phi;
  };
  auto isFree = [&](Value value) { return value.getParentBlock() != &phi; };
  ReadDependence dependence(isRead, isFree, typeOf(component.getStates()[0]).isVector());
  WriteKind writes = WriteKind::Free;
  for (Value value : component.getPhi().front().getTerminator()->getOperands())
    writes = std::max(writes, dependence.of(value));
  bool gated = !component.getGate().empty();
  if (gated && writes == WriteKind::Affine)
    writes = WriteKind::Channel;
  SmallVector<std::pair<std::pair<unsigned, unsigned>, Value>> transition;
  for (auto [x, a] : llvm::enumerate(component.getTransition()))
    transition.push_back({{component.getTransitionIndex()[2 * x], component.getTransitionIndex()[2 * x + 1]}, a});
  return ClassAttr::get(component.getContext(), transitionKind(component.getStates().size(), transition), writes,
                        gated);
}

ClassAttr classOf(ComponentOp component) {
  ClassAttr known = component.getClassAttrAttr();
  return known ? known : classify(component);
}

std::string describeClass(ComponentOp component) {
  const ClassAttr found = classOf(component);
  size_t n = component.getStates().size();
  std::string text;
  if (typeOf(component.getStates()[0]).isVector())
    text += "one-row memory, ";
  if (n > 1)
    text += std::to_string(n) + " x " + std::to_string(n) + " mixing, ";
  if (component.getTransition().empty()) {
    text += "nothing kept";
  } else {
    bool constant = found.getTransition() != TransitionKind::Identity && isConstantOverTime(component);
    text += constant ? "constant " : "";
    text += found.getTransition() == TransitionKind::Identity ? "no decay"
            : found.getTransition() == TransitionKind::Scalar ? "scalar decay"
                                                              : "diagonal decay";
  }
  if (found.getValueGate())
    text += ", gate on the value axis";
  text += ", " + counted(component.getNumReads(), "read") + ", " + counted(component.getNumWrites(), "write");
  switch (found.getWrites()) {
  case WriteKind::Free: return text + ": chunked (masked matmuls only)";
  case WriteKind::Affine: return text + ": chunked (one triangular solve per chunk)";
  case WriteKind::Channel: return text + ": chunked (substitution, a triangle per value channel)";
  case WriteKind::Nonlinear: return text + ": chunked (substitution, writes that are no affine function of the reads)";
  }
  llvm_unreachable("every kind of write is described");
}

} // namespace normalize

namespace {

class ClassifyComponents : public impl::ClassifyComponentsBase<ClassifyComponents> {
public:
  void runOnOperation() override {
    getOperation()->walk(
        [](mix::ComponentOp component) { component.setClassAttrAttr(normalize::classify(component)); });
    for (mix::MixerOp mixer : getOperation().getOps<mix::MixerOp>())
      normalize::markScans(mixer);
  }
};

} // namespace
} // namespace mixc
