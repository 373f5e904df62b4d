// Matrices and rows as sums of terms, one op at a time.
//
//     A + B, -A, c A, A / c, A', A B, diag(d), a b', I, where(c, A, B)
//     A .* a b', A ./ a b'        for rank-one matrices
#include "lowering/normalize/Linearity.h"
#include "lowering/Rules.h"
#include "lowering/normalize/Branches.h"
#include "lowering/normalize/Formula.h"
#include "lowering/normalize/ThinDims.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace mixc::normalize {
using namespace mix;

Linearity::Linearity(Expressions &expressions, ArrayRef<StateOp> states, const llvm::BitVector &turned,
                     ArrayRef<Value> dependents)
    : e(expressions), members(states), turned(turned), rows(typeOf(states[0]->getResult(0)).isVector()) {
  for (auto [i, state] : llvm::enumerate(members)) {
    ArrayRef<Dim> dims = typeOf(state.getResult()).getDims();
    keyDims.push_back(turned[i] ? dims.front() : dims.back());
    if (!rows)
      valueDim = turned[i] ? dims.back() : dims.front();
  }
  ownDims = stateDims(members[0]->getParentOfType<MixerOp>());
  for (Value leaf : dependents) {
    touchMemo[leaf] = true;
    for (auto &memo : localMemo)
      memo.insert({leaf, leaf});
  }
}

std::optional<unsigned> Linearity::memberIndex(Value value) const {
  for (auto [index, state] : llvm::enumerate(members))
    if (value == state->getResult(0))
      return index;
  return std::nullopt;
}

std::string Linearity::name(unsigned state) const { return StateOp(members[state]).getName().str(); }

bool Linearity::touches(Value value) {
  if (auto known = touchMemo.find(value); known != touchMemo.end())
    return known->second;
  Operation *op = value.getDefiningOp();
  bool result = memberIndex(value) || (op && llvm::any_of(op->getOperands(), [&](Value x) { return touches(x); }));
  return touchMemo[value] = result;
}

Outcome<Terms> Linearity::terms(Value value) {
  return earlyFirst<Terms>(value, termMemo, [&]() -> Outcome<Terms> {
    if (Operation *op = value.getDefiningOp())
      e.setOrigin(op);
    Outcome<Terms> result = typeOf(value).isMatrix() ? matrixTerms(value) : rowTerms(value);
    return result ? merged(*result) : result;
  });
}

Outcome<Terms> Linearity::matrixTerms(Value value) {
  if (std::optional<unsigned> state = memberIndex(value))
    return Terms{{.kind = Term::Gate, .state = *state}};
  Operation *op = value.getDefiningOp();
  ArrayRef<Dim> dims = typeOf(value).getDims();
  std::optional<Outcome<Terms>> structured =
      TypeSwitch<Operation *, std::optional<Outcome<Terms>>>(op)
          .Case([&](IdentityOp) { return Terms{{.kind = Term::Eye}}; })
          .Case([&](FillOp fill) {
            return Terms{{.kind = Term::Outer, .left = e.fill(fill.getScalar(), {dims[0]}), .right = e.ones(dims[1])}};
          })
          .Case([&](UnaryOp unary) -> std::optional<Outcome<Terms>> {
            if (unary.getKind() != UnaryKind::Neg)
              return std::nullopt;
            return scaledTerms(e.constant(-1), unary.getX(), false, op);
          })
          .Case([&](BinaryOp binary) -> std::optional<Outcome<Terms>> {
            return binaryTerms(binary, [&] { return entrywiseTerms(binary); });
          })
          .Case([&](SelectOp select) -> std::optional<Outcome<Terms>> {
            Value sum = touches(value) ? sumOfBranches(e, select, [&](Value x) { return touches(x); }) : Value();
            return sum ? std::optional(terms(sum)) : std::nullopt;
          })
          .Case([&](TransposeOp transpose) -> std::optional<Outcome<Terms>> {
            Outcome<Terms> inner = terms(transpose.getX());
            if (!inner)
              return inner;
            Terms result;
            for (const Term &term : *inner)
              result.push_back(turn(term));
            return Outcome<Terms>(result);
          })
          .Case([&](DiagOp diag) -> std::optional<Outcome<Terms>> {
            Outcome<Value> d = local(diag.getX());
            if (!d)
              return Outcome<Terms>(d.obstacle());
            return Outcome<Terms>(Terms{{.kind = Term::Diag, .left = *d}});
          })
          .Case([&](OuterOp outer) -> std::optional<Outcome<Terms>> {
            Outcome<Value> a = local(outer.getX()), b = local(outer.getY());
            if (!a || !b)
              return Outcome<Terms>((a ? b : a).obstacle());
            return Outcome<Terms>(Terms{{.kind = Term::Outer, .left = *a, .right = *b}});
          })
          .Case([&](MatmulOp matmul) { return productTerms(matmul); })
          .Default([](Operation *) { return std::nullopt; });
  if (structured && (*structured || touches(value)))
    return *structured;
  // A matrix of no structure that is free of the states, or made of what was read from them.
  Outcome<Value> whole = local(value);
  if (!whole)
    return whole.obstacle();
  return Terms{{.kind = Term::Full, .left = *whole}};
}

Outcome<Terms> Linearity::rowTerms(Value value) {
  if (std::optional<unsigned> state = memberIndex(value))
    return Terms{{.kind = Term::Gate, .state = *state}};
  Outcome<Value> whole = local(value);
  if (whole)
    return Terms{{.kind = Term::Outer, .left = e.constant(1), .right = *whole}};
  Operation *op = value.getDefiningOp();
  if (auto unary = dyn_cast<UnaryOp>(op); unary && unary.getKind() == UnaryKind::Neg)
    return scaledTerms(e.constant(-1), unary.getX(), false, op);
  if (auto matmul = dyn_cast<MatmulOp>(op))
    return productTerms(matmul);
  if (auto binary = dyn_cast<BinaryOp>(op))
    if (auto terms = binaryTerms(binary, [&] { return rowEntrywiseTerms(binary); }))
      return std::move(*terms);
  if (auto select = dyn_cast<SelectOp>(op))
    if (Value sum = sumOfBranches(e, select, [&](Value x) { return touches(x); }))
      return terms(sum);
  return whole.obstacle();
}

// A + B and A - B; a scalar beside a matrix is that scalar at every entry.
Outcome<Terms> Linearity::sumTerms(BinaryOp op) {
  countRule("A + B, A - B");
  Terms result;
  ArrayRef<Dim> dims = typeOf(op.getResult()).getDims();
  for (auto [position, operand] : llvm::enumerate(op->getOperands())) {
    bool negated = position == 1 && op.getKind() == BinaryKind::Sub;
    if (typeOf(operand).isScalar()) {
      Outcome<Value> c = local(operand);
      if (!c)
        return c.obstacle();
      Value signedC = negated ? e.neg(*c) : *c;
      result.push_back({.kind = Term::Outer,
                        .left = dims.size() == 2 ? e.fill(signedC, {dims[0]}) : signedC,
                        .right = e.ones(dims.back())});
      continue;
    }
    Outcome<Terms> addends = terms(operand);
    if (!addends)
      return addends;
    for (const Term &term : *addends) {
      Outcome<Term> scaled = negated ? times(e.constant(-1), term, op) : Outcome<Term>(term);
      if (!scaled)
        return scaled.obstacle();
      result.push_back(*scaled);
    }
  }
  return result;
}

Outcome<Terms> Linearity::scaledTerms(Value scalar, Value rest, bool divides, Operation *op) {
  countRule("c A, A / c");
  Outcome<Value> c = local(scalar);
  if (!c)
    return c.obstacle();
  Outcome<Terms> inner = terms(rest);
  if (!inner)
    return inner;
  e.setOrigin(op);
  Value factor = divides ? e.div(Value(), *c) : *c;
  Terms result;
  for (const Term &term : *inner) {
    Outcome<Term> scaled = times(factor, term, op);
    if (!scaled)
      return scaled.obstacle();
    result.push_back(*scaled);
  }
  return result;
}

// A B, or for a row z of the states (A z)' = z' A'.
Outcome<Terms> Linearity::productTerms(MatmulOp op) {
  bool ofRow = typeOf(op.getResult()).isVector();
  std::optional<int64_t> columns = ofRow ? std::nullopt : thin(typeOf(op.getY()).getDims()[0]);
  Outcome<Terms> whole = wholeProductTerms(op, ofRow);
  bool isStructured = whole && llvm::none_of(*whole, [](const Term &term) { return term.kind == Term::Full; });
  if (isStructured || ofRow)
    return whole;
  if (columns)
    return columnTerms(op, *columns);
  std::optional<Obstacle> lacking = whole ? std::nullopt : lacksNumber(op);
  return lacking ? Outcome<Terms>(*lacking) : whole;
}

Outcome<Terms> Linearity::wholeProductTerms(MatmulOp op, bool ofRow) {
  countRule("A B");
  Outcome<Terms> first = terms(ofRow ? op.getY() : op.getX());
  if (!first)
    return first;
  Outcome<Terms> second = terms(ofRow ? op.getX() : op.getY());
  if (!second)
    return second;
  e.setOrigin(op);
  Terms result;
  for (const Term &s : *first)
    for (const Term &t : *second) {
      Outcome<Terms> both = product(s, ofRow ? turn(t) : t, op);
      if (!both)
        return both;
      llvm::append_range(result, *both);
    }
  return result;
}

static bool hasGate(const Terms &terms) {
  return llvm::any_of(terms, [](const Term &term) { return term.kind == Term::Gate; });
}

// A .* B or A ./ B where one side has rank one and the other holds the states.
Outcome<Terms> Linearity::entrywiseTerms(BinaryOp op) {
  bool divides = op.getKind() == BinaryKind::Div;
  Outcome<Terms> x = terms(op.getX()), y = terms(op.getY());
  if (!x || !y)
    return (x ? y : x).obstacle();
  if (hasGate(*y)) {
    if (hasGate(*x) || divides)
      return Obstacle{Obstacle::Whole, quoted(op) + " multiplies states entry by entry", op, kProducts};
    std::swap(x, y);
  }
  auto areOuter = [](const Terms &terms) {
    return llvm::all_of(terms, [](const Term &term) { return term.kind == Term::Outer; });
  };
  if (!areOuter(*y) || (y->size() != 1 && (divides || !areOuter(*x)))) {
    if (hasGate(*x))
      return Obstacle{Obstacle::Other, quoted(op) + " gates every entry of the state, in no rank-one form", op,
                      "a gate `e * s'` with e : vector<" + typeOf(op.getResult()).getDims()[0].str() +
                          "> and s : vector<" + typeOf(op.getResult()).getDims()[1].str() + "> can be chunked"};
    Outcome<Value> whole = localRebuilt(op);
    if (!whole)
      return whole.obstacle();
    return Terms{{.kind = Term::Full, .left = *whole}};
  }
  countRule("A .* a b', A ./ a b'");
  e.setOrigin(op);
  Terms result;
  for (Term mask : *y) {
    if (divides) {
      mask.left = e.div(Value(), mask.left);
      mask.right = e.div(Value(), mask.right);
    }
    Outcome<Terms> masked = entrywise(*x, mask, op);
    if (!masked)
      return masked;
    llvm::append_range(result, *masked);
  }
  return merged(result);
}

// z .* d or z ./ d, d free of z.
Outcome<Terms> Linearity::rowEntrywiseTerms(BinaryOp op) {
  bool divides = op.getKind() == BinaryKind::Div;
  Outcome<Value> x = local(op.getX()), y = local(op.getY());
  if (!y && (!x || divides)) {
    for (const Outcome<Value> &side : {x, y})
      if (!side && !isa<StateOp>(side.obstacle().culprit)) // what is wrong inside says more
        return side.obstacle();
    return Obstacle{Obstacle::Whole, quoted(op) + " multiplies states entry by entry", op, kProducts};
  }
  Outcome<Value> &d = y ? y : x;
  countRule("z .* d, z ./ d");
  Outcome<Terms> inner = terms(y ? op.getX() : op.getY());
  if (!inner)
    return inner;
  e.setOrigin(op);
  return entrywise(*inner, {.kind = Term::Outer, .right = divides ? e.div(Value(), *d) : *d}, op);
}

/// A sum, a multiple, or what `entrywise` makes of two tensors; none of other functions.
std::optional<Outcome<Terms>> Linearity::binaryTerms(BinaryOp op, llvm::function_ref<Outcome<Terms>()> entrywise) {
  Value x = op.getX(), y = op.getY();
  switch (op.getKind()) {
  case BinaryKind::Add:
  case BinaryKind::Sub: return sumTerms(op);
  case BinaryKind::Mul:
    if (typeOf(x).isScalar())
      return scaledTerms(x, y, false, op);
    if (typeOf(y).isScalar())
      return scaledTerms(y, x, false, op);
    return entrywise();
  case BinaryKind::Div:
    if (typeOf(y).isScalar())
      return scaledTerms(y, x, true, op);
    if (!typeOf(x).isScalar())
      return entrywise();
    return std::nullopt;
  default: return std::nullopt;
  }
}

} // namespace mixc::normalize
