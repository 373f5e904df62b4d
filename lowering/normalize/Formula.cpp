// Prints values as infix text, each value once; what grows long is cut, since shared values could double it at every
// level.
#include "lowering/normalize/Formula.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/TypeSwitch.h"
#include <cstdio>

using namespace mlir;

namespace mixc::normalize {
using namespace mix;

namespace {

constexpr size_t longest = 4000; // of one subterm

enum Tightness { Either, Both, Negated, Comparison, Sum, Product, Sign, Power, Postfix };

struct Printed {
  std::string text;
  Tightness tightness = Postfix;
};

TensorType typeOf(Value value) { return cast<TensorType>(value.getType()); }

class Printer {
public:
  std::string within(Value value, Tightness atLeast) {
    auto known = memo.find(value);
    if (known == memo.end()) {
      Printed printed = print(value);
      if (printed.text.size() > longest)
        printed = {"...", Postfix};
      known = memo.insert({value, printed}).first;
    }
    const Printed &printed = known->second;
    return printed.tightness < atLeast ? "(" + printed.text + ")" : printed.text;
  }

private:
  Printed print(Value value) {
    if (auto argument = dyn_cast<BlockArgument>(value)) {
      auto component = dyn_cast<ComponentOp>(argument.getOwner()->getParentOp());
      return {(component ? prefix(component) : "") + "r" + std::to_string(argument.getArgNumber())};
    }
    return TypeSwitch<Operation *, Printed>(value.getDefiningOp())
        .Case<InputOp, ParamOp>([](auto op) { return Printed{op.getName().str()}; })
        .Case([](StateOp op) { return Printed{op.getName().str() + "[t-1]"}; })
        .Case([](LagOp op) {
          return Printed{op.getX().getDefiningOp<InputOp>().getName().str() + "[t-" + std::to_string(op.getBy()) + "]"};
        })
        .Case([](EndOp op) { return Printed{op.getName().str() + "[end]"}; })
        .Case([](ConstantOp op) {
          double number = op.getValue().convertToDouble();
          return Printed{shortest(number), number < 0 ? Sign : Postfix};
        })
        .Case([](DimOp op) { return Printed{"(" + op.getDim().str() + ")"}; })
        .Case([](IdentityOp) { return Printed{"I"}; })
        .Case([&](FillOp op) { return print(op.getScalar()); })
        .Case([&](UnaryOp op) {
          if (op.getKind() == UnaryKind::Neg)
            return Printed{"-" + within(op.getX(), Sign), Sign};
          if (op.getKind() == UnaryKind::Not)
            return Printed{"not " + within(op.getX(), Negated), Negated};
          return call(stringifyUnaryKind(op.getKind()), {op.getX()});
        })
        .Case([&](BinaryOp op) { return binary(op); })
        .Case([&](SelectOp op) { return call("where", op->getOperands()); })
        .Case([&](TransposeOp op) { return Printed{within(op.getX(), Postfix) + "'"}; })
        .Case([&](MatmulOp op) { return infix(op.getX(), " * ", op.getY(), Product); })
        .Case([&](DotOp op) { return Printed{within(op.getX(), Postfix) + "' * " + within(op.getY(), Sign), Product}; })
        .Case([&](OuterOp op) {
          return Printed{within(op.getX(), Product) + " * " + within(op.getY(), Postfix) + "'", Product};
        })
        .Case([&](ReduceOp op) { return call(stringifyReduceKind(op.getKind()), {op.getX()}); })
        .Case([&](SliceOp op) {
          Dim from = Dim::parse(op.getFrom()).value_or(Dim());
          Dim to = from + typeOf(op.getResult()).getDims()[0];
          return Printed{"slice(" + within(op.getX(), Sum) + ", " + from.str() + ", " + to.str() + ")"};
        })
        .Case([&](ColumnOp op) {
          return Printed{"column(" + within(op.getX(), Sum) + ", " + std::to_string(op.getIndex()) + ")"};
        })
        .Case([&](RollOp op) {
          return Printed{"roll(" + within(op.getX(), Sum) + ", " + std::to_string(static_cast<int64_t>(op.getShift())) +
                         ")"};
        })
        .Case([&](ComponentOp op) {
          unsigned index = cast<OpResult>(value).getResultNumber(), reads = op.getNumReads();
          bool isRead = index < reads;
          return Printed{prefix(op) + (isRead ? "r" : "w") + std::to_string(isRead ? index : index - reads)};
        })
        .Case([](UnrealizedConversionCastOp) { return Printed{"r"}; }) // a read of a component that is being built
        .Default([&](Operation *op) { return call(op->getName().stripDialect(), op->getOperands()); });
  }

  static std::string shortest(double number) {
    char buffer[32];
    snprintf(buffer, sizeof buffer, "%g", number);
    return buffer;
  }

  static std::string prefix(ComponentOp component) {
    auto all = component->getBlock()->getOps<ComponentOp>();
    if (std::next(all.begin()) == all.end())
      return "";
    auto state = component.getStates()[0].getDefiningOp<StateOp>();
    return state ? state.getName().str() + "." : "";
  }

  Printed call(StringRef function, ValueRange arguments) {
    std::string text = function.str() + "(";
    llvm::interleave(arguments, [&](Value x) { text += within(x, Either); }, [&] { text += ", "; });
    return {text + ")"};
  }

  Printed infix(Value x, StringRef op, Value y, Tightness tightness) {
    return {within(x, tightness) + op.str() + within(y, static_cast<Tightness>(tightness + 1)), tightness};
  }

  Printed compared(Value x, StringRef op, Value y) { return {within(x, Sum) + op.str() + within(y, Sum), Comparison}; }

  Printed binary(BinaryOp op) {
    Value x = op.getX(), y = op.getY();
    bool entrywise = !typeOf(x).isScalar() && !typeOf(y).isScalar();
    switch (op.getKind()) {
    case BinaryKind::Add: return infix(x, " + ", y, Sum);
    case BinaryKind::Sub: return infix(x, " - ", y, Sum);
    case BinaryKind::Mul:
      if (Value vector = normalised(op))
        return call("l2norm", {vector});
      return infix(x, entrywise ? " .* " : " * ", y, Product);
    case BinaryKind::Div: return infix(x, typeOf(y).isScalar() ? " / " : " ./ ", y, Product);
    case BinaryKind::Pow: return {within(x, Postfix) + (typeOf(x).isScalar() ? "^" : " .^ ") + within(y, Sign), Power};
    case BinaryKind::Less: return compared(x, " < ", y);
    case BinaryKind::LessEqual: return compared(x, " <= ", y);
    case BinaryKind::Equal: return compared(x, " == ", y);
    case BinaryKind::NotEqual: return compared(x, " != ", y);
    case BinaryKind::And: return infix(x, " and ", y, Both);
    case BinaryKind::Or: return infix(x, " or ", y, Either);
    default: return call(stringifyBinaryKind(op.getKind()), {x, y});
    }
  }

  /// x where the product is x / sqrt(x'x + epsilon), else null.
  static Value normalised(BinaryOp op) {
    for (auto [scale, x] : {std::pair(op.getX(), op.getY()), std::pair(op.getY(), op.getX())}) {
      auto root = scale.getDefiningOp<UnaryOp>();
      if (!root || root.getKind() != UnaryKind::Rsqrt)
        continue;
      auto shifted = root.getX().getDefiningOp<BinaryOp>();
      if (!shifted || shifted.getKind() != BinaryKind::Add || !shifted.getY().getDefiningOp<ConstantOp>())
        continue;
      if (auto dot = shifted.getX().getDefiningOp<DotOp>(); dot && dot.getX() == x && dot.getY() == x)
        return x;
      if (auto sum = shifted.getX().getDefiningOp<ReduceOp>(); sum && sum.getKind() == ReduceKind::Sum)
        if (auto square = sum.getX().getDefiningOp<BinaryOp>();
            square && square.getKind() == BinaryKind::Mul && square.getX() == x && square.getY() == x)
          return x;
    }
    return {};
  }

  llvm::DenseMap<Value, Printed> memo;
};

} // namespace

std::string formula(Value value) { return Printer().within(value, Sum); }

std::string quotedFormula(Value value) {
  constexpr size_t fits = 60;
  std::string text = formula(value);
  if (text.size() > fits)
    text = text.substr(0, fits - 4) + " ...";
  return "`" + text + "`";
}

std::string quoted(Operation *op) {
  if (op->getNumResults() == 1)
    return quotedFormula(op->getResult(0));
  if (auto output = dyn_cast<OutputOp>(op))
    return "`" + output.getName().str() + "`";
  if (auto next = dyn_cast<NextOp>(op))
    return "`" + next.getName().str() + "`";
  return "`" + op->getName().stripDialect().str() + "`";
}

} // namespace mixc::normalize
