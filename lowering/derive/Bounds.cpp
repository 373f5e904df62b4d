// Interval arithmetic (Moore 1966) over the ops of one token: declared intervals go in, and a function that rises takes
// the ends of its operand's interval to the ends of its own. What has no rule lies anywhere. Rounding is not counted:
// what is asked is whether products of gates can grow, and a unit in the last place does not make them.
#include "lowering/derive/Bounds.h"
#include "dialect/mix/Scalar.h"
#include "llvm/ADT/TypeSwitch.h"
#include <algorithm>
#include <cmath>

using namespace mlir;
using namespace mixc;
using namespace mixc::derive;

static Interval declared(std::optional<APFloat> lo, std::optional<APFloat> hi) {
  return lo && hi ? Interval{lo->convertToDouble(), hi->convertToDouble()} : Interval();
}

/// The ends of these numbers; anything, where one of them is none (inf - inf, 0 * inf).
static Interval around(std::initializer_list<double> ends) {
  if (llvm::any_of(ends, [](double x) { return std::isnan(x); }))
    return {};
  return {std::min(ends), std::max(ends)};
}

static Interval unite(Interval x, Interval y) { return {std::min(x.lo, y.lo), std::max(x.hi, y.hi)}; }

static Interval times(Interval x, Interval y) {
  // An end at infinity is not attained, so 0 times it is 0.
  auto product = [](double a, double b) { return a == 0 || b == 0 ? 0 : a * b; };
  return around({product(x.lo, y.lo), product(x.lo, y.hi), product(x.hi, y.lo), product(x.hi, y.hi)});
}

static Interval apply(mix::UnaryKind kind, Interval x) {
  using K = mix::UnaryKind;
  switch (kind) {
  case K::Neg: return {-x.hi, -x.lo};
  case K::Exp:
  case K::Sigmoid:
  case K::Tanh:
  case K::Relu:
  case K::Softplus:
  case K::Elu:
  case K::ExpM1:
  case K::Erf:
  case K::Sign: return around({mix::apply(kind, x.lo), mix::apply(kind, x.hi)});
  case K::Erfc: return around({mix::apply(kind, x.hi), mix::apply(kind, x.lo)});
  case K::Log1P: return x.lo < -1 ? Interval() : around({mix::apply(kind, x.lo), mix::apply(kind, x.hi)});
  case K::Stop: return x;
  case K::Not: return {0, 1};
  case K::Log:
  case K::Sqrt: return x.lo < 0 ? Interval() : around({mix::apply(kind, x.lo), mix::apply(kind, x.hi)});
  case K::Abs: return x.lo >= 0 ? x : x.hi <= 0 ? Interval{-x.hi, -x.lo} : Interval{0, std::max(-x.lo, x.hi)};
  case K::Sin:
  case K::Cos: return {-1, 1};
  default: return {};
  }
}

static Interval apply(mix::BinaryKind kind, Interval x, Interval y) {
  using K = mix::BinaryKind;
  switch (kind) {
  case K::Add: return {x.lo + y.lo, x.hi + y.hi};
  case K::Sub: return {x.lo - y.hi, x.hi - y.lo};
  case K::Mul: return times(x, y);
  case K::Div: return y.lo > 0 || y.hi < 0 ? times(x, {1 / y.hi, 1 / y.lo}) : Interval();
  case K::Min: return {std::min(x.lo, y.lo), std::min(x.hi, y.hi)};
  case K::Max: return {std::max(x.lo, y.lo), std::max(x.hi, y.hi)};
  case K::Pow: // of a base from 0 to 1 and an exponent of at least 0
    return x.lo >= 0 && x.hi <= 1 && y.lo >= 0 ? Interval{0, 1} : Interval();
  default: return mix::isCondition(kind) ? Interval{0, 1} : Interval();
  }
}

/// Of either branch; and where(x < y, y, x) is their maximum, where(x < y, x, y) their minimum, as in a clamp.
static Interval chosen(mix::SelectOp op, function_ref<Interval(Value)> of) {
  Interval x = of(op.getX()), y = of(op.getY());
  auto less = op.getCondition().getDefiningOp<mix::BinaryOp>();
  if (less && less.getKind() == mix::BinaryKind::Less) {
    if (less.getX() == op.getY() && less.getY() == op.getX())
      return apply(mix::BinaryKind::Max, x, y);
    if (less.getX() == op.getX() && less.getY() == op.getY())
      return apply(mix::BinaryKind::Min, x, y);
  }
  return unite(x, y);
}

Interval Bounds::intervalOf(Operation &op) const {
  using R = Interval;
  return llvm::TypeSwitch<Operation *, R>(&op)
      .Case<mix::InputOp, mix::ParamOp>([](auto op) { return declared(op.getLo(), op.getHi()); })
      .Case([](mix::ConstantOp op) -> R {
        double x = op.getValue().convertToDouble();
        return {x, x};
      })
      .Case([](mix::IdentityOp) -> R { return {0, 1}; })
      .Case([&](mix::UnaryOp op) { return apply(op.getKind(), of(op.getX())); })
      .Case([&](mix::BinaryOp op) { return apply(op.getKind(), of(op.getX()), of(op.getY())); })
      .Case([&](mix::SelectOp op) { return chosen(op, [&](Value x) { return of(x); }); })
      .Case([&](mix::FillOp op) { return of(op.getScalar()); })
      // Entries of the operands, in other places; a lag has zeros before the first token, a diagonal beside it.
      .Case<mix::TransposeOp, mix::ColumnOp, mix::SliceOp, mix::RollOp, mix::ReshapeOp>(
          [&](auto op) { return of(op->getOperand(0)); })
      .Case<mix::LagOp, mix::DiagOp>([&](auto op) { return unite({0, 0}, of(op->getOperand(0))); })
      .Case([&](mix::ConcatOp op) {
        Interval all = of(op->getOperand(0));
        for (Value part : op->getOperands())
          all = unite(all, of(part));
        return all;
      })
      .Default([](Operation *) { return R(); });
}

Bounds::Bounds(Block &step) {
  for (Operation &op : step)
    for (Value result : op.getResults())
      known[result] = op.getNumResults() == 1 ? intervalOf(op) : Interval();
}
