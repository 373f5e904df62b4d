// Reverse mode on the graph of expressions, giving expressions. With x̄ the derivative of the loss by x, of x's own
// type, each node hands its ȳ on to what it is made of:
//
//     y = f(x), by elements      x̄ += ȳ .* f'(x)                        ElementwiseDerivatives.cpp
//     y = f(a, b), by elements   ā += ȳ .* df/da, summed where a is a scalar that met every entry
//     Y = A * B                  Ā += Ȳ * B'          B̄ += A' * Ȳ       rows, columns and matrices alike
//     y = where(c, a, b)         ā += where(c, ȳ, 0)         what is not taken gets 0, whatever its derivative
//     y = sum(X), norm(x)        X̄ += ȳ everywhere,   x̄ += ȳ x / norm(x), 0 at 0
//     norm(x)^n, norm(x) * norm(x)    x̄ += n ȳ norm(x)^(n-2) x       smooth at 0, also where lets name the norm
//     diag, concat, slice, roll, kron: what puts the entries back where they came from
//
// X is found by name: a node that refers to it ends the way, whatever it stands for.
#include "frontend/sema/Gradient.h"
#include "frontend/sema/ElementwiseDerivatives.h"
#include <unordered_map>
#include <unordered_set>

namespace mixc {
namespace {

using Op = Expr::Op;
using mix::BinaryKind;

class Gradient {
public:
  Gradient(ExprBuilder &make, Mixer &mixer, const Expr *variable, size_t maxExpressions)
      : make(make), mixer(mixer), variable(variable), maxExpressions(maxExpressions) {}

  Expr *run(Expr *loss) {
    collect(loss);
    bars[loss] = make.number(1);
    Expr *result = nullptr;
    for (size_t i = order.size(); i-- > 0;) {
      Expr *e = order[i];
      auto bar = bars.find(e);
      if (bar == bars.end() || !depends.count(e))
        continue;
      if (mixer.expressions.size() > maxExpressions)
        return nullptr;
      if (isVariable(*e))
        result = result ? make.sum(result, bar->second) : bar->second;
      else
        handOn(e, bar->second);
      if (masked.count(e))
        for (Expr *part : partsOf(e))
          masked.insert(part);
    }
    return result ? result : make.fill(make.number(0), variable->type);
  }

private:
  bool isVariable(const Expr &e) const { return e.op == variable->op && e.entity == variable->entity; }

  /// What a node is made of: for a `let`, its definition.
  std::vector<Expr *> partsOf(Expr *e) const {
    if (isVariable(*e))
      return {};
    return e->op == Op::Let ? std::vector<Expr *>{mixer.definitions[e->entity].value} : e->args;
  }

  /// Every node after its parts, on a stack of its own: a chain of lets may be long.
  void collect(Expr *loss) {
    struct Frame {
      Expr *e;
      std::vector<Expr *> parts;
      size_t next = 0;
    };
    std::unordered_set<const Expr *> seen{loss};
    std::vector<Frame> stack{{loss, partsOf(loss)}};
    while (!stack.empty()) {
      Frame &top = stack.back();
      if (top.next < top.parts.size()) {
        Expr *part = top.parts[top.next++];
        if (seen.insert(part).second)
          stack.push_back({part, partsOf(part)});
        continue;
      }
      if (isVariable(*top.e) || llvm::any_of(top.parts, [&](Expr *part) { return depends.count(part); }))
        depends.insert(top.e);
      order.push_back(top.e);
      stack.pop_back();
    }
  }

  /// Adds to the derivative by `x`, a part of what is being handled.
  void flow(Expr *x, Expr *bar) {
    Expr *&sum = bars[x];
    sum = sum ? make.sum(sum, bar) : bar;
  }
  /// The same where `x` may be a scalar that met every entry of `bar`.
  void flowBroadcast(Expr *x, Expr *bar) { flow(x, x->type.isScalar() ? make.total(bar) : bar); }

  void handOn(Expr *e, Expr *bar);
  void handOnBinary(Expr *e, Expr *bar);
  void handOnParts(Expr *e, Expr *bar);
  /// What a branch of `where` hands on: 0 where it was not taken, were the derivative infinite.
  Expr *taken(const Expr *e, Expr *bar, Expr *handed) {
    if (!masked.count(e))
      return handed;
    return make.select(make.compare(BinaryKind::NotEqual, bar, make.number(0)), handed, make.number(0));
  }
  bool isFree(const Expr *x) const { return !depends.count(x); }
  Expr *normIn(Expr *e) const;
  Expr *inner(Expr *x, Expr *y);
  Expr *diagonalOf(Expr *matrix);

  ExprBuilder &make;
  Mixer &mixer;
  const Expr *variable;
  size_t maxExpressions;
  std::vector<Expr *> order;
  std::unordered_set<const Expr *> depends; // on the variable
  std::unordered_set<const Expr *> masked;  // reached from a branch of `where`
  std::unordered_map<const Expr *, Expr *> bars;
};

/// The sum of all entries of x .* y.
Expr *Gradient::inner(Expr *x, Expr *y) {
  if (x->type.isColumn())
    return make.product(make.transpose(x), y);
  if (x->type.isRow())
    return make.product(x, make.transpose(y));
  return make.total(make.times(x, y));
}

/// The diagonal as a column; of an outer product u * v' it is u .* v.
Expr *Gradient::diagonalOf(Expr *matrix) {
  if (matrix->op == Op::Product && matrix->args[0]->type.isColumn())
    return make.times(matrix->args[0], make.transpose(matrix->args[1]));
  if (matrix->op == Op::Transpose)
    return diagonalOf(matrix->args[0]);
  Expr *ones = make.fill(make.number(1), Type::column(matrix->type.cols));
  Expr *identity = make.identity(matrix->type);
  return make.product(make.times(identity, matrix), ones);
}

void Gradient::handOn(Expr *e, Expr *bar) {
  switch (e->op) {
  case Op::Let: return flow(mixer.definitions[e->entity].value, bar);
  case Op::Unary:
    if (Expr *derivative = derivativeOf(make, e))
      flow(e->args[0], taken(e, bar, make.times(bar, derivative)));
    return;
  case Op::Select:
    for (unsigned branch : {1, 2})
      if (!isFree(e->args[branch])) {
        Expr *none = make.number(0);
        masked.insert(e->args[branch]);
        flowBroadcast(e->args[branch],
                      branch == 1 ? make.select(e->args[0], bar, none) : make.select(e->args[0], none, bar));
      }
    return;
  case Op::Binary: return handOnBinary(e, bar);
  case Op::Sum:
    for (Expr *term : e->args)
      if (!isFree(term))
        flowBroadcast(term, bar);
    return;
  case Op::Product:
    if (!isFree(e->args[0]))
      flow(e->args[0], make.product(bar, make.transpose(e->args[1])));
    if (!isFree(e->args[1]))
      flow(e->args[1], make.product(make.transpose(e->args[0]), bar));
    return;
  case Op::Transpose: return flow(e->args[0], make.transpose(bar));
  case Op::Reduce:
    if (e->reduce == mix::ReduceKind::Sum)
      flow(e->args[0], make.fill(bar, e->args[0]->type));
    return; // softmax alone takes the largest, and has no derivative by it
  case Op::Norm: return flow(e->args[0], make.times(make.quotient(bar, oneAtZero(make, e)), e->args[0]));
  default: return handOnParts(e, bar);
  }
}

/// The norm that this is, by itself or through lets that name it; null if it is none, or the variable stands for it.
Expr *Gradient::normIn(Expr *e) const {
  while (e->op == Op::Let && !isVariable(*e))
    e = mixer.definitions[e->entity].value;
  return e->op == Op::Norm ? e : nullptr;
}

void Gradient::handOnBinary(Expr *e, Expr *bar) {
  Expr *x = e->args[0], *y = e->args[1];
  Expr *norm = normIn(x);
  bool isPower = e->binary == BinaryKind::Pow && y->op == Op::Number && y->number >= 2;
  bool isSquare = (isPower && y->number == 2) || (e->binary == BinaryKind::Mul && norm == normIn(y));
  if (norm && (isPower || isSquare)) { // the norm that its own derivative divides by cancels
    Expr *slope = make.times(make.number(isSquare ? 2 : y->number), bar);
    if (!isSquare)
      slope = make.times(slope, make.binary(BinaryKind::Pow, x, make.number(y->number - 2)));
    return flow(norm->args[0], make.times(slope, norm->args[0]));
  }
  // A scalar factor of a vector or matrix meets all its entries at once.
  if (e->binary == BinaryKind::Mul && x == y)
    return flow(x, make.times(make.times(make.number(2), bar), x));
  for (auto [part, other] : {std::pair(x, y), std::pair(y, x)}) {
    if (isFree(part))
      continue;
    if (e->binary == BinaryKind::Mul && part->type.isScalar() && !other->type.isScalar())
      flow(part, inner(bar, other));
    else if (Expr *partial = partialOf(make, e, part == x, bar))
      flowBroadcast(part, taken(e, bar, partial));
  }
}

/// Ops that move entries.
void Gradient::handOnParts(Expr *e, Expr *bar) {
  switch (e->op) {
  case Op::Diag: return flow(e->args[0], diagonalOf(bar));
  case Op::Concat: {
    Dim from;
    for (Expr *part : e->args) {
      Dim size = part->type.isScalar() ? Dim(1) : part->type.rows;
      if (!isFree(part))
        flowBroadcast(part, make.slice(bar, from, size));
      from = from + size;
    }
    return;
  }
  case Op::Slice: {
    std::vector<Expr *> parts;
    auto pad = [&](const Dim &size) {
      if (!(size == Dim(0)))
        parts.push_back(make.fill(make.number(0), Type::column(size)));
    };
    pad(e->dim);
    parts.push_back(bar);
    pad(e->args[0]->type.rows - e->dim - e->type.rows);
    return flow(e->args[0], make.concat(std::move(parts)));
  }
  case Op::Roll: return flow(e->args[0], make.roll(bar, -e->shift));
  case Op::Kron: {
    // Entry i M + j is x_i y_j: as a matrix it is x * y'.
    Expr *x = e->args[0], *y = e->args[1];
    Expr *matrix = make.reshape(bar, Type::matrix(x->type.rows, y->type.rows));
    if (!isFree(x))
      flow(x, make.product(matrix, y));
    if (!isFree(y))
      flow(y, make.product(make.transpose(matrix), x));
    return;
  }
  case Op::Fill: return flow(e->args[0], make.total(bar));
  case Op::Reshape: return flow(e->args[0], make.reshape(bar, e->args[0]->type));
  default: llvm_unreachable("depends on nothing, or was handled before");
  }
}

} // namespace

Expr *gradient(ExprBuilder &builder, Mixer &mixer, Expr *loss, const Expr *variable, size_t maxExpressions) {
  return Gradient(builder, mixer, variable, maxExpressions).run(loss);
}

} // namespace mixc
