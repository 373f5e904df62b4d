#include "frontend/compile/ElementTypes.h"
#include "dialect/mix/ElementType.h"
#include "frontend/compile/Failure.h"
#include "frontend/sema/Suggest.h"
#include <fmt/format.h>
#include <set>

using namespace llvm;

namespace mixc {

static bool isElementType(StringRef word) { return word == "f32" || word == "bf16" || word == "f16"; }

Error checkElementTypes(const ElementTypes &types) {
  std::vector<std::string> words{types.all};
  for (const auto &[name, word] : types.named)
    words.push_back(word);
  for (const std::string &word : words)
    if (!isElementType(word))
      return usageError(fmt::format("there is no element type `{}`: expected f32, bf16 or f16", word));
  return Error::success();
}

Error addElementType(ElementTypes &types, const std::string &text) {
  auto [left, right] = StringRef(text).split('=');
  const bool isNamed = StringRef(text).contains('=');
  const std::string type = (isNamed ? right : left).str();
  if (!isElementType(type) || (isNamed && left.empty()))
    return usageError(fmt::format("`--dtype={}`: expected f32, bf16 or f16, or NAME=bf16", text));
  if (!isNamed) {
    types.all = type;
    return Error::success();
  }
  if (auto [entry, isNew] = types.named.try_emplace(left.str(), type); !isNew && entry->second != type)
    return usageError(fmt::format("`--dtype={}`: `{}` is {} already", text, left.str(), entry->second));
  return Error::success();
}

/// The name of a declaration, of a member its family's; empty of any other op.
static StringRef declaredName(mlir::Operation &op) {
  return isa<mix::InputOp, mix::ParamOp, mix::StateOp, mix::OutputOp>(op) ? mix::homeOf(&op).tensor : StringRef();
}

Error setElementTypes(mlir::ModuleOp module, const ElementTypes &types) {
  if (types.areDefault())
    return Error::success();
  mlir::MLIRContext *context = module.getContext();
  std::set<std::string> declared;
  for (mix::MixerOp mixer : module.getOps<mix::MixerOp>())
    for (mlir::Operation &op : mixer.step()) {
      const std::string name = declaredName(op).str();
      if (name.empty())
        continue;
      declared.insert(name);
      auto input = dyn_cast<mix::InputOp>(op);
      const bool followsAll = isa<mix::OutputOp>(op) || (input && !input.getLo());
      if (auto named = types.named.find(name); named != types.named.end())
        mix::setElementType(&op, mix::elementTypeNamed(context, named->second));
      else if (followsAll)
        mix::setElementType(&op, mix::elementTypeNamed(context, types.all));
    }
  for (const auto &[name, type] : types.named)
    if (!declared.count(name)) {
      const std::string near = nearest(name, {declared.begin(), declared.end()});
      return usageError(fmt::format("`--dtype {}={}`: no mixer declares `{}`", name, type, name),
                        near.empty() ? "" : fmt::format("did you mean `{}`?", near));
    }
  return Error::success();
}

} // namespace mixc
