// Sums and products of polynomials, and division where it is exact.
#include "lowering/normalize/Polynomial.h"
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <tuple>

namespace mixc::normalize {

bool Monomial::operator<(const Monomial &other) const {
  return std::tuple(scalars.size(), other.scalars, vectors) < std::tuple(other.scalars.size(), scalars, other.vectors);
}

static std::vector<Atom> merged(const std::vector<Atom> &x, const std::vector<Atom> &y) {
  std::vector<Atom> result;
  std::merge(x.begin(), x.end(), y.begin(), y.end(), std::back_inserter(result));
  return result;
}

Monomial operator*(const Monomial &x, const Monomial &y) {
  return {merged(x.scalars, y.scalars), merged(x.vectors, y.vectors)};
}

void Polynomial::add(const Monomial &monomial, double factor) {
  constexpr double noise = 1e-13;
  if (factor == 0)
    return;
  auto [known, isNew] = terms.try_emplace(monomial, factor);
  if (isNew)
    return;
  double largest = std::max(std::fabs(known->second), std::fabs(factor));
  known->second += factor;
  if (std::fabs(known->second) <= noise * largest)
    terms.erase(known);
}

void Polynomial::add(const Polynomial &other, double factor) {
  for (const auto &[monomial, number] : other)
    add(monomial, factor * number);
}

std::optional<double> Polynomial::asNumber() const {
  if (isZero())
    return 0;
  return size() == 1 && lead().first == Monomial() ? std::optional(lead().second) : std::nullopt;
}

bool Polynomial::hasVectors() const {
  return std::any_of(begin(), end(), [](const auto &term) { return !term.first.vectors.empty(); });
}

size_t Polynomial::degree() const {
  size_t most = 0;
  for (const auto &[monomial, number] : terms)
    most = std::max(most, monomial.scalars.size() + monomial.vectors.size());
  return most;
}

Monomial Polynomial::content() const {
  Monomial common = {isZero() ? std::vector<Atom>() : lead().first.scalars, {}};
  for (const auto &[monomial, number] : terms) {
    std::vector<Atom> kept;
    std::set_intersection(common.scalars.begin(), common.scalars.end(), monomial.scalars.begin(),
                          monomial.scalars.end(), std::back_inserter(kept));
    common.scalars = std::move(kept);
  }
  return common;
}

static std::vector<Atom> difference(const std::vector<Atom> &x, const std::vector<Atom> &y) {
  std::vector<Atom> result;
  std::set_difference(x.begin(), x.end(), y.begin(), y.end(), std::back_inserter(result));
  return result;
}

Polynomial Polynomial::without(const Monomial &content) const {
  Polynomial result;
  for (const auto &[monomial, number] : terms)
    result.add({difference(monomial.scalars, content.scalars), monomial.vectors}, number);
  return result;
}

std::string Polynomial::key() const {
  std::string text;
  for (const auto &[monomial, number] : terms) {
    char digits[32];
    std::snprintf(digits, sizeof digits, "%.12g", number / lead().second);
    text += digits;
    for (Atom atom : monomial.scalars)
      text += "*" + std::to_string(atom);
    for (Atom atom : monomial.vectors)
      text += "." + std::to_string(atom);
    text += "+";
  }
  return text;
}

bool Polynomial::operator==(const Polynomial &other) const { return (*this - other).isZero(); }

Polynomial operator*(const Polynomial &x, const Polynomial &y) {
  Polynomial result;
  for (const auto &[m, a] : x)
    for (const auto &[n, b] : y)
      result.add(m * n, a * b);
  return result;
}

std::optional<Polynomial> divided(const Polynomial &x, const Polynomial &y) {
  if (y.isZero())
    return std::nullopt;
  constexpr unsigned longest = 200; // quotients that go on are of no use
  Polynomial rest = x, quotient;
  for (unsigned step = 0; step < longest && !rest.isZero(); ++step) {
    const auto &[of, a] = rest.lead();
    const auto &[by, b] = y.lead();
    if (!std::includes(of.scalars.begin(), of.scalars.end(), by.scalars.begin(), by.scalars.end()) ||
        of.vectors != by.vectors)
      return std::nullopt;
    Monomial factor{difference(of.scalars, by.scalars), {}};
    Polynomial part(factor, a / b);
    quotient.add(part);
    rest = rest - part * y;
  }
  return rest.isZero() ? std::optional(quotient) : std::nullopt;
}

} // namespace mixc::normalize
