// The checked program: names resolved, families and sums unrolled, every expression with its type. Expressions are
// nodes of a graph; a `let` is one definition that others refer to, never copied.
#ifndef MIXC_FRONTEND_SEMA_PROGRAM_H
#define MIXC_FRONTEND_SEMA_PROGRAM_H

#include "dialect/mix/Mix.h"
#include "frontend/sema/Type.h"
#include <deque>

namespace mixc {

struct Expr {
  enum class Op {
    Error,
    Number, // number
    Dim,    // dim, as a number
    Identity,
    Input,       // declaration `entity`, `lag` tokens ago
    Param,       // declaration `entity`
    StateBefore, // H[t-1]
    StateAfter,  // H[t]
    StateEnd,    // H[end]
    Let,         // definition `entity`
    Unary,       // unary(args[0]), by elements
    Binary,      // binary(args[0], args[1]), by elements
    Product,     // by the types of its two arguments: matrix product, dot, outer
    Sum,         // of all args, by elements
    Transpose,
    Diag,
    Reduce, // reduce(args[0])
    Concat,
    Slice, // entries from `dim` on
    Roll,  // by `shift`
    Kron,
    Norm,    // sqrt(sum(x .* x))
    Fill,    // every entry is the scalar args[0]
    Reshape, // the entries of args[0], row by row
  };

  Op op = Op::Error;
  Type type;
  Range range;
  std::vector<Expr *> args;
  unsigned entity = 0;
  int64_t lag = 0, shift = 0;
  double number = 0;
  mix::Dim dim;
  mix::UnaryKind unary{};
  mix::BinaryKind binary{};
  mix::ReduceKind reduce{};
  bool perHead = false; // differs between the heads of a group
};

struct Start {
  enum class Kind { Number, Identity, Param } kind = Kind::Number;
  double number = 0;
  unsigned param = 0; // a declaration
  Range range;
};

/// One declared value; a member of a family is one of its own.
struct Declaration {
  ast::Role role = ast::Role::Input;
  std::string name;   // "k", or "k[1]"
  std::string family; // "k" for a member, else empty
  int64_t index = 0;
  Range range;
  Type type;
  bool perGroup = false;
  std::optional<std::pair<double, double>> interval;
  Start start;
};

/// `let`, update or output, ready to be evaluated once those before it are.
struct Definition {
  enum class Kind { Let, Update, Output } kind = Kind::Let;
  std::string name;
  unsigned declaration = 0; // what an update or output defines
  int64_t lag = 0;          // a `let` may be wanted as of some tokens ago
  Range range;
  Expr *value = nullptr;
};

struct Mixer {
  std::string name;
  Range range;
  std::vector<std::string> dims;
  std::map<std::string, int64_t> numbers; // dims with a number: bound, or by default
  bool requireChunked = false;
  std::vector<Declaration> declarations;
  std::vector<Definition> definitions; // in an order of evaluation
  std::deque<Expr> expressions;        // owns every node
};

struct Program {
  std::vector<std::unique_ptr<Mixer>> mixers;
};

} // namespace mixc

#endif
