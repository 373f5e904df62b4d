// Hash-consing of mix ops, with the few simplifications that keep signs and ones out of the way.
#include "lowering/normalize/Expressions.h"

using namespace mlir;

namespace mixc::normalize {
using namespace mix;

namespace {

bool isNeg(Value value) {
  auto unary = value.getDefiningOp<UnaryOp>();
  return unary && unary.getKind() == UnaryKind::Neg;
}

Value positive(Value value) { return value.getDefiningOp<UnaryOp>().getX(); }

bool isNumber(Value value, double number) {
  auto constant = value.getDefiningOp<ConstantOp>();
  return constant && constant.getValue().convertToDouble() == number;
}

bool commutes(Operation *op) {
  if (isa<DotOp>(op))
    return true;
  auto binary = dyn_cast<BinaryOp>(op);
  return binary && !llvm::is_contained(
                       {BinaryKind::Sub, BinaryKind::Div, BinaryKind::Pow, BinaryKind::Less, BinaryKind::LessEqual},
                       binary.getKind());
}

void swapOperands(Operation *op) {
  Value first = op->getOperand(0);
  op->setOperand(0, op->getOperand(1));
  op->setOperand(1, first);
}

} // namespace

Expressions::Expressions(MixerOp mixer) : builder(OpBuilder::atBlockEnd(&mixer.step())), location(mixer.getLoc()) {
  for (Operation &op : llvm::make_early_inc_range(mixer.step())) {
    if (op.getNumResults() != 1 || !isPure(&op))
      continue;
    if (Operation *twin = findTwin(&op)) {
      op.getResult(0).replaceAllUsesWith(twin->getResult(0));
      op.erase();
    }
  }
}

Operation *Expressions::findTwin(Operation *op) {
  auto flags = OperationEquivalence::IgnoreLocations;
  auto hashOf = [&] {
    return OperationEquivalence::computeHash(op, OperationEquivalence::directHashValue,
                                             OperationEquivalence::ignoreHashValue, flags);
  };
  auto find = [&]() -> Operation * {
    for (Operation *known : table[hashOf()])
      if (OperationEquivalence::isEquivalentTo(known, op, OperationEquivalence::exactValueMatch, nullptr, flags))
        return known;
    return nullptr;
  };
  if (Operation *twin = find())
    return twin;
  if (commutes(op)) {
    swapOperands(op);
    if (Operation *twin = find())
      return twin;
    swapOperands(op);
  }
  table[hashOf()].push_back(op);
  return nullptr;
}

Value Expressions::intern(Operation *op) {
  SmallVector<OpFoldResult> folded;
  if (succeeded(op->fold(folded)) && folded.size() == 1) {
    if (auto value = dyn_cast<Value>(folded[0])) {
      if (value.getType() == op->getResult(0).getType()) {
        op->erase();
        return value;
      }
    } else if (auto number = dyn_cast<FloatAttr>(cast<Attribute>(folded[0])); number && !isa<ConstantOp>(op)) {
      op->erase();
      return constant(number.getValueAsDouble());
    }
  }
  if (Operation *twin = findTwin(op)) {
    op->erase();
    return twin->getResult(0);
  }
  return op->getResult(0);
}

Value Expressions::constant(double number) { return make<ConstantOp>(number); }

Value Expressions::fill(Value scalar, ArrayRef<Dim> dims) {
  return make<FillOp>(TensorType::get(builder.getContext(), dims, typeOf(scalar).getRate()), scalar);
}

Value Expressions::ones(const Dim &length) { return fill(constant(1), {length}); }

Value Expressions::identity(const Dim &length) {
  return make<IdentityOp>(TensorType::get(builder.getContext(), {length, length}, Rate::Constant));
}

Value Expressions::neg(Value x) { return isNeg(x) ? positive(x) : make<UnaryOp>(UnaryKind::Neg, x); }

/// c and x of c x, c a number; a null c where there is none.
static std::pair<Value, Value> coefficient(Value value) {
  auto product = value.getDefiningOp<BinaryOp>();
  if (product && product.getKind() == BinaryKind::Mul && typeOf(value).isVector())
    for (auto [c, x] : {std::pair(product.getX(), product.getY()), std::pair(product.getY(), product.getX())})
      if (c.getDefiningOp<ConstantOp>())
        return {c, x};
  return {Value(), value};
}

Value Expressions::add(Value x, Value y) {
  if (!x || !y)
    return x ? x : y;
  // c x + d x = (c + d) x of numbers
  auto [c, left] = coefficient(x);
  auto [d, right] = coefficient(y);
  if ((c || d) && left == right)
    return mul(add(c ? c : constant(1), d ? d : constant(1)), left);
  if (isNeg(y))
    return sub(x, positive(y));
  if (isNeg(x))
    return sub(y, positive(x));
  return make<BinaryOp>(BinaryKind::Add, x, y);
}

Value Expressions::sub(Value x, Value y) {
  if (!y)
    return x;
  if (!x)
    return neg(y);
  if (isNeg(y))
    return add(x, positive(y));
  return make<BinaryOp>(BinaryKind::Sub, x, y);
}

Value Expressions::mul(Value x, Value y) {
  if (!x || !y)
    return x ? x : y;
  if (isNeg(x))
    return neg(mul(positive(x), y));
  if (isNeg(y))
    return neg(mul(x, positive(y)));
  if (isNumber(x, -1))
    return neg(y);
  if (isNumber(y, -1))
    return neg(x);
  return make<BinaryOp>(BinaryKind::Mul, x, y);
}

Value Expressions::div(Value x, Value y) {
  if (!y)
    return x;
  if (!x)
    x = constant(1);
  if (isNeg(x))
    return neg(div(positive(x), y));
  if (auto number = y.getDefiningOp<ConstantOp>();
      number && llvm::APFloat(1 / number.getValue().convertToDouble()).isNormal())
    return mul(constant(1 / number.getValue().convertToDouble()), x);
  return make<BinaryOp>(BinaryKind::Div, x, y);
}

Value Expressions::select(Value condition, Value x, Value y) { return make<SelectOp>(condition, x, y); }

Value Expressions::dot(Value x, Value y) {
  if (isNeg(x))
    return neg(dot(positive(x), y));
  if (isNeg(y))
    return neg(dot(x, positive(y)));
  return make<DotOp>(x, y);
}

Value Expressions::outer(Value x, Value y) { return make<OuterOp>(x, y); }
Value Expressions::matmul(Value x, Value y) { return make<MatmulOp>(x, y); }
Value Expressions::transpose(Value x) { return make<TransposeOp>(x); }
Value Expressions::diag(Value x) { return make<DiagOp>(x); }
Value Expressions::sum(Value x) { return make<ReduceOp>(ReduceKind::Sum, x); }

Value Expressions::column(Value matrix, int64_t j) {
  Operation *op = matrix.getDefiningOp();
  bool flipped = isa<TransposeOp>(op);
  if (flipped)
    op = op->getOperand(0).getDefiningOp();
  auto turned = [&](Value x) { return flipped ? transpose(x) : x; };
  if (auto joined = dyn_cast<ReshapeOp>(op); joined && flipped) // of what `fromColumns` made
    if (auto parts = joined.getX().getDefiningOp<ConcatOp>(); parts && llvm::all_of(parts.getParts(), [&](Value part) {
                                                                return typeOf(part).getDims() ==
                                                                       typeOf(matrix).getDims().drop_back();
                                                              }))
      return parts.getParts()[j];
  if (auto product = dyn_cast<MatmulOp>(op))
    return flipped ? matmul(transpose(product.getY()), column(transpose(product.getX()), j))
                   : matmul(product.getX(), column(product.getY(), j));
  if (isa<UnaryOp, BinaryOp, SelectOp>(op)) {
    SmallVector<Value, 3> operands;
    for (Value x : op->getOperands())
      operands.push_back(typeOf(x).isScalar() ? x : column(turned(x), j));
    return rebuilt(op, operands);
  }
  if (auto filled = dyn_cast<FillOp>(op))
    return fill(filled.getScalar(), {typeOf(matrix).getDims()[0]});
  return make<ColumnOp>(j, matrix);
}

Value Expressions::fromColumns(ArrayRef<Value> columns) {
  Value joined = make<ConcatOp>(columns);
  SmallVector<Dim> dims = {Dim(static_cast<int64_t>(columns.size())), typeOf(columns[0]).getDims()[0]};
  return transpose(make<ReshapeOp>(TensorType::get(builder.getContext(), dims, typeOf(joined).getRate()), joined));
}

Value Expressions::rebuilt(Operation *op, ValueRange operands) {
  if (llvm::equal(op->getOperands(), operands))
    return op->getResult(0);
  setOrigin(op);
  if (auto binary = dyn_cast<BinaryOp>(op)) {
    switch (binary.getKind()) {
    case BinaryKind::Add: return add(operands[0], operands[1]);
    case BinaryKind::Sub: return sub(operands[0], operands[1]);
    case BinaryKind::Mul: return mul(operands[0], operands[1]);
    case BinaryKind::Div: return div(operands[0], operands[1]);
    default: break;
    }
  }
  Operation *copy = builder.clone(*op);
  copy->setOperands(operands);
  SmallVector<Type> types;
  if (auto infer = dyn_cast<InferTypeOpInterface>(copy)) {
    if (succeeded(infer.inferReturnTypes(copy->getContext(), copy->getLoc(), copy->getOperands(),
                                         copy->getRawDictionaryAttrs(), copy->getPropertiesStorage(),
                                         copy->getRegions(), types)))
      copy->getResult(0).setType(types[0]);
  } else { // a slice or a fill: its shape is written, its rate is its operand's
    copy->getResult(0).setType(
        TensorType::get(op->getContext(), typeOf(op->getResult(0)).getDims(), typeOf(operands[0]).getRate()));
  }
  return intern(copy);
}

Value Expressions::placeholder(TensorType type) {
  return UnrealizedConversionCastOp::create(builder, location, type, ValueRange()).getResult(0);
}

} // namespace mixc::normalize
