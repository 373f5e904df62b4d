// The program as it was written: names unresolved, families not unrolled, a byte range on everything. Dims, indices,
// interval ends and starts are ordinary expressions here; what each may hold is sema's business.
#ifndef MIXC_FRONTEND_SYNTAX_AST_H
#define MIXC_FRONTEND_SYNTAX_AST_H

#include "frontend/syntax/Source.h"
#include "llvm/Support/Casting.h"
#include <memory>
#include <optional>

namespace mixc::ast {

/// An expression's height is bounded, so that every later walk may be recursive.
constexpr unsigned maxHeight = 1000;
/// How deep brackets, signs and exponents may stand inside each other.
constexpr unsigned maxNesting = 256;

struct Expr {
  enum class Kind { Number, Infinity, Identity, Time, End, Reference, Negate, Not, Transpose, Binary, Call, Sum };

  const Kind kind;
  Range range;
  unsigned height = 1;

  virtual ~Expr() = default;

protected:
  Expr(Kind kind, Range range) : kind(kind), range(range) {}
};
using ExprPtr = std::unique_ptr<Expr>;

template <Expr::Kind K> struct ExprOf : Expr {
  static bool classof(const Expr *e) { return e->kind == K; }

protected:
  explicit ExprOf(Range range) : Expr(K, range) {}
};

struct Name {
  std::string text;
  Range range;
};

struct Number : ExprOf<Expr::Kind::Number> {
  Number(Range range, double value, std::string text) : ExprOf(range), value(value), text(std::move(text)) {}
  double value;
  std::string text; // as written
};

/// `inf`, `I`, and inside brackets `t` and `end`.
struct Infinity : ExprOf<Expr::Kind::Infinity> {
  explicit Infinity(Range range) : ExprOf(range) {}
};
struct Identity : ExprOf<Expr::Kind::Identity> {
  explicit Identity(Range range) : ExprOf(range) {}
};
struct Time : ExprOf<Expr::Kind::Time> {
  explicit Time(Range range) : ExprOf(range) {}
};
struct End : ExprOf<Expr::Kind::End> {
  explicit End(Range range) : ExprOf(range) {}
};

/// `k`, `k[t-1]`, `k[j]`, `k[j][t-1]`
struct Reference : ExprOf<Expr::Kind::Reference> {
  Reference(Name name, Range range, std::vector<ExprPtr> indices)
      : ExprOf(range), name(std::move(name)), indices(std::move(indices)) {}
  Name name;
  std::vector<ExprPtr> indices;
};

struct Negate : ExprOf<Expr::Kind::Negate> {
  Negate(Range range, ExprPtr operand) : ExprOf(range), operand(std::move(operand)) {}
  ExprPtr operand;
};
/// `not a < b`
struct Not : ExprOf<Expr::Kind::Not> {
  Not(Range range, ExprPtr operand) : ExprOf(range), operand(std::move(operand)) {}
  ExprPtr operand;
};
struct Transpose : ExprOf<Expr::Kind::Transpose> {
  Transpose(Range range, ExprPtr operand) : ExprOf(range), operand(std::move(operand)) {}
  ExprPtr operand;
};

enum class BinaryOp {
  Add,
  Subtract,
  Multiply,
  Divide,
  Hadamard,
  ElementDivide,
  Power,
  ElementPower,
  Less, // from here on conditions
  Greater,
  LessEqual,
  GreaterEqual,
  Equal,
  NotEqual,
  And,
  Or
};
std::string_view spelling(BinaryOp op);

struct Binary : ExprOf<Expr::Kind::Binary> {
  Binary(BinaryOp op, Range opRange, ExprPtr left, ExprPtr right)
      : ExprOf(left->range.to(right->range)), op(op), opRange(opRange), left(std::move(left)), right(std::move(right)) {
  }
  BinaryOp op;
  Range opRange;
  ExprPtr left, right;
};

struct Call : ExprOf<Expr::Kind::Call> {
  Call(Name function, Range range, std::vector<ExprPtr> arguments)
      : ExprOf(range), function(std::move(function)), arguments(std::move(arguments)) {}
  Name function;
  std::vector<ExprPtr> arguments;
};

/// `from..to`, both included
struct Span {
  ExprPtr from, to;
};

/// `sum(j in a..b, e)`
struct Sum : ExprOf<Expr::Kind::Sum> {
  Sum(Range range, Name index, Span span, ExprPtr body)
      : ExprOf(range), index(std::move(index)), span(std::move(span)), body(std::move(body)) {}
  Name index;
  Span span;
  ExprPtr body;
};

struct Type {
  enum class Kind { Scalar, Vector, Matrix } kind = Kind::Scalar;
  Range range;
  std::vector<ExprPtr> dims;
};

struct Statement {
  enum class Kind { Declaration, Equation, Require };
  const Kind kind;
  Range range;
  virtual ~Statement() = default;

protected:
  explicit Statement(Kind kind) : kind(kind) {}
};

enum class Role { Input, Param, State, Output };
std::string_view spelling(Role role);

/// `input q, k[1..n] : vector<K> per group in [0, 1] = start`
struct Declaration : Statement {
  Declaration() : Statement(Kind::Declaration) {}
  static bool classof(const Statement *s) { return s->kind == Kind::Declaration; }

  struct Declared {
    Name name;
    std::optional<Span> family;
  };
  struct Interval {
    Range range;
    ExprPtr low, high;
  };
  Role role = Role::Input;
  std::vector<Declared> names;
  Type type;
  std::optional<Range> perGroup;
  std::optional<Interval> interval;
  ExprPtr start;
};

/// `let S[j in 1..n] = e`, `H[t] = e`, `M[j in 1..n][t] = e`
struct Equation : Statement {
  Equation() : Statement(Kind::Equation) {}
  static bool classof(const Statement *s) { return s->kind == Kind::Equation; }

  struct Index {
    Range range;
    std::optional<Name> binder; // then `span` is what it runs over
    Span span;
    ExprPtr value;
  };
  bool isLet = false;
  Name name;
  Range target; // name and indices
  std::vector<Index> indices;
  ExprPtr value;
};

/// `require chunked`
struct Require : Statement {
  Require() : Statement(Kind::Require) {}
  static bool classof(const Statement *s) { return s->kind == Kind::Require; }
};

struct DimDeclaration {
  Name name;
  ExprPtr value; // null if it has no default
};

struct Mixer {
  Name name;
  Range range;
  std::vector<DimDeclaration> dims;
  std::vector<std::unique_ptr<Statement>> statements;
  bool broken = false; // some part could not be read; what it says about names is not to be trusted
};

struct File {
  std::vector<Mixer> mixers;
};

} // namespace mixc::ast

#endif
