// Finds the class of every component, and which of the other states are scans (Scans.h).
//
//     transition   identity    a_ii = 1, nothing else
//                  scalar      every a_ij a scalar
//                  diagonal    some a_ij a vector of the key axis
//     writes       free        no w_m uses a read
//                  affine      w = b + sum_i c_i r_i, c_i scalars, no gate on the value axis: every value channel has
//                  one triangle channel     c_i vectors of the value axis, or such a gate: a triangle for each value
//                  channel nonlinear   any other function of the reads, mixing of value channels among them
#include "lowering/Passes.h"
#include "lowering/normalize/Classify.h"
#include "lowering/normalize/Scans.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace mixc {
#define GEN_PASS_DEF_CLASSIFYCOMPONENTS
#include "lowering/Passes.h.inc"

namespace normalize {
using namespace mix;

namespace {

TensorType typeOf(Value value) { return cast<TensorType>(value.getType()); }

/// How values of phi depend on its arguments.
class ReadDependence {
public:
  explicit ReadDependence(ComponentOp component)
      : phi(component.getPhi().front()), rows(typeOf(component.getStates()[0]).isVector()) {}

  WriteKind of(Value value) {
    if (auto known = memo.find(value); known != memo.end())
      return known->second;
    WriteKind kind = find(value);
    return memo[value] = kind;
  }

private:
  WriteKind find(Value value) {
    if (auto argument = dyn_cast<BlockArgument>(value))
      return argument.getOwner() == &phi ? WriteKind::Affine : WriteKind::Free;
    Operation *op = value.getDefiningOp();
    if (op->getBlock() != &phi)
      return WriteKind::Free;
    return TypeSwitch<Operation *, WriteKind>(op)
        .Case([&](UnaryOp unary) { return unary.getKind() == UnaryKind::Neg ? of(unary.getX()) : anyFunction(op); })
        .Case([&](BinaryOp binary) { return ofBinary(binary); })
        .Case([&](FillOp fill) { return of(fill.getScalar()); })
        .Case([&](DotOp) {
          // Of a memory of one row the reads are scalars: nothing mixes value channels.
          return rows ? bilinear(op) : anyFunction(op);
        })
        .Default([&](Operation *) { return anyFunction(op); });
  }

  WriteKind ofBinary(BinaryOp op) {
    WriteKind x = of(op.getX()), y = of(op.getY());
    bool vectors = !rows && !typeOf(op.getResult()).isScalar();
    switch (op.getKind()) {
    case BinaryKind::Add:
    case BinaryKind::Sub: return std::max(x, y);
    case BinaryKind::Mul: {
      WriteKind both = bilinear(op);
      Value coefficient = x == WriteKind::Free ? op.getX() : op.getY();
      bool channels = vectors && !typeOf(coefficient).isScalar();
      return both == WriteKind::Affine && channels ? WriteKind::Channel : both;
    }
    case BinaryKind::Div:
      if (y != WriteKind::Free)
        return WriteKind::Nonlinear;
      return x == WriteKind::Affine && vectors && !typeOf(op.getY()).isScalar() ? WriteKind::Channel : x;
    default: return anyFunction(op);
    }
  }

  WriteKind bilinear(Operation *op) {
    WriteKind x = of(op->getOperand(0)), y = of(op->getOperand(1));
    return x == WriteKind::Free || y == WriteKind::Free ? std::max(x, y) : WriteKind::Nonlinear;
  }

  WriteKind anyFunction(Operation *op) {
    bool free = llvm::all_of(op->getOperands(), [&](Value operand) { return of(operand) == WriteKind::Free; });
    return free ? WriteKind::Free : WriteKind::Nonlinear;
  }

  Block &phi;
  bool rows;
  llvm::DenseMap<Value, WriteKind> memo;
};

bool isOne(Value value) {
  auto constant = value.getDefiningOp<ConstantOp>();
  return constant && constant.getValue().isExactlyValue(1.0);
}

TransitionKind transitionKind(ComponentOp component) {
  ArrayRef<int64_t> index = component.getTransitionIndex();
  bool identity = component.getTransition().size() == component.getStates().size();
  for (auto [x, a] : llvm::enumerate(component.getTransition())) {
    if (!typeOf(a).isScalar())
      return TransitionKind::Diagonal;
    identity &= index[2 * x] == index[2 * x + 1] && isOne(a);
  }
  return identity ? TransitionKind::Identity : TransitionKind::Scalar;
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

ClassAttr classify(ComponentOp component) {
  ReadDependence dependence(component);
  WriteKind writes = WriteKind::Free;
  for (Value value : component.getPhi().front().getTerminator()->getOperands())
    writes = std::max(writes, dependence.of(value));
  bool gated = !component.getGate().empty();
  if (gated && writes == WriteKind::Affine)
    writes = WriteKind::Channel;
  return ClassAttr::get(component.getContext(), transitionKind(component), writes, gated);
}

std::string describeClass(ComponentOp component) {
  ClassAttr found = component.getClassAttrAttr();
  if (!found)
    found = classify(component);
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
    for (mix::MixerOp mixer : getOperation().getOps<mix::MixerOp>()) {
      normalize::markScans(mixer);
      normalize::markJoined(mixer);
    }
  }
};

} // namespace
} // namespace mixc
