// Builds tile ops: finds result types from axis names, and drops work that does nothing (adding 0, multiplying by 1).
//
// Axes of a result: time, source, then the others in order of appearance. Element types are f32; mix-infer-precision
// raises what must be.
#ifndef MIXC_LOWERING_DERIVE_TILE_BUILDER_H
#define MIXC_LOWERING_DERIVE_TILE_BUILDER_H

#include "lowering/derive/AxisNames.h"
#include "mlir/IR/Builders.h"

namespace mixc::derive {

/// number * (the product of `factors`), factors broadcast by name.
struct Product {
  double number = 1;
  llvm::SmallVector<mlir::Value, 3> factors;
  Product() = default;
  Product(double number, std::initializer_list<mlir::Value> list = {}) : number(number) {
    for (mlir::Value factor : list)
      if (factor)
        factors.push_back(factor);
  }
};

class TileBuilder {
public:
  TileBuilder(mlir::OpBuilder &builder, mlir::Location loc, int64_t chunk);

  mlir::OpBuilder &ops() { return builder; }
  mlir::Location getLoc() const { return loc; }
  void setLoc(mlir::Location at) { loc = at; }

  tile::Axis time() const { return timeAxis; }
  tile::Axis source() const { return sourceAxis; }
  int64_t chunk() const { return timeAxis.extent; }
  static llvm::ArrayRef<tile::Axis> axesOf(mlir::Value x) { return llvm::cast<tile::TileType>(x.getType()).getAxes(); }
  static bool has(mlir::Value x, const tile::Axis &axis) { return llvm::is_contained(axesOf(x), axis); }
  tile::TileType type(llvm::ArrayRef<tile::Axis> axes) const;

  mlir::Value constant(double number, llvm::ArrayRef<tile::Axis> axes = {});
  mlir::Value iota(tile::Axis axis);
  mlir::Value valid();

  using Body = llvm::function_ref<mlir::Value(mlir::OpBuilder &, mlir::Location, mlir::ValueRange)>;
  /// Elementwise, with the operands' axes or `axes`.
  mlir::Value map(mlir::ValueRange inputs, Body body);
  mlir::Value map(mlir::ValueRange inputs, Body body, llvm::ArrayRef<tile::Axis> axes);
  /// The sum of products, on the axes `axes` if given; the constant tile 0 of no products.
  mlir::Value sum(llvm::ArrayRef<Product> products, std::optional<llvm::ArrayRef<tile::Axis>> axes = std::nullopt);
  mlir::Value in64(mlir::Value x);
  /// x in float32, at most `most` in size.
  mlir::Value bounded(mlir::Value x, double most);
  mlir::Value select(mlir::Value mask, mlir::Value x, mlir::Value y);
  /// 1 where the two axes' positions agree, 0 elsewhere.
  mlir::Value diagonal(tile::Axis x, tile::Axis y);
  /// x on exactly these axes, in this order, broadcast to those that it lacks.
  mlir::Value on(mlir::Value x, llvm::ArrayRef<tile::Axis> axes);
  /// x with these axes too.
  mlir::Value with(mlir::Value x, llvm::ArrayRef<tile::Axis> axes);

  /// sum over `over` of a b, plus acc. Operands and acc are broadcast as needed.
  mlir::Value contract(mlir::Value a, mlir::Value b, llvm::ArrayRef<tile::Axis> over, mlir::Value acc = {},
                       tile::Mask mask = tile::Mask::None);
  mlir::Value reduce(tile::ReduceKind kind, mlir::Value x, llvm::ArrayRef<tile::Axis> over);
  mlir::Value recur(mlir::Value a, mlir::Value b, mlir::Value init, bool reverse, bool exclusive, double most = 0,
                    int64_t blocks = 0);
  /// x_1 x_2 .. x_C.
  mlir::Value productOverTime(mlir::Value x, double most);
  /// X + tril(l, -1) X = b; with unknowns along the first of two axes, that l takes to the second.
  mlir::Value solve(mlir::Value l, mlir::Value b,
                    std::optional<std::pair<tile::Axis, tile::Axis>> mixing = std::nullopt);
  /// Tiles side by side along a new axis; null is 0.
  mlir::Value stack(llvm::ArrayRef<mlir::Value> tiles, tile::Axis axis);
  /// Entry i of an axis, without it.
  mlir::Value entry(mlir::Value x, tile::Axis axis, int64_t i);
  /// Row `index` of the time axis, or x itself if it has none.
  mlir::Value row(mlir::Value x, int64_t index);
  mlir::Value rename(mlir::Value x, tile::Axis from, tile::Axis to);
  /// All at once, so that names may change places. Scratch names come from `names`.
  mlir::Value rename(mlir::Value x, llvm::ArrayRef<tile::Axis> from, llvm::ArrayRef<tile::Axis> to, AxisNames &names);
  mlir::Value split(mlir::Value x, tile::Axis axis, int64_t from, int64_t extent);
  mlir::Value join(mlir::ValueRange parts, tile::Axis axis);

private:
  llvm::SmallVector<tile::Axis> ordered(llvm::ArrayRef<tile::Axis> axes) const;

  mlir::OpBuilder &builder;
  mlir::Location loc;
  tile::Axis timeAxis, sourceAxis;
};

} // namespace mixc::derive

#endif
