// Reads, late reads and the next states of a chunk (the equations are in the header).
//
// All scalars (g, products of decays) sit on [time], [time, source] and key-side tiles; [time, value] tiles only meet
// matmuls, and the gate on the value axis.
#include "lowering/derive/ChunkedComponent.h"
#include "lowering/Rules.h"
#include "lowering/normalize/Classify.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mixc;
using namespace mixc::derive;
using tile::Axis;

ChunkedComponent::ChunkedComponent(mix::ComponentOp op, ChunkContext &context, StateAxes axes, PerState states)
    : ComponentProgram(op, context.parts, std::move(axes), std::move(states)), context(context),
      kind(normalize::classOf(op).getWrites()), transition(op, context, keys), reads(op.getNumReads()),
      carriedReads(op.getNumReads()) {
  if (!op.getGate().empty())
    gate = context.segments(op.getGate()[0], this->value.front());
  groupWrites();
}

bool ChunkedComponent::isLate(unsigned i) { return op.read(i).hasOneUse() && op.getPhi().getArgument(i).use_empty(); }

//===-- Directions ----------------------------------------------------------------------------------------------===//

PerState ChunkedComponent::direction(unsigned i) {
  PerState p(states.size());
  for (auto [x, along] : llvm::enumerate(op.getReadDirs()))
    if (unsigned j = op.getReadIndex()[2 * x + 1]; op.getReadIndex()[2 * x] == i)
      p[j] = tiles.with(perToken(along, keys[j]), keys[j]);
  return p;
}

PerState ChunkedComponent::written(unsigned m) {
  PerState u(states.size());
  for (auto [x, along] : llvm::enumerate(op.getWriteDirs()))
    if (unsigned i = op.getWriteIndex()[2 * x + 1]; op.getWriteIndex()[2 * x] == m)
      u[i] = context.written(along, keys[i]);
  return u;
}

Value ChunkedComponent::fromStart(const Term &term, Value acc) {
  for (auto [j, p] : llvm::enumerate(transition.fromStart(term.p, term.g)))
    if (p)
      acc = tiles.contract(states[j], p, keys[j], acc);
  return acc;
}

Value ChunkedComponent::carried(unsigned i) {
  Value &tile = carriedReads[i];
  if (!tile)
    tile = fromStart({{}, direction(i)}, {});
  return tile;
}

void ChunkedComponent::groupWrites() {
  SmallVector<unsigned> coupled;
  auto isFree = rulesOf(op).isOpaque;
  const bool isSolved = kind == mix::WriteKind::Affine;
  for (unsigned m = 0; m < op.getNumWrites(); ++m)
    if (isSolved && !isFree(phi(m)))
      coupled.push_back(m);
    else
      groups.push_back({{m}, {}, written(m), {}});
  if (coupled.size() == 1)
    groups.push_back({{coupled[0]}, {}, written(coupled[0]), {}});
  const unsigned count = coupled.size();
  if (count < 2)
    return;
  Group &all = groups.emplace_back();
  all.side.push_back(context.parts.names.get(tile::AxisKind::Mix, "write", count));
  all.u.resize(states.size());
  llvm::append_range(all.members, coupled);
  auto place = [&](unsigned m) { // values from outside phi come first
    Operation *written = phi(m).getDefiningOp();
    return written && written->getBlock() == &op.getPhi().front() ? written : nullptr;
  };
  llvm::stable_sort(all.members, [&](unsigned m, unsigned n) {
    Operation *a = place(m), *b = place(n);
    return a && b ? a->isBeforeInBlock(b) : !a && b;
  });
  std::vector<SmallVector<Value>> directions(states.size(), SmallVector<Value>(count));
  for (auto [x, m] : llvm::enumerate(all.members))
    for (auto [i, u] : llvm::enumerate(written(m)))
      directions[i][x] = u;
  for (auto [i, u] : llvm::enumerate(directions))
    if (!isNone(u))
      all.u[i] = tiles.stack(u, all.side[0]);
}

Value ChunkedComponent::valuesOf(Group &group) {
  if (writes.empty())
    findWrites();
  return group.w ? group.w : writes[group.members[0]];
}

Axes ChunkedComponent::sourcesOf(const Group &group) const {
  Axes axes{tiles.source()};
  llvm::append_range(axes, group.side);
  return axes;
}

SmallVector<Product> ChunkedComponent::pairs(ArrayRef<Term> terms, const PerState &u, double sign) {
  SmallVector<Product> products;
  for (const Term &term : terms)
    for (const Product &pairs : transition.pairs(term.p, u)) {
      Product product = term.g.times({}, sign * pairs.number);
      llvm::append_range(product.factors, pairs.factors);
      if (transition.mayGrow())
        product = Product(1, {tiles.bounded(tiles.sum(product), mostGrown)});
      products.push_back(product);
    }
  return products;
}

Value ChunkedComponent::matrix(ArrayRef<Term> terms, const Group &group, const Coefficients &h, bool &hasOwn) {
  SmallVector<Product> products = pairs(terms, group.u);
  Axes axes{tiles.time()};
  llvm::append_range(axes, sourcesOf(group));
  Value below = products.empty() ? Value() : tiles.sum(products, axes);
  hasOwn = llvm::any_of(group.members, [&](unsigned m) { return h.count(m); });
  if (!hasOwn)
    return below;
  countRule("a token's own write in the matrix of earlier ones");
  if (!below)
    below = tiles.constant(0, axes);
  SmallVector<Value> inputs = {below, tiles.iota(tiles.time()), tiles.iota(tiles.source())};
  // One number and tile for all members.
  Coefficient own;
  if (group.side.empty()) {
    own = h.at(group.members[0]);
  } else {
    SmallVector<Value> each;
    for (unsigned m : group.members)
      each.push_back(h.count(m) ? tiles.sum(h.at(m).times({})) : Value());
    own.tile = tiles.stack(each, group.side[0]);
  }
  if (own.tile)
    inputs.push_back(own.tile);
  return tiles.map(
      inputs,
      [&](OpBuilder &b, Location at, ValueRange x) -> Value {
        Value same = arith::CmpFOp::create(b, at, arith::CmpFPredicate::OEQ, x[1], x[2]);
        Value number = arith::ConstantOp::create(b, at, b.getFloatAttr(x[0].getType(), own.number));
        Value here = !own.tile         ? number
                     : own.number == 1 ? x[3]
                                       : arith::MulFOp::create(b, at, number, x[3]).getResult();
        return arith::SelectOp::create(b, at, same, here, x[0]);
      },
      axes);
}

//===-- Reads ---------------------------------------------------------------------------------------------------===//

Value ChunkedComponent::gather(ArrayRef<Term> terms, const Coefficients &h, Value acc) {
  if (gate.decay)
    return gatherGated(terms, h, acc);
  // From the states before the chunk.
  SmallVector<Product> shared;
  for (const Term &term : terms)
    if (term.start)
      shared.push_back(term.g.times({term.start}));
  if (!shared.empty()) {
    if (acc)
      shared.push_back(Product(1, {acc}));
    acc = tiles.sum(shared, rows());
  }
  for (const Term &term : terms)
    if (!term.start)
      acc = fromStart(term, acc);
  // From the tokens of the chunk.
  for (Group &group : groups) {
    bool hasOwn;
    if (Value coupling = matrix(terms, group, h, hasOwn)) {
      Value w = tiles.rename(valuesOf(group), tiles.time(), tiles.source());
      acc = tiles.contract(coupling, w, sourcesOf(group), acc, hasOwn ? tile::Mask::Lower : tile::Mask::Strict);
    }
  }
  return acc ? tiles.with(acc, rows()) : tiles.constant(0, rows());
}

Value ChunkedComponent::gatherGated(ArrayRef<Term> terms, const Coefficients &h, Value acc) {
  countRule("reads under a gate");
  SmallVector<Product> sum;
  if (acc)
    sum.emplace_back(1, std::initializer_list<Value>{acc});
  for (const Term &term : terms)
    if (term.start)
      sum.push_back(term.g.times({gate.before, term.start}));
    else if (Value start = fromStart(term, {}))
      sum.emplace_back(1, std::initializer_list<Value>{gate.before, start});
  for (unsigned m = 0; m < op.getNumWrites(); ++m) { // not solved, so each is a group
    bool hasOwn;
    if (Value pairs = matrix(terms, groups[m], {}, hasOwn))
      context.gather(pairs, write(m), gate, sum);
    if (auto own = h.find(m); own != h.end())
      sum.push_back(own->second.times({write(m)}));
  }
  return tiles.with(tiles.sum(sum, rows()), rows());
}

Value ChunkedComponent::accumulate(const Coefficients &g, const Coefficients &h, Value acc) {
  SmallVector<Term> terms;
  for (const auto &[i, coefficient] : g)
    if (PerState p = direction(i); !isNone(p))
      terms.push_back({coefficient, p, isLate(i) ? Value() : carried(i)});
  return gather(terms, h, acc);
}

Value ChunkedComponent::read(unsigned i) {
  if (!reads[i])
    reads[i] = accumulate({{i, {}}}, {}, {});
  return reads[i];
}

Value ChunkedComponent::readAlong(unsigned j, Value x) {
  countRule(gate.decay ? "late read along keys, under a gate" : "late read along keys");
  PerState p(states.size());
  p[j] = tiles.with(perToken(x, keys[j]), keys[j]);
  return gather(Term{{}, p}, {}, {});
}

//     S_j' x = sum_i D_ji(0,t-1] . S_i' (E(0,t-1] . x) + sum_{s<t} (x' E(s,t-1] . w_s) (D(s,t-1] u_s)_j
Value ChunkedComponent::readAcross(unsigned j, Value x) {
  countRule(gate.decay ? "late read across keys, under a gate" : "late read across keys");
  Axis axis = value.front();
  Value c = tiles.with(perToken(x, value), axis);
  Value before = tiles.sum(Product(1, {gate.before, c}));
  PerState start;
  for (Value state : states)
    start.push_back(tiles.contract(state, before, axis));
  SmallVector<Product> sum = {Product(1, {transition.onwards(start, j)})};
  for (unsigned m = 0; m < op.getNumWrites(); ++m)
    if (Value seen = transition.gather(context.pairs(c, write(m), axis, gate), written(m), j))
      sum.emplace_back(1, std::initializer_list<Value>{seen});
  return tiles.with(tiles.sum(sum), {tiles.time(), keys[j]});
}

//===-- The next states -----------------------------------------------------------------------------------------===//

Value ChunkedComponent::next(unsigned i) {
  ArrayRef<Axis> axes = tiles.axesOf(states[i]);
  SmallVector<Product> kept;
  for (unsigned j = 0; j < states.size(); ++j)
    if (std::optional<Product> whole = transition.whole(i, j)) {
      // The decays' product is a tile of its own: it has one cotangent, which both decays' are sums of.
      if (gate.whole) {
        whole->factors.push_back(gate.whole);
        whole = Product(1, {tiles.sum(*whole)});
      }
      whole->factors.push_back(states[j]);
      kept.push_back(*whole);
    }
  Value state = kept.empty() ? tiles.constant(0, axes) : tiles.sum(kept, axes);
  for (Group &group : groups)
    if (Value u = transition.toEnd(group.u)[i]) {
      Axes over{tiles.time()};
      llvm::append_range(over, group.side);
      state = tiles.contract(tiles.sum(Product(1, {gate.after, valuesOf(group)})), u, over, state);
    }
  return tiles.on(state, axes);
}
