// Products of n x n transitions along a chunk.
//
//     before   P_t = A_t P_{t-1}, P_0 = I: row t holds P_{t-1} = D(0,t-1]; the last one is D(0,C]
//     after    Q_{s-1} = Q_s A_s, Q_C = I: row s holds Q_s = D(s,C]
//     between  B_t[s] = A_t B_{t-1}[s] for s < t, I for s = t, 0 for s > t: row t holds B_{t-1}[s] = D(s,t-1]
//     towards  the same as before and after, from I anew at every block of rows
//
// Only entries that can be other than 0 are carried: those reachable in the graph of the a_ij.
#include "lowering/derive/Transition.h"
#include "lowering/Rules.h"
#include "lowering/derive/StepScope.h"
#include "lowering/normalize/Classify.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mixc;
using namespace mixc::derive;
using tile::Axis;

static bool isOne(Value value) {
  auto constant = value.getDefiningOp<mix::ConstantOp>();
  return constant && constant.getValue().convertToDouble() == 1;
}

static bool isVector(Value value) { return cast<mix::TensorType>(value.getType()).isVector(); }

Transition::Transition(mix::ComponentOp op, ChunkContext &context, ArrayRef<Axis> keys)
    : op(op), context(context), tiles(context.parts.tiles), keys(keys), n(op.getStates().size()),
      alongKeys(normalize::classOf(op).getTransition() == mix::TransitionKind::Diagonal),
      entries(n, std::vector<Value>(n)) {
  for (auto [x, entry] : llvm::enumerate(op.getTransition())) {
    int64_t i = op.getTransitionIndex()[2 * x], j = op.getTransitionIndex()[2 * x + 1];
    entries[i][j] = entry;
    mixes |= i != j;
  }
  for (unsigned i = 0; i < n; ++i)
    mixes |= !entries[i][i];
  // The identity needs no products.
  for (unsigned i = 0; !mixes && i < n; ++i)
    if (isOne(entries[i][i])) {
      countRule("D(s,t] = 1");
      decays.emplace_back();
    } else {
      decays.push_back(context.segments(entries[i][i], keys[i]));
    }
}

//===-- Products ------------------------------------------------------------------------------------------------===//

// One set of steps: rows are the products before their own token, `last` what is left at the end.
Transition::Matrix Transition::mixed(bool reverse, Value starts, ArrayRef<Axis> axes, Matrix *last) {
  std::vector<std::vector<bool>> reach(n, std::vector<bool>(n));
  for (unsigned i = 0; i < n; ++i)
    for (unsigned j = 0; j < n; ++j)
      reach[i][j] = i == j || entries[i][j];
  for (unsigned l = 0; l < n; ++l)
    for (unsigned i = 0; i < n; ++i)
      for (unsigned j = 0; j < n; ++j)
        reach[i][j] = reach[i][j] || (reach[i][l] && reach[l][j]);

  bool isBetween = llvm::is_contained(axes, tiles.source());
  std::vector<std::vector<Value>> a(n, std::vector<Value>(n));
  for (unsigned i = 0; i < n; ++i)
    for (unsigned j = 0; j < n; ++j)
      if (Value entry = entries[i][j])
        a[i][j] =
            tiles.with(isVector(entry) ? context.parts.local.emit(entry, keys[i]) : context.parts.local.scalar(entry),
                       tiles.time());
  Value after, diagonal;
  if (isBetween) {
    diagonal = tiles.diagonal(tiles.time(), tiles.source());
    after = context.afterSource(tiles.constant(1, {tiles.time()}));
  }
  SmallVector<Value> beginnings;
  for (unsigned i = 0; i < n; ++i)
    for (unsigned j = 0; j < n; ++j)
      beginnings.push_back(tiles.constant(i == j && !isBetween ? 1 : 0, axes));

  StepScope scope(context.parts, [](Value) { return false; }, reverse);
  std::vector<std::vector<Value>> carried(n, std::vector<Value>(n));
  std::vector<std::vector<unsigned>> number(n, std::vector<unsigned>(n)), row = number;
  unsigned count = 0;
  for (unsigned i = 0; i < n; ++i)
    for (unsigned j = 0; j < n; ++j)
      if (reach[i][j]) {
        carried[i][j] = scope.carry(beginnings[i * n + j]);
        number[i][j] = count++;
      }
  for (unsigned i = 0; i < n; ++i)
    for (unsigned j = 0; j < n; ++j) {
      if (!reach[i][j])
        continue;
      SmallVector<Product> sum;
      for (unsigned l = 0; l < n; ++l) {
        Value step = reverse ? a[l][j] : a[i][l], product = reverse ? carried[i][l] : carried[l][j];
        if (step && product)
          sum.emplace_back(1, std::initializer_list<Value>{scope.take(step), product});
      }
      Value next = sum.empty() ? tiles.constant(0, axes) : tiles.sum(sum, axes);
      if (isBetween) {
        const bool isOnDiagonal = i == j;
        Value start = isOnDiagonal ? scope.take(diagonal) : tiles.constant(0);
        next = tiles.map({scope.take(after), next, start}, [](OpBuilder &b, Location at, ValueRange x) -> Value {
          Value zero = arith::ConstantOp::create(b, at, b.getFloatAttr(x[0].getType(), 0));
          Value goesOn = arith::CmpFOp::create(b, at, arith::CmpFPredicate::ONE, x[0], zero);
          return arith::SelectOp::create(b, at, goesOn, x[1], x[2]);
        });
      }
      if (starts) {
        bool isOnDiagonal = i == j;
        next = tiles.map({scope.take(starts), next}, [&](OpBuilder &b, Location at, ValueRange x) -> Value {
          auto constant = [&](double value) -> Value {
            return arith::ConstantOp::create(b, at, b.getFloatAttr(x[0].getType(), value));
          };
          Value goesOn = arith::CmpFOp::create(b, at, arith::CmpFPredicate::OEQ, x[0], constant(0));
          return arith::SelectOp::create(b, at, goesOn, x[1], constant(isOnDiagonal ? 1 : 0));
        });
      }
      scope.setNext(number[i][j], next);
      row[i][j] = scope.stack(carried[i][j]);
    }
  tile::StepsOp steps = scope.build();
  Matrix rows(n, std::vector<Entry>(n));
  if (last)
    *last = rows;
  for (unsigned i = 0; i < n; ++i)
    for (unsigned j = 0; j < n; ++j)
      if (reach[i][j]) {
        rows[i][j] = steps.getResult(row[i][j]);
        if (last)
          (*last)[i][j] = steps.getResult(number[i][j]);
      }
  return rows;
}

const Transition::Matrix &Transition::products(Part part) {
  auto [at, isNew] = known.try_emplace(part);
  Matrix &matrix = at->second;
  if (!isNew)
    return matrix;
  Axes axes;
  if (alongKeys)
    axes.push_back(keys[0]);
  if (!mixes) {
    matrix.assign(n, std::vector<Entry>(n));
    for (unsigned i = 0; i < n; ++i) {
      const Segments &decay = decays[i];
      matrix[i][i] = part == Before  ? decay.before
                     : part == After ? decay.after
                     : part == Whole ? decay.whole
                                     : decay.between;
    }
  } else if (part == Before || part == Whole) {
    countRule("D(0,t-1] of n x n");
    Matrix last, rows = mixed(/*reverse=*/false, {}, axes, &last);
    known[Before] = std::move(rows);
    known[Whole] = std::move(last);
    return known[part];
  } else if (part == After) {
    countRule("D(s,C] of n x n");
    matrix = mixed(/*reverse=*/true, {}, axes, nullptr);
  } else {
    countRule("D(s,t-1] of n x n");
    matrix = mixed(/*reverse=*/false, {}, tiles.source(), nullptr);
  }
  return matrix;
}

const Transition::Matrix &Transition::towards(bool rows, int64_t block) {
  auto [at, isNew] = blocks.try_emplace({rows, block});
  if (isNew)
    at->second = mixed(/*reverse=*/!rows, context.starts(rows, block), keys[0], nullptr);
  return at->second;
}

//===-- Products applied ----------------------------------------------------------------------------------------===//

/// (M x)_i, or (M' x)_i, scaled by g.
Value Transition::applied(const Matrix &matrix, const PerState &x, unsigned i, bool transposed, const Coefficient &g) {
  SmallVector<Product> sum;
  for (unsigned j = 0; j < n; ++j) {
    const Entry &entry = transposed ? matrix[j][i] : matrix[i][j];
    if (!entry || !x[j])
      continue;
    if (mayGrow() && *entry) {
      Value grown = tiles.bounded(tiles.sum(Product(1, {*entry, x[j]})), mostGrown);
      sum.push_back(Product(1, {tiles.bounded(tiles.sum(g.times({grown})), mostGrown)}));
    } else {
      Coefficient factor = *entry ? multiply(tiles, g, {1, *entry}) : g;
      sum.push_back(factor.times({x[j]}));
    }
  }
  return sum.empty() ? Value() : tiles.sum(sum);
}

PerState Transition::fromStart(const PerState &p, const Coefficient &g) {
  PerState result;
  for (unsigned j = 0; j < n; ++j)
    result.push_back(applied(products(Before), p, j, /*transposed=*/true, g));
  return result;
}

Value Transition::onwards(const PerState &x, unsigned i) {
  return applied(products(Before), x, i, /*transposed=*/false);
}

PerState Transition::toEnd(const PerState &u) {
  PerState result;
  for (unsigned i = 0; i < n; ++i)
    result.push_back(applied(products(After), u, i, /*transposed=*/false));
  return result;
}

/// sum_i x_i[t]' y_i[s] for s < t, on [time, source].
Value Transition::contractMixed(const PerState &x, const PerState &y) {
  Value dots;
  for (unsigned i = 0; i < n; ++i)
    if (x[i] && y[i])
      dots = tiles.contract(x[i], tiles.rename(y[i], tiles.time(), tiles.source()), keys[i], dots, tile::Mask::Strict);
  return dots;
}

SmallVector<Product> Transition::pairs(const PerState &p, const PerState &u) {
  SmallVector<Product> result;
  if (!mixes || !alongKeys) {
    for (unsigned i = 0; i < n; ++i)
      for (unsigned j = 0; j < n; ++j)
        if (p[i] && u[j] && (i == j || mixes))
          if (const Entry &between = products(Between)[i][j]) {
            Value dots = context.pairs(p[i], u[j], keys[i], mixes ? Segments() : decays[i]);
            Product pair(1, {*between, dots});
            if (mayGrow())
              pair = Product(1, {tiles.bounded(tiles.sum(pair), mostGrown)});
            result.push_back(pair);
          }
    return result;
  }
  // Halved, as one decay along the key axis is: the factors are n x n.
  countRule("p_t' D(s,t-1] u_s of n x n along keys, by halves");
  for (int64_t block = 1; block < tiles.chunk(); block *= 2) {
    PerState x(p), y(u);
    for (unsigned i = 0; block > 1 && i < n; ++i) {
      x[i] = applied(towards(true, block), p, i, /*transposed=*/true);
      y[i] = applied(towards(false, block), u, i, /*transposed=*/false);
      if (x[i])
        x[i] = context.half(true, x[i], block);
      if (y[i])
        y[i] = context.half(false, y[i], block);
    }
    if (Value dots = contractMixed(x, y))
      result.emplace_back(1, std::initializer_list<Value>{context.neighbours(dots, block)});
  }
  return result;
}

Value Transition::gather(Value matrix, const PerState &u, unsigned i) {
  SmallVector<Product> sum;
  if (!mixes) {
    if (u[i])
      context.gather(matrix, u[i], decays[i], sum);
  } else if (!alongKeys) {
    countRule("sum_s M_ts D(s,t-1] u_s of n x n");
    for (unsigned j = 0; j < n; ++j)
      if (const Entry &between = products(Between)[i][j]; between && u[j])
        context.gather(tiles.sum(Product(1, {*between, matrix})), u[j], {}, sum);
  } else {
    countRule("sum_s M_ts D(s,t-1] u_s of n x n along keys, by halves");
    for (int64_t block = 1; block < tiles.chunk(); block *= 2) {
      PerState middle(u);
      for (unsigned j = 0; j < n; ++j) {
        if (block > 1) {
          middle[j] = applied(towards(false, block), u, j, /*transposed=*/false);
          if (middle[j])
            middle[j] = context.half(false, middle[j], block);
        }
        if (middle[j])
          middle[j] = context.contractSource(context.neighbours(matrix, block), middle[j], {}, tile::Mask::Strict);
        if (block > 1 && middle[j])
          middle[j] = context.half(true, middle[j], block);
      }
      Value here = block == 1 ? middle[i] : applied(towards(true, block), middle, i, /*transposed=*/false);
      if (here)
        sum.emplace_back(1, std::initializer_list<Value>{here});
    }
  }
  return sum.empty() ? Value() : tiles.sum(sum);
}

std::optional<Product> Transition::whole(unsigned i, unsigned j) {
  const Entry &entry = products(Whole)[i][j];
  if (!entry)
    return std::nullopt;
  return Product(1, {*entry});
}
