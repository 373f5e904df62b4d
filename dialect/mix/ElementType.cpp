#include "dialect/mix/ElementType.h"
#include "mlir/IR/BuiltinAttributes.h"

using namespace mlir;

namespace mixc::mix {

Type elementTypeOf(Operation *declaration) {
  auto type = declaration->getAttrOfType<TypeAttr>(elementTypeAttr);
  return type ? type.getValue() : Float32Type::get(declaration->getContext());
}

Type historyTypeOf(Operation *input) { return Float32Type::get(input->getContext()); }

void setElementType(Operation *declaration, Type type) {
  if (type.isF32())
    declaration->removeAttr(elementTypeAttr);
  else
    declaration->setAttr(elementTypeAttr, TypeAttr::get(type));
}

Type elementTypeNamed(MLIRContext *context, llvm::StringRef name) {
  if (name == "f32")
    return Float32Type::get(context);
  if (name == "bf16")
    return BFloat16Type::get(context);
  if (name == "f16")
    return Float16Type::get(context);
  return {};
}

llvm::StringRef nameOfElementType(Type type) { return type.isBF16() ? "bf16" : type.isF16() ? "f16" : "f32"; }

double roundTo(Type type, double number) {
  if (type.isF32())
    return static_cast<float>(number);
  llvm::APFloat rounded(number);
  bool loses;
  rounded.convert(cast<FloatType>(type).getFloatSemantics(), llvm::APFloat::rmNearestTiesToEven, &loses);
  rounded.convert(llvm::APFloat::IEEEdouble(), llvm::APFloat::rmNearestTiesToEven, &loses);
  return rounded.convertToDouble();
}

} // namespace mixc::mix
