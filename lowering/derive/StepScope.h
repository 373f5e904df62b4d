// Builds a tile.steps: what is computed token by token inside a chunk, and what that takes from the chunk around it.
//
// Token-local values are emitted into the body as TokenLocal emits them anywhere. Those that do not depend on what the
// steps carry are worked out for the whole chunk, before the steps, and enter the body as rows; matrices of a token
// among them are worked out in the body, where one of them is alive at a time.
#ifndef MIXC_LOWERING_DERIVE_STEP_SCOPE_H
#define MIXC_LOWERING_DERIVE_STEP_SCOPE_H

#include "lowering/derive/ComponentProgram.h"
#include "llvm/ADT/MapVector.h"

namespace mixc::derive {

class StepScope : private Leaves {
public:
  /// From here until `build`, ops go into the body. `isInside` says of a token-local value whether it depends on what
  /// is bound here.
  StepScope(ProgramParts parts, std::function<bool(mlir::Value)> isInside, bool reverse = false);

  /// A tile that is carried, `start` before the first token: what it is before the present one.
  mlir::Value carry(mlir::Value start);
  /// The present row of a tile of the chunk; a tile without a time axis as it is.
  mlir::Value take(mlir::Value tile);
  /// `value` is this tile in the body, its dims along `axes`.
  void bind(mlir::Value value, mlir::Value tile, Axes axes);
  /// The tile of a token-local value in the body, on exactly these axes.
  mlir::Value emit(mlir::Value value, llvm::ArrayRef<tile::Axis> axes);
  /// What the i-th carried tile is after the token.
  void setNext(unsigned i, mlir::Value tile);
  /// A tile of the body for every token: the number of its result.
  unsigned stack(mlir::Value tile);

  tile::StepsOp build();

private:
  mlir::Value leaf(mlir::Value value, llvm::ArrayRef<tile::Axis> axes) override;
  mlir::Value shortcut(mlir::Value value, llvm::ArrayRef<tile::Axis> axes) override;
  bool isStacked(mlir::Value value) override { return outer.getLeaves().isStacked(value); }
  std::optional<Axes> lying(mlir::Value value) override { return outer.getLeaves().lying(value); }
  mlir::Value fromChunk(mlir::Value value, llvm::ArrayRef<tile::Axis> axes);
  mlir::Value loadToken(mlir::Value input, llvm::ArrayRef<tile::Axis> axes);
  mlir::Value argument(llvm::SmallVectorImpl<mlir::Value> &group, mlir::Value operand, mlir::Type type);

  TileBuilder &tiles;
  TokenLocal &outer;
  AxisNames &names;
  std::function<bool(mlir::Value)> isInside;
  bool reverse;
  mlir::OpBuilder::InsertPoint before; // where the chunk's ops go
  mlir::Region region;
  mlir::Block *body;
  TokenLocal inner;
  llvm::SmallVector<mlir::Value> inits, rows, others; // in the order of the body's arguments
  llvm::DenseMap<mlir::Value, mlir::Value> taken;
  llvm::DenseMap<mlir::Value, std::pair<mlir::Value, Axes>> bound;
  llvm::SmallVector<mlir::Value> nexts, stacked;
};

} // namespace mixc::derive

#endif
