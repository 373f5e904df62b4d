// The type of each op's result, from its operands: shapes on symbols, and the rate of what varies fastest.
//
// The label at the end of a message names the constraint, as the tests do.
#include "dialect/mix/Mix.h"

using namespace mlir;

namespace mixc::mix {
namespace {

TensorType typeOf(Value value) { return cast<TensorType>(value.getType()); }

TensorType shaped(TensorType like, ArrayRef<Dim> dims, Rate rate) {
  return TensorType::get(like.getContext(), dims, rate);
}

Rate rateOf(ValueRange values) {
  Rate rate = Rate::Constant;
  for (Value value : values)
    rate = faster(rate, typeOf(value).getRate());
  return rate;
}

} // namespace

#define MIX_INFER(OP)                                                                                                  \
  LogicalResult OP::inferReturnTypes(MLIRContext *context, std::optional<Location> location, ValueRange operands,      \
                                     DictionaryAttr attributes, OpaqueProperties properties, RegionRange regions,      \
                                     SmallVectorImpl<Type> &results)

MIX_INFER(UnaryOp) {
  results.push_back(operands[0].getType());
  return success();
}

// binary_c1: shapes agree, or one operand is a scalar
MIX_INFER(BinaryOp) {
  TensorType x = typeOf(operands[0]), y = typeOf(operands[1]);
  TensorType result = broadcast(x, y);
  if (!result)
    return emitOptionalError(location, "mix.binary of a ", spell(x), " and a ", spell(y), " (binary_c1)");
  results.push_back(result);
  return success();
}

// select_c1: shapes agree, or are scalars
MIX_INFER(SelectOp) {
  TensorType condition = typeOf(operands[0]), x = typeOf(operands[1]), y = typeOf(operands[2]);
  TensorType branch = broadcast(x, y), result = branch ? broadcast(condition, branch) : TensorType();
  if (!result)
    return emitOptionalError(location, "mix.select by a ", spell(condition), " of a ", spell(x), " and a ", spell(y),
                             " (select_c1)");
  results.push_back(result);
  return success();
}

MIX_INFER(LagOp) {
  results.push_back(operands[0].getType());
  return success();
}

// transpose_c1: the operand is a matrix
MIX_INFER(TransposeOp) {
  TensorType x = typeOf(operands[0]);
  if (!x.isMatrix())
    return emitOptionalError(location, "mix.transpose of a ", spell(x), " (transpose_c1)");
  results.push_back(shaped(x, {x.getDims()[1], x.getDims()[0]}, x.getRate()));
  return success();
}

// column_c1: the operand is a matrix
MIX_INFER(ColumnOp) {
  TensorType x = typeOf(operands[0]);
  if (!x.isMatrix())
    return emitOptionalError(location, "mix.column of a ", spell(x), " (column_c1)");
  results.push_back(shaped(x, {x.getDims()[0]}, x.getRate()));
  return success();
}

// diag_c1: the operand is a vector
MIX_INFER(DiagOp) {
  TensorType x = typeOf(operands[0]);
  if (!x.isVector())
    return emitOptionalError(location, "mix.diag of a ", spell(x), " (diag_c1)");
  results.push_back(shaped(x, {x.getDims()[0], x.getDims()[0]}, x.getRate()));
  return success();
}

// matmul_c1: a matrix, and a matrix or vector; matmul_c2: the inner dims agree
MIX_INFER(MatmulOp) {
  TensorType x = typeOf(operands[0]), y = typeOf(operands[1]);
  if (!x.isMatrix() || y.isScalar())
    return emitOptionalError(location, "mix.matmul of a ", spell(x), " and a ", spell(y), " (matmul_c1)");
  if (!(x.getDims()[1] == y.getDims()[0]))
    return emitOptionalError(location, "mix.matmul of a ", spell(x), " and a ", spell(y), ", but ",
                             x.getDims()[1].str(), " is not ", y.getDims()[0].str(), " (matmul_c2)");
  SmallVector<Dim> dims = {x.getDims()[0]};
  if (y.isMatrix())
    dims.push_back(y.getDims()[1]);
  results.push_back(shaped(x, dims, rateOf(operands)));
  return success();
}

// dot_c1: two vectors of one length
MIX_INFER(DotOp) {
  TensorType x = typeOf(operands[0]), y = typeOf(operands[1]);
  if (!x.isVector() || !x.sameShape(y))
    return emitOptionalError(location, "mix.dot of a ", spell(x), " and a ", spell(y), " (dot_c1)");
  results.push_back(shaped(x, {}, rateOf(operands)));
  return success();
}

// outer_c1: two vectors
MIX_INFER(OuterOp) {
  TensorType x = typeOf(operands[0]), y = typeOf(operands[1]);
  if (!x.isVector() || !y.isVector())
    return emitOptionalError(location, "mix.outer of a ", spell(x), " and a ", spell(y), " (outer_c1)");
  results.push_back(shaped(x, {x.getDims()[0], y.getDims()[0]}, rateOf(operands)));
  return success();
}

MIX_INFER(ReduceOp) {
  TensorType x = typeOf(operands[0]);
  results.push_back(shaped(x, {}, x.getRate()));
  return success();
}

// concat_c1: at least one part; concat_c2: scalars and vectors only
MIX_INFER(ConcatOp) {
  if (operands.empty())
    return emitOptionalError(location, "mix.concat of nothing (concat_c1)");
  Dim length;
  for (Value part : operands) {
    TensorType type = typeOf(part);
    if (type.isMatrix())
      return emitOptionalError(location, "mix.concat of a ", spell(type), " (concat_c2)");
    length = length + (type.isScalar() ? Dim(1) : type.getDims()[0]);
  }
  results.push_back(shaped(typeOf(operands[0]), {length}, rateOf(operands)));
  return success();
}

// roll_c1: the operand is a vector
MIX_INFER(RollOp) {
  TensorType x = typeOf(operands[0]);
  if (!x.isVector())
    return emitOptionalError(location, "mix.roll of a ", spell(x), " (roll_c1)");
  results.push_back(x);
  return success();
}

// kron_c1: two vectors
MIX_INFER(KronOp) {
  TensorType x = typeOf(operands[0]), y = typeOf(operands[1]);
  if (!x.isVector() || !y.isVector())
    return emitOptionalError(location, "mix.kron of a ", spell(x), " and a ", spell(y), " (kron_c1)");
  results.push_back(shaped(x, {x.getDims()[0] * y.getDims()[0]}, rateOf(operands)));
  return success();
}

} // namespace mixc::mix
