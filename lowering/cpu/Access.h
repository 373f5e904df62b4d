// Entries and vectors of tiles, seen from a scope: the only code that knows how a layout becomes an address.
#ifndef MIXC_LOWERING_CPU_ACCESS_H
#define MIXC_LOWERING_CPU_ACCESS_H

#include "lowering/cpu/Code.h"
#include "lowering/cpu/Scope.h"
#include "lowering/cpu/Tiles.h"
#include <map>

namespace mixc::cpu {

/// Where along each axis: an index value by axis name. Of the panel axis: the entry within the present panel.
class Point {
public:
  Point with(llvm::StringRef axis, mlir::Value index) const {
    Point point = *this;
    point.indices[axis.str()] = index;
    return point;
  }
  mlir::Value at(llvm::StringRef axis) const {
    auto it = indices.find(axis.str());
    return it == indices.end() ? mlir::Value() : it->second;
  }

private:
  std::map<std::string, mlir::Value> indices;
};

/// Axes that an op sums over, as a type has them.
llvm::SmallVector<tile::Axis> axesNamed(tile::TileType type, mlir::ArrayAttr names);

class Access : public Code {
public:
  Access(const Scope &scope, Tiles &tiles, mlir::Location loc)
      : Code(scope.frame->b, loc), scope(scope), tiles(tiles) {}
  Access within(const Scope &inner) const { return {inner, tiles, loc}; }

  const KernelPlan &plan() const { return scope.plan(); }
  const Place &place(mlir::Value tile) const { return tiles.place(tile); }
  /// The place that the plan of a tile says; `block`: whose arguments `in_place` counts.
  Place planned(tile::TileType type, tile::PlaceAttr plan, mlir::Block *block) const;
  mlir::Value scratchBuffer(const Layout &layout, int64_t offset) const;
  /// Gives a tile the place of its plan, if it has none yet.
  void define(mlir::Value tile) const;

  /// n entries along `lane` from the point on; a tile without that axis is broadcast.
  mlir::Value fetch(mlir::Value tile, const Point &point, llvm::StringRef lane, int64_t n) const;
  mlir::Value fetch(const Place &from, const Point &point, llvm::StringRef lane, int64_t n) const;
  mlir::Value fetchEntry(mlir::Value tile, const Point &point) const;
  mlir::Value fetchEntry(const Place &from, const Point &point) const;
  void put(mlir::Value tile, const Point &point, mlir::Value vector) const { put(place(tile), point, vector); }
  void put(const Place &to, const Point &point, mlir::Value vector) const;
  void putEntry(mlir::Value tile, const Point &point, mlir::Value entry) const { putEntry(place(tile), point, entry); }
  void putEntry(const Place &to, const Point &point, mlir::Value entry) const;
  /// Writes a tile of which `from` gives n entries along a lane axis from a point on; with `row`, into that row.
  void copy(const Place &to, std::optional<mlir::Value> row,
            llvm::function_ref<mlir::Value(const Point &, llvm::StringRef, int64_t)> from) const;
  void copy(const Place &to, std::optional<mlir::Value> row, mlir::Value from) const;
  void copy(const Place &to, std::optional<mlir::Value> row, const Place &from) const;

  /// Which of n lanes from the point on are entries of the tile; none if all are.
  std::optional<mlir::Value> laneMask(const Layout &layout, const Point &point, int64_t n) const;
  /// Zero in the padding: `vector` at this point of a tile of this layout.
  mlir::Value clearPadding(const Layout &layout, const Point &point, mlir::Value vector, double pad = 0) const;
  /// Is the row a token? That of the point, or else the present one; of the point's sequence, where there is a block.
  mlir::Value rowIsValid(const Point &point) const;
  mlir::Value rowIsValid(mlir::Value row) const;
  /// Are all rows of the chunk?
  mlir::Value isFull() const;

  int64_t extent(const tile::Axis &axis) const;
  /// Where a point lies along an axis of the whole tile: in a panel, its start included.
  mlir::Value position(const Point &point, llvm::StringRef axis) const;

  /// For every row of the tile, every vector along its lane axis: body(point, entries of the vector).
  void forEachVector(const Layout &layout, llvm::function_ref<void(const Point &, int64_t)> body) const;
  void forEachEntry(llvm::ArrayRef<tile::Axis> axes, llvm::function_ref<void(const Point &)> body,
                    Point point = {}) const;
  /// Along an axis, a panel at a time where it is that of the panels: body(in it, index, what is carried).
  Values loopAlong(const tile::Axis &axis, int64_t step, mlir::ValueRange start,
                   llvm::function_ref<Values(const Access &, mlir::Value, mlir::ValueRange)> body) const;

  const Scope scope;
  Tiles &tiles;

private:
  llvm::SmallVector<mlir::Value> indices(const Place &place, const Point &point) const;
};

/// Vectors of a tile whose lanes may be apart: of the axes across others, along which something is carried. Where such
/// an axis is the lane axis itself, they are entries.
struct LanesAcross {
  LanesAcross(const Access &in, const Layout &to, llvm::ArrayRef<llvm::StringRef> along);

  llvm::StringRef lane() const { return areApart ? llvm::StringRef("none") : layout.lane(); }
  mlir::Value fetch(const Access &in, mlir::Value tile, const Point &point, int64_t n) const;
  void put(const Access &in, const Layout &to, mlir::Value tile, const Point &point, mlir::Value vector) const;

  Layout layout; // of the axes across
  bool areApart;
};

} // namespace mixc::cpu

#endif
