// Expressions over reads: every product of a state with a vector becomes a read, anything else stays as it is.
#include "lowering/Rules.h"
#include "lowering/normalize/Formula.h"
#include "lowering/normalize/Linearity.h"

using namespace mlir;

namespace mixc::normalize {
using namespace mix;

Outcome<Value> Linearity::local(Value value) {
  if (!touches(value))
    return value;
  return earlyFirst<Value>(value, localMemo, [&] { return localUnshared(value); });
}

Outcome<Value> Linearity::localUnshared(Value value) {
  Operation *op = value.getDefiningOp();
  if (memberIndex(value))
    return Obstacle{Obstacle::Whole, "`" + name(*memberIndex(value)) + "` is used whole", op, kProducts};
  if (auto matmul = dyn_cast<MatmulOp>(op); matmul && typeOf(value).isVector()) {
    Outcome<Value> x = local(matmul.getY());
    if (x)
      return applyMatrix(matmul.getX(), false, *x, op);
    if (rows && isa<StateOp>(x.obstacle().culprit))
      return Obstacle{Obstacle::Whole, quoted(op) + " mixes the state by a dense matrix", op, kDiagonal};
    return x;
  }
  if (auto column = dyn_cast<ColumnOp>(op)) {
    Value pushed = e.column(column.getX(), column.getIndex());
    if (pushed != value)
      return local(pushed);
  }
  if (auto matmul = dyn_cast<MatmulOp>(op))
    if (std::optional<Outcome<Value>> columns = localColumns(matmul))
      return *columns;
  if (auto dot = dyn_cast<DotOp>(op))
    return localDot(dot);
  if (auto reduce = dyn_cast<ReduceOp>(op); reduce && reduce.getKind() == ReduceKind::Sum)
    return localSum(reduce);
  Outcome<Value> rebuilt = localRebuilt(op);
  if (rebuilt || !typeOf(value).isMatrix())
    return rebuilt;
  // A matrix product in which the state meets vectors only: H (k k') = (H k) k'. (Its terms may ask for it in turn.)
  localMemo[late].insert({value, rebuilt});
  Outcome<Terms> sum = matrixTerms(value);
  if (!sum || llvm::any_of(*sum, [](const Term &term) { return term.kind == Term::Gate; }))
    return rebuilt;
  return asValue(merged(*sum), typeOf(value));
}

Outcome<Value> Linearity::localRebuilt(Operation *op) {
  SmallVector<Value> operands;
  for (Value operand : op->getOperands()) {
    Outcome<Value> known = local(operand);
    if (known) {
      operands.push_back(*known);
      continue;
    }
    if (std::optional<std::string> state = wholeState(operand))
      return Obstacle{Obstacle::Whole, takesWhole(quoted(op), *state), op, kProducts};
    return known.obstacle();
  }
  return e.rebuilt(op, operands);
}

std::optional<std::string> Linearity::wholeState(Value value) {
  if (typeOf(value).rank() != (rows ? 1u : 2u))
    return std::nullopt;
  Outcome<Terms> sum = terms(value);
  if (sum)
    for (const Term &term : *sum)
      if (term.kind == Term::Gate)
        return name(term.state);
  return std::nullopt;
}

std::string Linearity::takesWhole(const std::string &user, const std::string &state) const {
  return user + " takes `" + state + (rows ? "` entry by entry" : "` whole") + ", not by products with vectors";
}

Outcome<Value> Linearity::localDot(DotOp op) {
  Value x = op.getX(), y = op.getY();
  Outcome<Value> a = local(x), b = local(y);
  e.setOrigin(op);
  if (a && b)
    return e.dot(*a, *b);
  Obstacle first = (a ? b : a).obstacle();
  if (rows) {
    // z' p, with z-like the side that is not local
    if (!a && !b)
      return Obstacle{Obstacle::Whole, quoted(op) + " multiplies states by states", op, kProducts};
    Outcome<Terms> row = terms(a ? y : x);
    if (row)
      return apply(*row, a ? *a : *b, op);
    first = row.obstacle();
  }
  // (M u)' v = u' (M' v), where M' v can be read and M u cannot
  for (auto [product, other] : {std::pair(x, &b), std::pair(y, &a)}) {
    auto matmul = product.getDefiningOp<MatmulOp>();
    if (!matmul || !*other)
      continue;
    Outcome<Value> moved = applyMatrix(matmul.getX(), true, **other, op);
    if (!moved)
      continue;
    countRule("(M u)' v = u' (M' v)");
    if (Outcome<Value> u = local(matmul.getY()))
      return e.dot(*u, *moved);
    if (!rows)
      continue;
    Outcome<Terms> row = terms(matmul.getY());
    if (row)
      return apply(*row, *moved, op);
  }
  return first;
}

// 1' x for a row, 1' S 1 for a matrix, by whichever axis can be read.
Outcome<Value> Linearity::localSum(ReduceOp op) {
  Value x = op.getX();
  TensorType type = typeOf(x);
  Outcome<Value> rebuilt = localRebuilt(op);
  if (rebuilt || type.isScalar())
    return rebuilt;
  if (type.isVector()) {
    Outcome<Terms> row = rows ? terms(x) : Outcome<Terms>(rebuilt.obstacle());
    return row ? apply(*row, e.ones(type.getDims()[0]), op) : row.obstacle();
  }
  for (bool transposed : {false, true}) {
    countRule("sum(S) = 1' S 1");
    Outcome<Value> sums = applyMatrix(x, transposed, e.ones(type.getDims()[transposed ? 0 : 1]), op);
    if (sums)
      return e.sum(*sums);
  }
  return rebuilt;
}

} // namespace mixc::normalize
