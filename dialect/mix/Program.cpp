// A mixer -> slots and steps: shapes under the bound dims, declarations, and which steps vary from token to token.
#include "dialect/mix/Program.h"

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

std::vector<int64_t> Declared::rowDims() const {
  std::vector<int64_t> result = shape.dims();
  if (count)
    result.insert(result.begin(), count);
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

Expected<Shape> Program::shapeOf(TensorType type, int64_t least) {
  Shape shape;
  shape.rank = type.rank();
  for (unsigned axis = 0; axis < type.rank(); ++axis) {
    Expected<int64_t> extent = number(type.getDims()[axis]);
    if (!extent)
      return extent.takeError();
    if (*extent < least)
      return createStringError("dim " + type.getDims()[axis].str() + " is " + std::to_string(*extent));
    (axis == 0 ? shape.rows : shape.cols) = *extent;
  }
  return shape;
}

unsigned Program::slot(Value value) {
  auto [entry, isNew] = slotOf.try_emplace(value, varies.size());
  if (isNew) {
    varies.push_back(false);
    active.push_back(false);
  }
  return entry->second;
}

Error Program::add(Operation &op) {
  if (isa<InputOp, ParamOp, StateOp, NextOp, OutputOp>(op))
    return addDeclaration(op);
  if (isa<LagOp, EndOp>(op))
    return addOtherTime(op);
  if (auto component = dyn_cast<ComponentOp>(op))
    return addComponent(component);
  Expected<Step::Compute> compute = pureStep(op);
  if (!compute)
    return compute.takeError();
  unsigned result = slot(op.getResult(0));
  varies[result] = llvm::any_of(op.getOperands(), [&](Value operand) { return varies[slot(operand)]; });
  active[result] = llvm::any_of(op.getOperands(), [&](Value operand) { return active[slot(operand)]; });
  (varies[result] ? perToken : perHead).push_back({std::move(*compute), result, pureAdjoint(op), &op});
  return Error::success();
}

Error Program::addDeclaration(Operation &op) {
  Value value = op.getNumResults() ? op.getResult(0) : op.getOperand(0);
  auto type = cast<TensorType>(value.getType());
  Expected<Shape> shape = shapeOf(type);
  if (!shape)
    return shape.takeError();
  Declared declared{"", *shape, slot(value), isPerGroup(type)};
  if (!isa<NextOp>(op)) {
    Home home = homeOf(&op);
    declared.tensor = home.tensor.str();
    declared.member = home.member;
    declared.count = home.count;
  }
  if (isa<InputOp, ParamOp, StateOp>(op))
    active[declared.slot] = true;
  if (auto input = dyn_cast<InputOp>(op)) {
    declared.name = input.getName().str();
    declared.history = historyOf(input);
    varies[declared.slot] = true;
    inputs.push_back(declared);
  } else if (auto param = dyn_cast<ParamOp>(op)) {
    declared.name = param.getName().str();
    params.push_back(declared);
  } else if (auto output = dyn_cast<OutputOp>(op)) {
    declared.name = output.getName().str();
    declared.perGroup = false; // outputs have a row for every head
    outputs.push_back(declared);
  } else if (auto state = dyn_cast<StateOp>(op)) {
    declared.name = state.getName().str();
    varies[declared.slot] = true;
    DeclaredState added{declared};
    added.start = state.getStart() ? state.getStart()->convertToDouble() : 0;
    added.identityStart = state.getIdentityStart();
    added.startParam = state.getStartParam().value_or("").str();
    states.push_back(added);
  } else {
    StringRef name = cast<NextOp>(op).getName();
    for (DeclaredState &known : states)
      if (known.name == name)
        known.next = declared.slot;
  }
  return Error::success();
}

Error Program::addOtherTime(Operation &op) {
  Value value = op.getResult(0);
  if (Expected<Shape> shape = shapeOf(cast<TensorType>(value.getType())); !shape)
    return shape.takeError();
  varies[slot(value)] = active[slot(value)] = true;
  if (auto lag = dyn_cast<LagOp>(op)) {
    unsigned of = slot(lag.getX());
    auto input = llvm::find_if(inputs, [&](const Declared &known) { return known.slot == of; });
    lags.push_back({slot(value), static_cast<unsigned>(input - inputs.begin()), static_cast<int64_t>(lag.getBy())});
  } else {
    StringRef name = cast<EndOp>(op).getName();
    auto state = llvm::find_if(states, [&](const DeclaredState &known) { return known.name == name; });
    ends.push_back({slot(value), static_cast<unsigned>(state - states.begin())});
  }
  return Error::success();
}

} // namespace mixc::mix
