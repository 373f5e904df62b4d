#include "lowering/normalize/ReadDependence.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace mixc::normalize {
using namespace mix;

static TensorType typeOf(Value value) { return cast<TensorType>(value.getType()); }

WriteKind ReadDependence::of(Value value) {
  if (auto known = memo.find(value); known != memo.end())
    return known->second;
  WriteKind kind = find(value);
  return memo[value] = kind;
}

WriteKind ReadDependence::find(Value value) {
  if (isRead(value))
    return WriteKind::Affine;
  if (isFree(value))
    return WriteKind::Free;
  Operation *op = value.getDefiningOp();
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

WriteKind ReadDependence::ofBinary(BinaryOp op) {
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

WriteKind ReadDependence::bilinear(Operation *op) {
  WriteKind x = of(op->getOperand(0)), y = of(op->getOperand(1));
  return x == WriteKind::Free || y == WriteKind::Free ? std::max(x, y) : WriteKind::Nonlinear;
}

WriteKind ReadDependence::anyFunction(Operation *op) {
  bool free = llvm::all_of(op->getOperands(), [&](Value operand) { return of(operand) == WriteKind::Free; });
  return free ? WriteKind::Free : WriteKind::Nonlinear;
}

} // namespace mixc::normalize
