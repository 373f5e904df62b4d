// Builds tile ops: finds result types from axis names, and drops work that does nothing (adding 0, multiplying by 1).
//
// Axes of a result: time, source, then the others in order of appearance. Element types are f32; mix-infer-precision
// raises what must be. What is made of tiles that are there (cotangents, say) keeps their type and their order of axes.
#ifndef MIXC_DIALECT_TILE_TILEBUILDER_H
#define MIXC_DIALECT_TILE_TILEBUILDER_H

#include "dialect/tile/Tile.h"
#include "mlir/IR/Builders.h"

namespace mixc::tile {

/// The type of a tile.
inline TileType typeOf(mlir::Value tile) { return llvm::cast<TileType>(tile.getType()); }

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

/// A scalar constant, in the region of a map.
mlir::Value scalarConstant(mlir::OpBuilder &builder, mlir::Location loc, mlir::Type type, double number);

class TileBuilder {
public:
  /// In a chunk of so many tokens.
  TileBuilder(mlir::OpBuilder &builder, mlir::Location loc, int64_t chunk);
  /// Where tiles that are there say how many tokens a chunk has.
  TileBuilder(mlir::OpBuilder &builder, mlir::Location loc) : TileBuilder(builder, loc, 1) {}

  mlir::OpBuilder &ops() { return builder; }
  mlir::Location getLoc() const { return loc; }
  void setLoc(mlir::Location at) { loc = at; }

  Axis time() const { return timeAxis; }
  Axis source() const { return sourceAxis; }
  int64_t chunk() const { return timeAxis.extent; }
  static llvm::ArrayRef<Axis> axesOf(mlir::Value x) { return typeOf(x).getAxes(); }
  static bool has(mlir::Value x, const Axis &axis) { return llvm::is_contained(axesOf(x), axis); }
  TileType type(llvm::ArrayRef<Axis> axes) const;

  mlir::Value constant(double number, llvm::ArrayRef<Axis> axes = {});
  mlir::Value iota(Axis axis);
  mlir::Value valid();

  using Body = llvm::function_ref<mlir::Value(mlir::OpBuilder &, mlir::Location, mlir::ValueRange)>;
  /// Elementwise, with the operands' axes or `axes`.
  mlir::Value map(mlir::ValueRange inputs, Body body);
  mlir::Value map(mlir::ValueRange inputs, Body body, llvm::ArrayRef<Axis> axes);
  mlir::Value map(mlir::ValueRange inputs, Body body, TileType result);
  /// The sum of products, on the axes `axes` if given; the constant tile 0 of no products.
  mlir::Value sum(llvm::ArrayRef<Product> products, std::optional<llvm::ArrayRef<Axis>> axes = std::nullopt);
  mlir::Value in64(mlir::Value x);
  /// x in float32, at most `most` in size.
  mlir::Value bounded(mlir::Value x, double most);
  mlir::Value select(mlir::Value mask, mlir::Value x, mlir::Value y);
  /// 1 where the two axes' positions agree, 0 elsewhere.
  mlir::Value diagonal(Axis x, Axis y);
  /// x on exactly these axes, in this order, broadcast to those that it lacks.
  mlir::Value on(mlir::Value x, llvm::ArrayRef<Axis> axes);
  /// x with these axes too.
  mlir::Value with(mlir::Value x, llvm::ArrayRef<Axis> axes);

  /// sum over `over` of a b, plus acc. Operands and acc are broadcast as needed.
  mlir::Value contract(mlir::Value a, mlir::Value b, llvm::ArrayRef<Axis> over, mlir::Value acc = {},
                       Mask mask = Mask::None);
  mlir::Value reduce(ReduceKind kind, mlir::Value x, llvm::ArrayRef<Axis> over);
  mlir::Value recur(mlir::Value a, mlir::Value b, mlir::Value init, bool reverse, bool exclusive, double most = 0,
                    int64_t blocks = 0);
  /// x_1 x_2 .. x_C.
  mlir::Value productOverTime(mlir::Value x, double most);
  /// X + tril(l, -1) X = b; with unknowns along the first of two axes, that l takes to the second.
  mlir::Value solve(mlir::Value l, mlir::Value b, std::optional<std::pair<Axis, Axis>> mixing = std::nullopt);
  /// Tiles side by side along a new axis; null is 0.
  mlir::Value stack(llvm::ArrayRef<mlir::Value> tiles, Axis axis);
  /// Entry i of an axis, without it.
  mlir::Value entry(mlir::Value x, Axis axis, int64_t i);
  /// Row `index` of the time axis, or x itself if it has none.
  mlir::Value row(mlir::Value x, int64_t index);
  mlir::Value rename(mlir::Value x, Axis from, Axis to);
  /// All at once, so that names may change places; then by way of axes that are like these, and that no tile has.
  mlir::Value rename(mlir::Value x, llvm::ArrayRef<Axis> from, llvm::ArrayRef<Axis> to,
                     llvm::function_ref<Axis(const Axis &like)> fresh);
  mlir::Value split(mlir::Value x, Axis axis, int64_t from, int64_t extent);
  mlir::Value join(mlir::ValueRange parts, Axis axis);

  //===-- In the operands' type and their order of axes ---------------------------------------------------------===//

  mlir::Value zero(TileType type);
  /// 0, without axes.
  mlir::Value zeroEntry(mlir::Type elementType) { return zero(TileType::get(builder.getContext(), {}, elementType)); }
  mlir::Value add(mlir::Value x, mlir::Value y);
  mlir::Value multiply(mlir::Value x, mlir::Value y);
  mlir::Value negate(mlir::Value x);
  /// x where the mask is set, else 0; and the other way round.
  mlir::Value where(mlir::Value mask, mlir::Value x);
  mlir::Value whereNot(mlir::Value mask, mlir::Value x);
  /// x repeated along the axes that it lacks: the adjoint of summing.
  mlir::Value broadcast(mlir::Value x, TileType type);
  /// x summed over the axes that `type` lacks: the adjoint of broadcasting.
  mlir::Value sumTo(mlir::Value x, TileType type);

private:
  llvm::SmallVector<Axis> ordered(llvm::ArrayRef<Axis> axes) const;

  mlir::OpBuilder &builder;
  mlir::Location loc;
  Axis timeAxis, sourceAxis;
};

} // namespace mixc::tile

#endif
