// Reads what a library's entry points look like off a module: the declarations of its mix.mixer ops say what the
// argument structs hold, in which order, and the `tile.function` attributes of its functions say which of it each
// kernel takes.
#include "lowering/emit/Interface.h"
#include "lowering/emit/Declarations.h"
#include "lowering/emit/Names.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "runtime/abi.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/xxhash.h"
#include <fmt/format.h>

using namespace mlir;
using mixc::tile::Role;

namespace mixc {
namespace {

llvm::Error bug(const Twine &message) { return llvm::createStringError("internal error: " + message.str()); }

/// The kernel's tensors are taken from `fields`; what is left is what it does not name.
llvm::Expected<KernelInfo> readKernel(FunctionOpInterface function, std::vector<TensorInfo> &fields,
                                      unsigned savedSlot) {
  const tile::FunctionAttr kernel = tile::functionOf(function);
  KernelInfo info;
  info.function = function.getName().str();
  info.scratchBytes = kernel.getScratch();
  for (auto [argument, type] : llvm::zip(kernel.getArguments(), kernel.getTypes())) {
    if (argument.getRole() == Role::Saved) {
      TensorInfo &saved = info.tensors.emplace_back();
      saved.name = saved.declared = argument.getName().str();
      saved.field = "saved";
      saved.role = Role::Saved;
      saved.dims = {ShapedType::getNumElements(type.getShape())};
      saved.slot = savedSlot;
      saved.segmentTokens = type.getPer() == tile::Per::Head ? MIXRT_WHOLE_SEQUENCE : argument.getEvery();
      continue;
    }
    auto field = llvm::find_if(fields, [&, of = argument](const TensorInfo &known) {
      return known.role == of.getRole() && known.declared == of.getName() && known.isHistory == of.getHistory();
    });
    if (field == fields.end())
      return bug("@" + function.getName() + " takes `" + argument.getName().getValue() + "` as " +
                 tile::stringifyRole(argument.getRole()) + ", which its mixer does not declare, or takes it twice");
    info.tensors.push_back(std::move(*field));
    info.tensors.back().isPartial = argument.getPartial();
    fields.erase(field);
  }
  return info;
}

unsigned savedSlot(tile::Entry kind, unsigned slots) { return slotOf(kind, slots, "saved").value_or(0); }

llvm::Expected<EntryInfo> readEntry(FunctionOpInterface function, const Declarations &declarations) {
  EntryInfo info;
  const tile::Entry kind = info.kind = tile::functionOf(function).getEntry();
  std::vector<TensorInfo> fields = declarations.structOf(kind);
  info.slots = leadingFields(kind).size() + trailingFields(kind).size();
  for (const TensorInfo &field : fields)
    info.slots += llvm::none_of(fields, [&](const TensorInfo &t) { return t.slot == field.slot && &t < &field; });
  llvm::Expected<KernelInfo> kernel = readKernel(function, fields, savedSlot(kind, info.slots));
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
llvm::Error readReplay(FunctionOpInterface function, const Declarations &declarations, EntryInfo &backward) {
  std::vector<TensorInfo> fields = declarations.structOf(tile::Entry::Backward);
  llvm::Expected<KernelInfo> kernel = readKernel(function, fields, savedSlot(backward.kind, backward.slots));
  if (!kernel)
    return kernel.takeError();
  backward.replay = std::move(*kernel);
  return llvm::Error::success();
}

bool savesAlike(ArrayRef<TensorInfo> tensors, ArrayRef<TensorInfo> others) {
  auto isSaved = [](const TensorInfo &tensor) { return tensor.role == Role::Saved; };
  auto saved = llvm::make_filter_range(tensors, isSaved), otherSaved = llvm::make_filter_range(others, isSaved);
  return llvm::equal(saved, otherSaved, [](const TensorInfo &x, const TensorInfo &y) {
    return x.name == y.name && x.dims == y.dims && x.segmentTokens == y.segmentTokens;
  });
}

/// What one kernel saves another reads.
llvm::Error checkSaved(const MixerInterface &mixer) {
  const EntryInfo *forward = mixer.entry(tile::Entry::Forward), *backward = mixer.entry(tile::Entry::Backward);
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
  FunctionOpInterface replay;
  for (auto function : module.getOps<FunctionOpInterface>()) {
    const tile::FunctionAttr kernel = tile::functionOf(function);
    if (!kernel || kernel.getMixer() != interface.name)
      continue;
    if (kernel.getEntry() == tile::Entry::Replay) {
      replay = function;
      continue;
    }
    llvm::Expected<EntryInfo> entry = readEntry(function, declarations);
    if (!entry)
      return entry.takeError();
    if (kernel.getSequences() == 1) {
      interface.entries.push_back(std::move(*entry));
      continue;
    }
    // The kernel for a block of sequences stands behind the one that it belongs to.
    if (interface.entries.empty() || interface.entries.back().kind != kernel.getEntry())
      return bug("@" + function.getName() + " has no kernel for one sequence before it");
    EntryInfo &single = interface.entries.back();
    single.blockFunction = entry->function;
    single.block = kernel.getSequences();
    single.scratchBytes = std::max(single.scratchBytes, entry->scratchBytes);
  }
  llvm::sort(interface.entries, [](const EntryInfo &x, const EntryInfo &y) { return x.kind < y.kind; });
  for (EntryInfo &entry : interface.entries)
    if (entry.kind == tile::Entry::Backward && replay)
      if (llvm::Error error = readReplay(replay, declarations, entry))
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

/// Of the equations, as they stand in normal form, and of all that a caller has to know. Not of what may differ between
/// two libraries for one program: the CPU, the chunk size, and what is kept for backward.
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
  llvm::erase_if(result, [](const TensorInfo &tensor) { return tensor.role == Role::Saved; });
  llvm::sort(result, [](const TensorInfo &x, const TensorInfo &y) {
    return std::pair(x.slot, x.member) < std::pair(y.slot, y.member);
  });
  result.erase(llvm::unique(result, [](const TensorInfo &x, const TensorInfo &y) { return x.slot == y.slot; }),
               result.end());
  return result;
}

std::vector<TensorInfo> EntryInfo::saved() const {
  std::vector<TensorInfo> result;
  llvm::copy_if(tensors, std::back_inserter(result),
                [](const TensorInfo &tensor) { return tensor.role == Role::Saved; });
  return result;
}

const EntryInfo *MixerInterface::entry(tile::Entry kind) const {
  auto found = llvm::find_if(entries, [&](const EntryInfo &entry) { return entry.kind == kind; });
  return found == entries.end() ? nullptr : &*found;
}

std::string MixerInterface::symbol() const { return prefix + identifier(name); }

std::string MixerInterface::fingerprintText() const { return fmt::format("{:016x}", fingerprint); }

std::string workspaceSizeSuffix(tile::Entry kind) {
  return kind == tile::Entry::Forward ? "_workspace_size"
                                      : ("_" + tile::stringifyEntry(kind) + "_workspace_size").str();
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
    return bug("no function of the module has a `tile.function` attribute");
  return mixers;
}

} // namespace mixc
