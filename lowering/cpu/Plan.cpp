#include "lowering/cpu/Plan.h"
#include "mlir/IR/Builders.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mixc;
using namespace mixc::cpu;

DictionaryAttr KernelPlan::toAttr(MLIRContext *context) const {
  Builder builder(context);
  return builder.getDictionaryAttr({builder.getNamedAttr("cpu", builder.getStringAttr(cpu)),
                                    builder.getNamedAttr("lanes", builder.getI64IntegerAttr(lanes)),
                                    builder.getNamedAttr("panel", builder.getStringAttr(panel)),
                                    builder.getNamedAttr("extent", builder.getI64IntegerAttr(extent)),
                                    builder.getNamedAttr("width", builder.getI64IntegerAttr(width)),
                                    builder.getNamedAttr("scratch", builder.getI64IntegerAttr(scratch))});
}

KernelPlan KernelPlan::of(tile::KernelOp kernel) {
  auto attr = kernel->getAttrOfType<DictionaryAttr>(planAttr);
  auto number = [&](StringRef name) { return attr.getAs<IntegerAttr>(name).getInt(); };
  return {attr.getAs<StringAttr>("cpu").str(),
          number("lanes"),
          attr.getAs<StringAttr>("panel").str(),
          number("extent"),
          number("width"),
          number("scratch")};
}

int64_t Layout::lanes(const KernelPlan &plan) const {
  if (axes.empty() || axes.back().extent == 1)
    return 1;
  return elementType.isF64() ? std::max<int64_t>(plan.lanes / 2, 1) : plan.lanes;
}

SmallVector<int64_t> Layout::shape(const KernelPlan &plan) const {
  SmallVector<int64_t> shape;
  bool panelLane = !axes.empty() && lane() == plan.panel;
  if (panelLane && !sliced)
    shape.push_back(plan.panels());
  for (const tile::Axis &axis : axes) {
    int64_t extent = axis.extent;
    if (axis.str() == plan.panel && (panelLane || sliced))
      extent = plan.width;
    shape.push_back(&axis == &axes.back() ? llvm::alignTo(extent, lanes(plan)) : extent);
  }
  if (axes.empty())
    shape.push_back(1);
  return shape;
}

bool Layout::padded(const KernelPlan &plan) const {
  int64_t entries = 1, slots = 1;
  for (const tile::Axis &axis : axes)
    entries *= sliced && axis.str() == plan.panel ? plan.width : axis.extent;
  for (int64_t extent : shape(plan))
    slots *= extent;
  return entries != slots || (sliced && plan.extent % plan.width);
}

int64_t Layout::bytes(const KernelPlan &plan) const {
  int64_t bytes = elementType.isF64() ? 8 : 4;
  for (int64_t extent : shape(plan))
    bytes *= extent;
  return llvm::alignTo(bytes, 64);
}

ArrayAttr Layout::names(MLIRContext *context) const {
  SmallVector<Attribute> names;
  for (const tile::Axis &axis : axes)
    names.push_back(axis.name);
  return ArrayAttr::get(context, names);
}

Layout Layout::of(tile::TileType type, ArrayAttr names, bool sliced) {
  Layout layout;
  layout.elementType = type.getElementType();
  layout.sliced = sliced;
  for (Attribute name : names)
    layout.axes.push_back(type.getAxes()[type.find(cast<StringAttr>(name).getValue())]);
  return layout;
}

int64_t mixc::cpu::largestDivisor(int64_t number, int64_t limit) {
  for (int64_t divisor = std::min(number, limit); divisor > 1; --divisor)
    if (number % divisor == 0)
      return divisor;
  return 1;
}
