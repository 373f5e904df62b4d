// Functions of one and two numbers in forms that do not cancel or overflow:
//
//     sigmoid(x)  = 1 / (1 + e^-x)                          for x >= 0, e^x / (1 + e^x) otherwise
//     softplus(x) = max(x, 0) + log1p(e^-|x|)
//     logaddexp   = max(x, y) + log1p(e^-|x - y|)
//     gelu(x)     = x sigmoid(2 sqrt(2/pi) (x + 0.044715 x^3))    (= 0.5 x (1 + tanh ...), without cancellation)
#include "dialect/mix/Scalar.h"
#include <cmath>

namespace mixc::mix {

static double sigmoid(double x) {
  if (x >= 0)
    return 1 / (1 + std::exp(-x));
  double e = std::exp(x);
  return e / (1 + e);
}

/// The limit at -inf is 0.
static double silu(double x) { return x == -HUGE_VAL ? 0 : x * sigmoid(x); }

static double gelu(double x) {
  double inner = 2 * 0.7978845608028654 * (x + 0.044715 * x * x * x);
  // x^3 overflows before sigmoid does anything new; the limits are x and 0.
  return std::isinf(inner) ? (x > 0 ? x : 0.0) : x * sigmoid(inner);
}

double apply(UnaryKind kind, double x) {
  switch (kind) {
  case UnaryKind::Neg: return -x;
  case UnaryKind::Exp: return std::exp(x);
  case UnaryKind::Log: return std::log(x);
  case UnaryKind::Sigmoid: return sigmoid(x);
  case UnaryKind::Tanh: return std::tanh(x);
  case UnaryKind::Relu: return x > 0 || std::isnan(x) ? x : 0.0;
  case UnaryKind::Silu: return silu(x);
  case UnaryKind::Gelu: return gelu(x);
  case UnaryKind::Softplus: return std::fmax(x, 0) + std::log1p(std::exp(-std::fabs(x)));
  case UnaryKind::Elu: return x > 0 ? x : std::expm1(x);
  case UnaryKind::Sqrt: return std::sqrt(x);
  case UnaryKind::Rsqrt: return 1 / std::sqrt(x);
  case UnaryKind::Abs: return std::fabs(x);
  case UnaryKind::Sign: return std::isnan(x) ? x : double((x > 0) - (x < 0));
  case UnaryKind::Sin: return std::sin(x);
  case UnaryKind::Cos: return std::cos(x);
  }
  llvm_unreachable("all kinds are above");
}

double apply(BinaryKind kind, double x, double y) {
  bool isNan = std::isnan(x) || std::isnan(y);
  switch (kind) {
  case BinaryKind::Add: return x + y;
  case BinaryKind::Sub: return x - y;
  case BinaryKind::Mul: return x * y;
  case BinaryKind::Div: return x / y;
  case BinaryKind::Pow: return isNan ? x + y : std::pow(x, y);
  case BinaryKind::Min: return isNan ? x + y : std::fmin(x, y);
  case BinaryKind::Max: return isNan ? x + y : std::fmax(x, y);
  case BinaryKind::LogAddExp:
    if (isNan)
      return x + y;
    // Equal infinities have no difference.
    return x == y ? x + std::log(2.0) : std::fmax(x, y) + std::log1p(std::exp(-std::fabs(x - y)));
  }
  llvm_unreachable("all kinds are above");
}

} // namespace mixc::mix
