// A named axis, and the enums of the tile dialect.
#ifndef MIXC_DIALECT_TILE_AXIS_H
#define MIXC_DIALECT_TILE_AXIS_H

#include "mlir/IR/BuiltinAttributes.h"

#include "dialect/tile/TileEnums.h.inc"

namespace mixc::tile {

/// A named axis of a tile.
struct Axis {
  AxisKind kind;
  mlir::StringAttr name;
  int64_t extent;

  llvm::StringRef str() const { return name.getValue(); }
  bool operator==(const Axis &other) const {
    return kind == other.kind && name == other.name && extent == other.extent;
  }
};
inline llvm::hash_code hash_value(const Axis &axis) {
  return llvm::hash_combine(static_cast<int>(axis.kind), axis.name, axis.extent);
}

} // namespace mixc::tile

#endif
