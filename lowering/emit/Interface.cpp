// Reads what a library's entry points look like off a module: the declarations of its mix.mixer ops say what the
// argument structs hold, in which order, and the `mix.kernel` attributes of its functions say which of it each kernel
// takes.
#include "lowering/emit/Interface.h"
#include "lowering/emit/Declarations.h"
#include "lowering/emit/Names.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "runtime/abi.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/xxhash.h"
#include <fmt/format.h>

using namespace mlir;

namespace mixc {
namespace {

llvm::Error bug(const Twine &message) { return llvm::createStringError("internal error: " + message.str()); }

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
    const bool perSegment = per && per == "segment", perSequence = per && per == "sequence";
    if (!elements || elements.getInt() < 0 || !per || (!perSegment && !perSequence && per != "token") ||
        (perSegment && (!every || every.getInt() < 1)))
      return wrong("does not describe `" + known.getValue() + "`");
    TensorInfo tensor;
    tensor.name = tensor.declared = known.str();
    tensor.field = tensor.role = "saved";
    tensor.dims = {elements.getInt()};
    tensor.slot = slot;
    tensor.segmentTokens = perSegment ? every.getInt() : perSequence ? MIXRT_WHOLE_SEQUENCE : 0;
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
    auto sequences = kernel.getAs<IntegerAttr>("sequences");
    if (!sequences || sequences.getInt() == 1) {
      interface.entries.push_back(std::move(*entry));
      continue;
    }
    // The kernel for a block of sequences stands behind the one that it belongs to.
    if (interface.entries.empty() || interface.entries.back().kind != kind)
      return bug("@" + function.getName() + " has no kernel for one sequence before it");
    EntryInfo &single = interface.entries.back();
    single.blockFunction = entry->function;
    single.block = sequences.getInt();
    single.scratchBytes = std::max(single.scratchBytes, entry->scratchBytes);
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

/// Of the equations, as they stand in normal form, and of all that a caller has to know. Not of what may differ between two
/// libraries for one program: the CPU, the chunk size, and what is kept for backward.
uint64_t fingerprintOf(mix::MixerOp mixer, const MixerInterface &interface) {
  std::string text = describe(interface, /*cpu=*/"");
  llvm::raw_string_ostream out(text);
  mixer->print(out);
  return llvm::xxh3_64bits(text);
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

std::string MixerInterface::symbol() const { return prefix + identifier(name); }

std::string MixerInterface::fingerprintText() const { return fmt::format("{:016x}", fingerprint); }

StringRef nameOf(EntryKind kind) {
  return kind == EntryKind::Forward ? "forward" : kind == EntryKind::Backward ? "backward" : "decode";
}

std::string workspaceSizeSuffix(EntryKind kind) {
  return kind == EntryKind::Forward ? "_workspace_size" : ("_" + nameOf(kind) + "_workspace_size").str();
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
    interface->fingerprint = fingerprintOf(mixer, *interface);
    if (!interface->entries.empty())
      mixers.push_back(std::move(*interface));
  }
  if (mixers.empty())
    return bug("no function of the module has a `mix.kernel` attribute");
  return mixers;
}

} // namespace mixc
