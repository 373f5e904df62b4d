// Dims are polynomials over the mixer's symbols.
#ifndef MIXC_DIALECT_MIX_DIM_H
#define MIXC_DIALECT_MIX_DIM_H

#include "llvm/ADT/Hashing.h"
#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace mixc::mix {

/// A polynomial with rational coefficients over symbols, as an immutable value: `1+K+K*K`, `1/2*N`.
/// Held by its canonical text, so that equal polynomials are equal strings and may be type parameters.
class Dim {
public:
  Dim() : text("0") {}
  Dim(int64_t number);
  static Dim symbol(llvm::StringRef name);
  /// Reads any sum of products of numbers and symbols (`K*2+1`, `1/2*N`); nullopt if it is none.
  static std::optional<Dim> parse(llvm::StringRef text);

  const std::string &str() const { return text; }
  std::optional<int64_t> asNumber() const;
  Dim operator+(const Dim &other) const;
  Dim operator-(const Dim &other) const;
  Dim operator*(const Dim &other) const;
  /// Exact quotient by a number or a monomial that divides every term; nullopt if there is none.
  std::optional<Dim> dividedBy(const Dim &other) const;
  /// The value under bindings; nullopt if a symbol is unbound or the value is not a whole number.
  std::optional<int64_t> evaluate(const std::map<std::string, int64_t> &bindings) const;
  /// The symbols that occur, sorted.
  std::vector<std::string> symbols() const;

  bool operator==(const Dim &other) const { return text == other.text; }
  bool operator<(const Dim &other) const { return text < other.text; }

private:
  std::string text;
};

inline llvm::hash_code hash_value(const Dim &dim) { return llvm::hash_value(llvm::StringRef(dim.str())); }

} // namespace mixc::mix

#endif
