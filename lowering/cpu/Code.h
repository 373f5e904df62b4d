// Numbers, indices and loops: what code for any op is made of. Knows of no tile.
#ifndef MIXC_LOWERING_CPU_CODE_H
#define MIXC_LOWERING_CPU_CODE_H

#include "dialect/tile/Tile.h"
#include "lowering/Passes.h"

namespace mixc::cpu {

/// Writes at the builder's place.
class Code {
public:
  using Values = llvm::SmallVector<mlir::Value>;
  /// The body of a loop that carries values: from the index and what came in to what goes on.
  using Body = llvm::function_ref<Values(mlir::Value, mlir::ValueRange)>;

  Code(mlir::OpBuilder &b, mlir::Location loc) : b(b), loc(loc) {}

  mlir::Value index(int64_t value) const;
  mlir::Value add(mlir::Value x, mlir::Value y) const;
  mlir::Value add(mlir::Value x, int64_t y) const;
  mlir::Value mul(mlir::Value x, int64_t y) const;
  mlir::Value number(double value, mlir::Type type) const;
  mlir::Value splat(mlir::Value entry, int64_t n) const;
  mlir::Value fma(mlir::Value x, mlir::Value y, mlir::Value z) const;
  mlir::Value plus(mlir::Value x, mlir::Value y) const;
  mlir::Value times(mlir::Value x, mlir::Value y) const;
  /// x, at most `most` in size (0: no bound).
  mlir::Value bounded(mlir::Value x, llvm::APFloat most) const;
  mlir::Value sumOf(mlir::Value vector, tile::ReduceKind kind = tile::ReduceKind::Add) const;
  mlir::VectorType vector(int64_t n, mlir::Type type) const { return mlir::VectorType::get({n}, type); }

  /// A flat memref over a bare pointer: its extent is unknown to the type and not used.
  mlir::Value memoryAt(mlir::Value pointer, mlir::Type element) const;
  /// An integer in memory, as an index.
  mlir::Value indexIn(mlir::Value memory, mlir::Value at) const;
  /// Is the pointer null? Then there is no such tensor.
  mlir::Value isAbsent(mlir::Value pointer) const;
  /// then(), or otherwise() if the condition does not hold: a vector or number of this type.
  mlir::Value choose(mlir::Value condition, mlir::Type type, llvm::function_ref<mlir::Value()> then,
                     llvm::function_ref<mlir::Value()> otherwise) const;
  void when(mlir::Value condition, llvm::function_ref<void()> then) const;
  void when(mlir::Value condition, llvm::function_ref<void()> then, llvm::function_ref<void()> otherwise) const;
  void unless(mlir::Value condition, llvm::function_ref<void()> otherwise) const;

  /// for i in [from, to) by step: one iteration is written out without a loop.
  void loop(int64_t from, int64_t to, int64_t step, llvm::function_ref<void(mlir::Value)> body) const;
  Values loop(int64_t from, int64_t to, int64_t step, mlir::ValueRange start, Body body) const;
  Values loop(mlir::Value from, mlir::Value to, mlir::ValueRange start, Body body) const;
  /// The same, a loop even where it runs once.
  void loop(mlir::Value from, mlir::Value to, int64_t step, llvm::function_ref<void(mlir::Value)> body) const;
  /// Blocks of `block` from 0 on, and a last one of what is left: body(first, how many).
  void blocks(int64_t height, int64_t block, llvm::function_ref<void(mlir::Value, int64_t)> body) const;

  mlir::OpBuilder &b;
  const mlir::Location loc;
};

} // namespace mixc::cpu

#endif
