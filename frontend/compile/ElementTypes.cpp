#include "frontend/compile/ElementTypes.h"
#include "dialect/mix/ElementType.h"
#include "frontend/compile/Failure.h"
#include "frontend/sema/Suggest.h"
#include <fmt/format.h>
#include <set>

using namespace llvm;

namespace mixc {

Error addElementType(ElementTypes &types, const std::string &text) {
  auto [left, right] = StringRef(text).split('=');
  const bool isNamed = StringRef(text).contains('=');
  const std::string type = (isNamed ? right : left).str();
  if ((type != "f32" && type != "bf16" && type != "f16") || (isNamed && left.empty()))
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

static void roundArray(mix::Arrays &arrays, mlir::Operation &op) {
  if (auto array = arrays.find(declaredName(op).str()); array != arrays.end())
    for (double &number : array->second.data)
      number = mix::roundTo(mix::elementTypeOf(&op), number);
}

/// Histories too, which are no declarations.
static void roundToFloats(mix::Arrays &states) {
  for (auto &[name, array] : states)
    for (double &number : array.data)
      number = static_cast<float>(number);
}

void roundToStorage(mix::MixerOp mixer, mix::Call &call) {
  for (mlir::Operation &op : mixer.step())
    if (!declaredName(op).empty() && !isa<mix::OutputOp>(op))
      roundArray(isa<mix::InputOp>(op) ? call.inputs : isa<mix::ParamOp>(op) ? call.params : call.initial, op);
  roundToFloats(call.initial);
}

void roundToStorage(mix::MixerOp mixer, mix::Cotangents &cotangents) {
  for (mlir::Operation &op : mixer.step())
    if (isa<mix::OutputOp, mix::StateOp>(op))
      roundArray(isa<mix::OutputOp>(op) ? cotangents.outputs : cotangents.final, op);
  roundToFloats(cotangents.final);
}

std::string elementTypeOf(mix::MixerOp mixer, const std::string &name) {
  for (mlir::Operation &op : mixer.step())
    if (isa<mix::OutputOp, mix::StateOp>(op) && declaredName(op) == name)
      return mix::nameOfElementType(mix::elementTypeOf(&op)).str();
  return "f32";
}

} // namespace mixc
