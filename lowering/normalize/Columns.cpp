// Products over an axis that no state has, column by column.
//
//     X B' = sum_j x_j b_j'       so many writes
//     H C  = [H c_1 ... H c_R]    so many reads, and C' H = (H' C)'
#include "lowering/Rules.h"
#include "lowering/normalize/Formula.h"
#include "lowering/normalize/Linearity.h"

using namespace mlir;

namespace mixc::normalize {
using namespace mix;

/// How many entries the axis has, if it is none of the states' and short enough to unroll.
std::optional<int64_t> Linearity::thin(const Dim &dim) const {
  constexpr int64_t longest = 64;
  std::optional<int64_t> number = dim.asNumber();
  return number && *number <= longest && !llvm::is_contained(ownDims, dim) ? number : std::nullopt;
}

std::optional<Obstacle> Linearity::lacksNumber(MatmulOp op) const {
  SmallVector<Dim> dims(typeOf(op.getResult()).getDims());
  dims.push_back(typeOf(op.getY()).getDims()[0]);
  for (const Dim &dim : dims)
    if (dims.size() == 3 && !dim.asNumber() && !llvm::is_contained(ownDims, dim))
      return Obstacle{Obstacle::Number, dim.str(), op};
  return std::nullopt;
}

std::optional<Obstacle> Linearity::lacksNumber(Value matrix) const {
  Operation *op = matrix.getDefiningOp();
  if (auto product = dyn_cast<MatmulOp>(op))
    return lacksNumber(product);
  if (isa<UnaryOp, BinaryOp, SelectOp, TransposeOp>(op))
    for (Value operand : op->getOperands())
      if (typeOf(operand).isMatrix())
        if (std::optional<Obstacle> found = lacksNumber(operand))
          return found;
  return std::nullopt;
}

Outcome<Terms> Linearity::columnTerms(MatmulOp op, int64_t columns) {
  Terms result;
  Value right = e.transpose(op.getY());
  countRule("X B' = sum_j x_j b_j'");
  for (int64_t j = 0; j < columns; ++j) {
    Outcome<Value> x = local(e.column(op.getX(), j)), b = local(e.column(right, j));
    if (!x || !b)
      return (x ? b : x).obstacle();
    result.push_back({.kind = Term::Outer, .left = *x, .right = *b});
  }
  return result;
}

std::optional<Outcome<Value>> Linearity::localColumns(MatmulOp op) {
  ArrayRef<Dim> dims = typeOf(op.getResult()).getDims();
  if (dims.size() != 2)
    return std::nullopt;
  std::optional<int64_t> columns = thin(dims[1]), rows = thin(dims[0]);
  if (!columns && !rows) {
    std::optional<Obstacle> lacking = lacksNumber(op);
    return lacking ? std::optional(Outcome<Value>(*lacking)) : std::nullopt;
  }
  Value whole = columns ? op.getResult() : e.transpose(op.getResult());
  countRule("H C = [H c_1 ... H c_R]");
  SmallVector<Value> parts;
  for (int64_t j = 0; j < (columns ? *columns : *rows); ++j) {
    Outcome<Value> part = local(e.column(whole, j));
    if (!part)
      return part;
    parts.push_back(*part);
  }
  Value joined = e.fromColumns(parts);
  return Outcome<Value>(columns ? joined : e.transpose(joined));
}

} // namespace mixc::normalize
