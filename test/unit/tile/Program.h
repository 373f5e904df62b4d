// Tile programs in tests: parse them, run straight lines in the interpreter, fill arrays with numbers.
#ifndef MIXC_TEST_UNIT_TILE_PROGRAM_H
#define MIXC_TEST_UNIT_TILE_PROGRAM_H

#include "dialect/tile/Array.h"
#include "dialect/tile/Tile.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/IR/Verifier.h"
#include <random>

namespace mixc::tile::test {

using Environment = llvm::DenseMap<mlir::Value, Array>;

/// A module. In the text these aliases are known, with C = 4 tokens:
///   !s []   !r [time:4]   !c [source:4]   !p [time:4, source:4]   !k [time:4, key(K):3]   !v [time:4, value(V):2]
///   !w [source:4, value(V):2]   !m [value(V):2, key(K):3]   !b [time:4] of i1   !f [key(K):3]
struct Program {
  explicit Program(llvm::StringRef text);
  /// From a file of test/dialect/tile.
  static Program fromFile(llvm::StringRef name);

  mlir::func::FuncOp function();
  KernelOp kernel();
  bool verifies() { return mlir::succeeded(mlir::verify(*module)); }

  std::unique_ptr<mlir::MLIRContext> context;
  mlir::OwningOpRef<mlir::ModuleOp> module;

private:
  Program();
};

/// Runs the pure ops of a block on what is bound already; ops without results are passed over.
void runBlock(mlir::Block &block, Environment &environment);

/// The results of the module's function.
std::vector<Array> run(Program &program, llvm::ArrayRef<Array> inputs);

/// Tiles for the function's arguments: normal numbers, or fair bits for masks.
std::vector<Array> randomInputs(mlir::ValueRange values, unsigned seed);

/// A program of one line, or more, from arguments `%a : !r, %b : !k` to values: func.func @f(arguments) -> types { body
/// }.
Program line(llvm::StringRef arguments, llvm::StringRef results, llvm::StringRef body);

} // namespace mixc::tile::test

#endif
