#include "frontend/sema/ExprChecker.h"
#include "frontend/syntax/Print.h"
#include <cmath>
#include <fmt/format.h>

namespace mixc {
using llvm::cast;

Expr *ExprChecker::make(Expr::Op op, Type type, Range range, std::vector<Expr *> args) {
  Expr &e = out.expressions.emplace_back();
  e.op = op;
  e.type = std::move(type);
  e.range = range;
  for (const Expr *arg : args) {
    e.perHead |= arg->perHead;
    if (arg->type.isError())
      e.type = Type::error();
  }
  e.args = std::move(args);
  if (out.expressions.size() >= maxExpressions && !shared.tooLarge)
    unrollsTooFar(range);
  return &e;
}

Expr *ExprChecker::unrollsTooFar(Range range) {
  if (!shared.tooLarge)
    diagnostics.add(Code::UnrollsTooFar, range,
                    fmt::format("the mixer unrolls to more than {} operations", maxExpressions));
  shared.tooLarge = true;
  return error(range);
}

Expr *ExprChecker::number(double value, Range range) {
  Expr *e = make(Expr::Op::Number, Type::scalar(), range);
  e->number = value;
  return e;
}

Expr *ExprChecker::transpose(Expr *x, Range range) {
  if (x->type.isScalar())
    return x;
  return make(Expr::Op::Transpose, x->type.transposed(), range, {x});
}

Expr *ExprChecker::check(const ast::Expr &e) {
  if (shared.tooLarge)
    return error(e.range);
  switch (e.kind) {
  case ast::Expr::Kind::Number: return number(cast<ast::Number>(e).value, e.range);
  case ast::Expr::Kind::Infinity: return number(INFINITY, e.range);
  case ast::Expr::Kind::Identity: return make(Expr::Op::Identity, Type::square(), e.range);
  case ast::Expr::Kind::Time:
  case ast::Expr::Kind::End:
    diagnostics.add(Code::TimeIndex, e.range, fmt::format("`{}` is a time, not a value", printExpr(e)))
        .help("it stands in brackets, as in `H[t-1]`");
    return error(e.range);
  case ast::Expr::Kind::Reference: return reference(cast<ast::Reference>(e));
  case ast::Expr::Kind::Negate: {
    Expr *x = check(*cast<ast::Negate>(e).operand);
    if (x->op == Expr::Op::Number)
      return number(-x->number, e.range);
    Expr *result = make(Expr::Op::Unary, x->type, e.range, {x});
    result->unary = mix::UnaryKind::Neg;
    return result;
  }
  case ast::Expr::Kind::Transpose: return transpose(check(*cast<ast::Transpose>(e).operand), e.range);
  case ast::Expr::Kind::Binary: return binary(cast<ast::Binary>(e));
  case ast::Expr::Kind::Call: return call(cast<ast::Call>(e));
  case ast::Expr::Kind::Sum: return sumOver(cast<ast::Sum>(e));
  }
  return error(e.range);
}

void ExprChecker::fit(Expr *e, const Dim &size) {
  if (!e->type.isSquare())
    return;
  e->type = Type::matrix(size, size);
  for (Expr *arg : e->args)
    fit(arg, size);
}

//===-- References ---------------------------------------------------------------------------------------------===//

Expr *ExprChecker::reference(const ast::Reference &e) {
  std::optional<Target> target = scope.resolve(e, indices, diagnostics);
  if (!target)
    return error(e.range);
  if (!target->symbol)
    return number(double(target->number), e.range);
  const Symbol &symbol = *target->symbol;
  switch (symbol.kind) {
  case Symbol::Kind::Dim: {
    Expr *result = make(Expr::Op::Dim, Type::scalar(), e.range);
    result->dim = Dim::symbol(symbol.name);
    return result;
  }
  case Symbol::Kind::Output:
    diagnostics.add(Code::OutputRead, e.range, fmt::format("`{}` is an output, and outputs are not read", symbol.name))
        .also(symbol.range, "declared here")
        .help(fmt::format(
            "give what `{0}` stands for a name with `let`; a value carried from token to token is a `state`",
            symbol.name));
    return error(e.range);
  case Symbol::Kind::State: return stateReference(e, *target);
  case Symbol::Kind::Let: return letReference(e, *target);
  case Symbol::Kind::Input:
  case Symbol::Kind::Param: break;
  }
  const Declaration &declared = out.declarations[target->entity];
  shared.usedDeclarations.insert(target->entity);
  bool isInput = symbol.kind == Symbol::Kind::Input;
  int64_t lag = isInput ? node.lag + target->lag : 0;
  if (!checkLag(e, lag))
    return error(e.range);
  Expr *result = make(isInput ? Expr::Op::Input : Expr::Op::Param, declared.type, e.range);
  result->entity = target->entity;
  result->lag = lag;
  result->perHead = !declared.perGroup;
  return result;
}

bool ExprChecker::checkLag(const ast::Reference &e, int64_t lag) {
  if (lag <= maxLag)
    return true;
  // A lagged let adds up; then the place to look at is where it is wanted.
  bool added = node.lag > 0;
  (added ? lagDiagnostics : diagnostics)
      .add(Code::FarLag, added ? node.wanted : e.range,
           fmt::format("`{}` from {} tokens ago is too far: at most {}", e.name.text, lag, maxLag))
      .help("a state remembers for any time");
  return false;
}

Expr *ExprChecker::stateReference(const ast::Reference &e, const Target &target) {
  const Declaration &declared = out.declarations[target.entity];
  bool isOwnUpdate = instance.kind == Definition::Kind::Update && instance.declaration == target.entity;
  if (!isOwnUpdate)
    shared.usedDeclarations.insert(target.entity);
  if (node.lag > 0) {
    lagDiagnostics
        .add(Code::LaggedState, node.wanted,
             fmt::format("`{}` of earlier tokens reads the state `{}`", instance.name, declared.name))
        .also(e.range, "read here")
        .help("only lets of inputs and params have a past; what a state was must be kept in a state");
    return error(e.range);
  }
  if (target.end && instance.kind != Definition::Kind::Output) {
    diagnostics.add(Code::EndRead, e.range, fmt::format("`{}[end]` may stand in outputs only", declared.name))
        .note("it is known once the whole sequence was seen");
    return error(e.range);
  }
  if (target.lag > 1) {
    diagnostics
        .add(Code::OldState, e.range,
             fmt::format("`{}[t-{}]` is not kept: a state is known before the token, `[t-1]`, and after it, `[t]`",
                         declared.name, target.lag))
        .help(fmt::format("keep it: declare another state, and let its update be `{}[t-1]`", declared.name));
    return error(e.range);
  }
  Expr *result = make(target.end   ? Expr::Op::StateEnd
                      : target.lag ? Expr::Op::StateBefore
                                   : Expr::Op::StateAfter,
                      declared.type, e.range);
  result->entity = target.entity;
  result->perHead = !declared.perGroup;
  return result;
}

Expr *ExprChecker::letReference(const ast::Reference &e, const Target &target) {
  if (target.entity != node.instance)
    shared.usedLets.insert(target.entity);
  int64_t lag = node.lag + target.lag;
  if (!checkLag(e, lag))
    return error(e.range);
  // Not there: it is part of a cycle, or too large, and was reported.
  auto definition = shared.letDefinitions.find({target.entity, lag});
  if (definition == shared.letDefinitions.end())
    return error(e.range);
  const Expr *value = out.definitions[definition->second].value;
  Expr *result = make(Expr::Op::Let, value->type, e.range);
  result->entity = definition->second;
  result->perHead = value->perHead;
  return result;
}

//===-- Sums over an index -------------------------------------------------------------------------------------===//

Expr *ExprChecker::sumOver(const ast::Sum &e) {
  auto range = scope.range(e.span, indices, diagnostics);
  if (!range || scope.shadows(e.index, indices, diagnostics))
    return error(e.range);
  std::vector<Expr *> terms;
  Type type = Type::scalar();
  for (int64_t j = range->first; j <= range->second && !shared.tooLarge; ++j) {
    indices.emplace_back(e.index.text, j);
    Expr *term = check(*e.body);
    indices.pop_back();
    std::optional<Type> both = terms.empty() ? term->type : meet(type, term->type);
    if (!both) {
      diagnostics
          .add(Code::ShapesMeet, e.body->range,
               fmt::format("the terms of this sum have different shapes, `{}` and `{}`", type.str(), term->type.str()))
          .note(fmt::format("the second is that of `{}` = {}", e.index.text, j));
      return error(e.range);
    }
    if (term->type.isError()) // once is enough, the other terms have the same text
      return error(e.range);
    type = *both;
    terms.push_back(term);
  }
  if (terms.empty())
    return number(0, e.range);
  if (type.isMatrix())
    for (Expr *term : terms)
      fit(term, type.rows);
  if (terms.size() == 1)
    return terms.front();
  return make(Expr::Op::Sum, type, e.range, std::move(terms));
}

} // namespace mixc
