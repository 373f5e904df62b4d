// Segment products of a scalar decay a, by running products: no division, so a = 0 is exact.
//
//     D(0,t-1] = recur(a, 0, init 1), exclusive            D(t,C] the same, reverse and exclusive
//     D(0,C]   = last row of recur(a, 0, init 1)           D(s,t-1] = recur(a, [t = s]), exclusive
#include "lowering/derive/ChunkedComponent.h"

using namespace mlir;
using namespace mixc;
using namespace mixc::derive;

Value ChunkContext::valid() { return mask ? mask : mask = parts.tiles.valid(); }

const Segments &ChunkContext::segments(Value transition) {
  auto [at, isNew] = products.try_emplace(transition.getAsOpaquePointer());
  Segments &segments = at->second;
  if (!isNew)
    return segments;
  TileBuilder &tiles = parts.tiles;
  Value one = tiles.constant(1), zero = tiles.constant(0, tiles.time());
  Value given = tiles.with(parts.local.scalar(transition), tiles.time());
  Value a = tiles.select(valid(), given, one);
  segments.before = tiles.recur(a, zero, one, /*reverse=*/false, /*exclusive=*/true);
  segments.after = tiles.recur(a, zero, one, /*reverse=*/true, /*exclusive=*/true);
  segments.whole = tiles.row(tiles.recur(a, zero, one, /*reverse=*/false, /*exclusive=*/false), tiles.chunk() - 1);
  segments.between =
      tiles.recur(a, tiles.diagonal(tiles.time(), tiles.source()), {}, /*reverse=*/false, /*exclusive=*/true);
  return segments;
}

Value ChunkContext::written(Value direction, tile::Axis key) {
  Value &u = directions[{direction.getAsOpaquePointer(), key.str().str()}];
  TileBuilder &tiles = parts.tiles;
  if (!u)
    u = tiles.select(valid(), tiles.with(parts.local.emit(direction, key), key), tiles.constant(0));
  return u;
}

Value ChunkContext::pairs(Value p, Value u, tile::Axis key) {
  Value &dots = paired[{p.getAsOpaquePointer(), u.getAsOpaquePointer()}];
  TileBuilder &tiles = parts.tiles;
  if (!dots)
    dots = tiles.contract(p, tiles.rename(u, tiles.time(), tiles.source()), key, {}, tile::Mask::Strict);
  return dots;
}
