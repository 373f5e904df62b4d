// The writes of a chunk.
//
// Affine with scalars, w_m = c_m + sum_i g_mi r_i: the reads' equation gives a unit lower triangular system
//
//     w_m[t] + sum_n sum_{s<t} L_mn[t,s] w_n[s] = B_m[t]
//     L_mn = - sum_i g_mi[t] (p_i[t]' D(s,t-1] u_n[s])        B_m = c_m + sum_i g_mi[t] S D(0,t-1]' p_i[t]
//
// Several writes a token stand side by side: all pairs of their directions are one matmul, and the system one solve.
//
// Any other phi, or a gate on the value axis: token by token, with the pairs known and the writes of earlier tokens carried,
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
  return {isRead, [isRead](Value value) { return !dependsOn(value, isRead); }};
}

Value ChunkedComponent::write(unsigned m) {
  if (writes.empty())
    findWrites();
  return writes[m];
}

bool ChunkedComponent::areSolved() {
  Affine::Rules rules = rulesOf(op);
  Affine affine(rules);
  auto written = op.getPhi().front().getTerminator()->getOperands();
  return !gate.decay && llvm::all_of(written, [&](Value w) { return affine.isAffine(w); }) &&
         !llvm::all_of(written, rules.isOpaque);
}

void ChunkedComponent::findWrites() {
  auto written = op.getPhi().front().getTerminator()->getOperands();
  if (llvm::all_of(written, rulesOf(op).isOpaque)) {
    countRule("writes free of reads");
    for (Value w : written)
      writes.push_back(tiles.with(local.emit(w, value), rows()));
  } else if (areSolved()) {
    countRule(written.size() == 1 ? "one write a token, solved" : "writes side by side, solved");
    solveWrites();
  } else {
    countRule(gate.decay ? "writes under a gate, substituted" : "writes, substituted");
    substituteWrites();
  }
}

void ChunkedComponent::solveWrites() {
  Group &group = groups.front();
  unsigned count = op.getNumWrites();
  Affine affine(rulesOf(op));
  Block *arguments = &op.getPhi().front();
  SmallVector<Coefficients> g(count);
  SmallVector<SmallVector<Product>> c(count);
  std::map<unsigned, unsigned> uses; // of reads, by writes
  for (unsigned m = 0; m < count; ++m)
    for (const auto &[base, coefficient] : affine.form(phi(m), local, tiles)) {
      auto argument = dyn_cast_if_present<BlockArgument>(base);
      if (argument && argument.getOwner() == arguments) {
        g[m][argument.getArgNumber()] = coefficient;
        ++uses[argument.getArgNumber()];
      } else {
        c[m].push_back(base ? coefficient.times({local.emit(base, value)}) : coefficient.times({}));
      }
    }
  SmallVector<Value> b(count);
  for (unsigned m = 0; m < count; ++m) {
    SmallVector<Term> own;
    for (const auto &[i, coefficient] : g[m])
      if (uses[i] == 1 && op.read(i).use_empty()) {
        countRule("g (S p) = S (g p)");
        own.push_back({coefficient, direction(i)});
      } else if (Value start = carried(i)) {
        c[m].push_back(coefficient.times({start}));
      }
    Value rhs = c[m].empty() ? Value() : tiles.sum(c[m], rows());
    for (const Term &term : own)
      rhs = fromStart(term, rhs);
    b[m] = rhs ? tiles.with(rhs, rows()) : tiles.constant(0, rows());
  }
  Axes square{tiles.time(), tiles.source()};
  if (count == 1) {
    SmallVector<Term> terms;
    for (const auto &[i, coefficient] : g[0])
      terms.push_back({coefficient, direction(i)});
    SmallVector<Product> products = pairs(terms, group.u, -1);
    writes.push_back(products.empty() ? b[0] : tiles.solve(tiles.sum(products, square), b[0]));
    return;
  }
  // All reads that the writes use, and all writes, side by side: L_mn = sum_i (-g_mi) (p_i' D u_n).
  AxisNames &names = context.parts.names;
  Axis row = group.side[0], column = names.get(tile::AxisKind::Mix, "write_before", count),
       read = names.get(tile::AxisKind::Mix, "read", uses.size());
  PerState p(states.size()), u(group.u);
  for (unsigned j = 0; j < states.size(); ++j) {
    SmallVector<Value> along;
    for (auto [i, times] : uses)
      along.push_back(direction(i)[j]);
    if (!isNone(along))
      p[j] = tiles.stack(along, read);
    if (u[j])
      u[j] = tiles.rename(u[j], row, column);
  }
  SmallVector<Value> coefficients;
  for (unsigned m = 0; m < count; ++m) {
    SmallVector<Value> ofWrite;
    for (auto [i, times] : uses)
      ofWrite.push_back(g[m].count(i) ? tiles.sum(g[m][i].times({}, -1)) : Value());
    coefficients.push_back(tiles.stack(ofWrite, read));
  }
  group.w = tiles.stack(b, row);
  SmallVector<Product> products = pairs(Term{{}, p}, u);
  if (!products.empty()) {
    llvm::append_range(square, Axes{read, column});
    Value l = tiles.contract(tiles.stack(coefficients, row), tiles.sum(products, square), read, {}, tile::Mask::Strict);
    group.w = tiles.solve(l, tiles.with(group.w, rows()), std::pair(row, column));
  }
  for (unsigned m = 0; m < count; ++m)
    writes.push_back(tiles.entry(group.w, row, m));
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
