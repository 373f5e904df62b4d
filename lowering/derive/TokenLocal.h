// Turns token-local values of a mixer into tiles, on demand.
//
//     emit(x, axes): the tile of x for all tokens of the chunk, its dims along `axes`
//
// A scalar is [time] (or has no axis, if it does not change with the token), a vector [time, axis]. The same vector may
// be wanted along two axes (a key that is also a value): then it is loaded and computed along each. Results are kept
// per (value, axes), so work is done once a chunk. A tile may lack axes along which it does not change; those who need
// them broadcast.
#ifndef MIXC_LOWERING_DERIVE_TOKEN_LOCAL_H
#define MIXC_LOWERING_DERIVE_TOKEN_LOCAL_H

#include "dialect/tile/TileBuilder.h"
#include "lowering/derive/HomeAxes.h"

namespace mixc::derive {

using tile::Product;
using tile::TileBuilder;

/// Where values come from that are no ops on others: inputs, params, states, what components read and write.
class Leaves {
public:
  virtual ~Leaves() = default;
  /// The tile of a leaf along `axes`.
  virtual mlir::Value leaf(mlir::Value value, llvm::ArrayRef<tile::Axis> axes) = 0;
  /// The tile of `value` by a shorter way than through its operands, or null.
  virtual mlir::Value shortcut(mlir::Value value, llvm::ArrayRef<tile::Axis> axes) { return {}; }
  /// Is there a tile of this value for every token, a matrix of one that steps have made?
  virtual bool isStacked(mlir::Value value) { return false; }
  /// The axes on which a leaf matrix lies, if it lies anywhere yet.
  virtual std::optional<Axes> lying(mlir::Value value) { return std::nullopt; }
  /// The kernel's tensor of an input or a param.
  virtual mlir::Value tensorOf(mlir::Value declared) { return {}; }
};

class TokenLocal {
public:
  TokenLocal(TileBuilder &tiles, AxisNames &names, HomeAxes &homes, Leaves &leaves)
      : tiles(tiles), names(names), homes(homes), leaves(leaves) {}

  mlir::Value emit(mlir::Value value, llvm::ArrayRef<tile::Axis> axes);
  mlir::Value scalar(mlir::Value value) { return emit(value, {}); }
  /// The axis along which a vector is best computed: its home, or a free one.
  tile::Axis axisOf(mlir::Value vector);
  /// The axes of a matrix that cost nothing.
  Axes axesOfMatrix(mlir::Value matrix);

  HomeAxes &getHomes() { return homes; }
  Leaves &getLeaves() { return leaves; }

private:
  mlir::Value compute(mlir::Value value, llvm::ArrayRef<tile::Axis> axes);
  mlir::Value unary(mix::UnaryOp op, llvm::ArrayRef<tile::Axis> axes);
  mlir::Value binary(mix::BinaryOp op, llvm::ArrayRef<tile::Axis> axes);
  mlir::Value select(mix::SelectOp op, llvm::ArrayRef<tile::Axis> axes);
  mlir::Value scaled(mix::BinaryOp op, llvm::ArrayRef<tile::Axis> axes);
  mlir::Value matmul(mix::MatmulOp op, llvm::ArrayRef<tile::Axis> axes);
  mlir::Value dot(mix::DotOp op);
  mlir::Value reduce(mix::ReduceOp op);
  mlir::Value concat(mix::ConcatOp op, tile::Axis axis);
  mlir::Value slice(mix::SliceOp op, tile::Axis axis);
  mlir::Value roll(mix::RollOp op, tile::Axis axis);
  mlir::Value kron(mix::KronOp op, tile::Axis axis);
  mlir::Value reshape(mix::ReshapeOp op, llvm::ArrayRef<tile::Axis> axes);
  std::optional<Axes> lyingThrough(mlir::Value matrix);
  std::optional<Product> diagonalOf(mlir::Value matrix, tile::Axis axis);
  tile::Axis other(tile::Axis axis, llvm::ArrayRef<tile::Axis> than);

  TileBuilder &tiles;
  AxisNames &names;
  HomeAxes &homes;
  Leaves &leaves;
  /// The value, then the names of its axes.
  using Key = std::vector<const void *>;
  static Key key(mlir::Value value, llvm::ArrayRef<tile::Axis> axes);
  bool isKnown(mlir::Value value, llvm::ArrayRef<tile::Axis> axes) const;
  std::map<Key, mlir::Value> known;
};

} // namespace mixc::derive

#endif
