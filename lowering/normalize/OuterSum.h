// A sum of outer products as a matrix of polynomials, and the fewest outer products that it is.
//
//     sum_m w_m u_m' = sum_rc v_r E_rc d_c'
//
// v_r: the monomials of the values, with what must stay in them; d_c: the monomials of the directions; E_rc: scalars
// that may stand on either side. However the sum is spelt, the matrix is the same. Rows that are combinations of others
// by numbers, or multiples of another by a polynomial, become part of it (then the same of columns):
//
//     E_j = sum_b t_b E_b:  v_b += t_b v_j        E_i = p F, E_j = q F:  v = p v_i + q v_j, E = F
//
// What is left is covered by the fewest rows and columns (Koenig: as many as the largest matching has edges): a row is
// written as v_r (sum_c E_rc d_c)', a column as (sum_r E_rc v_r) d_c'. Nothing is divided that does not divide exactly.
#ifndef MIXC_LOWERING_NORMALIZE_OUTERSUM_H
#define MIXC_LOWERING_NORMALIZE_OUTERSUM_H

#include "lowering/normalize/Polynomial.h"
#include <functional>

namespace mixc::normalize {

class OuterSum {
public:
  /// `isFixed`: scalars that must stay in the values.
  explicit OuterSum(std::function<bool(Atom)> isFixed) : isFixed(std::move(isFixed)) {}

  /// Adds value direction', into one of several sums that share their values.
  void add(const Polynomial &value, unsigned into, const Polynomial &direction);

  struct Product {
    Polynomial value;
    std::map<unsigned, Polynomial> along; // of each sum
  };
  /// The same sum of as few products as are found; nullopt if it is too large to look at.
  std::optional<std::vector<Product>> fewest() const;

private:
  std::function<bool(Atom)> isFixed;
  std::map<Monomial, std::map<std::pair<unsigned, Monomial>, Polynomial>> entries;
};

} // namespace mixc::normalize

#endif
