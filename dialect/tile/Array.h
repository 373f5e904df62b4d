// Tiles in float64 outside the IR: what the interpreter computes with, and the meaning of every pure op on them.
#ifndef MIXC_DIALECT_TILE_ARRAY_H
#define MIXC_DIALECT_TILE_ARRAY_H

#include "dialect/tile/Axis.h"
#include "llvm/Support/Error.h"
#include <functional>
#include <vector>

namespace mixc::tile {

/// The numbers of a tile, row-major in the order of its type's axes. Masks are 0 and 1.
struct Array {
  llvm::SmallVector<Axis> axes;
  std::vector<double> data;

  Array() = default;
  explicit Array(llvm::ArrayRef<Axis> axes, double value = 0);

  /// Steps in `data` from one entry to the next along each axis of `space`; 0 along an axis that this tile lacks.
  llvm::SmallVector<int64_t> strides(llvm::ArrayRef<Axis> space) const;
  /// The same for one axis, by name.
  int64_t stride(llvm::StringRef name) const;
};

/// Calls `body(index, offsets)` for every index of `space`, in row-major order; offsets[i] is where operand i's entry
/// lies.
void visit(llvm::ArrayRef<Axis> space, llvm::ArrayRef<llvm::SmallVector<int64_t>> strides,
           llvm::function_ref<void(llvm::ArrayRef<int64_t> index, llvm::ArrayRef<int64_t> offsets)> body);

/// What a scalar arith or math op computes, in float64; null for an op that the interpreter does not know.
std::function<double(llvm::ArrayRef<double>)> scalarFunction(mlir::Operation *op);

/// The result of a pure op (neither memory nor `tile.valid`) on these operands.
llvm::Expected<Array> evaluate(mlir::Operation *op, llvm::ArrayRef<const Array *> operands);

} // namespace mixc::tile

#endif
