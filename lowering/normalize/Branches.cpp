// With c free of the states and m = 1 where c holds, 0 elsewhere:
//
//     where(c, A + R, B + R) = R + m A + (1 - m) B
//
// 0 times infinity is no 0, and what is not taken may be anything. So of a product one factor becomes 0 where its
// branch is not taken, and the others finite: of x y the product where(c, x, 0) where(c, y, 1). Sums and products of
// what is finite are; of anything else the whole is replaced. So keys that are one value in both branches, or in the
// state's factor and what is written, stay one.
#include "lowering/normalize/Branches.h"
#include "dialect/mix/Scalar.h"
#include "llvm/ADT/DenseMap.h"

using namespace mlir;

namespace mixc::normalize {
using namespace mix;

namespace {

bool isInfinite(Value value) {
  auto constant = value.getDefiningOp<ConstantOp>();
  return constant && !constant.getValue().isFinite();
}

bool isZero(Value value) {
  auto fill = value.getDefiningOp<FillOp>();
  auto constant = (fill ? fill.getScalar() : value).getDefiningOp<ConstantOp>();
  return constant && constant.getValue().isZero();
}

/// One branch.
class Branch {
public:
  Branch(Expressions &expressions, llvm::function_ref<bool(Value)> touches, Value condition, bool isFirst)
      : e(expressions), touches(touches), condition(condition), isFirst(isFirst) {}

  /// x where the branch is taken, 0 elsewhere.
  Value masked(Value x) {
    Operation *op = x.getDefiningOp();
    if (isSum(op)) {
      SmallVector<Value> operands;
      for (Value operand : op->getOperands())
        operands.push_back(masked(operand));
      return e.rebuilt(op, operands);
    }
    if (isProduct(op) && (touches(x) || typeOf(x).isMatrix())) { // the first factor that has no states, if there is one
      Value first = op->getOperand(0), second = op->getOperand(1);
      if (touches(first) && !touches(second) && isa<BinaryOp>(op))
        return e.rebuilt(op, {finite(first), masked(second)});
      if (!touches(first) && (isa<BinaryOp>(op) || !touches(x)))
        return e.rebuilt(op, {masked(first), finite(second)});
    }
    if (touches(x) || isa_and_nonnull<IdentityOp>(op))
      return e.mul(taken(e.constant(1), e.constant(0)), finite(x));
    return taken(x, e.constant(0));
  }

private:
  /// f(x + y) = f(x) + f(y), entries of the result being entries of the operands or sums of them.
  static bool isSum(Operation *op) {
    if (auto unary = dyn_cast_or_null<UnaryOp>(op))
      return unary.getKind() == UnaryKind::Neg;
    auto binary = dyn_cast_or_null<BinaryOp>(op);
    return isa_and_nonnull<DiagOp, TransposeOp, FillOp>(op) ||
           (binary && (binary.getKind() == BinaryKind::Add || binary.getKind() == BinaryKind::Sub));
  }
  static bool isProduct(Operation *op) {
    auto binary = dyn_cast_or_null<BinaryOp>(op);
    return isa_and_nonnull<OuterOp, MatmulOp>(op) || (binary && binary.getKind() == BinaryKind::Mul);
  }

  /// 1 or 0, whatever it is made of.
  static bool holdsOrNot(Operation *op) {
    auto unary = dyn_cast_or_null<UnaryOp>(op);
    auto binary = dyn_cast_or_null<BinaryOp>(op);
    return (unary && unary.getKind() == UnaryKind::Not) || (binary && isCondition(binary.getKind()));
  }

  Value taken(Value x, Value otherwise) {
    if (x == otherwise)
      return x;
    return isFirst ? e.select(condition, x, otherwise) : e.select(condition, otherwise, x);
  }

  /// x where the branch is taken; elsewhere finite if the states are.
  Value finite(Value x) {
    if (auto known = memo.find(x); known != memo.end())
      return known->second;
    Operation *op = x.getDefiningOp();
    Value result = x;
    bool isLeaf = !op || isa<StateOp, LagOp>(op) || !isPure(op) || op->getNumOperands() == 0;
    if (!isLeaf && (touches(x) || isSum(op) || isProduct(op))) {
      SmallVector<Value> operands;
      for (Value operand : op->getOperands())
        operands.push_back(finite(operand));
      result = e.rebuilt(op, operands);
    } else if (!touches(x) && isPerToken(typeOf(x)) && !holdsOrNot(op)) {
      result = taken(x, e.constant(1));
    }
    return memo[x] = result;
  }

  Expressions &e;
  llvm::function_ref<bool(Value)> touches;
  Value condition;
  bool isFirst;
  llvm::DenseMap<Value, Value> memo;
};

using Addends = SmallVectorImpl<std::pair<Value, bool>>;

bool isSumOfTwo(Operation *op) {
  auto binary = dyn_cast_or_null<BinaryOp>(op);
  return binary && (binary.getKind() == BinaryKind::Add || binary.getKind() == BinaryKind::Sub) &&
         typeOf(binary.getX()).sameShape(typeOf(binary.getY()));
}

/// The addends of a sum, and which are subtracted; those of H (I - A), too.
void collect(Expressions &e, Value x, bool negated, Addends &to) {
  Operation *op = x.getDefiningOp();
  if (auto unary = dyn_cast_or_null<UnaryOp>(op); unary && unary.getKind() == UnaryKind::Neg)
    return collect(e, unary.getX(), !negated, to);
  auto each = [&](Operation *sum, llvm::function_ref<Value(Value)> of) {
    collect(e, of(sum->getOperand(0)), negated, to);
    collect(e, of(sum->getOperand(1)), negated != (cast<BinaryOp>(sum).getKind() == BinaryKind::Sub), to);
  };
  if (isSumOfTwo(op))
    return each(op, [](Value part) { return part; });
  auto product = dyn_cast_or_null<MatmulOp>(op);
  if (product && typeOf(product.getY()).isMatrix()) {
    Value left = product.getX(), right = product.getY();
    auto times = [&](Value y, Value z) {
      return isa_and_nonnull<IdentityOp>(y.getDefiningOp())   ? z
             : isa_and_nonnull<IdentityOp>(z.getDefiningOp()) ? y
                                                              : e.matmul(y, z);
    };
    if (isSumOfTwo(right.getDefiningOp()))
      return each(right.getDefiningOp(), [&](Value part) { return times(left, part); });
    if (isSumOfTwo(left.getDefiningOp()))
      return each(left.getDefiningOp(), [&](Value part) { return times(part, right); });
  }
  to.push_back({x, negated});
}

} // namespace

Value sumOfBranches(Expressions &e, SelectOp op, llvm::function_ref<bool(Value)> touches) {
  constexpr size_t many = 64; // addends of a branch
  Value condition = op.getCondition();
  ArrayRef<Dim> dims = typeOf(op.getResult()).getDims();
  if (touches(condition) || (dims.size() == 2 && !typeOf(condition).isScalar()))
    return {};
  SmallVector<std::pair<Value, bool>> x, y;
  for (auto [branch, addends] : {std::pair(op.getX(), &x), std::pair(op.getY(), &y)}) {
    bool isNumber = typeOf(branch).isScalar() && !dims.empty();
    collect(e, isNumber ? e.fill(branch, dims) : branch, false, *addends);
  }
  auto isWrong = [](auto addend) { return isInfinite(addend.first); };
  if (x.size() > many || y.size() > many || llvm::any_of(x, isWrong) || llvm::any_of(y, isWrong))
    return {};
  Value sum;
  auto add = [&](Value addend, bool negated) { sum = negated ? e.sub(sum, addend) : e.add(sum, addend); };
  for (auto *addend = x.begin(); addend != x.end();) {
    auto *same = llvm::find(y, *addend);
    if (same == y.end()) {
      ++addend;
      continue;
    }
    add(addend->first, addend->second);
    y.erase(same);
    addend = x.erase(addend);
  }
  Branch first(e, touches, condition, true), second(e, touches, condition, false);
  for (auto [branch, addends] : {std::pair(&first, &x), std::pair(&second, &y)})
    for (auto [addend, negated] : *addends)
      if (!isZero(addend))
        add(branch->masked(addend), negated);
  return sum ? sum : e.fill(e.constant(0), dims);
}

} // namespace mixc::normalize
