// The plan of a kernel: where its tiles lie and in which loop its ops run. Decided by `mix-plan-cpu`, kept as
// attributes, read by `mix-tile-to-vector`.
//
// On the kernel:  plan = {cpu = "znver4", lanes = 16, panel = "V", width = 16, scratch = 81920}
// On an op:       plan = {stage = 1, layout = ["time", "V"], sliced, offset = 4096}   or {stage = 1, fused}
//                 plan = {stage = 2, layout = ["V", "K"], turned, offset = 8192}: a copy with other lanes
// On tile.steps:  plan = {stage = 1, results = [{layout, sliced, offset | in_place, through}]}
//
// Tiles of a loop's body lie in one memory, those that are not needed at the same time in the same place.
//
// The carried tiles of tile.steps lie where their results do. One that is only handed on to another passes `through` a
// buffer of its own, since both change.
//
// Stages. Ops run in order of their stage. An odd stage is a loop over panels, slices of `width` entries of the panel
// axis (a value axis): key-side work, done once for all value channels, runs in the even stages between. A `sliced`
// tile holds one panel.
//
// Layouts. `layout` lists the axes, slowest first; the last is the lane axis, padded with zeros to whole vectors. A
// tile whose lane axis is the panel axis lies panel by panel: [panel][...][width].
#ifndef MIXC_LOWERING_CPU_PLAN_H
#define MIXC_LOWERING_CPU_PLAN_H

#include "dialect/tile/Tile.h"

namespace mixc::cpu {

/// The plan of a kernel.
struct KernelPlan {
  std::string cpu;     // what it was made for
  int64_t lanes = 1;   // float32 per vector
  std::string panel;   // the panel axis, empty if there is none
  int64_t extent = 1;  // of the panel axis
  int64_t width = 1;   // entries in a panel
  int64_t scratch = 0; // bytes

  int64_t panels() const { return (extent + width - 1) / width; }
  mlir::DictionaryAttr toAttr(mlir::MLIRContext *context) const;
  static KernelPlan of(tile::KernelOp kernel);
};

/// Where one tile lies.
struct Layout {
  llvm::SmallVector<tile::Axis> axes; // slowest first
  mlir::Type elementType;
  bool sliced = false;

  llvm::StringRef lane() const { return axes.empty() ? llvm::StringRef() : axes.back().str(); }
  /// Entries of a vector along the lane axis: one where that axis has one entry.
  int64_t lanes(const KernelPlan &plan) const;
  /// The buffer's shape, padding and panels included.
  llvm::SmallVector<int64_t> shape(const KernelPlan &plan) const;
  /// True if the buffer has entries that belong to no tile entry.
  bool padded(const KernelPlan &plan) const;
  int64_t bytes(const KernelPlan &plan) const;
  mlir::ArrayAttr names(mlir::MLIRContext *context) const;
  /// The layout of a type whose axes are ordered as `names` says.
  static Layout of(tile::TileType type, mlir::ArrayAttr names, bool sliced);
};

inline constexpr llvm::StringLiteral planAttr = "plan";

/// Ops that are values without a buffer: the lowering computes their entries where they are used.
inline bool isImmediate(mlir::Operation *op) {
  auto known = llvm::dyn_cast<tile::TileOpInterface>(op);
  return known && known.isImmediate();
}

/// The largest divisor of `number` that is at most `limit`, and at least 1.
int64_t largestDivisor(int64_t number, int64_t limit);

} // namespace mixc::cpu

#endif
