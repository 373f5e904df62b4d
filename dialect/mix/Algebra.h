// The mix dialect's tensor ops on quantities.
#ifndef MIXC_DIALECT_MIX_ALGEBRA_H
#define MIXC_DIALECT_MIX_ALGEBRA_H

#include "dialect/mix/Mix.h"
#include "dialect/mix/Quantity.h"

namespace mixc::mix {

/// Computes ops into `result`, which is none of the operands. Matrices stay structured where that is cheap; a
/// structured result may refer to its operands' dense parts.
class Algebra {
public:
  /// With `roundToFloat32`, every result is rounded to float32.
  explicit Algebra(bool roundToFloat32) : roundToFloat32(roundToFloat32) {}

  void unary(UnaryKind kind, const Quantity &x, Quantity &result);
  void binary(BinaryKind kind, const Quantity &x, const Quantity &y, Quantity &result);
  void select(const Quantity &condition, const Quantity &x, const Quantity &y, Quantity &result);
  void reduce(ReduceKind kind, const Quantity &x, Quantity &result);
  void transpose(const Quantity &x, Quantity &result);
  void diag(const Quantity &x, Quantity &result);
  void matmul(const Quantity &x, const Quantity &y, Quantity &result);
  void outer(const Quantity &x, const Quantity &y, Quantity &result);
  void kron(const Quantity &x, const Quantity &y, Quantity &result);
  /// x (x diag(columns)) for a matrix, x .* columns for a vector.
  void scaleColumns(const Quantity &x, const Quantity &columns, Quantity &result);
  /// diag(rows) x.
  void scaleRows(const Quantity &rows, const Quantity &x, Quantity &result);
  double dot(const Quantity &x, const Quantity &y);

  /// Every op ends with it: too many terms become dense, and numbers are rounded if asked for.
  void finish(Quantity &result);

  const bool roundToFloat32;

private:
  void scale(const Quantity &x, double factor, bool divide, Quantity &result);
  void add(const Quantity &x, const Quantity &y, double sign, Quantity &result);
  void entrywise(BinaryKind kind, const Quantity &x, const Quantity &y, Quantity &result);

  std::vector<double> scratch, scratch2, product;
};

} // namespace mixc::mix

#endif
