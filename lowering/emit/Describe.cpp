// The JSON that `NAME_describe` returns: what a caller who has no header needs to build the argument structs; and that
// of a whole library, `mix_describe`.
#include "lowering/emit/Sizes.h"
#include "runtime/abi.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"
#include <cmath>

using namespace llvm;

namespace mixc {
namespace {

json::Array layout(const TensorInfo &tensor) {
  json::Array axes;
  if (tensor.isPerToken())
    axes = json::Array{"batch", "time"};
  else if (!tensor.isParam())
    axes = json::Array{tensor.role == tile::Role::State ? "batch" : "sequences"};
  axes.push_back(tensor.perGroup ? "groups" : "heads");
  for (int64_t dim : tensor.dims)
    axes.push_back(dim);
  return axes;
}

/// JSON has no infinity.
json::Value bound(double value) {
  if (std::isinf(value))
    return value < 0 ? "-inf" : "inf";
  return value;
}

/// Every field is 8 bytes.
StringRef kindOf(const ArgumentField &field) {
  return StringSwitch<StringRef>(field.type)
      .Case("size_t", "size")
      .Case("int64_t", "int64")
      .Case("mix_parallel_for", "function")
      .Default("pointer");
}

json::Array describeFields(const EntryInfo &entry) {
  json::Array fields;
  for (ArrayRef<ArgumentField> some : {leadingFields(entry.kind), trailingFields(entry.kind)})
    for (const ArgumentField &field : some)
      fields.push_back(json::Object{
          {"name", field.name}, {"offset", 8 * int64_t(entry.slotOf(field.name))}, {"type", kindOf(field)}});
  return fields;
}

json::Object describeTensor(const TensorInfo &tensor, tile::Entry entry) {
  const auto place = static_cast<int64_t>(tensor.slot - leadingFields(entry).size());
  json::Object object{{"name", tensor.name},
                      {"field", tensor.field},
                      {"role", tile::stringifyRole(tensor.role)},
                      {"dtype", tensor.elementType},
                      {"layout", layout(tensor)},
                      {"offset", 8 * int64_t(tensor.slot)},
                      {"strides", place * int64_t(sizeof(mixrt_strides))},
                      {"bytes", tensorBytes(tensor)}};
  if (tensor.lo)
    object["interval"] = json::Array{bound(*tensor.lo), bound(*tensor.hi)};
  if (!tensor.start.empty() && !tensor.isGradient() && tensor.role != tile::Role::FinalGrad)
    object["start"] = tensor.start;
  if (tensor.isOptional())
    object["optional"] = true;
  return object;
}

} // namespace

// The fingerprint is of what is said here, but for the CPU, for memory, which depends on it, and for itself.
std::string describe(const MixerInterface &mixer, StringRef cpu) {
  const bool isWhole = !cpu.empty();
  json::Object dims;
  for (const auto &[dim, number] : mixer.dims)
    dims[dim] = number;
  json::Array classes;
  SmallVector<StringRef> lines;
  StringRef(mixer.description).split(lines, '\n', -1, /*KeepEmpty=*/false);
  for (StringRef line : lines)
    classes.push_back(line);
  json::Array entries;
  for (const EntryInfo &entry : mixer.entries) {
    json::Array tensors;
    for (const TensorInfo &tensor : entry.fields())
      tensors.push_back(describeTensor(tensor, entry.kind));
    entries.push_back(json::Object{{"entry", entry.name()},
                                   {"size", 8 * int64_t(entry.slots)},
                                   {"fields", describeFields(entry)},
                                   {"tensors", std::move(tensors)}});
    if (!isWhole)
      continue;
    json::Object &object = *entries.back().getAsObject();
    object["scratch"] = entry.scratchBytes;
    object["workspace"] = workspaceBytes(entry, /*replays=*/false);
    if (entry.kind == tile::Entry::Forward)
      object["saved"] = savedBytes(mixer);
    if (entry.kind == tile::Entry::Backward)
      object["workspace_without_saved"] = workspaceBytes(entry, /*replays=*/true);
  }
  json::Object whole{{"name", mixer.name},      {"abi", MIXRT_ABI_VERSION},    {"target", "cpu"},
                     {"dims", std::move(dims)}, {"class", std::move(classes)}, {"entries", std::move(entries)}};
  if (isWhole) {
    whole["cpu"] = cpu;
    whole["fingerprint"] = mixer.fingerprintText();
    whole["symbol"] = mixer.symbol();
  }
  std::string text;
  raw_string_ostream(text) << json::Value(std::move(whole));
  return text;
}

std::string describeLibrary(ArrayRef<MixerInterface> mixers, StringRef cpu) {
  std::string text = "{\"abi\":" + std::to_string(MIXRT_ABI_VERSION) + ",\"mixers\":[";
  raw_string_ostream out(text);
  interleave(mixers, out, [&](const MixerInterface &mixer) { out << describe(mixer, cpu); }, ",");
  out << "]}";
  return text;
}

} // namespace mixc
