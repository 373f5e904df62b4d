// The JSON that `NAME_describe` returns: what a caller who has no header needs to build the argument structs.
#include "lowering/emit/Interface.h"
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

json::Object describeTensor(const TensorInfo &tensor) {
  json::Object object{
      {"name", tensor.name},         {"field", tensor.field},    {"role", tile::stringifyRole(tensor.role)},
      {"dtype", tensor.elementType}, {"layout", layout(tensor)}, {"offset", 8 * int64_t(tensor.slot)}};
  if (tensor.lo)
    object["interval"] = json::Array{bound(*tensor.lo), bound(*tensor.hi)};
  if (!tensor.start.empty() && !tensor.isGradient() && tensor.role != tile::Role::FinalGrad)
    object["start"] = tensor.start;
  if (tensor.isOptional())
    object["optional"] = true;
  return object;
}

} // namespace

// The fingerprint is of what is said here, but for the CPU, for scratch memory, which depends on it, and for itself.
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
      tensors.push_back(describeTensor(tensor));
    entries.push_back(
        json::Object{{"entry", entry.name()}, {"size", 8 * int64_t(entry.slots)}, {"tensors", std::move(tensors)}});
    if (isWhole)
      (*entries.back().getAsObject())["scratch"] = entry.scratchBytes;
  }
  json::Object whole{{"name", mixer.name},
                     {"target", "cpu"},
                     {"dims", std::move(dims)},
                     {"class", std::move(classes)},
                     {"entries", std::move(entries)}};
  if (isWhole) {
    whole["cpu"] = cpu;
    whole["fingerprint"] = mixer.fingerprintText();
  }
  std::string text;
  raw_string_ostream(text) << json::Value(std::move(whole));
  return text;
}

} // namespace mixc
