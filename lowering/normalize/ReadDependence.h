// How a value depends on the reads of a component.
//
//     free        not at all
//     affine      w = b + sum_i c_i r_i, c_i scalars: every value channel has one triangle
//     channel     c_i vectors of the value axis: a triangle for each value channel
//     nonlinear   any other function of the reads, mixing of value channels among them
#ifndef MIXC_LOWERING_NORMALIZE_READDEPENDENCE_H
#define MIXC_LOWERING_NORMALIZE_READDEPENDENCE_H

#include "dialect/mix/Mix.h"
#include "llvm/ADT/DenseMap.h"
#include <functional>

namespace mixc::normalize {

class ReadDependence {
public:
  /// `isRead` names the reads, `isFree` what is known to depend on none of them; `rows`: reads are scalars.
  ReadDependence(std::function<bool(mlir::Value)> isRead, std::function<bool(mlir::Value)> isFree, bool rows)
      : isRead(std::move(isRead)), isFree(std::move(isFree)), rows(rows) {}

  mix::WriteKind of(mlir::Value value);

private:
  mix::WriteKind find(mlir::Value value);
  mix::WriteKind ofBinary(mix::BinaryOp op);
  mix::WriteKind bilinear(mlir::Operation *op);
  mix::WriteKind anyFunction(mlir::Operation *op);

  std::function<bool(mlir::Value)> isRead, isFree;
  bool rows;
  llvm::DenseMap<mlir::Value, mix::WriteKind> memo;
};

} // namespace mixc::normalize

#endif
