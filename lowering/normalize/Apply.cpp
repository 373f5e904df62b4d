// Products of terms with vectors, and the reads that they leave behind.
//
//     (sum_j c_j diag(e) S_j diag(s_j)) x = e . r,  r = sum_j S_j (c_j s_j . x)        one read, however many states
//     (c S) (d x) = (c d) r(S, x)                                                    scalars stay outside
//
// Where such a read would be along a vector that depends on reads, or along the other axis, it is late if it may be.
#include "lowering/Rules.h"
#include "lowering/normalize/Formula.h"
#include "lowering/normalize/Linearity.h"
#include "llvm/ADT/MapVector.h"
#include <map>

using namespace mlir;

namespace mixc::normalize {
using namespace mix;

Outcome<Value> Linearity::read(SmallVector<std::pair<unsigned, Value>, 1> along, Operation *op) {
  Rate rate = Rate::Constant;
  for (auto [state, p] : along) {
    if (touches(p))
      return Obstacle{Obstacle::Other,
                      quoted(op) + ": `" + name(state) +
                          "` is read along a vector that depends on what is read from it",
                      op, kFreeReads};
    rate = faster(rate, faster(typeOf(members[state]->getResult(0)).getRate(), typeOf(p).getRate()));
  }
  llvm::sort(along, [](const auto &x, const auto &y) { return x.first < y.first; });
  for (const Read &known : readList)
    if (known.along == along)
      return known.node;
  SmallVector<Dim> dims;
  if (!rows)
    dims.push_back(valueDim);
  e.setOrigin(op);
  Value node = e.placeholder(TensorType::get(op->getContext(), dims, rate));
  touchMemo[node] = true;
  for (auto &memo : localMemo)
    memo.insert({node, node});
  readIndex[node] = readList.size();
  readList.push_back({node, along});
  return node;
}

/// S x as it stands, S' x or z'x.
Value Linearity::lateRead(const Term &gate, Value x) {
  countRule("late read");
  Value state = members[gate.state].getResult();
  Value node = rows ? e.dot(state, x) : e.matmul(gate.flipped ? e.transpose(state) : state, x);
  lateList.insert(node);
  localMemo[1].insert({node, node});
  return node;
}

/// Gates that share their left side, times x.
Outcome<Value> Linearity::applyGates(ArrayRef<Term> gates, Value x, Operation *op) {
  struct Piece {
    unsigned state;
    Value factor, along;
  };
  SmallVector<Piece> pieces;
  bool free = true;
  e.setOrigin(op);
  Value result, left = gates.front().left;
  for (const Term &gate : gates) {
    bool isAcross = gate.flipped != turned[gate.state];
    Value along = e.mul(gate.right, x);
    SmallVector<Scaled> parts = spread(along);
    if (late && (isAcross || llvm::any_of(parts, [&](const Scaled &part) { return touches(part.vector); }))) {
      auto [factor, vector] = core(e, along);
      result = e.add(result, e.mul(e.mul(gate.factor, factor), e.mul(left, lateRead(gate, vector))));
      continue;
    }
    if (isAcross)
      return Obstacle{Obstacle::Axis, quoted(op) + ": `" + name(gate.state) + "` is read along both of its axes", op,
                      "an update that reads along one of the axes alone can be chunked"};
    for (Scaled part : parts) {
      pieces.push_back({gate.state, e.mul(gate.factor, part.factor), part.vector});
      free &= !pieces.back().factor || !touches(pieces.back().factor);
    }
  }
  if (pieces.size() > 1 && free) {
    countRule("S p + T q: one read of two states");
    std::map<unsigned, Value> along;
    for (const Piece &piece : pieces)
      along[piece.state] = e.add(along[piece.state], e.mul(piece.factor, piece.along));
    Outcome<Value> r = read(SmallVector<std::pair<unsigned, Value>, 1>(along.begin(), along.end()), op);
    if (!r)
      return r;
    return e.add(result, e.mul(left, *r));
  }
  for (const Piece &piece : pieces) {
    Outcome<Value> r = read({{piece.state, piece.along}}, op);
    if (!r)
      return r;
    result = e.add(result, e.mul(piece.factor, e.mul(left, *r)));
  }
  return result;
}

Outcome<Value> Linearity::apply(ArrayRef<Term> terms, Value x, Operation *op) {
  llvm::MapVector<Value, Terms> gates; // by what stands on the left
  for (const Term &term : terms)
    if (term.kind == Term::Gate)
      gates[term.left].push_back(term);
  Value result;
  for (auto &[left, group] : gates) {
    Outcome<Value> part = applyGates(group, x, op);
    if (!part)
      return part;
    result = e.add(result, *part);
  }
  for (const Term &term : terms) {
    switch (term.kind) {
    case Term::Gate: break;
    case Term::Outer: result = e.add(result, e.mul(e.dot(term.right, x), term.left)); break;
    case Term::Diag: result = e.add(result, e.mul(term.left, x)); break;
    case Term::Eye: result = e.add(result, e.mul(term.factor, x)); break;
    case Term::Full: result = e.add(result, e.matmul(term.left, x)); break;
    }
  }
  return result;
}

Outcome<Value> Linearity::applyMatrix(Value matrix, bool transposed, Value x, Operation *op) {
  Outcome<Terms> sum = terms(matrix);
  if (sum) {
    Terms turnedTerms;
    for (const Term &term : *sum)
      turnedTerms.push_back(transposed ? turn(term) : term);
    e.setOrigin(op);
    Outcome<Value> result = apply(turnedTerms, x, op);
    if (result)
      return result;
    Outcome<Value> retried = applyFactors(matrix, transposed, x, op);
    return retried ? retried : result;
  }
  Outcome<Value> result = applyFactors(matrix, transposed, x, op);
  return result ? result : Outcome<Value>(sum.obstacle());
}

/// Where the matrix is no sum of terms, its factors and addends may still be applied one after the other: (A B) x = A
/// (B x).
Outcome<Value> Linearity::applyFactors(Value matrix, bool transposed, Value x, Operation *op) {
  Operation *by = matrix.getDefiningOp();
  Obstacle none{Obstacle::Other, quoted(op) + " takes a state in no linear way", op};
  constexpr unsigned patience =
      1000; // factors that are shared come by once a path to them, and most paths lead nowhere
  if (++factorings > patience)
    return none;
  countRule("factors one after the other");
  if (auto transpose = dyn_cast<TransposeOp>(by))
    return applyMatrix(transpose.getX(), !transposed, x, op);
  if (auto matmul = dyn_cast<MatmulOp>(by)) {
    Outcome<Value> inner = applyMatrix(transposed ? matmul.getX() : matmul.getY(), transposed, x, op);
    return inner ? applyMatrix(transposed ? matmul.getY() : matmul.getX(), transposed, *inner, op) : inner;
  }
  if (auto outer = dyn_cast<OuterOp>(by)) { // (u z') x = u (z'x), z a state of one row
    Value left = transposed ? outer.getY() : outer.getX(), right = transposed ? outer.getX() : outer.getY();
    Outcome<Value> along = local(e.dot(right, x)), u = local(left);
    return along && u ? e.mul(*along, *u) : Outcome<Value>((along ? u : along).obstacle());
  }
  auto binary = dyn_cast<BinaryOp>(by);
  if (!binary || (typeOf(binary.getX()).isScalar() && binary.getKind() != BinaryKind::Mul))
    return none;
  Value left = binary.getX(), right = binary.getY();
  switch (binary.getKind()) {
  case BinaryKind::Add:
  case BinaryKind::Sub: {
    if (typeOf(right).isScalar())
      return none;
    Outcome<Value> a = applyMatrix(left, transposed, x, op);
    if (!a)
      return a;
    Outcome<Value> b = applyMatrix(right, transposed, x, op);
    if (!b)
      return b;
    return binary.getKind() == BinaryKind::Add ? e.add(*a, *b) : e.sub(*a, *b);
  }
  case BinaryKind::Mul:
  case BinaryKind::Div: {
    if (typeOf(left).isScalar())
      std::swap(left, right);
    if (!typeOf(right).isScalar())
      return none;
    Outcome<Value> c = local(right);
    if (!c)
      return c;
    Outcome<Value> inner = applyMatrix(left, transposed, x, op);
    if (!inner)
      return inner;
    return binary.getKind() == BinaryKind::Mul ? e.mul(*c, *inner) : e.div(*inner, *c);
  }
  default: return none;
  }
}

} // namespace mixc::normalize
