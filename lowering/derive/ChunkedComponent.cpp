// Reads, writes and the next state of a chunk (the equations are in the header).
//
// Where the writes need the reads, w_m = c_m + sum_i g_mi r_i with scalars g_mi, the reads' equation gives a unit lower
// triangular system
//
//     w_m[t] + sum_n sum_{s<t} L_mn[t,s] w_n[s] = B_m[t]
//     L_mn = - sum_i g_mi[t] (p_i[t]' u_n[s]) D(s,t-1]        B_m = c_m + sum_i g_mi[t] D(0,t-1] S p_i[t]
//
// All scalars (g, products of decays) sit on [time], [time, source] and key-side tiles; [time, value] tiles only meet
// matmuls.
#include "lowering/derive/ChunkedComponent.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mixc;
using namespace mixc::derive;
using tile::Axis;
using Coefficients = std::map<unsigned, Coefficient>;

static bool isOne(Value value) {
  auto constant = value.getDefiningOp<mix::ConstantOp>();
  return constant && constant.getValue().convertToDouble() == 1;
}

ChunkedComponent::ChunkedComponent(mix::ComponentOp op, ChunkContext &context, Axis key, Axes value, Value state)
    : ComponentProgram(op, context.parts, key, std::move(value), {state}), context(context), reads(op.getNumReads()),
      carriedReads(op.getNumReads()) {
  // The identity needs no products.
  if (!isOne(op.getTransition()[0]))
    decay = context.segments(op.getTransition()[0], key);
  if (!op.getGate().empty())
    gate = context.segments(op.getGate()[0], this->value.front());
}

Affine::Rules ChunkedComponent::rulesOf(mix::ComponentOp op) {
  Block *phi = &op.getPhi().front();
  auto isRead = [phi](Value value) {
    auto argument = dyn_cast<BlockArgument>(value);
    return argument && argument.getOwner() == phi;
  };
  return {isRead, [isRead](Value value) { return !dependsOn(value, isRead); }};
}

bool ChunkedComponent::isSupported(mix::ComponentOp op, std::string &why) {
  if (op.getStates().size() > 1)
    why = "it mixes " + std::to_string(op.getStates().size()) + " states";
  else if (op.getTransition().size() != 1)
    why = "it forgets its state at every token";
  else if (auto rules = rulesOf(op);
           !op.getGate().empty() && !llvm::all_of(op.getPhi().front().getTerminator()->getOperands(), rules.isOpaque))
    why = "its gate is on the value axis, and it writes what depends on what it reads";
  else if (Affine affine(rulesOf(op)); !llvm::all_of(op.getPhi().front().getTerminator()->getOperands(),
                                                     [&](Value w) { return affine.isAffine(w); }))
    why = "what it writes is not affine, with scalar coefficients, in what it reads";
  return why.empty();
}

bool ChunkedComponent::isLate(unsigned i) { return op.read(i).hasOneUse() && op.getPhi().getArgument(i).use_empty(); }

//===-- Directions ----------------------------------------------------------------------------------------------===//

Value ChunkedComponent::direction(unsigned i) {
  for (auto [x, direction] : llvm::enumerate(op.getReadDirs()))
    if (op.getReadIndex()[2 * x] == i)
      return tiles.with(perToken(direction, key), key);
  return {};
}

Value ChunkedComponent::written(unsigned m) {
  for (auto [x, direction] : llvm::enumerate(op.getWriteDirs()))
    if (op.getWriteIndex()[2 * x] == m)
      return context.written(direction, key);
  return {};
}

Value ChunkedComponent::scaled(const Coefficient &g, Value p) {
  Coefficient factor = decay.before ? multiply(tiles, g, {1, decay.before}) : g;
  return tiles.sum(factor.times({p}));
}

Value ChunkedComponent::carried(unsigned i) {
  Value &tile = carriedReads[i];
  if (!tile)
    tile = tiles.contract(states[0], tiles.sum(Product(1, {decay.before, direction(i)})), key);
  return tile;
}

Value ChunkedComponent::matrix(const Coefficients &g, unsigned m, const Coefficient *h, double sign) {
  Value u = written(m);
  SmallVector<Product> products;
  for (const auto &[i, coefficient] : g)
    if (Value p = direction(i); p && u)
      products.push_back(coefficient.times({decay.between, context.pairs(p, u, key, decay)}, sign));
  Axes axes{tiles.time(), tiles.source()};
  Value below = products.empty() ? Value() : tiles.sum(products, axes);
  if (!h)
    return below;
  if (!below)
    below = tiles.constant(0, axes);
  SmallVector<Value> inputs = {below, tiles.iota(tiles.time()), tiles.iota(tiles.source())};
  if (h->tile)
    inputs.push_back(h->tile);
  return tiles.map(
      inputs,
      [&](OpBuilder &b, Location at, ValueRange x) -> Value {
        Value same = arith::CmpFOp::create(b, at, arith::CmpFPredicate::OEQ, x[1], x[2]);
        Value number = arith::ConstantOp::create(b, at, b.getFloatAttr(x[0].getType(), h->number));
        Value here = !h->tile ? number : h->number == 1 ? x[3] : arith::MulFOp::create(b, at, number, x[3]).getResult();
        return arith::SelectOp::create(b, at, same, here, x[0]);
      },
      axes);
}

//===-- Reads ---------------------------------------------------------------------------------------------------===//

Value ChunkedComponent::contractSource(Value matrix, Value rows, Value acc, tile::Mask mask) {
  return tiles.contract(matrix, tiles.rename(rows, tiles.time(), tiles.source()), tiles.source(), acc, mask);
}

Value ChunkedComponent::accumulate(const Coefficients &g, const Coefficients &h, Value acc) {
  if (gate.decay)
    return accumulateGated(g, h, acc);
  // From the state before the chunk.
  SmallVector<Product> shared;
  for (const auto &[i, coefficient] : g)
    if (!isLate(i) && direction(i))
      shared.push_back(coefficient.times({carried(i)}));
  if (!shared.empty()) {
    if (acc)
      shared.push_back(Product(1, {acc}));
    acc = tiles.sum(shared, rows());
  }
  for (const auto &[i, coefficient] : g)
    if (Value p = direction(i); p && isLate(i))
      acc = tiles.contract(states[0], scaled(coefficient, p), key, acc);
  // From the tokens of the chunk.
  for (unsigned m = 0; m < op.getNumWrites(); ++m) {
    auto own = h.find(m);
    Value coupling = matrix(g, m, own == h.end() ? nullptr : &own->second);
    if (coupling)
      acc = contractSource(coupling, write(m), acc, own == h.end() ? tile::Mask::Strict : tile::Mask::Lower);
  }
  return acc ? tiles.with(acc, rows()) : tiles.constant(0, rows());
}

// The gate stands outside the matmuls: between the halves of a block it takes what was written to their middle, and from
// there to what reads it.
//
//     sum_{s<t} M[t,s] E(s,t-1] . w_s = sum over levels   E(m,t-1] . sum_s M[t,s] (E(s,m] . w_s)
Value ChunkedComponent::accumulateGated(const Coefficients &g, const Coefficients &h, Value acc) {
  SmallVector<Product> terms = {Product(1, {acc})};
  for (const auto &[i, coefficient] : g)
    if (Value p = direction(i))
      terms.emplace_back(
          1, std::initializer_list<Value>{gate.before, tiles.contract(states[0], scaled(coefficient, p), key)});
  for (unsigned m = 0; m < op.getNumWrites(); ++m) {
    Value pairs = matrix(g, m, nullptr), w = write(m);
    for (int64_t block = 1; pairs && block < tiles.chunk(); block *= 2) {
      Value left = block == 1 ? w : tiles.sum(Product(1, {context.towards(false, gate.decay, block), w}));
      Value right = contractSource(context.neighbours(pairs, block), left, {}, tile::Mask::Strict);
      Value onwards = block == 1 ? Value() : context.towards(true, gate.decay, block);
      terms.emplace_back(1, std::initializer_list<Value>{onwards, right});
    }
    if (auto own = h.find(m); own != h.end())
      terms.push_back(own->second.times({w}));
  }
  if (!acc)
    terms.erase(terms.begin());
  return tiles.with(tiles.sum(terms, rows()), rows());
}

Value ChunkedComponent::read(unsigned i) {
  if (!reads[i])
    reads[i] = accumulate({{i, {}}}, {}, {});
  return reads[i];
}

//===-- Writes --------------------------------------------------------------------------------------------------===//

Value ChunkedComponent::write(unsigned m) {
  if (writes.empty())
    solveWrites();
  return writes[m];
}

void ChunkedComponent::solveWrites() {
  unsigned count = op.getNumWrites();
  Affine affine(rulesOf(op));
  Block *arguments = &op.getPhi().front();
  SmallVector<Coefficients> g(count);
  SmallVector<SmallVector<Product>> c(count);
  SmallVector<unsigned> uses(op.getNumReads());
  SmallVector<Value> b(count);
  for (unsigned m = 0; m < count; ++m) {
    if (rulesOf(op).isOpaque(phi(m))) {
      b[m] = tiles.with(local.emit(phi(m), value), rows());
      continue;
    }
    for (const auto &[base, coefficient] : affine.form(phi(m), local, tiles)) {
      auto argument = dyn_cast_if_present<BlockArgument>(base);
      if (argument && argument.getOwner() == arguments) {
        g[m][argument.getArgNumber()] = coefficient;
        ++uses[argument.getArgNumber()];
      } else {
        c[m].push_back(base ? coefficient.times({local.emit(base, value)}) : coefficient.times({}));
      }
    }
  }
  std::vector<std::vector<Value>> l(count, std::vector<Value>(count));
  for (unsigned m = 0; m < count; ++m) {
    if (b[m])
      continue;
    auto isShared = [&](unsigned i) { return uses[i] > 1 || !op.read(i).use_empty(); };
    for (const auto &[i, coefficient] : g[m])
      if (isShared(i) && direction(i))
        c[m].push_back(coefficient.times({carried(i)}));
    Value rhs = c[m].empty() ? Value() : tiles.sum(c[m], rows());
    for (const auto &[i, coefficient] : g[m])
      if (Value p = direction(i); p && !isShared(i))
        rhs = tiles.contract(states[0], scaled(coefficient, p), key, rhs);
    b[m] = rhs ? tiles.with(rhs, rows()) : tiles.constant(0, rows());
    for (unsigned n = 0; n < count; ++n)
      l[m][n] = matrix(g[m], n, nullptr, -1);
  }
  writes = solveBlocks(tiles, context.parts.names, std::move(l), std::move(b));
}

//===-- The next state ------------------------------------------------------------------------------------------===//

Value ChunkedComponent::next(unsigned) {
  ArrayRef<Axis> axes = tiles.axesOf(states[0]);
  bool fades = decay.whole || gate.whole;
  Value state = fades ? tiles.sum(Product(1, {decay.whole, gate.whole, states[0]}), axes) : states[0];
  for (unsigned m = 0; m < op.getNumWrites(); ++m)
    if (Value u = written(m))
      state = tiles.contract(tiles.sum(Product(1, {gate.after, write(m)})), tiles.sum(Product(1, {decay.after, u})),
                             tiles.time(), state);
  return tiles.on(state, axes);
}
