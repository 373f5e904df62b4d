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

/// The tensors of one role in an argument struct: what is declared as what, and what its fields are called.
struct Part {
  StringRef role, of, suffix;
};
constexpr Part forwardParts[] = {{"input", "input", ""},
                                 {"param", "param", ""},
                                 {"initial", "state", "_initial"},
                                 {"output", "output", ""},
                                 {"final", "state", "_final"}};
constexpr Part decodeParts[] = {{"input", "input", ""},
                                {"param", "param", ""},
                                {"state", "state", ""},
                                {"output", "output", ""},
                                {"kept", "state", "_kept"}};
constexpr Part backwardParts[] = {{"input", "input", ""},
                                  {"param", "param", ""},
                                  {"initial", "state", "_initial"},
                                  {"output_grad", "output", "_grad"},
                                  {"final_grad", "state", "_final_grad"},
                                  {"input_grad", "input", "_grad"},
                                  {"param_grad", "param", "_grad"},
                                  {"initial_grad", "state", "_initial_grad"}};

ArrayRef<Part> partsOf(EntryKind kind) {
  return kind == EntryKind::Forward    ? ArrayRef<Part>(forwardParts)
         : kind == EntryKind::Backward ? ArrayRef<Part>(backwardParts)
                                       : ArrayRef<Part>(decodeParts);
}

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
  std::vector<TensorInfo> structOf(EntryKind kind) const {
    std::vector<TensorInfo> tensors;
    FieldNames names(leadingFields(kind), trailingFields(kind));
    unsigned slot = leadingFields(kind).size();
    for (const Part &part : partsOf(kind))
      for (const TensorInfo &declared : all) {
        if (part.of != declared.role)
          continue;
        TensorInfo tensor = declared;
        tensor.role = part.role.str();
        if (tensor.isGradient() || tensor.role == "output_grad" || tensor.role == "final_grad")
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
    history.isHistory = true;
    all.push_back(std::move(history));
  }

  mix::MixerOp mixer;
  std::vector<TensorInfo> all; // in order of declaration; states have the role `state`
};

/// Reads one kernel function.
class KernelReader {
public:
  KernelReader(FunctionOpInterface function, DictionaryAttr kernel) : name(function.getName()), kernel(kernel) {}

  /// The kernel's tensors are taken from `fields`; what is left is what it does not name.
  llvm::Expected<KernelInfo> read(std::vector<TensorInfo> &fields, unsigned savedSlot) {
    auto names = kernel.getAs<ArrayAttr>("names"), roles = kernel.getAs<ArrayAttr>("roles");
    auto scratch = kernel.getAs<IntegerAttr>("scratch");
    if (!names || !roles || names.size() != roles.size() || !scratch)
      return wrong("lacks names, roles or scratch");
    KernelInfo info;
    info.function = name.str();
    info.scratchBytes = scratch.getInt();
    size_t saved = 0;
    for (auto [i, declared, role] : llvm::enumerate(names.getAsRange<StringAttr>(), roles.getAsRange<StringAttr>())) {
      llvm::Expected<TensorInfo> tensor =
          role == "saved" ? takeSaved(saved++, declared, savedSlot) : takeDeclared(declared, role, fields);
      if (!tensor)
        return tensor.takeError();
      if (llvm::Error error = readPartial(i, names.size(), *tensor))
        return error;
      info.tensors.push_back(std::move(*tensor));
    }
    if (auto all = kernel.getAs<ArrayAttr>("saved"); all && all.size() != saved)
      return wrong("describes saved tensors that the kernel does not take");
    return info;
  }

private:
  llvm::Error wrong(const Twine &what) const { return bug("`mix.kernel` of @" + name + " " + what); }

  llvm::Expected<TensorInfo> takeDeclared(StringAttr declared, StringAttr role, std::vector<TensorInfo> &fields) const {
    auto field = llvm::find_if(fields, [&](const TensorInfo &t) { return declared == t.declared && role == t.role; });
    if (field == fields.end())
      return bug("@" + name + " takes `" + declared.getValue() + "` as " + role.getValue() +
                 ", which its mixer does not declare, or takes it twice");
    TensorInfo tensor = std::move(*field);
    fields.erase(field);
    return tensor;
  }

  llvm::Expected<TensorInfo> takeSaved(size_t index, StringAttr known, unsigned slot) const {
    auto all = kernel.getAs<ArrayAttr>("saved");
    auto described = all && index < all.size() ? dyn_cast<DictionaryAttr>(all[index]) : DictionaryAttr();
    auto per = described ? described.getAs<StringAttr>("per") : StringAttr();
    auto elements = described ? described.getAs<IntegerAttr>("elements") : IntegerAttr();
    auto every = described ? described.getAs<IntegerAttr>("every") : IntegerAttr();
    const bool perSegment = per && per == "segment";
    if (!elements || elements.getInt() < 0 || !per || (!perSegment && per != "token") ||
        (perSegment && (!every || every.getInt() < 1)))
      return wrong("does not describe `" + known.getValue() + "`");
    TensorInfo tensor;
    tensor.name = tensor.declared = known.str();
    tensor.field = tensor.role = "saved";
    tensor.dims = {elements.getInt()};
    tensor.slot = slot;
    tensor.segmentTokens = perSegment ? every.getInt() : 0;
    return tensor;
  }

  llvm::Error readPartial(size_t index, size_t count, TensorInfo &tensor) const {
    if (!tensor.isGradient())
      return llvm::Error::success();
    SmallVector<int64_t> partials;
    if (auto array = kernel.getAs<ArrayAttr>("partials"))
      for (auto flag : array.getAsRange<IntegerAttr>())
        partials.push_back(flag.getInt());
    else if (auto dense = kernel.getAs<DenseI64ArrayAttr>("partials"))
      partials.append(dense.asArrayRef().begin(), dense.asArrayRef().end());
    if (partials.size() != count)
      return wrong("does not say of every tensor if it is a partial sum");
    tensor.isPartial = partials[index] != 0;
    // Several kernels would write to one place.
    if (!tensor.isPartial && (tensor.role == "param_grad" || tensor.perGroup || tensor.isHistory))
      return wrong("says that `" + tensor.declared + "` as " + tensor.role + " is no sum, but it is");
    return llvm::Error::success();
  }

  StringRef name; // of the function
  DictionaryAttr kernel;
};

std::optional<EntryKind> entryKindNamed(StringRef name) {
  for (EntryKind kind : {EntryKind::Forward, EntryKind::Backward, EntryKind::Decode})
    if (nameOf(kind) == name)
      return kind;
  return std::nullopt;
}

llvm::Expected<EntryInfo> readEntry(EntryKind kind, KernelReader &reader, const Declarations &declarations) {
  EntryInfo info;
  info.kind = kind;
  std::vector<TensorInfo> fields = declarations.structOf(kind);
  info.slots = leadingFields(kind).size() + trailingFields(kind).size();
  for (const TensorInfo &field : fields)
    info.slots += llvm::none_of(fields, [&](const TensorInfo &t) { return t.slot == field.slot && &t < &field; });
  llvm::Expected<KernelInfo> kernel = reader.read(fields, info.slots - 4);
  if (!kernel)
    return kernel.takeError();
  static_cast<KernelInfo &>(info) = std::move(*kernel);
  // What the kernel does not use has a field all the same. It comes after what the kernel knows of.
  for (TensorInfo &field : fields) {
    field.isUnknown = true;
    info.tensors.push_back(std::move(field));
  }
  return info;
}

/// The kernel that writes what forward saves, and nothing else: its tensors are found where backward has them.
llvm::Error readReplay(KernelReader &reader, const Declarations &declarations, EntryInfo &backward) {
  std::vector<TensorInfo> fields = declarations.structOf(EntryKind::Backward);
  llvm::Expected<KernelInfo> kernel = reader.read(fields, backward.slots - 4);
  if (!kernel)
    return kernel.takeError();
  backward.replay = std::move(*kernel);
  return llvm::Error::success();
}

bool savesAlike(ArrayRef<TensorInfo> tensors, ArrayRef<TensorInfo> others) {
  auto isSaved = [](const TensorInfo &tensor) { return tensor.role == "saved"; };
  auto saved = llvm::make_filter_range(tensors, isSaved), otherSaved = llvm::make_filter_range(others, isSaved);
  return llvm::equal(saved, otherSaved, [](const TensorInfo &x, const TensorInfo &y) {
    return x.name == y.name && x.dims == y.dims && x.segmentTokens == y.segmentTokens;
  });
}

/// What one kernel saves another reads.
llvm::Error checkSaved(const MixerInterface &mixer) {
  const EntryInfo *forward = mixer.entry(EntryKind::Forward), *backward = mixer.entry(EntryKind::Backward);
  if (!backward)
    return llvm::Error::success();
  if (!forward || !savesAlike(forward->tensors, backward->tensors))
    return bug("forward of `" + mixer.name + "` does not save what backward reads");
  if (!savesAlike(backward->replay.tensors, backward->tensors))
    return bug("replay of `" + mixer.name + "` does not save what backward reads");
  return llvm::Error::success();
}

llvm::Expected<MixerInterface> readMixer(mix::MixerOp mixer, const Declarations &declarations, ModuleOp module) {
  MixerInterface interface;
  interface.name = mixer.getSymName().str();
  std::optional<KernelReader> replay;
  for (auto function : module.getOps<FunctionOpInterface>()) {
    auto kernel = function->getAttrOfType<DictionaryAttr>("mix.kernel");
    if (!kernel || kernel.getAs<StringAttr>("mixer") != interface.name)
      continue;
    auto name = kernel.getAs<StringAttr>("entry");
    KernelReader reader(function, kernel);
    if (name && name == "replay") {
      replay = reader;
      continue;
    }
    std::optional<EntryKind> kind = name ? entryKindNamed(name) : std::nullopt;
    if (!kind)
      return bug("`mix.kernel` of @" + function.getName() + " has no entry that is known");
    llvm::Expected<EntryInfo> entry = readEntry(*kind, reader, declarations);
    if (!entry)
      return entry.takeError();
    interface.entries.push_back(std::move(*entry));
  }
  llvm::sort(interface.entries, [](const EntryInfo &x, const EntryInfo &y) { return x.kind < y.kind; });
  for (EntryInfo &entry : interface.entries)
    if (entry.kind == EntryKind::Backward && replay)
      if (llvm::Error error = readReplay(*replay, declarations, entry))
        return error;
  if (llvm::Error error = checkSaved(interface))
    return error;
  return interface;
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
  llvm::erase_if(result, [](const TensorInfo &tensor) { return tensor.role == "saved"; });
  llvm::sort(result, [](const TensorInfo &x, const TensorInfo &y) {
    return std::pair(x.slot, x.member) < std::pair(y.slot, y.member);
  });
  result.erase(llvm::unique(result, [](const TensorInfo &x, const TensorInfo &y) { return x.slot == y.slot; }),
               result.end());
  return result;
}

std::vector<TensorInfo> EntryInfo::saved() const {
  std::vector<TensorInfo> result;
  llvm::copy_if(tensors, std::back_inserter(result), [](const TensorInfo &tensor) { return tensor.role == "saved"; });
  return result;
}

const EntryInfo *MixerInterface::entry(EntryKind kind) const {
  auto found = llvm::find_if(entries, [&](const EntryInfo &entry) { return entry.kind == kind; });
  return found == entries.end() ? nullptr : &*found;
}

StringRef nameOf(EntryKind kind) {
  return kind == EntryKind::Forward ? "forward" : kind == EntryKind::Backward ? "backward" : "decode";
}

std::string workspaceSizeSuffix(EntryKind kind) {
  return kind == EntryKind::Forward ? "_workspace_size" : ("_" + nameOf(kind) + "_workspace_size").str();
}

ArrayRef<StringRef> leadingFields(EntryKind kind) {
  return kind == EntryKind::Decode ? ArrayRef<StringRef>(decodeLeading) : ArrayRef<StringRef>(forwardLeading);
}

ArrayRef<StringRef> trailingFields(EntryKind kind) {
  return kind == EntryKind::Decode ? ArrayRef<StringRef>(decodeTrailing) : ArrayRef<StringRef>(forwardTrailing);
}

llvm::Expected<std::vector<MixerInterface>> readInterfaces(ModuleOp module) {
  std::vector<MixerInterface> mixers;
  for (mix::MixerOp mixer : module.getOps<mix::MixerOp>()) {
    Declarations declarations(mixer);
    if (llvm::Error error = declarations.read())
      return error;
    llvm::Expected<MixerInterface> interface = readMixer(mixer, declarations, module);
    if (!interface)
      return interface.takeError();
    for (auto dim : mixer.getDims().getAsRange<StringAttr>())
      if (auto bound = declarations.bindings.find(dim.str()); bound != declarations.bindings.end())
        interface->dims.emplace_back(bound->first, bound->second);
    for (mix::ComponentOp component : mixer.step().getOps<mix::ComponentOp>())
      interface->description += describeComponent(component) + "\n";
    if (!interface->entries.empty())
      mixers.push_back(std::move(*interface));
  }
  if (mixers.empty())
    return bug("no function of the module has a `mix.kernel` attribute");
  return mixers;
}

} // namespace mixc
