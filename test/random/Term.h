// Expressions of the language with their shapes: what random mixers are made of, and what is rewritten and shrunk.
#ifndef MIXC_TEST_RANDOM_TERM_H
#define MIXC_TEST_RANDOM_TERM_H

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace mixc::random {

/// Dims as text; no rows and columns: a scalar, no columns: a vector, no rows: a vector lying down.
struct Shape {
  std::string rows, cols;

  bool isScalar() const { return rows.empty() && cols.empty(); }
  bool isColumn() const { return !rows.empty() && cols.empty(); }
  bool isRow() const { return rows.empty() && !cols.empty(); }
  bool isMatrix() const { return !rows.empty() && !cols.empty(); }
  Shape transposed() const { return {cols, rows}; }
  bool operator==(const Shape &) const = default;
  std::string text() const;
};

enum class Op {
  Number,
  Identity,
  Name, // an input, param or let; of a family `k[1]` or `k[j]`
  Old,  // H[t-1]
  New,  // H[t]
  End,  // H[end]
  Lag,  // x[t-n], n a number or an index
  Over, // sum(j in 1..n, ...)
  Neg,
  Transpose,
  Add,
  Sub,
  Mul,     // `*`: a matrix product or a scaling
  Each,    // `.*`
  Div,     // `/`
  EachDiv, // `./`
  Pow,     // `^`
  EachPow, // `.^`
  Call
};

struct Node;

/// An immutable tree; subtrees are shared.
class Term {
public:
  Term() = default;
  explicit Term(Node node);

  explicit operator bool() const { return node != nullptr; }
  const Node *operator->() const { return node.get(); }
  const Shape &shape() const;
  std::string text() const;
  size_t size() const;
  /// The same tree, as far as text tells.
  bool operator==(const Term &other) const { return node == other.node || text() == other.text(); }

private:
  std::shared_ptr<const Node> node;
};

struct Node {
  Op op;
  Shape shape;
  std::vector<Term> args = {};
  std::string name = {}; // of a name, state or function
  double number = 0;
  std::string extra = {}; // of a call: what follows its arguments, `, 0, K`; of a lag or sum: its index
};

Term number(double value);
Term identity(const std::string &dim);
Term name(const std::string &name, const Shape &shape);
Term oldState(const std::string &name, const Shape &shape);
Term newState(const std::string &name, const Shape &shape);
Term endOfState(const std::string &name, const Shape &shape);
/// x[t-n]
Term lagged(const std::string &name, const Shape &shape, int64_t n);
/// x[t-j], j an index.
Term lagged(const std::string &name, const Shape &shape, const std::string &index);
/// sum(j in 1..n, body): `range` is `j in 1..n`.
Term sumOver(const std::string &range, Term body);
/// `k` of `k[j]`
std::string baseOf(const std::string &name);
/// A function that keeps its first argument's shape, unless `shape` says otherwise.
Term call(const std::string &function, std::vector<Term> args);
Term call(const std::string &function, std::vector<Term> args, const Shape &shape, const std::string &extra = "");
/// Of `*`, elementwise and unary operators; the operands fit.
Term apply(Op op, std::vector<Term> args);

inline Term operator+(Term x, Term y) { return apply(Op::Add, {x, y}); }
inline Term operator-(Term x, Term y) { return apply(Op::Sub, {x, y}); }
inline Term operator*(Term x, Term y) { return apply(Op::Mul, {x, y}); }
inline Term operator%(Term x, Term y) { return apply(Op::Each, {x, y}); }
inline Term operator/(Term x, Term y) { return apply(Op::Div, {x, y}); }
inline Term operator-(Term x) { return apply(Op::Neg, {x}); }
inline Term transpose(Term x) { return apply(Op::Transpose, {x}); }
inline Term sum(Term x) { return call("sum", {x}, {}); }
inline Term diag(Term x) { return call("diag", {x}, {x.shape().rows, x.shape().rows}); }

/// Terms with one subtree replaced by `replace(subtree)`, for every subtree and every replacement that it gives.
std::vector<Term> replaceOne(const Term &term, const std::function<std::vector<Term>(const Term &)> &replace);
/// All subtrees for which `replace` gives one are replaced, from the leaves up.
Term replaceAll(const Term &term, const std::function<Term(const Term &)> &replace);
/// The term with an index given a number.
Term withIndex(const Term &term, const std::string &index, int64_t number);
bool anyOf(const Term &term, const std::function<bool(const Term &)> &test);

} // namespace mixc::random

#endif
