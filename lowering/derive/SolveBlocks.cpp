// Several writes a token, all coupled: block elimination with one triangular solve for each.
//
//     for m = 0, 1, ...        X_mn = (I + L_mm)^-1 L_mn for n > m,   Z_m = (I + L_mm)^-1 B_m
//         for k > m            L_kn -= L_km X_mn,                     B_k -= L_km Z_m
//     for m = ..., 1, 0        w_m = Z_m - sum_{n>m} X_mn w_n
//
// Every block is strictly lower triangular, and so are products of them: each I + L_mm stays unit lower triangular, no
// pivot is divided by.
#include "lowering/derive/ChunkedComponent.h"

using namespace mlir;
using namespace mixc;
using namespace mixc::derive;
using tile::Axis;
using tile::AxisKind;

namespace {

class Blocks {
public:
  Blocks(TileBuilder &tiles, AxisNames &names)
      : tiles(tiles), column(names.get(AxisKind::Free, "column", tiles.chunk())) {}

  /// (I + l)^-1 b on [time, ...].
  Value solve(Value l, Value b) { return l ? tiles.solve(l, b) : b; }

  /// (I + l)^-1 x for a matrix x on [time, source].
  Value solveMatrix(Value l, Value x) {
    return tiles.rename(solve(l, tiles.rename(x, tiles.source(), column)), column, tiles.source());
  }

  /// x y, for y a matrix on [time, source].
  Value multiply(Value x, Value y) {
    Value right = tiles.rename(tiles.rename(y, tiles.source(), column), tiles.time(), tiles.source());
    return tiles.rename(tiles.contract(x, right, tiles.source(), {}, tile::Mask::Strict), column, tiles.source());
  }

  /// x y, for y on [time, value].
  Value apply(Value x, Value y) {
    return tiles.contract(x, tiles.rename(y, tiles.time(), tiles.source()), tiles.source(), {}, tile::Mask::Strict);
  }

  Value minus(Value x, Value y) {
    SmallVector<Product> difference = {Product(-1, {y})};
    if (x)
      difference.insert(difference.begin(), Product(1, {x}));
    return tiles.sum(difference);
  }

private:
  TileBuilder &tiles;
  Axis column;
};

} // namespace

SmallVector<Value> derive::solveBlocks(TileBuilder &tiles, AxisNames &names, std::vector<std::vector<Value>> l,
                                       SmallVector<Value> b) {
  Blocks blocks(tiles, names);
  unsigned count = b.size();
  for (unsigned m = 0; m < count; ++m) {
    for (unsigned n = m + 1; n < count; ++n)
      if (l[m][n])
        l[m][n] = blocks.solveMatrix(l[m][m], l[m][n]);
    b[m] = blocks.solve(l[m][m], b[m]);
    for (unsigned k = m + 1; k < count; ++k) {
      if (!l[k][m])
        continue;
      for (unsigned n = m + 1; n < count; ++n)
        if (l[m][n])
          l[k][n] = blocks.minus(l[k][n], blocks.multiply(l[k][m], l[m][n]));
      b[k] = blocks.minus(b[k], blocks.apply(l[k][m], b[m]));
    }
  }
  for (unsigned m = count; m-- > 0;)
    for (unsigned n = m + 1; n < count; ++n)
      if (l[m][n])
        b[m] = blocks.minus(b[m], blocks.apply(l[m][n], b[n]));
  return b;
}
