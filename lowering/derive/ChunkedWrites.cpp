// The writes of a chunk.
//
// Affine with scalars, w_m = c_m + sum_i g_mi r_i + sum_n h_mn w_n, where a write takes those of its own token that
// come before it: the reads' equation gives a unit lower triangular system
//
//     w_m[t] - sum_n h_mn[t] w_n[t] + sum_n sum_{s<t} L_mn[t,s] w_n[s] = B_m[t]
//     L_mn = - sum_i g_mi[t] (p_i[t]' D(s,t-1] u_n[s])        B_m = c_m + sum_i g_mi[t] S D(0,t-1]' p_i[t]
//
// What of w is free of reads is known, and stands on the right: L_mn w_n is taken into B_m, so that no unknown is 0
// times what it has to do nothing with. Several others stand side by side, in the order in which they become known: all
// pairs of their directions are one matmul, so are the dots that couple those of a token, and the system is one solve.
// So n writes are n^2 numbers a pair of tokens, and the program grows as n.
//
// Any other phi, or a gate on the value axis: token by token, with the pairs known and the writes of earlier tokens
// carried,
//
//     r_i[t] = start_i[t] + sum_m L_im[t,:] F_m        F_m[s] = E(s,t-1] . w_m[s], 0 for s >= t
//     w_m[t] = phi_m(r[t])                             F_m <- E_t . F_m, and w_m[t] in row t
#include "lowering/Rules.h"
#include "lowering/derive/ChunkedComponent.h"
#include "lowering/derive/StepScope.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mixc;
using namespace mixc::derive;
using tile::Axis;

Affine::Rules ChunkedComponent::rulesOf(mix::ComponentOp op) {
  Block *phi = &op.getPhi().front();
  auto isRead = [phi](Value value) {
    auto argument = dyn_cast<BlockArgument>(value);
    return argument && argument.getOwner() == phi;
  };
  auto ofReads = std::make_shared<DenseSet<Value>>(llvm::from_range, phi->getArguments());
  for (Operation &inner : *phi)
    if (llvm::any_of(inner.getOperands(), [&](Value x) { return ofReads->contains(x); }))
      ofReads->insert_range(inner.getResults());
  return {isRead, [ofReads](Value value) { return !ofReads->contains(value); }};
}

Value ChunkedComponent::write(unsigned m) {
  if (writes.empty())
    findWrites();
  return writes[m];
}

bool ChunkedComponent::canBeSolved(mix::ComponentOp op) {
  Affine::Rules rules = rulesOf(op);
  Affine affine(rules);
  auto written = op.getPhi().front().getTerminator()->getOperands();
  return op.getGate().empty() && llvm::all_of(written, [&](Value w) { return affine.isAffine(w); }) &&
         !llvm::all_of(written, rules.isOpaque);
}

void ChunkedComponent::findWrites() {
  auto written = op.getPhi().front().getTerminator()->getOperands();
  switch (kind) {
  case mix::WriteKind::Free:
    countRule("writes free of reads");
    for (Value w : written)
      writes.push_back(tiles.with(local.emit(w, value), rows()));
    return;
  case mix::WriteKind::Affine:
    countRule(groups.back().side.empty() ? "one write a token, solved" : "writes side by side, solved");
    writes.resize(written.size());
    for (const Group &known : ArrayRef(groups).drop_back())
      writes[known.members[0]] = tiles.with(local.emit(phi(known.members[0]), value), rows());
    solveWrites();
    return;
  case mix::WriteKind::Channel:
  case mix::WriteKind::Nonlinear:
    countRule(gate.decay ? "writes under a gate, substituted" : "writes, substituted");
    substituteWrites();
  }
}

void ChunkedComponent::solveWrites() {
  Group &group = groups.back();
  const unsigned count = group.members.size();
  // Row x of the system is write members[x]; all that is indexed by x or y here are rows.
  DenseMap<Value, unsigned> rowOf;
  for (auto [x, m] : llvm::enumerate(group.members))
    rowOf.try_emplace(phi(m), x);
  Affine::Rules rules = rulesOf(op);
  Affine affine(
      {[&, isRead = rules.isBase](Value value) { return isRead(value) || rowOf.contains(value); }, rules.isOpaque});
  Block *arguments = &op.getPhi().front();
  SmallVector<Coefficients> g(count), h(count);
  SmallVector<SmallVector<Product>> c(count);
  std::map<unsigned, unsigned> uses; // of reads, by writes
  for (unsigned x = 0; x < count; ++x) {
    Value written = phi(group.members[x]);
    const bool isNew = !rules.isBase(written) && rowOf[written] == x; // else a read, or another write again
    for (const auto &[base, coefficient] :
         isNew ? affine.expanded(written, local, tiles) : AffineForm(affine.form(written, local, tiles))) {
      auto argument = dyn_cast_if_present<BlockArgument>(base);
      if (argument && argument.getOwner() == arguments) {
        g[x][argument.getArgNumber()] = coefficient;
        ++uses[argument.getArgNumber()];
      } else if (auto other = base ? rowOf.find(base) : rowOf.end(); other != rowOf.end() && other->second != x) {
        assert(other->second < x && "rows are in the order in which writes become known");
        h[x][other->second] = coefficient;
      } else {
        c[x].push_back(base ? coefficient.times({local.emit(base, value)}) : coefficient.times({}));
      }
    }
  }
  SmallVector<Value> b(count);
  for (unsigned x = 0; x < count; ++x) {
    SmallVector<Term> own;
    for (const auto &[i, coefficient] : g[x])
      if (uses[i] == 1 && op.read(i).use_empty()) {
        countRule("g (S p) = S (g p)");
        own.push_back({coefficient, direction(i)});
      } else if (Value start = carried(i)) {
        c[x].push_back(coefficient.times({start}));
      }
    Value rhs = c[x].empty() ? Value() : tiles.sum(c[x], rows());
    for (const Term &term : own)
      rhs = fromStart(term, rhs);
    SmallVector<Term> terms;
    for (const auto &[i, coefficient] : g[x])
      terms.push_back({coefficient, direction(i)});
    bool hasOwn;
    for (const Group &known : ArrayRef(groups).drop_back())
      if (Value seen = matrix(terms, known, {}, hasOwn))
        rhs = context.contractSource(seen, writes[known.members[0]], rhs, tile::Mask::Strict);
    b[x] = rhs ? tiles.with(rhs, rows()) : tiles.constant(0, rows());
  }
  if (count == 1) {
    SmallVector<Term> terms;
    for (const auto &[i, coefficient] : g[0])
      terms.push_back({coefficient, direction(i)});
    SmallVector<Product> products = pairs(terms, group.u, -1);
    Axes square{tiles.time(), tiles.source()};
    writes[group.members[0]] = products.empty() ? b[0] : tiles.solve(tiles.sum(products, square), b[0]);
    return;
  }
  Axis row = group.side[0], column = context.parts.names.get(tile::AxisKind::Mix, "write_before", count);
  group.w = tiles.stack(b, row);
  if (Value l = coupling(g, h, row, column))
    group.w = tiles.solve(l, tiles.with(group.w, rows()), std::pair(row, column));
  for (auto [x, m] : llvm::enumerate(group.members))
    writes[m] = tiles.entry(group.w, row, x);
}

/// L below the diagonal and -h on it, on [time, source, row, column]; null if it is 0.
Value ChunkedComponent::coupling(ArrayRef<Coefficients> g, ArrayRef<Coefficients> h, Axis row, Axis column) {
  const unsigned count = g.size();
  SmallVector<unsigned> used; // reads, in the order of rows where each has one
  for (const Coefficients &ofRow : g)
    for (const auto &[i, coefficient] : ofRow)
      if (!llvm::is_contained(used, i))
        used.push_back(i);
  const bool isOneARow = used.size() == count && llvm::all_of(g, [](const auto &ofRow) { return ofRow.size() == 1; });
  // All reads that the writes use, and all writes, side by side: L_mn = sum_i (-g_mi) (p_i' D u_n).
  Axis read = isOneARow ? row : context.parts.names.get(tile::AxisKind::Mix, "read", used.size());
  PerState p(states.size()), u(groups.back().u);
  for (unsigned j = 0; j < states.size(); ++j) {
    SmallVector<Value> along;
    for (unsigned i : used)
      along.push_back(direction(i)[j]);
    if (!isNone(along))
      p[j] = tiles.stack(along, read);
    if (u[j])
      u[j] = tiles.rename(u[j], row, column);
  }
  Axes square{tiles.time(), tiles.source(), row, column};
  Value below;
  if (isOneARow) {
    countRule("one read a write");
    SmallVector<Value> each;
    for (auto [i, ofRow] : llvm::zip(used, g))
      each.push_back(tiles.sum(ofRow.at(i).times({}, -1)));
    SmallVector<Product> products = pairs(Term{{1, tiles.stack(each, row)}, p}, u);
    if (!products.empty())
      below = tiles.sum(products, square);
  } else if (SmallVector<Product> products = pairs(Term{{}, p}, u); !products.empty()) {
    SmallVector<Value> coefficients;
    for (const Coefficients &ofRow : g) {
      SmallVector<Value> each;
      for (unsigned i : used)
        each.push_back(ofRow.count(i) ? tiles.sum(ofRow.at(i).times({}, -1)) : Value());
      coefficients.push_back(tiles.stack(each, read));
    }
    Axes dots{tiles.time(), tiles.source(), read, column};
    below = tiles.contract(tiles.stack(coefficients, row), tiles.sum(products, dots), read, {}, tile::Mask::Strict);
  }
  if (llvm::all_of(h, [](const Coefficients &ofRow) { return ofRow.empty(); }))
    return below;
  countRule("writes that take those of their token");
  if (!below)
    below = tiles.constant(0, square);
  return tiles.map(
      {below, tiles.iota(tiles.time()), tiles.iota(tiles.source()), ownMatrix(h, row, column)},
      [](OpBuilder &b, Location at, ValueRange x) -> Value {
        Value same = arith::CmpFOp::create(b, at, arith::CmpFPredicate::OEQ, x[1], x[2]);
        return arith::SelectOp::create(b, at, same, arith::NegFOp::create(b, at, x[3]), x[0]);
      },
      square);
}

/// The coefficients h as one tile on [time, row, column]. Where they are dots of a vector of the row and one of the
/// column, all times one number, it is their one product.
Value ChunkedComponent::ownMatrix(ArrayRef<Coefficients> h, Axis row, Axis column) {
  const unsigned count = h.size();
  for (bool rowFirst : {true, false}) {
    SmallVector<Value> ofRow(count), ofColumn(count);
    std::optional<double> number;
    auto isDot = [&](unsigned x, unsigned y, const Coefficient &coefficient) {
      auto dot = coefficient.tile ? coefficient.tile.getDefiningOp<tile::ContractOp>() : tile::ContractOp();
      if (!dot || dot.getAcc() || dot.getMask() != tile::Mask::None)
        return false;
      Value a = rowFirst ? dot.getA() : dot.getB(), b = rowFirst ? dot.getB() : dot.getA();
      if ((ofRow[x] && ofRow[x] != a) || (ofColumn[y] && ofColumn[y] != b) ||
          (number && *number != coefficient.number) || TileBuilder::axesOf(a) != TileBuilder::axesOf(b) ||
          TileBuilder::axesOf(a).size() != 2)
        return false;
      ofRow[x] = a, ofColumn[y] = b, number = coefficient.number;
      return true;
    };
    bool areDots = true;
    for (unsigned x = 0; x < count; ++x)
      for (const auto &[y, coefficient] : h[x])
        areDots = areDots && isDot(x, y, coefficient);
    if (!areDots)
      continue;
    countRule("the dots of a token's writes: one product");
    // What the vectors are summed over is the axis that is no token.
    ArrayRef<Axis> axes = TileBuilder::axesOf(*llvm::find_if(ofRow, [](Value x) { return static_cast<bool>(x); }));
    Axis over = axes[0] == tiles.time() ? axes[1] : axes[0];
    Value dots = tiles.contract(tiles.stack(ofRow, row), tiles.stack(ofColumn, column), over);
    return *number == 1 ? dots : tiles.sum(Product(*number, {dots}));
  }
  SmallVector<Value> all;
  for (const Coefficients &ofRow : h) {
    SmallVector<Value> each(count);
    for (const auto &[y, coefficient] : ofRow)
      each[y] = tiles.sum(coefficient.times({}));
    all.push_back(tiles.stack(each, column));
  }
  return tiles.stack(all, row);
}

void ChunkedComponent::substituteWrites() {
  unsigned count = op.getNumWrites();
  Affine::Rules rules = rulesOf(op);
  // What is known before the first token: starts of the reads that phi uses, pairs, positions.
  SmallVector<unsigned> used;
  for (unsigned i = 0; i < op.getNumReads(); ++i)
    if (!op.getPhi().getArgument(i).use_empty())
      used.push_back(i);
  SmallVector<Value> starts;
  std::vector<SmallVector<Value>> pairs;
  for (unsigned i : used) {
    Value start = carried(i);
    starts.push_back(start ? tiles.with(tiles.sum(Product(1, {gate.before, start})), rows())
                           : tiles.constant(0, rows()));
    SmallVector<Value> &row = pairs.emplace_back();
    for (unsigned m = 0; m < count; ++m) {
      bool hasOwn;
      row.push_back(matrix(Term{{}, direction(i)}, groups[m], {}, hasOwn));
    }
  }
  Axes sources{tiles.source()};
  llvm::append_range(sources, value);
  Value none = tiles.constant(0, sources), position = tiles.iota(tiles.time());

  StepScope scope(context.parts, [rules](Value x) { return !rules.isOpaque(x); });
  SmallVector<Value> earlier;
  for (unsigned m = 0; m < count; ++m)
    earlier.push_back(scope.carry(none));
  SmallVector<std::optional<unsigned>> readNumbers(op.getNumReads());
  for (auto [x, i] : llvm::enumerate(used)) {
    Value r = scope.take(starts[x]);
    for (unsigned m = 0; m < count; ++m)
      if (pairs[x][m])
        r = tiles.contract(scope.take(pairs[x][m]), earlier[m], tiles.source(), r);
    r = tiles.on(r, value);
    scope.bind(op.getPhi().getArgument(i), r, value);
    if (!op.read(i).use_empty())
      readNumbers[i] = scope.stack(r);
  }
  SmallVector<unsigned> writeNumbers;
  for (unsigned m = 0; m < count; ++m) {
    Value w = scope.emit(phi(m), value);
    writeNumbers.push_back(scope.stack(w));
    SmallVector<Value> inputs = {scope.take(position), tiles.iota(tiles.source()), w, earlier[m]};
    if (gate.decay)
      inputs.push_back(scope.take(gate.decay));
    scope.setNext(m, tiles.map(
                         inputs,
                         [](OpBuilder &b, Location at, ValueRange x) -> Value {
                           Value isHere = arith::CmpFOp::create(b, at, arith::CmpFPredicate::OEQ, x[0], x[1]);
                           Value kept = x.size() == 4 ? x[3] : arith::MulFOp::create(b, at, x[4], x[3]).getResult();
                           return arith::SelectOp::create(b, at, isHere, x[2], kept);
                         },
                         sources));
  }
  tile::StepsOp steps = scope.build();
  for (unsigned number : writeNumbers)
    writes.push_back(steps.getResult(number));
  for (unsigned i : used)
    if (readNumbers[i])
      reads[i] = steps.getResult(*readNumbers[i]);
}
