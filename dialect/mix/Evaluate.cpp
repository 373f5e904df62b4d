// mix ops -> steps. Every op becomes one closure over the slots of its operands and result; a component becomes its reads,
// the steps of its phi, and for each state a computation of
//
//     S_i <- e . (sum_j S_j diag(a_ij)) + sum_m w_m u_mi'
//
// that runs when the token's other values are known (so that all states are still those before the token).
#include "dialect/mix/Evaluate.h"
#include "dialect/mix/Scalar.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using llvm::createStringError;
using llvm::Error;
using llvm::Expected;

namespace mixc::mix {

Quantity &Frame::temporary() {
  if (used == temporaries.size())
    temporaries.emplace_back();
  return temporaries[used++];
}

std::vector<int64_t> Shape::dims() const {
  std::vector<int64_t> result;
  if (rank > 0)
    result.push_back(rows);
  if (rank > 1)
    result.push_back(cols);
  return result;
}

Expected<Program> Program::compile(MixerOp mixer, const std::map<std::string, int64_t> &dims) {
  Program program;
  program.bindings = dims;
  if (DictionaryAttr bindings = mixer.getBindingsAttr())
    for (NamedAttribute binding : bindings)
      program.bindings[binding.getName().str()] = cast<IntegerAttr>(binding.getValue()).getInt();
  for (Operation &op : mixer.step())
    if (Error error = program.add(op))
      return std::move(error);
  program.slots = program.varies.size();
  return program;
}

Expected<int64_t> Program::number(const Dim &dim) {
  for (const std::string &symbol : dim.symbols())
    if (!bindings.count(symbol))
      return createStringError("dim " + symbol + " has no number");
  std::optional<int64_t> value = dim.evaluate(bindings);
  if (!value)
    return createStringError("dim " + dim.str() + " is not a whole number");
  return *value;
}

Expected<Shape> Program::shapeOf(TensorType type) {
  Shape shape;
  shape.rank = type.rank();
  for (unsigned axis = 0; axis < type.rank(); ++axis) {
    Expected<int64_t> extent = number(type.getDims()[axis]);
    if (!extent)
      return extent.takeError();
    if (*extent < 1)
      return createStringError("dim " + type.getDims()[axis].str() + " is " + std::to_string(*extent));
    (axis == 0 ? shape.rows : shape.cols) = *extent;
  }
  return shape;
}

unsigned Program::slot(Value value) {
  auto [entry, isNew] = slotOf.try_emplace(value, varies.size());
  if (isNew)
    varies.push_back(false);
  return entry->second;
}

Error Program::add(Operation &op) {
  if (isa<InputOp, ParamOp, StateOp, NextOp, OutputOp>(op))
    return addDeclaration(op);
  if (auto component = dyn_cast<ComponentOp>(op))
    return addComponent(component);
  Expected<Step> step = pureStep(op);
  if (!step)
    return step.takeError();
  bool perTokenStep = llvm::any_of(op.getOperands(), [&](Value operand) { return varies[slot(operand)]; });
  varies[slot(op.getResult(0))] = perTokenStep;
  (perTokenStep ? perToken : perHead).push_back(std::move(*step));
  return Error::success();
}

Error Program::addDeclaration(Operation &op) {
  Value value = op.getNumResults() ? op.getResult(0) : op.getOperand(0);
  auto type = cast<TensorType>(value.getType());
  Expected<Shape> shape = shapeOf(type);
  if (!shape)
    return shape.takeError();
  Declared declared{"", *shape, slot(value), type.getRate() == Rate::Group};
  if (auto input = dyn_cast<InputOp>(op)) {
    declared.name = input.getName().str();
    varies[declared.slot] = true;
    inputs.push_back(declared);
  } else if (auto param = dyn_cast<ParamOp>(op)) {
    declared.name = param.getName().str();
    declared.perGroup = param.getPerGroup();
    params.push_back(declared);
  } else if (auto output = dyn_cast<OutputOp>(op)) {
    declared.name = output.getName().str();
    declared.perGroup = false; // outputs have a row for every head
    outputs.push_back(declared);
  } else if (auto state = dyn_cast<StateOp>(op)) {
    declared.name = state.getName().str();
    varies[declared.slot] = true;
    DeclaredState added{declared, 0, false, 0, nullptr};
    added.start = state.getStart() ? state.getStart()->convertToDouble() : 0;
    added.identityStart = state.getIdentityStart();
    states.push_back(added);
  } else {
    StringRef name = cast<NextOp>(op).getName();
    for (DeclaredState &known : states)
      if (known.name == name)
        known.next = declared.slot;
  }
  return Error::success();
}

Error Program::addComponent(ComponentOp op) {
  std::vector<unsigned> stateSlots;
  for (Value state : op.getStates())
    stateSlots.push_back(slot(state));
  // A declared state is key x value if turned: then reads and writes meet its transpose.
  bool turned = op.getTurned();

  Block &phi = op.getPhi().front();
  for (int64_t i = 0, reads = op.getNumReads(); i < reads; ++i) {
    std::vector<std::pair<unsigned, unsigned>> along; // state, direction
    for (size_t x = 0; x < op.getReadDirs().size(); ++x)
      if (op.getReadIndex()[2 * x] == i)
        along.push_back({stateSlots[op.getReadIndex()[2 * x + 1]], slot(op.getReadDirs()[x])});
    BlockArgument read = phi.getArgument(i);
    Expected<Shape> shape = shapeOf(cast<TensorType>(read.getType()));
    if (!shape)
      return shape.takeError();
    unsigned target = slot(read);
    varies[target] = true;
    slotOf[op.getResult(i)] = target;
    perToken.push_back([=, shape = *shape](Frame &frame) {
      Quantity &sum = frame[target], &term = frame.temporary();
      sum.reset(shape.rank, shape.rows, 1);
      for (auto [state, direction] : along) {
        term.reset(shape.rank, shape.rows, 1);
        if (frame[state].isMatrix())
          frame[state].multiply(frame[direction].storage.data(), term.storage.data(), turned);
        else
          term.storage[0] = frame.algebra.dot(frame[state], frame[direction]);
        frame.algebra.finish(term);
        for (int64_t v = 0; v < shape.rows; ++v)
          sum.storage[v] += term.storage[v];
        frame.algebra.finish(sum);
      }
    });
  }

  for (Operation &inner : phi.without_terminator())
    if (Error error = add(inner))
      return error;
  std::vector<unsigned> writes;
  for (auto [m, value] : llvm::enumerate(phi.getTerminator()->getOperands())) {
    writes.push_back(slot(value));
    slotOf[op.getResult(op.getNumReads() + m)] = writes.back();
  }

  for (int64_t i = 0; i < static_cast<int64_t>(stateSlots.size()); ++i) {
    std::vector<std::pair<unsigned, unsigned>> kept, written; // (state, a_ij), (w_m, u_mi)
    for (size_t x = 0; x < op.getTransition().size(); ++x)
      if (op.getTransitionIndex()[2 * x] == i)
        kept.push_back({stateSlots[op.getTransitionIndex()[2 * x + 1]], slot(op.getTransition()[x])});
    for (size_t x = 0; x < op.getWriteDirs().size(); ++x)
      if (op.getWriteIndex()[2 * x + 1] == i)
        written.push_back({writes[op.getWriteIndex()[2 * x]], slot(op.getWriteDirs()[x])});
    std::optional<unsigned> gate;
    if (!op.getGate().empty())
      gate = slot(op.getGate()[0]);
    auto state = llvm::find_if(states, [&](DeclaredState &known) { return known.slot == stateSlots[i]; });
    state->advance = [=, shape = state->shape](Frame &frame) -> const Quantity & {
      Algebra &algebra = frame.algebra;
      Quantity *sum = &frame.temporary();
      if (turned)
        sum->reset(shape.rank, shape.cols, shape.rows);
      else
        sum->reset(shape.rank, shape.rows, shape.cols);
      auto accumulate = [&](const Quantity &term) {
        Quantity &total = frame.temporary();
        algebra.binary(BinaryKind::Add, *sum, term, total);
        sum = &total;
      };
      for (auto [from, factor] : kept) {
        const Quantity *source = &frame[from];
        if (turned) {
          Quantity &view = frame.temporary();
          algebra.transpose(*source, view);
          source = &view;
        }
        Quantity &term = frame.temporary();
        if (frame[factor].isScalar())
          algebra.binary(BinaryKind::Mul, *source, frame[factor], term);
        else
          algebra.scaleColumns(*source, frame[factor], term);
        accumulate(term);
      }
      if (gate) {
        Quantity &gated = frame.temporary();
        algebra.scaleRows(frame[*gate], *sum, gated);
        sum = &gated;
      }
      for (auto [value, direction] : written) {
        Quantity &term = frame.temporary();
        if (shape.rank == 2)
          algebra.outer(frame[value], frame[direction], term);
        else
          algebra.binary(BinaryKind::Mul, frame[value], frame[direction], term);
        accumulate(term);
      }
      if (!turned)
        return *sum;
      Quantity &declared = frame.temporary();
      algebra.transpose(*sum, declared);
      return declared;
    };
  }
  return Error::success();
}

Expected<Step> Program::pureStep(Operation &op) {
  std::vector<unsigned> operands;
  for (Value operand : op.getOperands())
    operands.push_back(slot(operand));
  if (op.getNumResults() != 1)
    return createStringError("the interpreter does not know " + op.getName().getStringRef());
  unsigned result = slot(op.getResult(0));
  unsigned x = operands.empty() ? 0 : operands[0], y = operands.size() < 2 ? 0 : operands[1];
  Expected<Shape> expectedShape = shapeOf(cast<TensorType>(op.getResult(0).getType()));
  if (!expectedShape)
    return expectedShape.takeError();
  Shape shape = *expectedShape;

  auto constant = [&](double value) -> Step {
    return [=](Frame &frame) {
      frame[result].reset(0, 1, 1);
      frame[result].storage[0] = value;
      frame.algebra.finish(frame[result]);
    };
  };
  using Result = Expected<Step>;
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
      .Case([&](RollOp roll) -> Result {
        // y[i] = x[i - shift]: rotate so that the last `shift` entries come first.
        int64_t shift = roll.getShift(), first = ((-shift) % shape.rows + shape.rows) % shape.rows;
        return [=](Frame &frame) {
          frame[result].reset(1, shape.rows, 1);
          std::rotate_copy(frame[x].storage.begin(), frame[x].storage.begin() + first, frame[x].storage.end(),
                           frame[result].storage.begin());
        };
      })
      .Default([](Operation *unknown) -> Result {
        return createStringError("the interpreter does not know " + unknown->getName().getStringRef());
      });
}

} // namespace mixc::mix
