// The element type that a tensor has in the caller's memory: bf16, f16, or f32 where nothing is said. Loads and stores
// alone know of it; what is computed is computed in float32.
//
//     %v = mix.input "v" {mix.dtype = bf16} : !mix.t<[V], head>
#ifndef MIXC_DIALECT_MIX_ELEMENTTYPE_H
#define MIXC_DIALECT_MIX_ELEMENTTYPE_H

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Operation.h"

namespace mixc::mix {

inline constexpr llvm::StringLiteral elementTypeAttr = "mix.dtype";

/// Of an input, param, state or output.
mlir::Type elementTypeOf(mlir::Operation *declaration);
/// Of an input's history: f32, as of any state, whatever the input's.
mlir::Type historyTypeOf(mlir::Operation *input);
/// What is f32 has no attribute.
void setElementType(mlir::Operation *declaration, mlir::Type type);

/// `bf16`; null for a word that is no element type.
mlir::Type elementTypeNamed(mlir::MLIRContext *context, llvm::StringRef name);
/// `f32`, as users write it.
llvm::StringRef nameOfElementType(mlir::Type type);

/// The nearest number of the type; of two, the even one.
double roundTo(mlir::Type type, double number);

} // namespace mixc::mix

#endif
