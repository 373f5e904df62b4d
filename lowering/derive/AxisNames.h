// Names of a kernel's axes: one name for each (kind, dim as the user wrote it, extent), unique in the kernel.
//
// Two components whose key axes are both the user's K share one axis, so what is loaded along it is shared too. A key
// and a value axis of one dim (matrix<K, K>) are two axes: `K` and `K_1`.
#ifndef MIXC_LOWERING_DERIVE_AXIS_NAMES_H
#define MIXC_LOWERING_DERIVE_AXIS_NAMES_H

#include "dialect/mix/Mix.h"
#include "dialect/tile/Tile.h"
#include <map>
#include <set>
#include <tuple>

namespace mixc::derive {

using Axes = llvm::SmallVector<tile::Axis, 2>;

/// On declarations, set by mix-bind-dims: the dims as written, before they became numbers.
inline constexpr llvm::StringLiteral axesAttr = "mix.axes";

class AxisNames {
public:
  explicit AxisNames(mlir::MLIRContext *context) : context(context) {}

  /// The axis of this kind along the dim `text` (`1+K`, `64`).
  tile::Axis get(tile::AxisKind kind, llvm::StringRef text, int64_t extent);
  /// A further axis of that extent, different from all others.
  tile::Axis fresh(tile::AxisKind kind, llvm::StringRef text, int64_t extent);
  tile::Axis operator()(const tile::Axis &like) { return fresh(like.kind, like.str(), like.extent); }

private:
  mlir::MLIRContext *context;
  std::map<std::tuple<tile::AxisKind, std::string, int64_t>, tile::Axis> known;
  std::set<std::string> taken = {"time", "source", "seq"};
};

/// The dims of a declaration as the user wrote them; numbers where that is unknown.
llvm::SmallVector<std::string> dimTexts(mlir::Value declared);
/// The extents of a value whose dims are bound.
llvm::SmallVector<int64_t> extents(mlir::Value value);

} // namespace mixc::derive

#endif
