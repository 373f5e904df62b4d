// One checked mixer to a `mix.mixer`.
#ifndef MIXC_FRONTEND_GEN_MIXERIMPORTER_H
#define MIXC_FRONTEND_GEN_MIXERIMPORTER_H

#include "frontend/gen/Import.h"
#include "mlir/IR/Builders.h"

namespace mixc {

class MixerImporter {
public:
  MixerImporter(mlir::OpBuilder &builder, const Source &source, const Mixer &mixer)
      : builder(builder), source(source), mixer(mixer) {}

  void run();

private:
  void measureHistories();
  void join(mlir::Operation *op, const Declaration &declaration);
  void declare(unsigned entity);
  void define(const Definition &definition, mlir::Value &value);

  mlir::Value emit(const Expr &e);
  mlir::Value emitOne(const Expr &e);
  mlir::Value emitOperation(const Expr &e);
  mlir::Value input(const Expr &e);
  mlir::Value product(const Expr &e);
  mlir::Value fill(const Expr &e);
  mlir::Value sumOfSquares(mlir::Location at, mlir::Value x);

  mlir::Value unary(mlir::Location at, mix::UnaryKind kind, mlir::Value x);
  mlir::Value binary(mlir::Location at, mix::BinaryKind kind, mlir::Value x, mlir::Value y);
  mlir::Value reduce(mlir::Location at, mix::ReduceKind kind, mlir::Value x);

  mlir::Location locate(Range range);
  mix::TensorType typeOf(const Type &type, mix::Rate rate);

  mlir::OpBuilder &builder;
  const Source &source;
  const Mixer &mixer;
  std::vector<mlir::Value> declared; // a state's is its value before the token
  std::vector<mlir::Value> after;    // a state's value after the token
  std::vector<mlir::Value> defined;
  llvm::DenseMap<const Expr *, mlir::Value> emitted;
  std::vector<int64_t> histories; // by declaration: how many tokens back an input is read
  std::map<std::string, int64_t> familySizes;
  std::map<std::pair<unsigned, int64_t>, mlir::Value> lagged;
};

} // namespace mixc

#endif
