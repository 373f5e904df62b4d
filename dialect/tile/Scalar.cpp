// The scalar ops of a map's region, in float64.
#include "dialect/tile/Tile.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/TypeSwitch.h"
#include <cmath>

using namespace mlir;
using namespace mixc::tile;

using In = ArrayRef<double>;

static bool compare(arith::CmpFPredicate predicate, double x, double y) {
  using P = arith::CmpFPredicate;
  bool unordered = std::isnan(x) || std::isnan(y);
  switch (predicate) {
  case P::AlwaysFalse: return false;
  case P::OEQ: return x == y;
  case P::OGT: return x > y;
  case P::OGE: return x >= y;
  case P::OLT: return x < y;
  case P::OLE: return x <= y;
  case P::ONE: return !unordered && x != y;
  case P::ORD: return !unordered;
  case P::UEQ: return unordered || x == y;
  case P::UGT: return unordered || x > y;
  case P::UGE: return unordered || x >= y;
  case P::ULT: return unordered || x < y;
  case P::ULE: return unordered || x <= y;
  case P::UNE: return x != y;
  case P::UNO: return unordered;
  case P::AlwaysTrue: return true;
  }
  return false;
}

/// A number of any kind of constant, as float64.
static double number(TypedAttr attribute) {
  if (auto real = dyn_cast<FloatAttr>(attribute))
    return real.getValueAsDouble();
  auto integer = cast<IntegerAttr>(attribute).getValue();
  return integer.getBitWidth() == 1 ? !integer.isZero() : static_cast<double>(integer.getSExtValue());
}

/// max and min of arith: `maximumf` hands NaN on, `maxnumf` prefers the number.
static double maximum(double x, double y) { return std::isnan(x) ? x : std::isnan(y) ? y : std::fmax(x, y); }
static double minimum(double x, double y) { return std::isnan(x) ? x : std::isnan(y) ? y : std::fmin(x, y); }

std::function<double(In)> mixc::tile::scalarFunction(Operation *op) {
  using F = std::function<double(In)>;
  return llvm::TypeSwitch<Operation *, F>(op)
      .Case([](arith::ConstantOp op) -> F { return [v = number(op.getValue())](In) { return v; }; })
      .Case([](arith::AddFOp) -> F { return [](In x) { return x[0] + x[1]; }; })
      .Case([](arith::SubFOp) -> F { return [](In x) { return x[0] - x[1]; }; })
      .Case([](arith::MulFOp) -> F { return [](In x) { return x[0] * x[1]; }; })
      .Case([](arith::DivFOp) -> F { return [](In x) { return x[0] / x[1]; }; })
      .Case([](arith::RemFOp) -> F { return [](In x) { return std::fmod(x[0], x[1]); }; })
      .Case([](arith::NegFOp) -> F { return [](In x) { return -x[0]; }; })
      .Case([](arith::MaximumFOp) -> F { return [](In x) { return maximum(x[0], x[1]); }; })
      .Case([](arith::MinimumFOp) -> F { return [](In x) { return minimum(x[0], x[1]); }; })
      .Case([](arith::MaxNumFOp) -> F { return [](In x) { return std::fmax(x[0], x[1]); }; })
      .Case([](arith::MinNumFOp) -> F { return [](In x) { return std::fmin(x[0], x[1]); }; })
      .Case([](arith::CmpFOp op) -> F {
        return [p = op.getPredicate()](In x) -> double { return compare(p, x[0], x[1]); };
      })
      .Case([](arith::SelectOp) -> F { return [](In x) { return x[0] != 0 ? x[1] : x[2]; }; })
      .Case([](arith::AndIOp) -> F { return [](In x) -> double { return x[0] != 0 && x[1] != 0; }; })
      .Case([](arith::OrIOp) -> F { return [](In x) -> double { return x[0] != 0 || x[1] != 0; }; })
      .Case([](arith::XOrIOp) -> F { return [](In x) -> double { return (x[0] != 0) != (x[1] != 0); }; })
      .Case<arith::ExtFOp, arith::TruncFOp, arith::UIToFPOp>([](auto) -> F { return [](In x) { return x[0]; }; })
      .Case([](math::ExpOp) -> F { return [](In x) { return std::exp(x[0]); }; })
      .Case([](math::Exp2Op) -> F { return [](In x) { return std::exp2(x[0]); }; })
      .Case([](math::ExpM1Op) -> F { return [](In x) { return std::expm1(x[0]); }; })
      .Case([](math::LogOp) -> F { return [](In x) { return std::log(x[0]); }; })
      .Case([](math::Log2Op) -> F { return [](In x) { return std::log2(x[0]); }; })
      .Case([](math::Log1pOp) -> F { return [](In x) { return std::log1p(x[0]); }; })
      .Case([](math::TanhOp) -> F { return [](In x) { return std::tanh(x[0]); }; })
      .Case([](math::SinOp) -> F { return [](In x) { return std::sin(x[0]); }; })
      .Case([](math::CosOp) -> F { return [](In x) { return std::cos(x[0]); }; })
      .Case([](math::SqrtOp) -> F { return [](In x) { return std::sqrt(x[0]); }; })
      .Case([](math::RsqrtOp) -> F { return [](In x) { return 1 / std::sqrt(x[0]); }; })
      .Case([](math::AbsFOp) -> F { return [](In x) { return std::fabs(x[0]); }; })
      .Case([](math::PowFOp) -> F { return [](In x) { return std::pow(x[0], x[1]); }; })
      .Case([](math::FmaOp) -> F { return [](In x) { return std::fma(x[0], x[1], x[2]); }; })
      .Case([](math::CopySignOp) -> F { return [](In x) { return std::copysign(x[0], x[1]); }; })
      .Case([](math::ErfOp) -> F { return [](In x) { return std::erf(x[0]); }; })
      .Case([](math::ErfcOp) -> F { return [](In x) { return std::erfc(x[0]); }; })
      .Case([](StopOp) -> F { return [](In x) { return x[0]; }; })
      .Case([](math::FloorOp) -> F { return [](In x) { return std::floor(x[0]); }; })
      .Default([](Operation *) -> F { return nullptr; });
}
