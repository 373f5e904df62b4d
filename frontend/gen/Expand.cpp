// Functions that are written in simpler ones:
//   l2norm(x)    = x * rsqrt(sum(x .* x) + eps)
//   rmsnorm(x)   = x * rsqrt(sum(x .* x) / N + eps)
//   layernorm(x) = rmsnorm(x - sum(x) / N)
//   softmax(x)   = exp(x - max x) / sum(exp(x - max x))
#include "frontend/gen/MixerImporter.h"

namespace mixc {
using mix::BinaryKind;
using mix::UnaryKind;
using mlir::Location;
using mlir::Value;

Value MixerImporter::unary(Location at, UnaryKind kind, Value x) { return mix::UnaryOp::create(builder, at, kind, x); }
Value MixerImporter::binary(Location at, BinaryKind kind, Value x, Value y) {
  return mix::BinaryOp::create(builder, at, kind, x, y);
}
Value MixerImporter::reduce(Location at, mix::ReduceKind kind, Value x) {
  return mix::ReduceOp::create(builder, at, kind, x);
}

Value MixerImporter::sumOfSquares(Location at, Value x) {
  return reduce(at, mix::ReduceKind::Sum, binary(at, BinaryKind::Mul, x, x));
}

Value MixerImporter::mean(Location at, Value total, Value of) {
  auto type = llvm::cast<mix::TensorType>(of.getType());
  Value size = mix::DimOp::create(builder, at, typeOf(Type::scalar(), mix::Rate::Constant), type.getDims()[0].str());
  return binary(at, BinaryKind::Div, total, size);
}

Value MixerImporter::l2norm(Location at, Value x, Value epsilon) {
  Value square = binary(at, BinaryKind::Add, sumOfSquares(at, x), epsilon);
  return binary(at, BinaryKind::Mul, unary(at, UnaryKind::Rsqrt, square), x);
}

Value MixerImporter::rmsnorm(Location at, Value x, Value epsilon) {
  Value square = binary(at, BinaryKind::Add, mean(at, sumOfSquares(at, x), x), epsilon);
  return binary(at, BinaryKind::Mul, unary(at, UnaryKind::Rsqrt, square), x);
}

Value MixerImporter::layernorm(Location at, Value x, Value epsilon) {
  Value centre = mean(at, reduce(at, mix::ReduceKind::Sum, x), x);
  return rmsnorm(at, binary(at, BinaryKind::Sub, x, centre), epsilon);
}

Value MixerImporter::softmax(Location at, Value x) {
  Value largest = reduce(at, mix::ReduceKind::Max, x);
  Value weights = unary(at, UnaryKind::Exp, binary(at, BinaryKind::Sub, x, largest));
  return binary(at, BinaryKind::Div, weights, reduce(at, mix::ReduceKind::Sum, weights));
}

} // namespace mixc
