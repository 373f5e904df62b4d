// Scalars and vectors over inputs and reads as polynomials, and back.
//
// Sums, products, quotients by monomials, dot products, products of structured matrices with vectors, rolls and slices
// are multiplied out; anything else is an atom, known by its function and the polynomials of its operands. A read is
// linear in the vector that it is along:
//
//     r(S, a x + b y) = a r(S, x) + b r(S, y)        x' (y .* z) = sum(x .* y .* z)        (u v') x = (v'x) u
//
// so that two spellings of one value are one polynomial; of several states, and of other components, too: r = sum_j S_j
// p_j is as many atoms. What would be too long is one atom, known by its polynomial.
#ifndef MIXC_LOWERING_NORMALIZE_EXPANSION_H
#define MIXC_LOWERING_NORMALIZE_EXPANSION_H

#include "lowering/normalize/NormalForm.h"
#include "lowering/normalize/Polynomial.h"
#include "lowering/normalize/ReadDependence.h"
#include <deque>
#include <unordered_map>

namespace mixc::normalize {

class Expansion {
public:
  Expansion(Linearity &linearity, llvm::ArrayRef<NormalForm> others);

  const Polynomial &of(Value value);
  /// An expression for the polynomial: a scalar without a length. What was expanded before is used where it is equal.
  Value build(const Polynomial &polynomial, std::optional<mix::Dim> length);

  /// Does the atom depend on the states?
  bool touches(Atom atom) const { return atoms[atom].touches; }
  bool touches(const Polynomial &polynomial) const;
  /// How the polynomial depends on the reads, and how the expression does as it stands: perhaps in more ways.
  mix::WriteKind kind(const Polynomial &polynomial) const;
  mix::WriteKind kindAsSpelt(Value value) { return spelt.of(value); }
  /// Of how many different directions these late reads are made: of S'(x + c y) and S'x, x and y.
  size_t lateDirections(llvm::ArrayRef<Value> late);
  /// Reads of other components that were built, by these' index.
  llvm::ArrayRef<std::pair<unsigned, Read>> readsOfOthers() const { return added; }

private:
  struct AtomInfo {
    std::function<Value()> make; // called once, when it is needed
    Value value;
    bool touches;
    mix::WriteKind kind;
  };

  Polynomial find(Value value);
  Polynomial ofBinary(mix::BinaryOp op);
  Polynomial reciprocal(Value value);
  Polynomial ofRead(const Read &read, std::optional<unsigned> other);
  Value readOther(unsigned other, unsigned state, Value along);
  Polynomial sum(const Polynomial &vector, const mix::Dim &length);
  Polynomial product(Value matrix, bool transposed, const Polynomial &x);
  Polynomial productAtoms(Value matrix, bool transposed, const Polynomial &x, const mix::Dim &length);
  Polynomial entrywise(Operation *op, const Polynomial &x);
  Polynomial function(Operation *op);
  Polynomial whole(Value value);

  Polynomial atom(const std::string &key, bool isVector, AtomInfo info);
  Value valueOf(Atom atom);
  bool anyTouches(llvm::ArrayRef<Atom> list) const;
  std::string exactKey(const Polynomial &polynomial) const;

  Value known(const Polynomial &polynomial, std::optional<mix::Dim> length);
  bool usesMore(Value value, const Polynomial &polynomial);
  Value takeKnownParts(Polynomial &polynomial, std::optional<mix::Dim> length);
  Value buildScalar(const Polynomial &polynomial);
  Value buildVector(const Polynomial &polynomial, const mix::Dim &length);
  Value vectorProduct(llvm::ArrayRef<Atom> vectors);

  Linearity &linearity;
  Expressions &e;
  llvm::ArrayRef<NormalForm> others;
  llvm::DenseMap<Value, std::pair<unsigned, const Read *>> readsOf; // of others
  llvm::SmallVector<std::pair<unsigned, Read>> added;
  std::deque<AtomInfo> atoms; // making one may add others
  std::map<std::string, Atom> byKey;
  std::unordered_map<void *, Polynomial> memo;                 // references into it last
  std::map<std::string, llvm::SmallVector<Value, 1>> expanded; // by length and key
  ReadDependence spelt;
};

} // namespace mixc::normalize

#endif
