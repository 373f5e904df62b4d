// The language's functions as arith and math ops on one number, in forms that neither overflow nor cancel.
#ifndef MIXC_LOWERING_DERIVE_SCALAR_FUNCTIONS_H
#define MIXC_LOWERING_DERIVE_SCALAR_FUNCTIONS_H

#include "dialect/mix/Mix.h"
#include "mlir/IR/Builders.h"

namespace mixc::derive {

mlir::Value emitScalar(mlir::OpBuilder &builder, mlir::Location loc, mix::UnaryKind kind, mlir::Value x);
mlir::Value emitScalar(mlir::OpBuilder &builder, mlir::Location loc, mix::BinaryKind kind, mlir::Value x,
                       mlir::Value y);

} // namespace mixc::derive

#endif
