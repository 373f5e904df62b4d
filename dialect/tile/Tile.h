// The tile dialect's types and ops.
#ifndef MIXC_DIALECT_TILE_TILE_H
#define MIXC_DIALECT_TILE_TILE_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "dialect/tile/TileEnums.h.inc"

namespace mixc::tile {

/// A named axis of a tile.
struct Axis {
  AxisKind kind;
  mlir::StringAttr name;
  int64_t extent;

  llvm::StringRef str() const { return name.getValue(); }
  bool operator==(const Axis &other) const {
    return kind == other.kind && name == other.name && extent == other.extent;
  }
};
inline llvm::hash_code hash_value(const Axis &axis) {
  return llvm::hash_combine(static_cast<int>(axis.kind), axis.name, axis.extent);
}

} // namespace mixc::tile

#include "dialect/tile/TileDialect.h.inc"
#define GET_TYPEDEF_CLASSES
#include "dialect/tile/TileTypes.h.inc"
#define GET_OP_CLASSES
#include "dialect/tile/TileOps.h.inc"

namespace mixc::tile {

/// The axes of x, then those of y that x lacks: the axes of an elementwise result. Extents must agree.
llvm::SmallVector<Axis> unite(llvm::ArrayRef<Axis> x, llvm::ArrayRef<Axis> y);
/// The role of a tensor of a kernel; empty of what is none.
llvm::StringRef roleOf(mlir::Value tensor);
/// Is the tensor there once for every sequence of a block? All but params are.
inline bool isPerSequence(mlir::Value tensor) { return roleOf(tensor) != "param"; }

/// The axis of a block of sequences; where it stands in a tile: first, but after time.
Axis sequenceAxis(mlir::MLIRContext *context, int64_t sequences);
TileType withSequences(TileType type, int64_t sequences);
/// The axes other than that one.
llvm::SmallVector<Axis> withoutSequences(llvm::ArrayRef<Axis> axes);

} // namespace mixc::tile

#endif
