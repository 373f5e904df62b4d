// The algebra of terms: products, scaling, transposes, entrywise products, and merging to fewest.
#include "lowering/Rules.h"
#include "lowering/normalize/Formula.h"
#include "lowering/normalize/Linearity.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/STLExtras.h"
#include <set>

using namespace mlir;

namespace mixc::normalize {
using namespace mix;

// c t. A gate's factor must be free of the states; a write value need not.
Outcome<Term> Linearity::times(Value c, const Term &t, Operation *op) {
  Term result = t;
  switch (t.kind) {
  case Term::Gate:
    if (touches(c))
      return Obstacle{Obstacle::Other,
                      quoted(op) + ": the decay of `" + name(t.state) + "` depends on what is read from it", op,
                      kFreeGates};
    [[fallthrough]];
  case Term::Eye: result.factor = e.mul(c, t.factor); return result;
  case Term::Outer:
  case Term::Diag:
  case Term::Full: result.left = e.mul(c, t.left); return result;
  }
  llvm_unreachable("every kind of term is scaled");
}

// t'
Term Linearity::turn(const Term &t) {
  countRule("t'");
  Term result = t;
  if (t.kind == Term::Gate)
    result.flipped = !t.flipped;
  if (t.kind == Term::Gate || t.kind == Term::Outer)
    std::swap(result.left, result.right);
  if (t.kind == Term::Full)
    result.left = e.transpose(t.left);
  return result;
}

// s t
Outcome<Terms> Linearity::product(const Term &s, const Term &t, Operation *op) {
  auto one = [](Outcome<Term> term) -> Outcome<Terms> {
    if (!term)
      return term.obstacle();
    return Terms{*term};
  };
  if (s.kind == Term::Eye)
    return s.factor ? one(times(s.factor, t, op)) : one(t);
  if (t.kind == Term::Eye)
    return t.factor ? one(times(t.factor, s, op)) : one(s);
  if (t.kind == Term::Outer) { // s (a b') = (s a) b'
    countRule("s (a b') = (s a) b'");
    Outcome<Value> a = apply({s}, t.left, op);
    return a ? Outcome<Terms>(Terms{{.kind = Term::Outer, .left = *a, .right = t.right}}) : a.obstacle();
  }
  if (s.kind == Term::Outer) { // (a b') t = a (t' b)'
    countRule("(a b') t = a (t' b)'");
    Outcome<Value> b = apply({turn(t)}, s.right, op);
    return b ? Outcome<Terms>(Terms{{.kind = Term::Outer, .left = s.left, .right = *b}}) : b.obstacle();
  }
  if (s.kind == Term::Gate && t.kind == Term::Gate)
    return Obstacle{Obstacle::Whole, quoted(op) + " multiplies a state by a state", op, kProducts};
  if (s.kind == Term::Diag && t.kind == Term::Diag)
    return Terms{{.kind = Term::Diag, .left = e.mul(s.left, t.left)}};
  const Term &gate = s.kind == Term::Gate ? s : t, &other = s.kind == Term::Gate ? t : s;
  if (gate.kind == Term::Gate && other.kind == Term::Diag) {
    if (touches(other.left))
      return Obstacle{Obstacle::Other,
                      quoted(op) + ": the gate of `" + name(gate.state) + "` depends on what is read from it", op,
                      kFreeGates};
    Term result = gate;
    countRule("S diag(d), diag(d) S");
    Value &side = s.kind == Term::Gate ? result.right : result.left;
    side = e.mul(side, other.left);
    return Terms{result};
  }
  if (gate.kind == Term::Gate)
    return Obstacle{Obstacle::Other, quoted(op) + " mixes the state by a dense matrix", op, kDiagonal};
  auto matrix = [&](const Term &term) { return term.kind == Term::Diag ? e.diag(term.left) : term.left; };
  return Terms{{.kind = Term::Full, .left = e.matmul(matrix(s), matrix(t))}};
}

/// The scalar of a vector of equal entries, or null.
static Value filling(Value vector) {
  auto fill = vector ? vector.getDefiningOp<FillOp>() : FillOp();
  return fill ? fill.getScalar() : Value();
}

// terms .* a b': gates take a on the left and b on the right. A null a is ones (rows).
Outcome<Terms> Linearity::entrywise(const Terms &terms, const Term &mask, Operation *op) {
  Terms result;
  for (Term term : terms) {
    switch (term.kind) {
    case Term::Gate:
      for (auto [side, gate] : {std::pair(&term.left, mask.left), std::pair(&term.right, mask.right)}) {
        if (!gate)
          continue;
        if (touches(gate))
          return Obstacle{Obstacle::Other,
                          quoted(op) + ": the gate of `" + name(term.state) + "` depends on what is read from it", op,
                          kFreeGates};
        if (Value scalar = filling(gate))
          term.factor = e.mul(scalar, term.factor);
        else
          *side = e.mul(gate, *side);
      }
      break;
    case Term::Outer:
      term.left = e.mul(term.left, mask.left);
      term.right = e.mul(term.right, mask.right);
      break;
    case Term::Eye: term = {.kind = Term::Diag, .left = e.mul(term.factor, e.mul(mask.left, mask.right))}; break;
    case Term::Diag: term.left = e.mul(term.left, e.mul(mask.left, mask.right)); break;
    case Term::Full: term.left = e.mul(term.left, e.outer(mask.left, mask.right)); break;
    }
    result.push_back(term);
  }
  return result;
}

// On which side of their outer products do these terms write along? Where the gates say, or the axes' names, or where
// nothing read stands, or where fewer directions are.
bool Linearity::directionIsLeft(ArrayRef<Term> terms) {
  if (rows)
    return false;
  for (const Term &term : terms)
    if (term.kind == Term::Gate)
      return term.flipped != turned[term.state];
  unsigned leftReads = 0, rightReads = 0;
  std::set<void *> left, right;
  for (const Term &term : terms) {
    if (term.kind != Term::Outer)
      continue;
    Dim a = typeOf(term.left).getDims()[0], b = typeOf(term.right).getDims()[0];
    if (!llvm::is_contained(keyDims, valueDim)) {
      if (llvm::is_contained(keyDims, a) && b == valueDim)
        return true;
      if (a == valueDim && llvm::is_contained(keyDims, b))
        return false;
    }
    leftReads += touches(term.left);
    rightReads += touches(term.right);
    left.insert(core(e, term.left).vector.getAsOpaquePointer());
    right.insert(core(e, term.right).vector.getAsOpaquePointer());
  }
  if (!leftReads != !rightReads)
    return rightReads;
  return left.size() == right.size() ? turned[0] : left.size() < right.size();
}

SmallVector<Scaled> Linearity::spread(Value p) {
  if (!touches(p))
    return {strip(e, p)};
  auto [c, x] = core(e, p);
  auto sum = x.getDefiningOp<BinaryOp>();
  if (!touches(x) || !sum || !llvm::is_contained({BinaryKind::Add, BinaryKind::Sub}, sum.getKind()) ||
      typeOf(sum.getX()).isScalar() || typeOf(sum.getY()).isScalar())
    return {{c, x}};
  SmallVector<Scaled> result;
  for (Scaled part : spread(sum.getX()))
    result.push_back({e.mul(c, part.factor), part.vector});
  for (Scaled part : spread(sum.getY())) {
    Value factor = e.mul(c, part.factor);
    bool negated = sum.getKind() == BinaryKind::Sub;
    result.push_back({negated ? e.neg(factor ? factor : e.constant(1)) : factor, part.vector});
  }
  return result;
}

// Gates of one state that share a side are one gate; outer products along one direction are one outer product.
Terms Linearity::merged(ArrayRef<Term> terms) {
  Terms result;
  struct Written {
    Value value;
    Scaled along; // normalisations kept
    Value factor; // of the core in the direction; null is 1
  };
  llvm::MapVector<Value, SmallVector<Written, 2>> byCore;
  bool left = directionIsLeft(terms);
  Value eye, diag;
  bool hasEye = false;
  for (Term term : terms) {
    if (term.kind == Term::Gate) // scalars inside a gate belong to the factor
      for (Value *side : {&term.left, &term.right})
        if (*side) {
          auto [c, vector] = core(e, *side);
          term.factor = e.mul(c, term.factor);
          *side = filling(vector) ? Value() : vector;
        }
    switch (term.kind) {
    case Term::Outer:
      for (Scaled along : spread(left ? term.left : term.right)) {
        auto [factor, vector] = core(e, along.vector);
        byCore[vector].push_back({left ? term.right : term.left, along, factor});
      }
      break;
    case Term::Gate: {
      // c diag(e) S diag(s) + d diag(f) S diag(s) = diag(c e + d f) S diag(s), and so on the other side.
      auto twin = llvm::find_if(result, [&](const Term &other) {
        return other.kind == Term::Gate && other.state == term.state && other.flipped == term.flipped &&
               (other.left == term.left || other.right == term.right);
      });
      if (twin == result.end()) {
        result.push_back(term);
        break;
      }
      auto times = [&](Value c, Value side) {
        Value product = e.mul(c, side);
        return product ? product : e.constant(1);
      };
      if (twin->left == term.left && twin->right == term.right) {
        twin->factor = e.add(times(twin->factor, {}), times(term.factor, {}));
        countRule("a S + b S = (a + b) S");
        break;
      }
      Value &side = twin->left == term.left ? twin->right : twin->left;
      Value more = twin->left == term.left ? term.right : term.left;
      side = e.add(times(twin->factor, side), times(term.factor, more));
      twin->factor = {};
      break;
    }
    case Term::Eye:
      eye = e.add(eye, term.factor ? term.factor : e.constant(1));
      hasEye = true;
      break;
    case Term::Diag: diag = e.add(diag, term.left); break;
    case Term::Full: result.push_back(term); break;
    }
  }
  if (hasEye) {
    auto number = eye.getDefiningOp<ConstantOp>();
    result.push_back({.kind = Term::Eye, .factor = number && number.getValue().isExactlyValue(1.0) ? Value() : eye});
  }
  if (diag)
    result.push_back({.kind = Term::Diag, .left = diag});
  for (auto &[vector, written] : byCore) {
    bool sameNorm = llvm::all_equal(llvm::map_range(written, [](const Written &w) { return w.along.vector; }));
    Value sum;
    for (const Written &w : written)
      sum = e.add(sum, e.mul(sameNorm ? w.along.factor : e.mul(w.along.factor, w.factor), w.value));
    Value along = sameNorm ? written.front().along.vector : vector;
    if (written.size() > 1)
      countRule("v k' + w k' = (v + w) k'");
    result.push_back({.kind = Term::Outer, .left = left ? along : sum, .right = left ? sum : along});
  }
  return result;
}

Value Linearity::asValue(ArrayRef<Term> terms, TensorType type) {
  Value result;
  for (const Term &term : terms) {
    switch (term.kind) {
    case Term::Outer:
      result = e.add(result, rows && type.isVector() ? e.mul(term.left, term.right) : e.outer(term.left, term.right));
      break;
    case Term::Diag: result = e.add(result, e.diag(term.left)); break;
    case Term::Eye: result = e.add(result, e.mul(term.factor, e.identity(type.getDims()[0]))); break;
    case Term::Full: result = e.add(result, term.left); break;
    case Term::Gate: llvm_unreachable("a state has no value here");
    }
  }
  return result;
}

} // namespace mixc::normalize
