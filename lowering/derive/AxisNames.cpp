// Names of axes: the dim as written made an identifier, with a number behind it where that name is taken.
#include "lowering/derive/AxisNames.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace mixc;
using namespace mixc::derive;
using tile::Axis;
using tile::AxisKind;

/// `1+K*K` as an identifier: n1_K_K.
static std::string identifier(StringRef text) {
  std::string name = text.empty() || !llvm::isAlpha(text.front()) ? "n" : "";
  for (char c : text)
    name += llvm::isAlnum(c) ? c : '_';
  return name;
}

Axis AxisNames::get(AxisKind kind, StringRef text, int64_t extent) {
  auto key = std::make_tuple(kind, text.str(), extent);
  if (auto found = known.find(key); found != known.end())
    return found->second;
  Axis axis = fresh(kind, text, extent);
  known.try_emplace(key, axis);
  return axis;
}

Axis AxisNames::fresh(AxisKind kind, StringRef text, int64_t extent) {
  std::string base = identifier(text), name = base;
  for (int i = 1; !taken.insert(name).second; ++i)
    name = base + "_" + std::to_string(i);
  return {kind, StringAttr::get(context, name), extent};
}

SmallVector<std::string> derive::dimTexts(Value declared) {
  SmallVector<std::string> texts;
  Operation *op = declared.getDefiningOp();
  auto written = op ? op->getAttrOfType<ArrayAttr>(axesAttr) : ArrayAttr();
  for (auto [i, dim] : llvm::enumerate(cast<mix::TensorType>(declared.getType()).getDims()))
    texts.push_back(written && i < written.size() ? cast<StringAttr>(written[i]).getValue().str() : dim.str());
  return texts;
}

SmallVector<int64_t> derive::extents(Value value) {
  return llvm::map_to_vector(cast<mix::TensorType>(value.getType()).getDims(),
                             [](const mix::Dim &dim) { return dim.asNumber().value_or(0); });
}
