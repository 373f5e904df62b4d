// The caller's tensors, seen from a scope: where their numbers lie and what type they have there.
#ifndef MIXC_LOWERING_CPU_TENSORACCESS_H
#define MIXC_LOWERING_CPU_TENSORACCESS_H

#include "lowering/cpu/Access.h"

namespace mixc::cpu {

/// How many numbers are moved at once: so many side by side, or (none) one alone, which is no vector.
using Lanes = std::optional<int64_t>;

/// A kernel's tensor, of a sequence of the block; its row stride is yet to be read.
Tensor readTensor(const Code &code, const Frame &frame, mlir::Value tensor, mlir::Value sequence);

class TensorAccess : public Access {
public:
  explicit TensorAccess(const Access &access) : Access(access) {}

  /// The rows of the present sequence, or of each of a block: its tensors are those of the sequence there.
  void forEachSequence(mlir::Operation *op, llvm::function_ref<void(const Scope &, Tiles &)> body) const;
  /// What is done to the rows of a tile, in two forms: for full chunks, and for a last one that ends early.
  void forEachForm(tile::TileType type, llvm::function_ref<void(const Scope &)> body) const;

  /// The tile's axes in the order in which the tensor has them in memory, each with its extent there.
  static llvm::SmallVector<std::pair<tile::Axis, int64_t>> axesInMemory(tile::ViewType view, tile::TileType type);
  /// Do tile and tensor end in the same axis? Then whole vectors are moved.
  static bool endAlike(tile::ViewType view, tile::TileType type, const Layout &layout);
  /// Entry of the tensor at a point of the tile: row * stride + the row-major index of the dims.
  mlir::Value offset(tile::ViewType view, mlir::Value tensor, tile::TileType type, mlir::Value row,
                     const Point &point) const;
  /// The row of a tensor of segments that belongs to the segment of a token.
  mlir::Value segmentRow(mlir::Value tensor, mlir::Value token, int64_t every) const;

  /// Numbers from `at` on, those lanes that the layout has at the point.
  mlir::Value read(mlir::Value tensor, mlir::Value at, const Layout &layout, const Point &point, Lanes lanes) const;
  /// As it is computed with: extended in steps that the machine has (float16 to float64 has none).
  mlir::Value extended(mlir::Value stored, tile::ViewType view, mlir::Type element) const;
  /// As the caller keeps it: rounded to nearest, ties to even; from float64 by way of float32.
  mlir::Value rounded(mlir::Value computed, tile::ViewType view) const;
  /// Those lanes that the mask has, all without one.
  void write(mlir::Value numbers, std::optional<mlir::Value> mask, mlir::Value tensor, mlir::Value at) const;
  /// Adds to float32 numbers in memory.
  void addTo(mlir::Value numbers, std::optional<mlir::Value> mask, mlir::Value tensor, mlir::Value at) const;

  /// The tile is the caller's memory.
  void defineExternal(mlir::Value tile, mlir::Value tensor) const;
};

} // namespace mixc::cpu

#endif
