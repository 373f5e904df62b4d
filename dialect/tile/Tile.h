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
#include "llvm/ADT/BitVector.h"

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
#define GET_ATTRDEF_CLASSES
#include "dialect/tile/TileAttrs.h.inc"
#define GET_OP_CLASSES
#include "dialect/tile/TileOps.h.inc"

namespace mixc::tile {

/// The axes of x, then those of y that x lacks: the axes of an elementwise result. Extents must agree.
llvm::SmallVector<Axis> unite(llvm::ArrayRef<Axis> x, llvm::ArrayRef<Axis> y);
/// The tensor that `tile.steps` hands on.
mlir::Value rootOf(mlir::Value tensor);
/// What an argument of a kernel is, also where `tile.steps` hands it on; null of what is none.
ArgumentAttr argumentOf(mlir::Value tensor);
/// The role of a tensor of a kernel; none of what is none.
std::optional<Role> roleOf(mlir::Value tensor);
/// Is the tensor there once for every sequence of a block? All but params are.
inline bool isPerSequence(mlir::Value tensor) { return roleOf(tensor) != Role::Param; }
/// `input`, `output`, `kept`, `output_grad` and `input_grad` are per token, what is saved may be, all else is per head.
bool isPerToken(Role role);
/// May the caller do without it?
bool isOptional(Role role);
/// `tile.function`: where the function that was a kernel carries its signature.
constexpr llvm::StringLiteral functionAttrName = "tile.function";
FunctionAttr functionOf(mlir::Operation *function);
/// `tile.plan`: of a kernel a KernelPlanAttr, of its ops PlanAttr.
constexpr llvm::StringLiteral planAttrName = "tile.plan";
/// Null of an op that has none.
PlanAttr planOf(mlir::Operation *op);
/// A mixer's kernel for one sequence; null if there is none.
KernelOp kernelOf(mlir::ModuleOp module, llvm::StringRef mixer, Entry entry);
/// Kernels, and functions that were kernels: every argument is a tensor, once in a role, indexed as its role says.
llvm::LogicalResult verifyArguments(llvm::function_ref<mlir::InFlightDiagnostic()> emitError,
                                    llvm::ArrayRef<ArgumentAttr> arguments, mlir::TypeRange types);

/// The axis of a block of sequences; where it stands in a tile: first, but after time.
Axis sequenceAxis(mlir::MLIRContext *context, int64_t sequences);
TileType withSequences(TileType type, int64_t sequences);
/// The axes other than that one.
llvm::SmallVector<Axis> withoutSequences(llvm::ArrayRef<Axis> axes);

} // namespace mixc::tile

#endif
