// The plan of a kernel: where its tiles lie and in which loop its ops run. Decided by the passes of this folder and by
// those of a target, one fact each, kept as `tile.plan` (dialect/tile/TilePlan.td), read by what lowers kernels.
//
// Stages. Ops run in order of their stage. An odd stage is a loop over panels, slices of `width` entries of the panel
// axis (a value axis): key-side work, done once for all value channels, runs in the even stages between. A `sliced`
// tile holds one panel.
//
// Layouts list the axes, slowest first; the last is the lane axis, padded with zeros to whole vectors. A tile whose
// lane axis is the panel axis lies panel by panel: [panel][...][width].
//
// Places. Tiles of a loop's body lie in one memory, those that are not needed at the same time in the same place. The
// carried tiles of tile.steps lie where their results do. One that is only handed on to another passes `through` a
// buffer of its own, since both change.
#ifndef MIXC_LOWERING_PLAN_PLAN_H
#define MIXC_LOWERING_PLAN_PLAN_H

#include "dialect/tile/Tile.h"

namespace mixc::plan {

/// The plan of a kernel.
struct KernelPlan {
  std::string target;  // what it was made for
  int64_t lanes = 1;   // float32 per vector
  std::string panel;   // the panel axis, empty if there is none
  int64_t extent = 1;  // of the panel axis
  int64_t width = 1;   // entries in a panel
  std::string lane;    // the lane axis of tiles that have it, empty if it is chosen for each
  int64_t scratch = 0; // bytes

  int64_t panels() const { return (extent + width - 1) / width; }
  tile::KernelPlanAttr toAttr(mlir::MLIRContext *context) const;
  /// Of a kernel that has one.
  static KernelPlan of(tile::KernelOp kernel);
  void setOn(tile::KernelOp kernel) const { kernel->setAttr(tile::planAttrName, toAttr(kernel.getContext())); }

  /// Is it a tile with the panel axis?
  bool hasPanel(mlir::Type type) const;
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
  static Layout of(tile::TileType type, tile::PlaceAttr place) {
    return of(type, place.getLayout(), place.getSliced());
  }
};

/// Ops that are values without a buffer: the lowering computes their entries where they are used.
inline bool isImmediate(mlir::Operation *op) {
  return llvm::isa<tile::ConstantOp, tile::IotaOp, tile::ValidOp, tile::PresentOp>(op);
}
/// A loop whose body has no loops over chunks: its ops run stage by stage, else one after the other.
inline bool isInnermost(mlir::Block *block) {
  return llvm::isa<tile::ChunksOp>(block->getParentOp()) && block->getOps<tile::ChunksOp>().empty();
}
/// Does it sum over the panel axis?
bool isOverPanel(mlir::Operation *op, const KernelPlan &plan);
/// Cuts, renames, turns or sums over the panel axis itself, so it works on whole tiles between the panel loops.
bool isWhole(mlir::Operation *op, const KernelPlan &plan);
/// The op whose accumulators start with a fused one; any other op itself.
mlir::Operation *whereComputed(mlir::Operation *op);

/// The body of the kernel, then those of its loops over chunks.
llvm::SmallVector<mlir::Block *> blocksOf(tile::KernelOp kernel);
/// The ops of a block that have plans: all but loops over chunks and what ends it.
llvm::SmallVector<mlir::Operation *> plannedOps(mlir::Block &block);
inline void setPlan(mlir::Operation *op, tile::PlanAttr plan) { op->setAttr(tile::planAttrName, plan); }

/// The same tile in a buffer of its own.
mlir::Value copyOf(mlir::OpBuilder &builder, mlir::Value tile);

/// The largest divisor of `number` that is at most `limit`, and at least 1.
int64_t largestDivisor(int64_t number, int64_t limit);

} // namespace mixc::plan

#endif
