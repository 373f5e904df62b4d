// The adjoints of pure ops: each becomes one closure over the slots of its operands. Ops that move entries move the
// cotangent's back.
#include "dialect/mix/Reverse.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace mixc::mix {

using Adjoint = Step::Adjoint;

/// Adds entries of the result, as many as the operand has, in its shape.
static void addPart(Reverse &reverse, unsigned slot, const double *bars) {
  std::vector<double> part(bars, bars + reverse.value(slot).size());
  reverse.addEntries(slot, std::move(part));
}

static Adjoint concatAdjoint(std::vector<unsigned> parts) {
  return [parts = std::move(parts)](Reverse &reverse, Cotangent &bar) {
    const double *bars = reverse.entries(bar);
    for (unsigned part : parts) {
      addPart(reverse, part, bars);
      bars += reverse.value(part).size();
    }
  };
}

static Adjoint sliceAdjoint(unsigned x, int64_t from) {
  return [=](Reverse &reverse, Cotangent &bar) {
    std::vector<double> whole(reverse.value(x).size());
    std::copy_n(reverse.entries(bar), bar.sum->size(), whole.begin() + from);
    reverse.addEntries(x, std::move(whole));
  };
}

/// x'[i] += z'[i + shift]
static Adjoint rollAdjoint(unsigned x, int64_t shift) {
  return [=](Reverse &reverse, Cotangent &bar) {
    const double *bars = reverse.entries(bar);
    int64_t size = bar.sum->size(), first = (shift % size + size) % size;
    std::vector<double> back(size);
    std::rotate_copy(bars, bars + first, bars + size, back.begin());
    reverse.addEntries(x, std::move(back));
  };
}

static Adjoint columnAdjoint(unsigned x, int64_t column) {
  return [=](Reverse &reverse, Cotangent &bar) {
    Quantity unit;
    unit.reset(1, reverse.value(x).cols, 1);
    unit.storage[column] = 1;
    reverse.add(x, reverse.outerProduct(*bar.sum, unit));
  };
}

static Adjoint fillAdjoint(unsigned x) {
  return [=](Reverse &reverse, Cotangent &bar) {
    const double *bars = reverse.entries(bar);
    double sum = 0;
    for (int64_t i = 0; i < bar.sum->size(); ++i)
      sum += bars[i];
    reverse.add(x, reverse.scalar(sum));
  };
}

Adjoint Program::pureAdjoint(Operation &op) {
  std::vector<unsigned> operands;
  for (Value operand : op.getOperands())
    operands.push_back(slot(operand));
  unsigned x = operands.empty() ? 0 : operands[0], y = operands.size() < 2 ? 0 : operands[1];
  auto adjoint = [=](auto method) -> Adjoint {
    return [=](Reverse &reverse, Cotangent &bar) { (reverse.*method)(bar, x, y); };
  };
  auto ofOne = [=](auto method) -> Adjoint {
    return [=](Reverse &reverse, Cotangent &bar) { (reverse.*method)(bar, x); };
  };
  return llvm::TypeSwitch<Operation *, Adjoint>(&op)
      .Case<ConstantOp, DimOp, IdentityOp>([](auto) -> Adjoint { return [](Reverse &, Cotangent &) {}; })
      .Case([&](FillOp) { return fillAdjoint(x); })
      .Case([&](UnaryOp unary) -> Adjoint {
        return [=, kind = unary.getKind()](Reverse &reverse, Cotangent &bar) { reverse.unary(kind, bar, x); };
      })
      .Case([&](BinaryOp binary) -> Adjoint {
        return [=, kind = binary.getKind()](Reverse &reverse, Cotangent &bar) { reverse.binary(kind, bar, x, y); };
      })
      .Case([&](SelectOp) -> Adjoint {
        return [=, z = operands.back()](Reverse &reverse, Cotangent &bar) { reverse.select(bar, x, y, z); };
      })
      .Case([&](ReduceOp reduce) -> Adjoint {
        return [=, kind = reduce.getKind()](Reverse &reverse, Cotangent &bar) { reverse.reduce(kind, bar, x); };
      })
      .Case([&](TransposeOp) { return ofOne(&Reverse::transpose); })
      .Case([&](DiagOp) { return ofOne(&Reverse::diag); })
      .Case([&](MatmulOp) { return adjoint(&Reverse::matmul); })
      .Case([&](OuterOp) { return adjoint(&Reverse::outer); })
      .Case([&](KronOp) { return adjoint(&Reverse::kron); })
      .Case([&](DotOp) { return adjoint(&Reverse::dot); })
      .Case([&](ConcatOp) { return concatAdjoint(operands); })
      .Case([&](SliceOp slice) { return sliceAdjoint(x, llvm::cantFail(number(*Dim::parse(slice.getFrom())))); })
      .Case([&](ColumnOp column) { return columnAdjoint(x, column.getIndex()); })
      .Case([&](RollOp roll) { return rollAdjoint(x, roll.getShift()); })
      .Case([&](ReshapeOp) -> Adjoint {
        return [=](Reverse &reverse, Cotangent &bar) { addPart(reverse, x, reverse.entries(bar)); };
      });
}

} // namespace mixc::mix
