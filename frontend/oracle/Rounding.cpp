#include "frontend/oracle/Rounding.h"
#include "dialect/mix/ElementType.h"

using namespace llvm;

namespace mixc {

/// The name of a declaration, of a member its family's; empty of any other op.
static StringRef declaredName(mlir::Operation &op) {
  return isa<mix::InputOp, mix::ParamOp, mix::StateOp, mix::OutputOp>(op) ? mix::homeOf(&op).tensor : StringRef();
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
