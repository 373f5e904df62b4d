// Reads what a library's entry points look like off a module: the declarations of its mix.mixer ops say what the
// argument structs hold, in which order, and the `mix.kernel` attributes of its functions say which of it each kernel
// takes.
#include "lowering/emit/Interface.h"
#include "dialect/mix/ElementType.h"
#include "lowering/emit/Names.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/StringExtras.h"
#include <fmt/format.h>

using namespace mlir;

namespace mixc {
namespace {

constexpr StringRef forwardLeading[] = {"size", "batch", "time", "heads", "groups", "sequences", "cu_seqlens"};
constexpr StringRef decodeLeading[] = {"size", "batch", "time", "heads", "groups"};
constexpr StringRef forwardTrailing[] = {"workspace", "saved", "threads", "parallel_for", "parallel_for_context"};
constexpr StringRef decodeTrailing[] = {"workspace", "threads", "parallel_for", "parallel_for_context"};

llvm::Error bug(const Twine &message) { return llvm::createStringError("internal error: " + message.str()); }

/// The declarations of a mixer by role, under the names of the argument struct.
class Declarations {
public:
  explicit Declarations(mix::MixerOp mixer) : mixer(mixer) {
    if (DictionaryAttr dims = mixer.getBindingsAttr())
      for (NamedAttribute dim : dims)
        if (auto number = dyn_cast<IntegerAttr>(dim.getValue()))
          bindings[dim.getName().str()] = number.getInt();
  }

  llvm::Error read() {
    for (Operation &op : mixer.step()) {
      llvm::Error error = llvm::Error::success();
      if (auto input = dyn_cast<mix::InputOp>(op))
        error = add(op, "input", input.getType(), input.getLoAttr(), input.getHiAttr());
      else if (auto param = dyn_cast<mix::ParamOp>(op))
        error = add(op, "param", param.getType(), param.getLoAttr(), param.getHiAttr());
      else if (auto state = dyn_cast<mix::StateOp>(op))
        error = add(state);
      else if (auto output = dyn_cast<mix::OutputOp>(op))
        error = add(op, "output", output.getValue().getType());
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

  /// The tensors of an entry in the order of its struct, slots counted.
  std::vector<TensorInfo> structOf(StringRef entry) const {
    std::vector<TensorInfo> tensors;
    FieldNames names(leadingFields(entry), trailingFields(entry));
    unsigned slot = leadingFields(entry).size();
    const SmallVector<StringRef> forward = {"input", "param", "initial", "output", "final"};
    const SmallVector<StringRef> decode = {"input", "param", "state", "output", "kept"};
    for (StringRef role : entry == "decode" ? decode : forward)
      for (const TensorInfo &declared : all) {
        const bool isState = declared.role == "state";
        const bool belongs = isState ? role != "input" && role != "param" && role != "output" : role == declared.role;
        if (!belongs)
          continue;
        TensorInfo tensor = declared;
        tensor.role = role.str();
        const bool inPlace = !isState || role == "state";
        auto sibling = llvm::find_if(
            tensors, [&](const TensorInfo &known) { return known.name == tensor.name && known.role == tensor.role; });
        if (sibling == tensors.end()) {
          tensor.field = names.choose(inPlace ? tensor.name : tensor.name + "_" + role.str());
          tensor.slot = slot++;
        } else { // a member of a family: the field is the family's
          tensor.field = sibling->field;
          tensor.slot = sibling->slot;
        }
        tensors.push_back(std::move(tensor));
      }
    return tensors;
  }

  std::map<std::string, int64_t> bindings;

private:
  llvm::Error add(Operation &op, StringRef role, mix::TensorType type, FloatAttr lo = {}, FloatAttr hi = {}) {
    const mix::Home home = mix::homeOf(&op);
    TensorInfo tensor;
    tensor.name = home.tensor.str();
    tensor.declared = op.getAttrOfType<StringAttr>("name").str();
    tensor.role = role.str();
    tensor.perGroup = mix::isPerGroup(type);
    if (home.isFamily()) {
      tensor.member = home.member;
      tensor.members = home.count;
      tensor.dims.push_back(home.count);
    }
    for (const mix::Dim &dim : type.getDims()) {
      std::optional<int64_t> extent = dim.evaluate(bindings);
      if (!extent)
        return bug("the dim `" + dim.str() + "` of `" + tensor.declared + "` is not bound to a number");
      tensor.dims.push_back(*extent);
    }
    if (lo && hi) {
      tensor.lo = lo.getValueAsDouble();
      tensor.hi = hi.getValueAsDouble();
    }
    // An output is computed for every head, even if nothing in it depends on the head.
    if (role == "output")
      tensor.perGroup = false;
    all.push_back(std::move(tensor));
    return llvm::Error::success();
  }

  llvm::Error add(mix::StateOp state) {
    if (llvm::Error error = add(*state, "state", state.getType()))
      return error;
    const double start = state.getStart() ? state.getStart()->convertToDouble() : 0.0;
    std::string &words = all.back().start;
    words = state.getIdentityStart() ? "the identity" : start == 0 ? "zero" : fmt::format("{}", start);
    if (std::optional<StringRef> param = state.getStartParam()) {
      all.back().startParam = param->str();
      words = fmt::format("the param {}", param->str());
    }
    return llvm::Error::success();
  }

  /// The history of an input is a state: its last tokens, oldest first.
  void addHistory(mix::InputOp input) {
    TensorInfo history = *llvm::find_if(
        all, [&](const TensorInfo &known) { return known.role == "input" && known.declared == input.getName(); });
    history.name += ".history";
    history.declared += ".history";
    history.role = "state";
    history.dims.insert(history.dims.begin() + mix::homeOf(input).isFamily(), mix::historyOf(input));
    history.elementType = mix::nameOfElementType(mix::historyTypeOf(input)).str();
    history.lo = history.hi = std::nullopt;
    history.start = "zero";
    all.push_back(std::move(history));
  }

  mix::MixerOp mixer;
  std::vector<TensorInfo> all; // in order of declaration; states have the role `state`
};

llvm::Expected<EntryInfo> readEntry(FunctionOpInterface function, DictionaryAttr kernel,
                                    const Declarations &declarations) {
  auto entry = kernel.getAs<StringAttr>("entry");
  auto names = kernel.getAs<ArrayAttr>("names"), roles = kernel.getAs<ArrayAttr>("roles");
  auto scratch = kernel.getAs<IntegerAttr>("scratch");
  if (!entry || !names || !roles || names.size() != roles.size() || !scratch)
    return bug("`mix.kernel` of @" + function.getName() + " lacks entry, names, roles or scratch");

  EntryInfo info;
  info.entry = entry.str();
  info.kernel = function.getName().str();
  info.scratchBytes = scratch.getInt();
  std::vector<TensorInfo> fields = declarations.structOf(entry);
  info.slots = leadingFields(entry).size() + trailingFields(entry).size();
  for (const TensorInfo &field : fields)
    info.slots += llvm::none_of(fields, [&](const TensorInfo &t) { return t.slot == field.slot && &t < &field; });
  for (auto [name, role] : llvm::zip(names.getAsRange<StringAttr>(), roles.getAsRange<StringAttr>())) {
    auto field = llvm::find_if(fields, [&](const TensorInfo &t) { return name == t.declared && role == t.role; });
    if (field == fields.end())
      return bug("@" + function.getName() + " takes `" + name.getValue() + "` as " + role.getValue() +
                 ", which its mixer does not declare, or takes it twice");
    info.tensors.push_back(std::move(*field));
    fields.erase(field);
  }
  // What the kernel does not use has a field all the same. It comes after what the kernel knows of.
  llvm::move(fields, std::back_inserter(info.tensors));
  return info;
}

/// `{S, M}: scalar transition, affine writes`.
std::string describeComponent(mix::ComponentOp component) {
  std::string text = "{";
  llvm::raw_string_ostream out(text);
  llvm::interleaveComma(component.getStates(), out, [&](Value state) {
    if (auto op = state.getDefiningOp<mix::StateOp>())
      out << op.getName();
  });
  out << "}";
  if (mix::ClassAttr found = component.getClassAttrAttr()) {
    out << ": " << mix::stringifyTransitionKind(found.getTransition()) << " transition";
    if (found.getValueGate())
      out << ", value gate";
    out << ", " << mix::stringifyWriteKind(found.getWrites()) << " writes";
  }
  return text;
}

} // namespace

int64_t TensorInfo::elements() const {
  int64_t product = 1;
  for (int64_t dim : dims)
    product *= dim;
  return product;
}

std::vector<TensorInfo> EntryInfo::fields() const {
  std::vector<TensorInfo> result = tensors;
  llvm::sort(result, [](const TensorInfo &x, const TensorInfo &y) {
    return std::pair(x.slot, x.member) < std::pair(y.slot, y.member);
  });
  result.erase(llvm::unique(result, [](const TensorInfo &x, const TensorInfo &y) { return x.slot == y.slot; }),
               result.end());
  return result;
}

ArrayRef<StringRef> leadingFields(StringRef entry) {
  return entry == "decode" ? ArrayRef<StringRef>(decodeLeading) : ArrayRef<StringRef>(forwardLeading);
}

ArrayRef<StringRef> trailingFields(StringRef entry) {
  return entry == "decode" ? ArrayRef<StringRef>(decodeTrailing) : ArrayRef<StringRef>(forwardTrailing);
}

llvm::Expected<std::vector<MixerInterface>> readInterfaces(ModuleOp module) {
  std::vector<MixerInterface> mixers;
  for (mix::MixerOp mixer : module.getOps<mix::MixerOp>()) {
    MixerInterface interface;
    interface.name = mixer.getSymName().str();
    Declarations declarations(mixer);
    if (llvm::Error error = declarations.read())
      return error;
    for (auto dim : mixer.getDims().getAsRange<StringAttr>())
      if (auto bound = declarations.bindings.find(dim.str()); bound != declarations.bindings.end())
        interface.dims.emplace_back(bound->first, bound->second);
    for (mix::ComponentOp component : mixer.step().getOps<mix::ComponentOp>())
      interface.description += describeComponent(component) + "\n";
    for (auto function : module.getOps<FunctionOpInterface>()) {
      auto kernel = function->getAttrOfType<DictionaryAttr>("mix.kernel");
      if (!kernel || kernel.getAs<StringAttr>("mixer") != interface.name)
        continue;
      llvm::Expected<EntryInfo> entry = readEntry(function, kernel, declarations);
      if (!entry)
        return entry.takeError();
      auto sequences = kernel.getAs<IntegerAttr>("sequences");
      if (!sequences) {
        interface.entries.push_back(std::move(*entry));
        continue;
      }
      // The kernel for a block of sequences stands behind the one that it belongs to.
      if (interface.entries.empty() || interface.entries.back().entry != entry->entry)
        return bug("@" + function.getName() + " has no kernel for one sequence before it");
      EntryInfo &single = interface.entries.back();
      single.blockKernel = entry->kernel;
      single.block = sequences.getInt();
      single.scratchBytes = std::max(single.scratchBytes, entry->scratchBytes);
    }
    if (!interface.entries.empty())
      mixers.push_back(std::move(interface));
  }
  if (mixers.empty())
    return bug("no function of the module has a `mix.kernel` attribute");
  return mixers;
}

} // namespace mixc
