// The program of one component in a kernel: what its reads, write values and next states are as tiles.
#ifndef MIXC_LOWERING_DERIVE_COMPONENT_PROGRAM_H
#define MIXC_LOWERING_DERIVE_COMPONENT_PROGRAM_H

#include "lowering/derive/Affine.h"

namespace mixc::derive {

/// What all programs of a kernel share.
struct ProgramParts {
  TileBuilder &tiles;
  TokenLocal &local;
  AxisNames &names;
};

/// One tile for each state of a component; null is 0.
using PerState = llvm::SmallVector<mlir::Value, 2>;
inline bool isNone(llvm::ArrayRef<mlir::Value> x) {
  return llvm::none_of(x, [](mlir::Value tile) { return static_cast<bool>(tile); });
}

/// Where the states of a component lie: one value axis (none for vector states, which are one-row memories), and the
/// key axis of each.
struct StateAxes {
  llvm::SmallVector<tile::Axis, 2> keys;
  Axes value;
};

class ChunkedComponent;

class ComponentProgram {
public:
  ComponentProgram(mix::ComponentOp op, ProgramParts parts, StateAxes axes, PerState states)
      : op(op), tiles(parts.tiles), local(parts.local), keys(std::move(axes.keys)), value(std::move(axes.value)),
        states(std::move(states)) {}
  virtual ~ComponentProgram() = default;

  /// Read i of every token, on [time, value].
  virtual mlir::Value read(unsigned i) = 0;
  /// Write value m of every token, on [time, value].
  virtual mlir::Value write(unsigned m) = 0;
  /// State i after the chunk, on the axes of state i.
  virtual mlir::Value next(unsigned i) = 0;

  /// Itself, if it is one for a whole chunk.
  virtual ChunkedComponent *asChunked() { return nullptr; }

  mix::ComponentOp component() { return op; }
  llvm::ArrayRef<tile::Axis> valueAxes() const { return value; }
  llvm::ArrayRef<tile::Axis> keyAxis(unsigned state) const { return keys[state]; }

protected:
  /// [time, value]: of reads and write values.
  Axes rows() const {
    Axes axes{tiles.time()};
    llvm::append_range(axes, value);
    return axes;
  }
  /// What phi yields for write m.
  mlir::Value phi(unsigned m) { return op.getPhi().front().getTerminator()->getOperand(m); }
  /// A value's tile with the time axis.
  mlir::Value perToken(mlir::Value x, llvm::ArrayRef<tile::Axis> axes) {
    return tiles.with(local.emit(x, axes), tiles.time());
  }

  mix::ComponentOp op;
  TileBuilder &tiles;
  TokenLocal &local;
  llvm::SmallVector<tile::Axis, 2> keys;
  Axes value;
  PerState states; // before the chunk
};

/// One token at a time, any component (OneToken.cpp).
std::unique_ptr<ComponentProgram> makeOneToken(mix::ComponentOp op, ProgramParts parts, StateAxes axes,
                                               PerState states);

/// True if `value` is computed from one of `origins`.
bool dependsOn(mlir::Value value, llvm::function_ref<bool(mlir::Value)> isOrigin);

} // namespace mixc::derive

#endif
