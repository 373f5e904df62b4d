// Adjoints against central differences, both in the float64 interpreter.
#ifndef MIXC_TEST_UNIT_ADJOINT_GRADIENT_H
#define MIXC_TEST_UNIT_ADJOINT_GRADIENT_H

#include "test/unit/tile/Program.h"

namespace mixc::tile::test {

/// The cotangents of the function's float arguments (masks: empty) for these cotangents of its results.
std::vector<Array> gradient(mlir::func::FuncOp function, llvm::ArrayRef<Array> inputs, llvm::ArrayRef<Array> seeds);

/// Expects the gradient of sum_i <seed_i, result_i>, seeds random, to be what central differences of fourth order find:
/// along every entry of small tiles, along some entries and random directions of larger ones.
void checkGradient(mlir::func::FuncOp function, llvm::ArrayRef<Array> inputs);

/// The same for a line at random inputs.
void checkGradient(llvm::StringRef arguments, llvm::StringRef results, llvm::StringRef body);

} // namespace mixc::tile::test

#endif
