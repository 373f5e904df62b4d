// The shapes of functions: what each takes and what it gives.
#include "frontend/sema/ExprChecker.h"
#include "frontend/sema/Gradient.h"
#include "frontend/sema/Suggest.h"
#include "frontend/syntax/Habits.h"
#include "frontend/syntax/Print.h"
#include "lowering/Limits.h"
#include <fmt/format.h>

namespace mixc {

Expr *ExprChecker::argumentError(const ast::Call &e, const Expr *argument, std::string_view wants) {
  Diagnostic &diagnostic =
      diagnostics.add(Code::ArgumentShape, argument->range,
                      fmt::format("`{}` takes {}, and this is `{}`", e.function.text, wants, argument->type.str()));
  if (argument->type.isRow())
    diagnostic.help("a transposed vector is a row: drop the `'`");
  else if (e.function.text == "softmax" && argument->type.isScalar())
    diagnostic.help("a softmax over tokens is no function of one of them: sum `exp(x)` in a state, and divide by it");
  else if (e.function.text == "softmax" && argument->type.isMatrix())
    diagnostic.help("a softmax is over the entries of one vector: take it before a product makes a matrix");
  return error(e.range);
}

Expr *ExprChecker::call(const ast::Call &e) {
  const Function *function = findFunction(e.function.text);
  if (!function) {
    Diagnostic &diagnostic =
        diagnostics.add(Code::UnknownFunction, e.function.range, fmt::format("unknown function `{}`", e.function.text));
    std::vector<std::string> known;
    for (const Function &candidate : allFunctions())
      known.emplace_back(candidate.name);
    const bool isTimed = e.arguments.size() == 1 && mentionsTime(*e.arguments.front());
    if (scope.find(e.function.text))
      diagnostic.help(
          isTimed ? fmt::format("a time stands in brackets: `{}[{}]`", e.function.text, printExpr(*e.arguments.front()))
                  : fmt::format("`{0}` is a value: a product is written `{0} * (...)`", e.function.text));
    else if (std::string_view habit = habitOfFunction(e.function.text); !habit.empty())
      diagnostic.help(std::string(habit));
    else if (std::string near = nearest(e.function.text, known); !near.empty())
      diagnostic.label(fmt::format("did you mean `{}`?", near));
    return error(e.range);
  }
  if (e.arguments.size() < function->minArguments || e.arguments.size() > function->maxArguments) {
    diagnostics.add(Code::ArgumentCount, e.range,
                    fmt::format("`{}` takes {}, and {} given", function->name, function->usage,
                                e.arguments.empty()       ? "none is"
                                : e.arguments.size() == 1 ? "one is"
                                                          : fmt::format("{} are", e.arguments.size())));
    return error(e.range);
  }
  switch (function->signature) {
  case Signature::Concat: return concat(e);
  case Signature::Grad: return grad(e);
  case Signature::Where: return where(e);
  case Signature::Clamp: return clamp(e);
  default: break;
  }
  Expr *x = check(*e.arguments.front());
  if (x->type.isError())
    return error(e.range);
  if (x->type.isSquare() && function->signature != Signature::Elementwise &&
      function->signature != Signature::ElementwisePair) {
    diagnostics.add(Code::IdentitySize, x->range, "nothing tells the size of this `I`");
    return error(e.range);
  }
  switch (function->signature) {
  case Signature::Elementwise: {
    Expr *result = make(Expr::Op::Unary, x->type, e.range, {x});
    result->unary = function->unary;
    return result;
  }
  case Signature::LogSigmoid: return ExprBuilder(out, e.range).logsigmoid(x);
  case Signature::Mean: return ExprBuilder(out, e.range).mean(x);
  case Signature::Entries: {
    Expr *result = make(function->op, Type::scalar(), e.range, {x});
    result->reduce = mix::ReduceKind::Sum;
    return result;
  }
  case Signature::Diag:
    return x->type.isColumn() ? make(Expr::Op::Diag, Type::matrix(x->type.rows, x->type.rows), e.range, {x})
                              : argumentError(e, x, "a vector");
  case Signature::Softmax:
    return x->type.isColumn() ? ExprBuilder(out, e.range).softmax(x) : argumentError(e, x, "a vector");
  case Signature::Normalize: return normalize(e, *function, x);
  case Signature::Slice: return slice(e, x);
  case Signature::Roll: return roll(e, x);
  default: break;
  }
  Expr *y = check(*e.arguments[1]);
  if (y->type.isError())
    return error(e.range);
  if (function->signature == Signature::ElementwisePair)
    return elementwise(function->binary, fmt::format("`{}`", function->name), e.range, *e.arguments[0], *e.arguments[1],
                       x, y);
  for (Expr *argument : {x, y})
    if (!argument->type.isColumn())
      return argumentError(e, argument, "two vectors");
  switch (function->signature) {
  case Signature::Outer:
    return make(Expr::Op::Product, Type::matrix(x->type.rows, y->type.rows), e.range, {x, transpose(y, y->range)});
  case Signature::Kron: return make(Expr::Op::Kron, Type::column(x->type.rows * y->type.rows), e.range, {x, y});
  default: break;
  }
  if (!(x->type == y->type)) {
    diagnostics.add(Code::ArgumentShape, y->range, fmt::format("`dot` of `{}` and `{}`", x->type.str(), y->type.str()))
        .label(y->type.str())
        .also(x->range, x->type.str());
    return error(e.range);
  }
  return make(Expr::Op::Product, Type::scalar(), e.range, {transpose(x, x->range), y});
}

Expr *ExprChecker::normalize(const ast::Call &e, const Function &function, Expr *x) {
  if (!x->type.isColumn())
    return argumentError(e, x, "a vector");
  Expr *epsilon = e.arguments.size() > 1 ? check(*e.arguments[1]) : number(1e-6, e.range);
  if (epsilon->type.isError())
    return error(e.range);
  if (!epsilon->type.isScalar())
    return argumentError(e, epsilon, "a scalar epsilon");
  ExprBuilder builder(out, e.range);
  if (function.name == "l2norm")
    return builder.l2norm(x, epsilon);
  return function.name == "rmsnorm" ? builder.rmsnorm(x, epsilon) : builder.layernorm(x, epsilon);
}

Expr *ExprChecker::concat(const ast::Call &e) {
  std::vector<Expr *> parts;
  Dim size;
  for (const ast::ExprPtr &argument : e.arguments) {
    Expr *part = check(*argument);
    if (part->type.isError())
      return error(e.range);
    if (!part->type.isScalar() && !part->type.isColumn())
      return argumentError(e, part, "scalars and vectors");
    size = size + (part->type.isScalar() ? Dim(1) : part->type.rows);
    parts.push_back(part);
  }
  return make(Expr::Op::Concat, Type::column(size), e.range, std::move(parts));
}

Expr *ExprChecker::slice(const ast::Call &e, Expr *x) {
  if (!x->type.isColumn())
    return argumentError(e, x, "a vector");
  std::optional<Dim> from = scope.dim(*e.arguments[1], indices, diagnostics);
  std::optional<Dim> to = scope.dim(*e.arguments[2], indices, diagnostics);
  if (!from || !to)
    return error(e.range);
  // What is not known yet is checked again once every dim has a number.
  auto known = [&](const Dim &dim) { return dim.evaluate(scope.numbers()); };
  auto atLeast = [&](const Dim &a, const Dim &b, int64_t by) {
    std::optional<int64_t> difference = known(a - b);
    return !difference || *difference >= by;
  };
  if (!atLeast(*from, Dim(0), 0) || !atLeast(*to, *from, 1) || !atLeast(x->type.rows, *to, 0)) {
    diagnostics
        .add(Code::SliceRange, e.arguments[1]->range.to(e.arguments[2]->range),
             fmt::format("entries {} up to {} of a `{}`", from->str(), to->str(), x->type.str()))
        .note("a slice counts from 0, its second end is not part of it, and it is not empty");
    return error(e.range);
  }
  Expr *result = make(Expr::Op::Slice, Type::column(*to - *from), e.range, {x});
  result->dim = *from;
  return result;
}

Expr *ExprChecker::roll(const ast::Call &e, Expr *x) {
  if (!x->type.isColumn())
    return argumentError(e, x, "a vector");
  std::optional<int64_t> by = scope.integer(*e.arguments[1], indices, diagnostics);
  if (!by)
    return error(e.range);
  Expr *result = make(Expr::Op::Roll, x->type, e.range, {x});
  result->shift = *by;
  return result;
}

Expr *ExprChecker::grad(const ast::Call &e) {
  Expr *loss = check(*e.arguments[0]);
  Expr *variable = check(*e.arguments[1]);
  if (loss->type.isError() || variable->type.isError())
    return error(e.range);
  if (!loss->type.isScalar()) {
    diagnostics
        .add(Code::GradShape, loss->range,
             fmt::format("the gradient of a `{}`: only a scalar has one", loss->type.str()))
        .help("a loss is a scalar, such as `0.5 * norm(x)^2`");
    return error(e.range);
  }
  if (variable->op != Expr::Op::StateBefore && variable->op != Expr::Op::Let) {
    diagnostics.add(Code::GradVariable, variable->range,
                    "a gradient is taken by a state before the token or by a `let`");
    return error(e.range);
  }
  ExprBuilder builder(out, e.range);
  if (Expr *derivative = gradient(builder, out, loss, variable, limits::expressions))
    return derivative;
  return unrollsTooFar(e.range);
}

} // namespace mixc
