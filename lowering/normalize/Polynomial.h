// Polynomials over numbered atoms: what an entrywise expression is, however it is spelt.
//
//     p = sum_i c_i (product of scalar atoms) (entrywise product of vector atoms)
//
// A monomial without vector atoms stands for a scalar, or for a vector of that number. Coefficients are float64; a sum
// that cancels to rounding noise is 0.
#ifndef MIXC_LOWERING_NORMALIZE_POLYNOMIAL_H
#define MIXC_LOWERING_NORMALIZE_POLYNOMIAL_H

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace mixc::normalize {

using Atom = unsigned;

struct Monomial {
  std::vector<Atom> scalars, vectors; // sorted; repeated for powers

  /// By degree, then lexicographically: compatible with products of scalars, as division needs.
  bool operator<(const Monomial &other) const;
  bool operator==(const Monomial &other) const { return scalars == other.scalars && vectors == other.vectors; }
};

Monomial operator*(const Monomial &x, const Monomial &y);

class Polynomial {
public:
  Polynomial() = default;
  Polynomial(double number) { add(Monomial(), number); }
  Polynomial(const Monomial &monomial, double factor = 1) { add(monomial, factor); }

  void add(const Monomial &monomial, double factor);
  void add(const Polynomial &other, double factor = 1);

  bool isZero() const { return terms.empty(); }
  size_t size() const { return terms.size(); }
  auto begin() const { return terms.begin(); }
  auto end() const { return terms.end(); }
  /// The greatest monomial and its factor.
  const std::pair<const Monomial, double> &lead() const { return *terms.rbegin(); }
  /// The number that this is, if it is one.
  std::optional<double> asNumber() const;
  bool hasVectors() const;
  /// Of the monomial of most factors.
  size_t degree() const;
  /// The scalars that divide every monomial.
  Monomial content() const;
  /// The quotient by scalars that do.
  Polynomial without(const Monomial &content) const;
  /// The same for equal polynomials, up to rounding, with the first factor made 1.
  std::string key() const;
  bool operator==(const Polynomial &other) const;

private:
  std::map<Monomial, double> terms;
};

Polynomial operator*(const Polynomial &x, const Polynomial &y);
inline Polynomial operator+(Polynomial x, const Polynomial &y) { return x.add(y), x; }
inline Polynomial operator-(Polynomial x, const Polynomial &y) { return x.add(y, -1), x; }

/// x / y of polynomials of scalars, where y divides x.
std::optional<Polynomial> divided(const Polynomial &x, const Polynomial &y);

} // namespace mixc::normalize

#endif
