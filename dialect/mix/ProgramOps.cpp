// Pure ops -> steps: each becomes one closure over the slots of its operands and result.
#include "dialect/mix/Program.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using llvm::createStringError;
using llvm::Error;
using llvm::Expected;

namespace mixc::mix {

Expected<Step::Compute> Program::pureStep(Operation &op) {
  std::vector<unsigned> operands;
  for (Value operand : op.getOperands())
    operands.push_back(slot(operand));
  if (op.getNumResults() != 1)
    return createStringError("the interpreter does not know " + op.getName().getStringRef());
  unsigned result = slot(op.getResult(0));
  unsigned x = operands.empty() ? 0 : operands[0], y = operands.size() < 2 ? 0 : operands[1];
  Expected<Shape> expectedShape = shapeOf(cast<TensorType>(op.getResult(0).getType()), isa<FillOp>(op) ? 0 : 1);
  if (!expectedShape)
    return expectedShape.takeError();
  Shape shape = *expectedShape;

  auto constant = [&](double value) -> Step::Compute {
    return [=](Frame &frame) {
      frame[result].reset(0, 1, 1);
      frame[result].storage[0] = value;
      frame.algebra.finish(frame[result]);
    };
  };
  using Result = Expected<Step::Compute>;
  return TypeSwitch<Operation *, Result>(&op)
      .Case([&](ConstantOp c) -> Result { return constant(c.getValue().convertToDouble()); })
      .Case([&](DimOp dim) -> Result {
        Expected<int64_t> value = number(*Dim::parse(dim.getDim()));
        if (!value)
          return value.takeError();
        return constant(static_cast<double>(*value));
      })
      .Case([&](IdentityOp) -> Result {
        return [=](Frame &frame) {
          frame[result].reset(2, shape.rows, shape.cols);
          frame[result].identity = 1;
        };
      })
      .Case([&](FillOp) -> Result {
        return [=](Frame &frame) {
          std::vector<double> entries(shape.size(), frame[x].number());
          frame[result].reset(shape.rank, shape.rows, shape.cols);
          if (shape.rank == 2)
            frame[result].takeDense(entries);
          else
            frame[result].storage = entries;
        };
      })
      .Case([&](UnaryOp unary) -> Result {
        return [=, kind = unary.getKind()](Frame &frame) { frame.algebra.unary(kind, frame[x], frame[result]); };
      })
      .Case([&](BinaryOp binary) -> Result {
        return [=, kind = binary.getKind()](Frame &frame) {
          frame.algebra.binary(kind, frame[x], frame[y], frame[result]);
        };
      })
      .Case([&](SelectOp) -> Result {
        return [=, z = operands.back()](Frame &frame) {
          frame.algebra.select(frame[x], frame[y], frame[z], frame[result]);
        };
      })
      .Case([&](ReduceOp reduce) -> Result {
        return [=, kind = reduce.getKind()](Frame &frame) { frame.algebra.reduce(kind, frame[x], frame[result]); };
      })
      .Case([&](TransposeOp) -> Result {
        return [=](Frame &frame) { frame.algebra.transpose(frame[x], frame[result]); };
      })
      .Case([&](DiagOp) -> Result { return [=](Frame &frame) { frame.algebra.diag(frame[x], frame[result]); }; })
      .Case([&](MatmulOp) -> Result {
        return [=](Frame &frame) { frame.algebra.matmul(frame[x], frame[y], frame[result]); };
      })
      .Case([&](OuterOp) -> Result {
        return [=](Frame &frame) { frame.algebra.outer(frame[x], frame[y], frame[result]); };
      })
      .Case([&](KronOp) -> Result {
        return [=](Frame &frame) { frame.algebra.kron(frame[x], frame[y], frame[result]); };
      })
      .Case([&](DotOp) -> Result {
        return [=](Frame &frame) {
          frame[result].reset(0, 1, 1);
          frame[result].storage[0] = frame.algebra.dot(frame[x], frame[y]);
        };
      })
      .Case([&](ConcatOp) -> Result {
        return [=](Frame &frame) {
          frame[result].reset(1, shape.rows, 1);
          auto *to = frame[result].storage.data();
          for (unsigned part : operands)
            to = std::copy(frame[part].storage.begin(), frame[part].storage.end(), to);
        };
      })
      .Case([&](SliceOp slice) -> Result {
        Expected<int64_t> from = number(*Dim::parse(slice.getFrom()));
        Expected<Shape> whole = shapeOf(slice.getX().getType());
        if (!from || !whole)
          return llvm::joinErrors(from ? Error::success() : from.takeError(),
                                  whole ? Error::success() : whole.takeError());
        if (*from < 0 || *from + shape.rows > whole->rows)
          return createStringError("a slice from " + std::to_string(*from) + " to " +
                                   std::to_string(*from + shape.rows) + " of a vector of " +
                                   std::to_string(whole->rows));
        return [=, from = *from](Frame &frame) {
          frame[result].reset(1, shape.rows, 1);
          std::copy_n(frame[x].storage.begin() + from, shape.rows, frame[result].storage.begin());
        };
      })
      .Case([&](ColumnOp column) -> Result {
        Expected<Shape> whole = shapeOf(column.getX().getType());
        if (!whole)
          return whole.takeError();
        int64_t index = column.getIndex(), columns = whole->cols;
        if (index >= columns)
          return createStringError("column " + std::to_string(index) + " of a matrix of " + std::to_string(columns));
        return [=](Frame &frame) {
          std::vector<double> entries(shape.rows * columns);
          frame[x].write(entries.data(), false);
          frame[result].reset(1, shape.rows, 1);
          for (int64_t row = 0; row < shape.rows; ++row)
            frame[result].storage[row] = entries[row * columns + index];
        };
      })
      .Case([&](RollOp roll) -> Result {
        // y[i] = x[i - shift]: rotate so that the last `shift` entries come first.
        int64_t shift = roll.getShift(), first = ((-shift) % shape.rows + shape.rows) % shape.rows;
        return [=](Frame &frame) {
          frame[result].reset(1, shape.rows, 1);
          std::rotate_copy(frame[x].storage.begin(), frame[x].storage.begin() + first, frame[x].storage.end(),
                           frame[result].storage.begin());
        };
      })
      .Case([&](ReshapeOp) -> Result {
        return [=](Frame &frame) {
          std::vector<double> entries(shape.size());
          frame[x].write(entries.data(), false);
          frame[result].reset(shape.rank, shape.rows, shape.cols);
          if (shape.rank == 2)
            frame[result].takeDense(entries);
          else
            frame[result].storage = entries;
        };
      })
      .Default([](Operation *unknown) -> Result {
        return createStringError("the interpreter does not know " + unknown->getName().getStringRef());
      });
}

} // namespace mixc::mix
