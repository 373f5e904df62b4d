// The writes of a chunk.
//
// Affine with scalars, w_m = c_m + sum_i g_mi r_i: the reads' equation gives a unit lower triangular system
//
//     w_m[t] + sum_n sum_{s<t} L_mn[t,s] w_n[s] = B_m[t]
//     L_mn = - sum_i g_mi[t] (p_i[t]' D(s,t-1] u_n[s])        B_m = c_m + sum_i g_mi[t] S D(0,t-1]' p_i[t]
//
// Any other phi, or a gate on the value axis: token by token, with the pairs known and the writes of earlier tokens carried,
//
//     r_i[t] = start_i[t] + sum_m L_im[t,:] F_m        F_m[s] = E(s,t-1] . w_m[s], 0 for s >= t
//     w_m[t] = phi_m(r[t])                             F_m <- E_t . F_m, and w_m[t] in row t
#include "lowering/derive/ChunkedComponent.h"
#include "lowering/derive/StepScope.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mixc;
using namespace mixc::derive;

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

void ChunkedComponent::findWrites() {
  Affine::Rules rules = rulesOf(op);
  Affine affine(rules);
  auto written = op.getPhi().front().getTerminator()->getOperands();
  if (llvm::all_of(written, rules.isOpaque))
    for (Value w : written)
      writes.push_back(tiles.with(local.emit(w, value), rows()));
  else if (!gate.decay && llvm::all_of(written, [&](Value w) { return affine.isAffine(w); }))
    solveWrites();
  else
    substituteWrites();
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
    SmallVector<Term> terms, own;
    for (const auto &[i, coefficient] : g[m]) {
      Term term{coefficient, direction(i)};
      terms.push_back(term);
      if (uses[i] == 1 && op.read(i).use_empty())
        own.push_back(term);
      else if (Value start = carried(i))
        c[m].push_back(coefficient.times({start}));
    }
    Value rhs = c[m].empty() ? Value() : tiles.sum(c[m], rows());
    for (const Term &term : own)
      rhs = fromStart(term, rhs);
    b[m] = rhs ? tiles.with(rhs, rows()) : tiles.constant(0, rows());
    for (unsigned n = 0; n < count; ++n)
      l[m][n] = matrix(terms, n, nullptr, -1);
  }
  writes = solveBlocks(tiles, context.parts.names, std::move(l), std::move(b));
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
    for (unsigned m = 0; m < count; ++m)
      row.push_back(matrix(Term{{}, direction(i)}, m, nullptr));
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
