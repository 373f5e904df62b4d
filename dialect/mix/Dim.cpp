// Dims as polynomials: text -> {monomial -> rational coefficient} -> canonical text.
//
// Canonical: terms by degree, then by their symbols in alphabetical order; no term is 0; a coefficient of 1 is not
// written: `1+K+K*K`, `-1/2*N`. So equal polynomials are equal strings. Coefficients are exact and unbounded.
#include "dialect/mix/Dim.h"
#include "mlir/Analysis/Presburger/Fraction.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/raw_ostream.h"

using llvm::StringRef;
using mlir::presburger::Fraction;

namespace mixc::mix {
namespace {

/// The symbols of a product, sorted, each as often as its power: K*K*V is {K, K, V}.
using Monomial = std::vector<std::string>;

struct ByDegree {
  bool operator()(const Monomial &x, const Monomial &y) const {
    return x.size() != y.size() ? x.size() < y.size() : x < y;
  }
};

using Polynomial = std::map<Monomial, Fraction, ByDegree>;

void add(Polynomial &sum, const Monomial &monomial, const Fraction &coefficient) {
  Fraction &slot = sum[monomial];
  slot += coefficient;
  if (slot.num == 0)
    sum.erase(monomial);
}

Monomial product(const Monomial &x, const Monomial &y) {
  Monomial result = x;
  result.insert(result.end(), y.begin(), y.end());
  llvm::sort(result);
  return result;
}

Polynomial product(const Polynomial &x, const Polynomial &y) {
  Polynomial result;
  for (const auto &[xs, a] : x)
    for (const auto &[ys, b] : y)
      add(result, product(xs, ys), a * b);
  return result;
}

/// x / y for a y of one term whose symbols divide every term of x.
std::optional<Polynomial> quotient(const Polynomial &x, const Polynomial &y) {
  if (y.size() != 1)
    return std::nullopt;
  const auto &[divisor, coefficient] = *y.begin();
  Polynomial result;
  for (const auto &[monomial, a] : x) {
    if (!std::includes(monomial.begin(), monomial.end(), divisor.begin(), divisor.end()))
      return std::nullopt;
    Monomial rest;
    std::set_difference(monomial.begin(), monomial.end(), divisor.begin(), divisor.end(), std::back_inserter(rest));
    add(result, rest, a / coefficient);
  }
  return result;
}

std::string write(const Polynomial &polynomial) {
  std::string text;
  llvm::raw_string_ostream os(text);
  for (const auto &[monomial, coefficient] : polynomial) {
    bool negative = coefficient.num < 0;
    if (negative)
      os << '-';
    else if (!text.empty())
      os << '+';
    Fraction size = negative ? -coefficient : coefficient;
    if (monomial.empty() || size != Fraction(1)) {
      os << size.num;
      if (size.den != 1)
        os << '/' << size.den;
      if (!monomial.empty())
        os << '*';
    }
    os << llvm::join(monomial, "*");
  }
  return text.empty() ? "0" : text;
}

/// Reads `[-] term {(+|-) term}`, term = factor {(*|/) factor}, factor = number or symbol.
class Reader {
public:
  explicit Reader(StringRef text) : rest(text.trim()) {}

  std::optional<Polynomial> sum() {
    Polynomial result;
    bool negative = accept('-');
    do {
      std::optional<Polynomial> next = term();
      if (!next)
        return std::nullopt;
      for (const auto &[monomial, coefficient] : *next)
        add(result, monomial, negative ? -coefficient : coefficient);
      if (rest.empty())
        return result;
      negative = accept('-');
    } while (negative || accept('+'));
    return std::nullopt;
  }

private:
  bool accept(char c) {
    if (!rest.consume_front(StringRef(&c, 1)))
      return false;
    rest = rest.ltrim();
    return true;
  }

  std::optional<Polynomial> term() {
    std::optional<Polynomial> result = factor();
    while (result) {
      bool times = accept('*');
      if (!times && !accept('/'))
        break;
      std::optional<Polynomial> next = factor();
      if (!next)
        return std::nullopt;
      result = times ? product(*result, *next) : quotient(*result, *next);
    }
    return result;
  }

  std::optional<Polynomial> factor() {
    auto isWord = [](char c) { return llvm::isAlnum(c) || c == '_'; };
    StringRef word = rest.take_while(isWord);
    if (word.empty())
      return std::nullopt;
    rest = rest.drop_front(word.size()).ltrim();
    Polynomial result;
    if (!llvm::isDigit(word.front())) {
      result[{word.str()}] = Fraction(1);
      return result;
    }
    int64_t number;
    if (word.getAsInteger(10, number))
      return std::nullopt;
    if (number != 0)
      result[{}] = Fraction(number);
    return result;
  }

  StringRef rest;
};

/// A Dim's text is canonical, so reading it back cannot fail.
Polynomial read(const std::string &text) { return *Reader(text).sum(); }

} // namespace

Dim::Dim(int64_t number) : text(std::to_string(number)) {}

Dim Dim::symbol(StringRef name) {
  Dim result;
  result.text = name.str();
  return result;
}

std::optional<Dim> Dim::parse(StringRef text) {
  std::optional<Polynomial> polynomial = Reader(text).sum();
  if (!polynomial)
    return std::nullopt;
  Dim result;
  result.text = write(*polynomial);
  return result;
}

std::optional<int64_t> Dim::asNumber() const {
  int64_t number;
  return StringRef(text).getAsInteger(10, number) ? std::nullopt : std::optional(number);
}

Dim Dim::operator+(const Dim &other) const {
  Polynomial sum = read(text);
  for (const auto &[monomial, coefficient] : read(other.text))
    add(sum, monomial, coefficient);
  Dim result;
  result.text = write(sum);
  return result;
}

Dim Dim::operator-(const Dim &other) const { return *this + Dim(-1) * other; }

Dim Dim::operator*(const Dim &other) const {
  Dim result;
  result.text = write(product(read(text), read(other.text)));
  return result;
}

std::optional<Dim> Dim::dividedBy(const Dim &other) const {
  std::optional<Polynomial> polynomial = quotient(read(text), read(other.text));
  if (!polynomial)
    return std::nullopt;
  Dim result;
  result.text = write(*polynomial);
  return result;
}

std::optional<int64_t> Dim::evaluate(const std::map<std::string, int64_t> &bindings) const {
  Fraction value(0);
  for (const auto &[monomial, coefficient] : read(text)) {
    Fraction term = coefficient;
    for (const std::string &symbol : monomial) {
      auto binding = bindings.find(symbol);
      if (binding == bindings.end())
        return std::nullopt;
      term *= Fraction(binding->second);
    }
    value += term;
  }
  if (value.den != 1 || value.num < std::numeric_limits<int64_t>::min() ||
      value.num > std::numeric_limits<int64_t>::max())
    return std::nullopt;
  return static_cast<int64_t>(value.num);
}

std::vector<std::string> Dim::symbols() const {
  std::vector<std::string> result;
  for (const auto &[monomial, coefficient] : read(text))
    result.insert(result.end(), monomial.begin(), monomial.end());
  llvm::sort(result);
  result.erase(std::unique(result.begin(), result.end()), result.end());
  return result;
}

} // namespace mixc::mix
