// What is long and seldom runs is a function of the library, called wherever it is needed: its code is generated once,
// however many kernels take the exponential of a gate.
#ifndef MIXC_LOWERING_CPU_ROUTINE_H
#define MIXC_LOWERING_CPU_ROUTINE_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mixc::cpu {

/// Builds the results of a routine from its arguments, at the builder's place.
using RoutineBody = llvm::function_ref<llvm::SmallVector<mlir::Value>(mlir::ValueRange)>;

/// The routine's results for these arguments, by a call at the builder's place. There is one function for a name and a
/// type of arguments; the first call makes it.
mlir::ValueRange callRoutine(mlir::OpBuilder &b, mlir::Location loc, llvm::StringRef name, mlir::ValueRange arguments,
                             mlir::TypeRange results, RoutineBody body);

} // namespace mixc::cpu

#endif
