// Segment products of a decay a, by running products: no division, so a = 0 is exact.
//
//     D(0,t-1] = recur(a, 0, init 1), exclusive            D(t,C] the same, reverse and exclusive
//     D(0,C]   = a_1 a_2 .. a_C                            D(s,t-1] = recur(a [t > s], [t = s]), exclusive
//
// D(0,C] multiplies the state, chunk after chunk, so mix-infer-precision makes it more exact than float32.
//
// Where gates may be above 1 in size, what their products multiply is bounded: a product that overflows, of a memory
// that is empty, leaves 0 and not no number.
//
// A decay along the key axis cannot leave the sum over keys, p_t' D(s,t-1] u_s = sum_k p_tk D_k(s,t-1] u_sk. The chunk
// is halved, recursively: tokens t of a right half meet tokens s of the left one at the middle m between them,
//
//     p_t' D(s,t-1] u_s = (D(m-1,t-1] p_t)' (D(s,m-1] u_s)
//
// one matmul a level, whose factors are products of decays alone: at most 1 where the decay is.
#include "lowering/derive/ChunkContext.h"
#include "lowering/Rules.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace mixc;
using namespace mixc::derive;

bool ChunkContext::mayGrow(Value decay) {
  if (!bounds)
    bounds.emplace(*decay.getParentBlock());
  const Interval interval = bounds->of(decay);
  return !(interval.lo >= -1 && interval.hi <= 1);
}

Value ChunkContext::valid() { return mask ? mask : mask = parts.tiles.valid(); }

const Segments &ChunkContext::segments(Value transition, tile::Axis axis) {
  auto [at, isNew] = products.try_emplace({transition.getAsOpaquePointer(), axis.str().str()});
  Segments &segments = at->second;
  if (!isNew)
    return segments;
  TileBuilder &tiles = parts.tiles;
  bool isScalar = cast<mix::TensorType>(transition.getType()).isScalar();
  countRule(isScalar ? "D(s,t] a number" : "D(s,t] along an axis");
  SmallVector<tile::Axis> axes{tiles.time()};
  if (!isScalar)
    axes.push_back(axis);
  Value given = isScalar ? parts.local.scalar(transition) : parts.local.emit(transition, axis);
  Value one = tiles.constant(1), zero = tiles.constant(0, axes);
  Value a = tiles.select(valid(), tiles.with(given, axes), one);
  segments.decay = a;
  segments.mayGrow = mayGrow(transition);
  const double most = segments.mayGrow ? mostGrown : 0;
  segments.before = tiles.recur(a, zero, one, /*reverse=*/false, /*exclusive=*/true, most);
  segments.after = tiles.recur(a, zero, one, /*reverse=*/true, /*exclusive=*/true, most);
  segments.whole = tiles.productOverTime(a, most);
  if (isScalar)
    segments.between = tiles.recur(afterSource(a), tiles.diagonal(tiles.time(), tiles.source()), {}, /*reverse=*/false,
                                   /*exclusive=*/true, most);
  return segments;
}

Value ChunkContext::afterSource(Value x) {
  TileBuilder &tiles = parts.tiles;
  return tiles.map({x, tiles.iota(tiles.time()), tiles.iota(tiles.source())},
                   [](OpBuilder &b, Location at, ValueRange in) -> Value {
                     Value zero = arith::ConstantOp::create(b, at, b.getFloatAttr(in[0].getType(), 0));
                     Value isAfter = arith::CmpFOp::create(b, at, arith::CmpFPredicate::OGT, in[1], in[2]);
                     return arith::SelectOp::create(b, at, isAfter, in[0], zero);
                   });
}

Value ChunkContext::written(Value direction, tile::Axis key) {
  Value &u = directions[{direction.getAsOpaquePointer(), key.str().str()}];
  TileBuilder &tiles = parts.tiles;
  if (!u)
    u = tiles.select(valid(), tiles.with(parts.local.emit(direction, key), key), tiles.constant(0));
  return u;
}

Value ChunkContext::pairs(Value p, Value u, tile::Axis axis, const Segments &segments) {
  const void *decay = segments.isAlongAxis() ? segments.decay.getAsOpaquePointer() : nullptr;
  Value &dots = paired[{p.getAsOpaquePointer(), u.getAsOpaquePointer(), decay}];
  TileBuilder &tiles = parts.tiles;
  if (!dots && decay)
    dots = decayedPairs(p, u, axis, segments);
  else if (!dots)
    dots = tiles.contract(p, tiles.rename(u, tiles.time(), tiles.source()), axis, {}, tile::Mask::Strict);
  return dots;
}

Value ChunkContext::starts(bool rows, int64_t block) {
  Value &known = starting[{block, rows}];
  if (known)
    return known;
  TileBuilder &tiles = parts.tiles;
  return known = tiles.map(tiles.iota(tiles.time()), [&](OpBuilder &b, Location at, ValueRange x) -> Value {
    auto number = [&](double value) -> Value {
      return arith::ConstantOp::create(b, at, b.getFloatAttr(x[0].getType(), value));
    };
    Value position = rows ? arith::AddFOp::create(b, at, x[0], number(1)).getResult() : x[0];
    Value count = arith::MulFOp::create(b, at, position, number(1.0 / static_cast<double>(block)));
    Value isWhole = arith::CmpFOp::create(b, at, arith::CmpFPredicate::OEQ, math::FloorOp::create(b, at, count), count);
    return arith::SelectOp::create(b, at, isWhole, number(1), number(0));
  });
}

Value ChunkContext::towards(bool rows, const Segments &segments, int64_t block) {
  Value &product = blocks[{segments.decay.getAsOpaquePointer(), block, rows}];
  TileBuilder &tiles = parts.tiles;
  if (!product)
    product = tiles.recur(segments.decay, tiles.constant(0, TileBuilder::axesOf(segments.decay)), tiles.constant(1),
                          /*reverse=*/!rows, /*exclusive=*/true, segments.mayGrow ? mostGrown : 0, block);
  return product;
}

Value ChunkContext::contractSource(Value matrix, Value x, Value acc, tile::Mask mask) {
  TileBuilder &tiles = parts.tiles;
  return tiles.contract(matrix, tiles.rename(x, tiles.time(), tiles.source()), tiles.source(), acc, mask);
}

// A decay along the axis of x stands outside the matmuls: between the halves of a block it takes what was written to
// their middle, and from there to what reads it.
//
//     sum_{s<t} M_ts D(s,t-1] . x_s = sum over levels   D(m,t-1] . sum_s M_ts (D(s,m] . x_s)
void ChunkContext::gather(Value matrix, Value x, const Segments &segments, SmallVectorImpl<Product> &sum) {
  TileBuilder &tiles = parts.tiles;
  if (!segments.isAlongAxis()) {
    Value weights = tiles.sum(Product(1, {segments.between, matrix}));
    if (segments.mayGrow)
      weights = tiles.bounded(weights, mostGrown);
    sum.emplace_back(1, std::initializer_list<Value>{contractSource(weights, x, {}, tile::Mask::Strict)});
    return;
  }
  countRule("sum_s M_ts D(s,t-1] x_s along an axis, by halves");
  for (int64_t block = 1; block < tiles.chunk(); block *= 2) {
    Value left = block == 1 ? x : tiles.sum(Product(1, {towards(false, segments, block), x}));
    if (segments.mayGrow)
      left = tiles.bounded(left, mostGrown);
    if (block > 1)
      left = half(false, left, block);
    Value right = contractSource(neighbours(matrix, block), left, {}, tile::Mask::Strict);
    if (block > 1)
      right = half(true, right, block);
    Value onwards = block == 1 ? Value() : towards(true, segments, block);
    sum.emplace_back(1, std::initializer_list<Value>{onwards, right});
  }
}

Value ChunkContext::half(bool right, Value x, int64_t block) {
  TileBuilder &tiles = parts.tiles;
  return tiles.map({x, tiles.iota(tiles.time())}, [&](OpBuilder &b, Location at, ValueRange entry) -> Value {
    auto number = [&](double value) -> Value {
      return arith::ConstantOp::create(b, at, b.getFloatAttr(entry[0].getType(), value));
    };
    Value pairs = arith::MulFOp::create(b, at, entry[1], number(0.5 / static_cast<double>(block)));
    Value within = arith::SubFOp::create(b, at, pairs, math::FloorOp::create(b, at, pairs));
    auto isHere = right ? arith::CmpFPredicate::OGE : arith::CmpFPredicate::OLT;
    Value here = arith::CmpFOp::create(b, at, isHere, within, number(0.5));
    return arith::SelectOp::create(b, at, here, entry[0], number(0));
  });
}

Value ChunkContext::neighbours(Value matrix, int64_t block) {
  TileBuilder &tiles = parts.tiles;
  return tiles.map({matrix, tiles.iota(tiles.time()), tiles.iota(tiles.source())},
                   [&](OpBuilder &b, Location at, ValueRange x) -> Value {
                     auto number = [&](double value) -> Value {
                       return arith::ConstantOp::create(b, at, b.getFloatAttr(x[0].getType(), value));
                     };
                     auto blockOf = [&](Value position, int64_t rows) -> Value {
                       Value scaled = arith::MulFOp::create(b, at, position, number(1.0 / static_cast<double>(rows)));
                       return math::FloorOp::create(b, at, scaled);
                     };
                     auto same = [&](int64_t rows) -> Value {
                       return arith::CmpFOp::create(b, at, arith::CmpFPredicate::OEQ, blockOf(x[1], rows),
                                                    blockOf(x[2], rows));
                     };
                     Value within = arith::SelectOp::create(b, at, same(2 * block), x[0], number(0));
                     return arith::SelectOp::create(b, at, same(block), number(0), within);
                   });
}

Value ChunkContext::decayedPairs(Value p, Value u, tile::Axis axis, const Segments &segments) {
  countRule("p_t' D(s,t-1] u_s along keys, by halves");
  TileBuilder &tiles = parts.tiles;
  SmallVector<Product> levels;
  for (int64_t block = 1; block < tiles.chunk(); block *= 2) {
    // Nothing lies between tokens that follow each other.
    Value x = block == 1 ? p : tiles.sum(Product(1, {towards(true, segments, block), p}));
    Value y = block == 1 ? u : tiles.sum(Product(1, {towards(false, segments, block), u}));
    if (segments.mayGrow)
      x = tiles.bounded(x, mostGrown), y = tiles.bounded(y, mostGrown);
    if (block > 1)
      x = half(true, x, block), y = half(false, y, block);
    y = tiles.rename(y, tiles.time(), tiles.source());
    if (segments.mayGrow) // products of two such, and their sum, are finite in float64
      x = tiles.in64(x), y = tiles.in64(y);
    Value dots = tiles.contract(x, y, axis, {}, tile::Mask::Strict);
    if (segments.mayGrow)
      dots = tiles.bounded(dots, mostGrown);
    levels.emplace_back(1, std::initializer_list<Value>{neighbours(dots, block)});
  }
  return tiles.sum(levels);
}
