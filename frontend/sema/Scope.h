// The names of one mixer, and what a reference to one of them means.
#ifndef MIXC_FRONTEND_SEMA_SCOPE_H
#define MIXC_FRONTEND_SEMA_SCOPE_H

#include "frontend/sema/Check.h"
#include "llvm/ADT/StringMap.h"

namespace mixc {

/// The indices in force inside a family's equation and inside sums: `j` is 3.
using Indices = std::vector<std::pair<std::string, int64_t>>;

struct Symbol {
  enum class Kind { Dim, Input, Param, State, Output, Let } kind = Kind::Dim;
  std::string name;
  Range range;
  bool isFamily = false;
  unsigned entity = 0;                 // a declaration, or an instance of a `let`
  std::map<int64_t, unsigned> members; // of a family

  bool isDeclared() const { return kind != Kind::Dim && kind != Kind::Let; }
};

/// What `k[j][t-1]` names.
struct Target {
  const Symbol *symbol = nullptr; // null for an index, whose value is `number`
  unsigned entity = 0;
  int64_t lag = 0;
  bool end = false;
  int64_t number = 0;
};

class Scope {
public:
  Scope(const ast::Mixer &mixer, const Bindings &bindings, Mixer &out, DiagnosticList &diagnostics);

  /// Adds a name; reports a name that is taken.
  Symbol *declare(Symbol::Kind kind, const ast::Name &name);
  /// `H[t-1]` of a name like `H_prev`, where `H` is declared; empty of others.
  std::string timedName(llvm::StringRef name) const;
  Symbol *find(llvm::StringRef name);
  bool shadows(const ast::Name &index, const Indices &indices, DiagnosticList &diagnostics) const;

  std::optional<Target> resolve(const ast::Reference &reference, const Indices &indices,
                                DiagnosticList &diagnostics) const;

  /// The integer that an index, a count or a lag is.
  std::optional<int64_t> integer(const ast::Expr &e, const Indices &indices, DiagnosticList &diagnostics) const;
  /// Both ends of `a..b`; the range may be empty, and is not too long.
  std::optional<std::pair<int64_t, int64_t>> range(const ast::Span &span, const Indices &indices,
                                                   DiagnosticList &diagnostics) const;
  std::optional<Dim> dim(const ast::Expr &e, const Indices &indices, DiagnosticList &diagnostics) const;
  /// A number that needs no token: an interval's end, a start.
  std::optional<double> constant(const ast::Expr &e, DiagnosticList &diagnostics) const;

  const std::map<std::string, int64_t> &numbers() const { return out.numbers; }

private:
  struct Linear { // time * t + offset
    int64_t time = 0, offset = 0;
  };
  std::optional<Linear> linear(const ast::Expr &e, const Indices &indices, DiagnosticList &diagnostics) const;
  std::optional<Linear> linearName(const ast::Reference &e, const Indices &indices, DiagnosticList &diagnostics) const;
  std::optional<Linear> linearBinary(const ast::Binary &e, const Indices &indices, DiagnosticList &diagnostics) const;
  bool resolveMember(const ast::Reference &reference, const Symbol &symbol, size_t &index, Target &target,
                     const Indices &indices, DiagnosticList &diagnostics) const;
  bool resolveTime(const ast::Reference &reference, const Symbol &symbol, const ast::Expr &index, Target &target,
                   const Indices &indices, DiagnosticList &diagnostics) const;
  void unknownName(const ast::Name &name, DiagnosticList &diagnostics) const;
  std::vector<std::string> names(bool dimsOnly) const;

  Mixer &out;
  DiagnosticList &diagnostics;
  llvm::StringMap<Symbol> symbols;
};

/// True if `t` or `end` stands in it: a time index, not a family's.
bool mentionsTime(const ast::Expr &e);

} // namespace mixc

#endif
