// The order of the argument structs (Interface.h), and what each of their fields is.
#include "lowering/emit/Declarations.h"
#include "dialect/mix/ElementType.h"
#include "lowering/emit/Names.h"
#include <fmt/format.h>

using namespace mlir;
using mixc::tile::Role;

namespace mixc {
namespace {

/// The tensors of one role in an argument struct: what is declared as what, and what its fields are called.
struct Part {
  Role role, of;
  StringRef suffix;
};
constexpr Part forwardParts[] = {{Role::Input, Role::Input, ""},
                                 {Role::Param, Role::Param, ""},
                                 {Role::Initial, Role::State, "_initial"},
                                 {Role::Output, Role::Output, ""},
                                 {Role::Final, Role::State, "_final"}};
constexpr Part decodeParts[] = {{Role::Input, Role::Input, ""},
                                {Role::Param, Role::Param, ""},
                                {Role::State, Role::State, ""},
                                {Role::Output, Role::Output, ""},
                                {Role::Kept, Role::State, "_kept"}};
constexpr Part backwardParts[] = {{Role::Input, Role::Input, ""},
                                  {Role::Param, Role::Param, ""},
                                  {Role::Initial, Role::State, "_initial"},
                                  {Role::OutputGrad, Role::Output, "_grad"},
                                  {Role::FinalGrad, Role::State, "_final_grad"},
                                  {Role::InputGrad, Role::Input, "_grad"},
                                  {Role::ParamGrad, Role::Param, "_grad"},
                                  {Role::InitialGrad, Role::State, "_initial_grad"}};

ArrayRef<Part> partsOf(tile::Entry kind) {
  return kind == tile::Entry::Forward    ? ArrayRef<Part>(forwardParts)
         : kind == tile::Entry::Backward ? ArrayRef<Part>(backwardParts)
                                         : ArrayRef<Part>(decodeParts);
}

} // namespace

Declarations::Declarations(mix::MixerOp mixer) : mixer(mixer) {
  if (DictionaryAttr dims = mixer.getBindingsAttr())
    for (NamedAttribute dim : dims)
      if (auto number = dyn_cast<IntegerAttr>(dim.getValue()))
        bindings[dim.getName().str()] = number.getInt();
}

llvm::Error Declarations::read() {
  for (Operation &op : mixer.step()) {
    llvm::Error error = llvm::Error::success();
    if (auto input = dyn_cast<mix::InputOp>(op))
      error = add(op, Role::Input, input.getType(), input.getLoAttr(), input.getHiAttr());
    else if (auto param = dyn_cast<mix::ParamOp>(op))
      error = add(op, Role::Param, param.getType(), param.getLoAttr(), param.getHiAttr());
    else if (auto state = dyn_cast<mix::StateOp>(op))
      error = add(state);
    else if (auto output = dyn_cast<mix::OutputOp>(op))
      error = add(op, Role::Output, output.getValue().getType());
    if (error)
      return error;
    if (isa<mix::InputOp, mix::ParamOp, mix::StateOp, mix::OutputOp>(op))
      all.back().elementType = mix::nameOfElementType(mix::elementTypeOf(&op)).str();
  }
  for (auto input : mixer.step().getOps<mix::InputOp>())
    if (mix::historyOf(input))
      addHistory(input);
  return llvm::Error::success();
}

std::vector<TensorInfo> Declarations::structOf(tile::Entry kind) const {
  std::vector<TensorInfo> tensors;
  FieldNames names(namesOfFields(kind));
  unsigned slot = leadingFields(kind).size();
  for (const Part &part : partsOf(kind))
    for (const TensorInfo &declared : all) {
      if (part.of != declared.role)
        continue;
      TensorInfo tensor = declared;
      tensor.role = part.role;
      if (tensor.isGradient() || tensor.role == Role::OutputGrad || tensor.role == Role::FinalGrad)
        tensor.lo = tensor.hi = std::nullopt;
      auto sibling = llvm::find_if(
          tensors, [&](const TensorInfo &known) { return known.name == tensor.name && known.role == tensor.role; });
      if (sibling == tensors.end()) {
        tensor.field = names.choose(tensor.name + part.suffix.str());
        tensor.slot = slot++;
      } else { // a member of a family: the field is the family's
        tensor.field = sibling->field;
        tensor.slot = sibling->slot;
      }
      tensors.push_back(std::move(tensor));
    }
  return tensors;
}

llvm::Error Declarations::add(Operation &op, Role role, mix::TensorType type, FloatAttr lo, FloatAttr hi) {
  const mix::Home home = mix::homeOf(&op);
  TensorInfo tensor;
  tensor.name = home.tensor.str();
  tensor.declared = op.getAttrOfType<StringAttr>("name").str();
  tensor.role = role;
  tensor.perGroup = mix::isPerGroup(type);
  if (home.isFamily()) {
    tensor.member = home.member;
    tensor.members = home.count;
    tensor.dims.push_back(home.count);
  }
  for (const mix::Dim &dim : type.getDims()) {
    std::optional<int64_t> extent = dim.evaluate(bindings);
    if (!extent)
      return llvm::createStringError("internal error: the dim `" + dim.str() + "` of `" + tensor.declared +
                                     "` is not bound to a number");
    tensor.dims.push_back(*extent);
  }
  if (lo && hi) {
    tensor.lo = lo.getValueAsDouble();
    tensor.hi = hi.getValueAsDouble();
  }
  // An output is computed for every head, even if nothing in it depends on the head.
  if (role == Role::Output)
    tensor.perGroup = false;
  all.push_back(std::move(tensor));
  return llvm::Error::success();
}

llvm::Error Declarations::add(mix::StateOp state) {
  if (llvm::Error error = add(*state, Role::State, state.getType()))
    return error;
  const double start = state.getStart() ? state.getStart()->convertToDouble() : 0.0;
  std::string &words = all.back().start;
  all.back().startNumber = start;
  all.back().startsAtIdentity = state.getIdentityStart();
  words = state.getIdentityStart() ? "the identity" : start == 0 ? "zero" : fmt::format("{}", start);
  if (std::optional<StringRef> param = state.getStartParam()) {
    all.back().startParam = param->str();
    words = fmt::format("the param {}", param->str());
  }
  return llvm::Error::success();
}

void Declarations::addHistory(mix::InputOp input) {
  TensorInfo history = *llvm::find_if(
      all, [&](const TensorInfo &known) { return known.role == Role::Input && known.declared == input.getName(); });
  history.name += ".history";
  history.role = Role::State;
  history.dims.insert(history.dims.begin() + mix::homeOf(input).isFamily(), mix::historyOf(input));
  history.elementType = mix::nameOfElementType(mix::historyTypeOf(input)).str();
  history.lo = history.hi = std::nullopt;
  history.start = "zero";
  history.isHistory = true;
  all.push_back(std::move(history));
}

} // namespace mixc
