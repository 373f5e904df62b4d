// Builds the ops of one mixer's token, hash-consed: the same expression is the same value, so identity is equality.
//
// A null value stands for the neutral element, 1 in products and 0 in sums, so that nothing is built for it. Signs move
// out of products and sums (x + (-y) = x - y, (-c) x = -(c x)); commuted twins are one value.
#ifndef MIXC_LOWERING_NORMALIZE_EXPRESSIONS_H
#define MIXC_LOWERING_NORMALIZE_EXPRESSIONS_H

#include "dialect/mix/Mix.h"
#include "mlir/IR/Builders.h"
#include <unordered_map>

namespace mixc::normalize {

using mix::TensorType;
using mlir::Operation;
using mlir::Value;

inline TensorType typeOf(Value value) { return mlir::cast<TensorType>(value.getType()); }

class Expressions {
public:
  /// Takes in what the mixer holds already, and makes its twins one.
  explicit Expressions(mix::MixerOp mixer);

  /// What is built from here on comes from this op's place in the source.
  void setOrigin(Operation *op) { location = op->getLoc(); }

  Value constant(double number);
  /// The vector of ones.
  Value ones(const mix::Dim &length);
  Value fill(Value scalar, mlir::ArrayRef<mix::Dim> dims);
  Value identity(const mix::Dim &length);

  Value neg(Value x);
  Value add(Value x, Value y);
  Value sub(Value x, Value y);
  /// Entry by entry; a scalar meets every entry.
  Value mul(Value x, Value y);
  Value div(Value x, Value y);
  Value select(Value condition, Value x, Value y);
  Value dot(Value x, Value y);
  Value outer(Value x, Value y);
  Value matmul(Value x, Value y);
  Value transpose(Value x);
  Value diag(Value x);
  /// Column j, as an expression over columns of what the matrix is computed from.
  Value column(Value matrix, int64_t j);
  /// The matrix of these columns.
  Value fromColumns(mlir::ArrayRef<Value> columns);
  Value sum(Value x);

  /// The same op of other operands; its rate follows them.
  Value rebuilt(Operation *op, mlir::ValueRange operands);
  /// A value that stands for what is built later. It has no twins.
  Value placeholder(TensorType type);

private:
  template <typename Op, typename... Args> Value make(Args &&...args) {
    return intern(Op::create(builder, location, std::forward<Args>(args)...));
  }
  Value intern(Operation *op);
  /// An equal op, or null after taking in `op`.
  Operation *findTwin(Operation *op);

  mlir::OpBuilder builder;
  mlir::Location location;
  std::unordered_map<size_t, llvm::SmallVector<Operation *, 1>> table;
};

} // namespace mixc::normalize

#endif
