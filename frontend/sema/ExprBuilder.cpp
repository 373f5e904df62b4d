#include "frontend/sema/ExprBuilder.h"

namespace mixc {
using mix::BinaryKind;
using mix::UnaryKind;

static bool isNumber(const Expr *e) { return e->op == Expr::Op::Number; }
static bool isNumber(const Expr *e, double value) { return isNumber(e) && e->number == value; }
static bool isBinary(const Expr *e, BinaryKind kind) { return e->op == Expr::Op::Binary && e->binary == kind; }

Expr *ExprBuilder::make(Expr::Op op, Type type, std::vector<Expr *> args) {
  Expr &e = out.expressions.emplace_back();
  e.op = op;
  e.type = std::move(type);
  e.range = range;
  for (const Expr *arg : args)
    e.perHead |= arg->perHead;
  e.args = std::move(args);
  return &e;
}

Expr *ExprBuilder::number(double value) {
  Expr *e = make(Expr::Op::Number, Type::scalar());
  e->number = value;
  return e;
}

Expr *ExprBuilder::dim(const Dim &dim) {
  Expr *e = make(Expr::Op::Dim, Type::scalar());
  e->dim = dim;
  return e;
}

Expr *ExprBuilder::unary(UnaryKind kind, Expr *x) {
  Expr *e = make(Expr::Op::Unary, x->type, {x});
  e->unary = kind;
  return e;
}

Expr *ExprBuilder::binary(BinaryKind kind, Expr *x, Expr *y) {
  Expr *e = make(Expr::Op::Binary, x->type.isScalar() ? y->type : x->type, {x, y});
  e->binary = kind;
  return e;
}

Expr *ExprBuilder::negated(Expr *x) {
  if (isNumber(x))
    return number(-x->number);
  if (x->op == Expr::Op::Unary && x->unary == UnaryKind::Neg)
    return x->args[0];
  return unary(UnaryKind::Neg, x);
}

Expr *ExprBuilder::sum(Expr *x, Expr *y) {
  if (isNumber(x) && isNumber(y))
    return number(x->number + y->number);
  if (x == y)
    return times(number(2), x);
  return binary(BinaryKind::Add, x, y);
}

Expr *ExprBuilder::times(Expr *x, Expr *y) {
  if (isNumber(y))
    std::swap(x, y);
  if (isNumber(x) && isNumber(y))
    return number(x->number * y->number);
  if (isNumber(x, 1))
    return y;
  if (isNumber(x, -1))
    return negated(y);
  // One number in front, and what fills an axis is the scalar that it is.
  if (isNumber(x) && isBinary(y, BinaryKind::Mul) && isNumber(y->args[0]))
    return times(number(x->number * y->args[0]->number), y->args[1]);
  if (!isNumber(x) && isBinary(y, BinaryKind::Mul) && isNumber(y->args[0]))
    return times(y->args[0], times(x, y->args[1]));
  if (!isNumber(y) && isBinary(x, BinaryKind::Mul) && isNumber(x->args[0]))
    return times(x->args[0], times(x->args[1], y));
  if (x->op == Expr::Op::Fill && x->type == y->type)
    return times(x->args[0], y);
  if (y->op == Expr::Op::Fill && x->type == y->type)
    return times(y->args[0], x);
  return binary(BinaryKind::Mul, x, y);
}

Expr *ExprBuilder::product(Expr *x, Expr *y) {
  const Type &a = x->type, &b = y->type;
  if (a.isScalar() || b.isScalar())
    return times(x, y);
  Type type = a.isRow() && b.isColumn() ? Type::scalar()
              : a.isRow()               ? Type::row(b.cols)
              : b.isColumn()            ? Type::column(a.rows)
                                        : Type::matrix(a.rows, b.cols);
  return make(Expr::Op::Product, type, {x, y});
}

Expr *ExprBuilder::transpose(Expr *x) {
  if (x->type.isScalar())
    return x;
  if (x->op == Expr::Op::Transpose)
    return x->args[0];
  return make(Expr::Op::Transpose, x->type.transposed(), {x});
}

Expr *ExprBuilder::reduce(mix::ReduceKind kind, Expr *x) {
  if (x->type.isScalar())
    return x;
  Expr *e = make(Expr::Op::Reduce, Type::scalar(), {x});
  e->reduce = kind;
  return e;
}

Expr *ExprBuilder::fill(Expr *scalar, const Type &type) {
  return type.isScalar() ? scalar : make(Expr::Op::Fill, type, {scalar});
}

Expr *ExprBuilder::concat(std::vector<Expr *> parts) {
  if (parts.size() == 1 && parts[0]->type.isColumn())
    return parts[0];
  Dim size;
  for (const Expr *part : parts)
    size = size + (part->type.isScalar() ? Dim(1) : part->type.rows);
  return make(Expr::Op::Concat, Type::column(size), std::move(parts));
}

Expr *ExprBuilder::slice(Expr *x, const Dim &from, const Dim &size) {
  Expr *e = make(Expr::Op::Slice, Type::column(size), {x});
  e->dim = from;
  return e;
}

Expr *ExprBuilder::roll(Expr *x, int64_t by) {
  Expr *e = make(Expr::Op::Roll, x->type, {x});
  e->shift = by;
  return e;
}

Expr *ExprBuilder::reshape(Expr *x, const Type &type) { return make(Expr::Op::Reshape, type, {x}); }

} // namespace mixc
