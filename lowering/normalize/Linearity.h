// Pushes expressions through linearity in the old states of one component, until the states appear only in gates and
// reads.
//
// A matrix that depends on the states S_j is a sum of structured terms
//
//     Gate  c diag(e) S_j diag(s)        (of S_j' if flipped)
//     Outer a b'        Diag diag(d)        Eye c I        Full M, free of states
//
// closed under sums, products, transposes, scaling, and entrywise products with rank-one matrices. Times a vector x it
// is
//
//     c e . r(S_j, s . x) + a (b'x) + d . x + c x + M x
//
// where r(S, p) = S p is a read, hash-consed. Outer terms that share a direction are one: sum_i c_i w_i x' = (sum_i c_i
// w_i) x', which keeps n Householder factors at n writes and makes the writes as few as they can be.
//
// A vector state z that is only read by dot products is a memory of one row, z': its terms are Gate c z'diag(s) and
// Outer a b' with a scalar, and r(z, p) = z'p is a scalar. The same algebra serves both ("row" below).
//
// A product over an axis that no state has (a thin one, of few entries) is taken apart into columns:
//
//     X B' = sum_j x_j b_j'        H C = [H c_1 ... H c_R]
//
// In one orientation: reads contract the key axis, which is the second of a state as declared, or the first if it is
// turned.
//
// A read that no write needs may be *late*: taken along a vector that depends on other reads, or along the other axis.
// It stays what it is, S x or S'x (z'x of a row) on the state before the token,
//
//     S_t' x = (e . (S diag(s)) + w u')' x = s . (S'(e . x)) + u (w'x)
//
// and is built only where no early read will do.
#ifndef MIXC_LOWERING_NORMALIZE_LINEARITY_H
#define MIXC_LOWERING_NORMALIZE_LINEARITY_H

#include "lowering/normalize/Direction.h"
#include "lowering/normalize/Obstacle.h"
#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SetVector.h"

namespace mixc::normalize {

struct Term {
  enum Kind { Gate, Outer, Diag, Eye, Full } kind;
  Value factor = {};    // Gate, Eye: c; null is 1
  Value left = {};      // Gate: e, null is ones. Outer: a. Diag: d. Full: M
  Value right = {};     // Gate: s, null is ones. Outer: b
  unsigned state = 0;   // Gate: j
  bool flipped = false; // Gate: of S_j'
};
using Terms = llvm::SmallVector<Term, 4>;

/// r = sum_j S_j p_j, of the old states.
struct Read {
  Value node;                                             // stands for it until the component is built
  llvm::SmallVector<std::pair<unsigned, Value>, 1> along; // (j, p_j)
};

class Linearity {
public:
  /// `turned`: of each state. `dependents`: other states and other components' reads that depend on these states.
  Linearity(Expressions &expressions, llvm::ArrayRef<mix::StateOp> states, const llvm::BitVector &turned,
            llvm::ArrayRef<Value> dependents = {});

  /// A matrix (or, for vector states, a vector as a row) as a sum of terms.
  Outcome<Terms> terms(Value value);
  /// The value over reads and what is free of the states; an obstacle if a state is used otherwise.
  Outcome<Value> local(Value value);
  /// The transpose of a term.
  Term turn(const Term &t);
  /// Does the value depend on the states, by themselves or through reads?
  bool touches(Value value);
  /// r = sum_j S_j p_j; an obstacle if a p_j depends on the states.
  Outcome<Value> read(llvm::SmallVector<std::pair<unsigned, Value>, 1> along, Operation *op);
  /// From now on reads may be late: no write uses what is asked for.
  void allowLate() { late = true; }
  /// p = sum_i c_i x_i with x_i free of the states, as far as p has that form.
  llvm::SmallVector<Scaled> spread(Value p);

  /// The product over a thin axis without a number that keeps this matrix from being outer products.
  std::optional<Obstacle> lacksNumber(Value matrix) const;
  /// The name of a state that the value holds whole, not in products: linear in it, and of its shape.
  std::optional<std::string> wholeState(Value value);
  /// Why that is in the way of `user`.
  std::string takesWhole(const std::string &user, const std::string &state) const;

  llvm::ArrayRef<mix::StateOp> states() const { return members; }
  const llvm::BitVector &turnedStates() const { return turned; }
  bool hasRows() const { return rows; }
  llvm::ArrayRef<Read> reads() const { return readList; }
  /// The read that this value stands for, or null.
  const Read *readOf(Value node) const {
    auto known = readIndex.find(node);
    return known == readIndex.end() ? nullptr : &readList[known->second];
  }
  llvm::ArrayRef<Value> lateReads() const { return lateList.getArrayRef(); }
  Expressions &expressions() { return e; }

private:
  template <typename T> using Memo = llvm::DenseMap<Value, Outcome<T>>;
  template <typename T> Outcome<T> earlyFirst(Value value, Memo<T> (&memos)[2], llvm::function_ref<Outcome<T>()> find);

  // Matrices and rows: Linearity.cpp
  Outcome<Terms> matrixTerms(Value value);
  Outcome<Terms> rowTerms(Value value);
  Outcome<Terms> sumTerms(mix::BinaryOp op);
  Outcome<Terms> scaledTerms(Value scalar, Value rest, bool divides, Operation *op);
  Outcome<Terms> productTerms(mix::MatmulOp op);
  Outcome<Terms> wholeProductTerms(mix::MatmulOp op, bool ofRow);
  std::optional<Outcome<Terms>> binaryTerms(mix::BinaryOp op, llvm::function_ref<Outcome<Terms>()> entrywise);
  Outcome<Terms> entrywiseTerms(mix::BinaryOp op);
  Outcome<Terms> rowEntrywiseTerms(mix::BinaryOp op);

  // Products over an axis that no state has: Columns.cpp
  std::optional<int64_t> thin(const mix::Dim &dim) const;
  std::optional<Obstacle> lacksNumber(mix::MatmulOp op) const;
  Outcome<Terms> columnTerms(mix::MatmulOp op, int64_t columns);
  std::optional<Outcome<Value>> localColumns(mix::MatmulOp op);

  // Algebra of terms: Terms.cpp
  Outcome<Terms> product(const Term &s, const Term &t, Operation *op);
  Outcome<Term> times(Value c, const Term &t, Operation *op);
  Outcome<Terms> entrywise(const Terms &gates, const Term &mask, Operation *op);
  Terms merged(llvm::ArrayRef<Term> terms);
  bool directionIsLeft(llvm::ArrayRef<Term> terms);
  Value asValue(llvm::ArrayRef<Term> terms, TensorType type);

  // Products with vectors: Apply.cpp
  Outcome<Value> apply(llvm::ArrayRef<Term> terms, Value x, Operation *op);
  Outcome<Value> applyGates(llvm::ArrayRef<Term> gates, Value x, Operation *op);
  /// matrix * x, or matrix' * x if turned.
  Outcome<Value> applyMatrix(Value matrix, bool transposed, Value x, Operation *op);
  Outcome<Value> applyFactors(Value matrix, bool transposed, Value x, Operation *op);
  Value lateRead(const Term &gate, Value x);

  // Anything else: Local.cpp
  Outcome<Value> localUnshared(Value value);
  Outcome<Value> localDot(mix::DotOp op);
  Outcome<Value> localSum(mix::ReduceOp op);
  Outcome<Value> localRebuilt(Operation *op);

  std::optional<unsigned> memberIndex(Value value) const;
  std::string name(unsigned state) const;

  Expressions &e;
  llvm::SmallVector<mix::StateOp> members;
  llvm::BitVector turned;
  bool rows, late = false;
  llvm::SmallVector<mix::Dim, 2> keyDims; // of each state
  mix::Dim valueDim;                      // of all
  llvm::SmallVector<mix::Dim> ownDims;    // of all states of the mixer
  llvm::SmallVector<Read> readList;
  llvm::DenseMap<Value, unsigned> readIndex; // by node
  unsigned factorings = 0;
  llvm::DenseMap<Value, bool> touchMemo;
  llvm::SetVector<Value> lateList;
  Memo<Value> localMemo[2]; // with early reads alone, and with late ones
  Memo<Terms> termMemo[2];
};

/// What `find` makes of the value with early reads alone; failing that, with late ones where they are allowed.
template <typename T>
Outcome<T> Linearity::earlyFirst(Value value, Memo<T> (&memos)[2], llvm::function_ref<Outcome<T>()> find) {
  if (auto known = memos[late].find(value); known != memos[late].end())
    return known->second;
  auto remember = [&](Outcome<T> result) {
    memos[late].erase(value);
    memos[late].insert({value, result});
    return result;
  };
  if (late) {
    late = false;
    Outcome<T> early = earlyFirst(value, memos, find);
    late = true;
    if (early)
      return remember(early);
  }
  return remember(find());
}

} // namespace mixc::normalize

#endif
