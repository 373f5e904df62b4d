#include "frontend/sema/Functions.h"

namespace mixc {

static Function elementwise(std::string_view name, mix::UnaryKind kind) {
  return {name, Signature::Elementwise, 1, 1, "one argument", kind, {}, Expr::Op::Unary};
}
static Function pair(std::string_view name, mix::BinaryKind kind) {
  return {name, Signature::ElementwisePair, 2, 2, "two arguments", {}, kind, Expr::Op::Binary};
}
static Function other(std::string_view name, Signature signature, unsigned min, unsigned max, std::string_view usage,
                      Expr::Op op) {
  return {name, signature, min, max, usage, {}, {}, op};
}

const std::vector<Function> &allFunctions() {
  using mix::BinaryKind;
  using mix::UnaryKind;
  using Op = Expr::Op;
  static const std::vector<Function> functions = {
      elementwise("exp", UnaryKind::Exp),
      elementwise("log", UnaryKind::Log),
      elementwise("sigmoid", UnaryKind::Sigmoid),
      elementwise("tanh", UnaryKind::Tanh),
      elementwise("relu", UnaryKind::Relu),
      elementwise("silu", UnaryKind::Silu),
      elementwise("gelu", UnaryKind::Gelu),
      elementwise("softplus", UnaryKind::Softplus),
      elementwise("elu", UnaryKind::Elu),
      elementwise("sqrt", UnaryKind::Sqrt),
      elementwise("rsqrt", UnaryKind::Rsqrt),
      elementwise("abs", UnaryKind::Abs),
      elementwise("sign", UnaryKind::Sign),
      elementwise("sin", UnaryKind::Sin),
      elementwise("cos", UnaryKind::Cos),
      elementwise("expm1", UnaryKind::ExpM1),
      elementwise("log1p", UnaryKind::Log1P),
      elementwise("erf", UnaryKind::Erf),
      elementwise("erfc", UnaryKind::Erfc),
      elementwise("gelu_erf", UnaryKind::GeluErf),
      other("logsigmoid", Signature::LogSigmoid, 1, 1, "one argument", Op::Error),
      elementwise("stop", UnaryKind::Stop),
      pair("min", BinaryKind::Min),
      pair("max", BinaryKind::Max),
      pair("logaddexp", BinaryKind::LogAddExp),
      other("clamp", Signature::Clamp, 3, 3, "what to clamp, a lower and an upper bound", Op::Error),
      other("where", Signature::Where, 3, 3, "a condition, what to take where it holds, and what elsewhere",
            Op::Select),
      other("mean", Signature::Mean, 1, 1, "one argument", Op::Error),
      other("sum", Signature::Entries, 1, 1, "one argument, or `sum(j in a..b, e)`", Op::Reduce),
      other("norm", Signature::Entries, 1, 1, "one argument", Op::Norm),
      other("dot", Signature::Dot, 2, 2, "two vectors", Op::Product),
      other("outer", Signature::Outer, 2, 2, "two vectors", Op::Product),
      other("diag", Signature::Diag, 1, 1, "one vector", Op::Diag),
      other("concat", Signature::Concat, 1, ~0u, "one or more scalars and vectors", Op::Concat),
      other("kron", Signature::Kron, 2, 2, "two vectors", Op::Kron),
      other("l2norm", Signature::Normalize, 1, 2, "a vector, and perhaps an epsilon", Op::Error),
      other("rmsnorm", Signature::Normalize, 1, 2, "a vector, and perhaps an epsilon", Op::Error),
      other("layernorm", Signature::Normalize, 1, 2, "a vector, and perhaps an epsilon", Op::Error),
      other("softmax", Signature::Softmax, 1, 1, "one vector", Op::Error),
      other("slice", Signature::Slice, 3, 3, "a vector, its first entry and the one after its last", Op::Slice),
      other("roll", Signature::Roll, 2, 2, "a vector and an integer", Op::Roll),
      other("grad", Signature::Grad, 2, 2, "a scalar and what to differentiate it by", Op::Error),
  };
  return functions;
}

const Function *findFunction(llvm::StringRef name) {
  for (const Function &function : allFunctions())
    if (name == llvm::StringRef(function.name))
      return &function;
  return nullptr;
}

} // namespace mixc
