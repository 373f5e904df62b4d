// Derivatives of the functions of one and two numbers, in forms that do not cancel or overflow. With s = sigmoid(x):
//
//     sigmoid'  = s (1 - s)                 1 - s as sigmoid(-x)
//     tanh'     = 4 s(2x) (1 - s(2x))
//     silu'     = s + x s (1 - s)
//     gelu'     = s(u) + x s(u) (1 - s(u)) u'     u = 2 sqrt(2/pi) (x + 0.044715 x^3)
//     gelu_erf' = erfc(-x / sqrt 2) / 2 + x e^(-x^2 / 2) / sqrt(2 pi)
//     softplus' = s
//     logaddexp = sigmoid(x - y), sigmoid(y - x)  the difference 0 where x = y
#include "dialect/mix/Scalar.h"
#include <cmath>

namespace mixc::mix {

static double sigmoid(double x) { return apply(UnaryKind::Sigmoid, x); }

/// x s (1 - s) s', where s (1 - s) is that of sigmoid(u): 0 where it has underflowed, whatever it meets.
static double slopeTimes(double u, double x, double slope) {
  double bell = sigmoid(u) * sigmoid(-u);
  return bell == 0 ? 0 : bell * x * slope;
}

static double geluDerivative(double x) {
  constexpr double scale = 2 * 0.7978845608028654;
  double u = scale * (x + 0.044715 * x * x * x);
  return sigmoid(u) + slopeTimes(u, x, scale * (1 + 3 * 0.044715 * x * x));
}

static double geluErfDerivative(double x) {
  double bell = std::exp(-0.5 * x * x);
  return 0.5 * std::erfc(-x * M_SQRT1_2) + (bell == 0 ? 0 : x * bell * (0.5 * M_2_SQRTPI * M_SQRT1_2));
}

double derivative(UnaryKind kind, double x) {
  switch (kind) {
  case UnaryKind::Neg: return -1;
  case UnaryKind::Exp: return std::exp(x);
  case UnaryKind::Log: return 1 / x;
  case UnaryKind::Sigmoid: return slopeTimes(x, 1, 1);
  case UnaryKind::Tanh: return 4 * slopeTimes(2 * x, 1, 1);
  case UnaryKind::Relu: return x > 0 ? 1 : 0;
  case UnaryKind::Silu: return sigmoid(x) + slopeTimes(x, x, 1);
  case UnaryKind::Gelu: return geluDerivative(x);
  case UnaryKind::Softplus: return sigmoid(x);
  case UnaryKind::Elu: return x > 0 ? 1 : std::exp(x);
  case UnaryKind::Sqrt: return x == 0 ? 0 : 0.5 / std::sqrt(x);
  case UnaryKind::Rsqrt: return x == 0 ? 0 : -0.5 / (x * std::sqrt(x));
  case UnaryKind::Abs: return apply(UnaryKind::Sign, x);
  case UnaryKind::Sign: return 0;
  case UnaryKind::Sin: return std::cos(x);
  case UnaryKind::Cos: return -std::sin(x);
  case UnaryKind::ExpM1: return std::exp(x);
  case UnaryKind::Log1P: return 1 / (1 + x);
  case UnaryKind::Erf: return M_2_SQRTPI * std::exp(-x * x);
  case UnaryKind::Erfc: return -M_2_SQRTPI * std::exp(-x * x);
  case UnaryKind::GeluErf: return geluErfDerivative(x);
  case UnaryKind::Not:
  case UnaryKind::Stop: return 0;
  }
  llvm_unreachable("all kinds are above");
}

static double powerByBase(double x, double y) {
  bool rootOfZero = x == 0 && std::fabs(y) == 0.5;
  return y == 0 || rootOfZero ? 0 : y * std::pow(x, y - 1);
}

std::pair<double, double> derivatives(BinaryKind kind, double x, double y) {
  auto toFirst = [&](bool first) { return x == y ? std::pair(0.5, 0.5) : std::pair<double, double>(first, !first); };
  switch (kind) {
  case BinaryKind::Add: return {1, 1};
  case BinaryKind::Sub: return {1, -1};
  case BinaryKind::Mul: return {y, x};
  case BinaryKind::Div: return {1 / y, -(x / y) / y};
  case BinaryKind::Pow: return {powerByBase(x, y), x > 0 ? std::pow(x, y) * std::log(x) : 0};
  case BinaryKind::Min: return toFirst(x < y);
  case BinaryKind::Max: return toFirst(x > y);
  case BinaryKind::LogAddExp: return x == y ? std::pair(0.5, 0.5) : std::pair(sigmoid(x - y), sigmoid(y - x));
  case BinaryKind::Less:
  case BinaryKind::LessEqual:
  case BinaryKind::Equal:
  case BinaryKind::NotEqual:
  case BinaryKind::And:
  case BinaryKind::Or: return {0, 0};
  }
  llvm_unreachable("all kinds are above");
}

} // namespace mixc::mix
