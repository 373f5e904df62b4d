// The mix dialect's types, attributes and ops.
#ifndef MIXC_DIALECT_MIX_MIX_H
#define MIXC_DIALECT_MIX_MIX_H

#include "dialect/mix/Dim.h"
#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "dialect/mix/MixEnums.h.inc"

#include "dialect/mix/MixDialect.h.inc"
#define GET_TYPEDEF_CLASSES
#include "dialect/mix/MixTypes.h.inc"
#define GET_ATTRDEF_CLASSES
#include "dialect/mix/MixAttrs.h.inc"
#define GET_OP_CLASSES
#include "dialect/mix/MixOps.h.inc"

namespace mixc::mix {

/// Elementwise shape rule: both shapes agree, or one operand is a scalar. Null type if neither.
TensorType broadcast(TensorType x, TensorType y);
/// The rate of a value computed from values of these rates: the fastest of them; of a param's and a group's, a head's.
Rate faster(Rate x, Rate y);
/// True if it differs from token to token.
bool isPerToken(TensorType type);
/// True if the heads of a group share it.
bool isPerGroup(TensorType type);

/// The tensor that holds a declared value outside: its own, or its family's, which has an axis of `count` before the
/// dims.
struct Home {
  llvm::StringRef tensor;
  int64_t member = 0;
  int64_t count = 0; // 0: of no family

  bool isFamily() const { return count > 0; }
};
/// Of a mix.input, mix.param, mix.state or mix.output.
Home homeOf(mlir::Operation *declaration);
constexpr llvm::StringLiteral familyAttrName = "mix.family";

/// How many tokens back an input is remembered; 0 if it has no history.
int64_t historyOf(InputOp input);
constexpr llvm::StringLiteral historyAttrName = "mix.history";

/// The type in the language's own words, for messages: `scalar`, `vector<K>`, `matrix<V, 1+K>`.
std::string spell(TensorType type);

} // namespace mixc::mix

#endif
