// Integers, dims and constants: the expressions that are evaluated while checking.
#include "frontend/sema/Scope.h"
#include "frontend/sema/Suggest.h"
#include "frontend/syntax/Print.h"
#include "llvm/Support/MathExtras.h"
#include <cmath>
#include <fmt/format.h>

namespace mixc {
using ast::BinaryOp;
using llvm::cast;
using llvm::dyn_cast;

/// Families and sums are unrolled: one longer than this is a mistake.
static constexpr int64_t maxRange = 65536;
/// Integers of the language stay far from overflow.
static constexpr int64_t maxInteger = int64_t(1) << 31;
/// Polynomials that a person wrote are short.
static constexpr size_t maxDimText = 300;

bool mentionsTime(const ast::Expr &e) {
  switch (e.kind) {
  case ast::Expr::Kind::Time:
  case ast::Expr::Kind::End: return true;
  case ast::Expr::Kind::Negate: return mentionsTime(*cast<ast::Negate>(e).operand);
  case ast::Expr::Kind::Binary:
    return mentionsTime(*cast<ast::Binary>(e).left) || mentionsTime(*cast<ast::Binary>(e).right);
  default: return false;
  }
}

static std::nullopt_t notAnInteger(const ast::Expr &e, DiagnosticList &diagnostics) {
  diagnostics.add(Code::NotAnInteger, e.range, fmt::format("`{}` is not an integer known when compiled", printExpr(e)))
      .help("integers, dims and indices may be added, subtracted, multiplied and divided exactly");
  return std::nullopt;
}

std::optional<Scope::Linear> Scope::linear(const ast::Expr &e, const Indices &indices,
                                           DiagnosticList &diagnostics) const {
  switch (e.kind) {
  case ast::Expr::Kind::Time: return Linear{1, 0};
  case ast::Expr::Kind::Number: {
    double value = cast<ast::Number>(e).value;
    if (value != std::floor(value) || value > maxInteger)
      return notAnInteger(e, diagnostics);
    return Linear{0, int64_t(value)};
  }
  case ast::Expr::Kind::Negate: {
    std::optional<Linear> x = linear(*cast<ast::Negate>(e).operand, indices, diagnostics);
    return x ? std::optional(Linear{-x->time, -x->offset}) : std::nullopt;
  }
  case ast::Expr::Kind::Reference: return linearName(cast<ast::Reference>(e), indices, diagnostics);
  case ast::Expr::Kind::Binary: return linearBinary(cast<ast::Binary>(e), indices, diagnostics);
  default: return notAnInteger(e, diagnostics);
  }
}

std::optional<Scope::Linear> Scope::linearName(const ast::Reference &e, const Indices &indices,
                                               DiagnosticList &diagnostics) const {
  for (auto &[index, value] : indices)
    if (index == e.name.text && e.indices.empty())
      return Linear{0, value};
  auto entry = symbols.find(e.name.text);
  if (entry == symbols.end()) {
    unknownName(e.name, diagnostics);
    return std::nullopt;
  }
  if (entry->second.kind != Symbol::Kind::Dim || !e.indices.empty())
    return notAnInteger(e, diagnostics);
  auto number = out.numbers.find(e.name.text);
  if (number == out.numbers.end()) {
    diagnostics
        .add(Code::CountWithoutNumber, e.range, fmt::format("`{}` has no number, and is needed to unroll", e.name.text))
        .also(entry->second.range, "a dim without a default")
        .help(fmt::format("say `-D {}=2`, for instance, or give the dim a default", e.name.text));
    return std::nullopt;
  }
  return Linear{0, number->second};
}

std::optional<Scope::Linear> Scope::linearBinary(const ast::Binary &e, const Indices &indices,
                                                 DiagnosticList &diagnostics) const {
  std::optional<Linear> a = linear(*e.left, indices, diagnostics);
  std::optional<Linear> b = a ? linear(*e.right, indices, diagnostics) : std::nullopt;
  if (!b)
    return std::nullopt;
  Linear result;
  switch (e.op) {
  case BinaryOp::Add: result = {a->time + b->time, a->offset + b->offset}; break;
  case BinaryOp::Subtract: result = {a->time - b->time, a->offset - b->offset}; break;
  case BinaryOp::Multiply:
    if (a->time && b->time)
      return notAnInteger(e, diagnostics);
    result = {a->time * b->offset + b->time * a->offset, a->offset * b->offset};
    break;
  case BinaryOp::Divide:
    if (a->time || b->time || !b->offset || a->offset % b->offset)
      return notAnInteger(e, diagnostics);
    result = {0, a->offset / b->offset};
    break;
  default: return notAnInteger(e, diagnostics);
  }
  if (std::abs(result.offset) > maxInteger || std::abs(result.time) > maxInteger)
    return notAnInteger(e, diagnostics);
  return result;
}

std::optional<int64_t> Scope::integer(const ast::Expr &e, const Indices &indices, DiagnosticList &diagnostics) const {
  std::optional<Linear> value = linear(e, indices, diagnostics);
  if (!value)
    return std::nullopt;
  if (value->time)
    return notAnInteger(e, diagnostics);
  return value->offset;
}

std::optional<std::pair<int64_t, int64_t>> Scope::range(const ast::Span &span, const Indices &indices,
                                                        DiagnosticList &diagnostics) const {
  std::optional<int64_t> from = integer(*span.from, indices, diagnostics);
  std::optional<int64_t> to = integer(*span.to, indices, diagnostics);
  if (!from || !to)
    return std::nullopt;
  if (*to - *from >= maxRange) {
    diagnostics.add(Code::UnrollsTooFar, span.from->range.to(span.to->range),
                    fmt::format("a range of {} members is too long to unroll", *to - *from + 1));
    return std::nullopt;
  }
  return std::pair(*from, *to);
}

std::optional<Dim> Scope::dim(const ast::Expr &e, const Indices &indices, DiagnosticList &diagnostics) const {
  if (auto *number = dyn_cast<ast::Number>(&e);
      number && number->value == std::floor(number->value) && number->value <= maxInteger)
    return Dim(int64_t(number->value));
  if (auto *reference = dyn_cast<ast::Reference>(&e); reference && reference->indices.empty()) {
    for (auto &[index, value] : indices)
      if (index == reference->name.text)
        return Dim(value);
    auto entry = symbols.find(reference->name.text);
    if (entry != symbols.end() && entry->second.kind == Symbol::Kind::Dim)
      return Dim::symbol(reference->name.text);
    Diagnostic &diagnostic =
        diagnostics.add(Code::UnknownDim, e.range, fmt::format("unknown dim `{}`", reference->name.text));
    if (entry != symbols.end())
      diagnostic.also(entry->second.range, "declared here, and not a dim");
    else if (std::string near = nearest(reference->name.text, names(true)); !near.empty())
      diagnostic.label(fmt::format("did you mean `{}`?", near));
    else
      diagnostic.help(
          fmt::format("dims are declared with the mixer: `mixer {}<..., {}>`", out.name, reference->name.text));
    return std::nullopt;
  }
  if (auto *binary = dyn_cast<ast::Binary>(&e)) {
    std::optional<Dim> a = dim(*binary->left, indices, diagnostics);
    std::optional<Dim> b = a ? dim(*binary->right, indices, diagnostics) : std::nullopt;
    if (!b)
      return std::nullopt;
    if (a->str().size() + b->str().size() > maxDimText) {
      diagnostics.add(Code::BadDim, e.range, "a dim of too many terms");
      return std::nullopt;
    }
    switch (binary->op) {
    case BinaryOp::Add: return *a + *b;
    case BinaryOp::Subtract: return *a - *b;
    case BinaryOp::Multiply: return *a * *b;
    case BinaryOp::Divide:
      if (std::optional<Dim> quotient = a->dividedBy(*b))
        return quotient;
      diagnostics.add(Code::BadDim, e.range, fmt::format("`{}` does not divide `{}` exactly", b->str(), a->str()));
      return std::nullopt;
    default: break;
    }
  }
  diagnostics.add(Code::BadDim, e.range, fmt::format("`{}` is not a dim", printExpr(e)))
      .help("a dim is made of integers and the mixer's dims, with `+`, `-`, `*` and `/`");
  return std::nullopt;
}

std::optional<double> Scope::constant(const ast::Expr &e, DiagnosticList &diagnostics) const {
  switch (e.kind) {
  case ast::Expr::Kind::Number: return cast<ast::Number>(e).value;
  case ast::Expr::Kind::Infinity: return INFINITY;
  case ast::Expr::Kind::Negate:
    if (std::optional<double> x = constant(*cast<ast::Negate>(e).operand, diagnostics))
      return -*x;
    return std::nullopt;
  case ast::Expr::Kind::Binary: {
    auto &binary = cast<ast::Binary>(e);
    std::optional<double> a = constant(*binary.left, diagnostics);
    std::optional<double> b = a ? constant(*binary.right, diagnostics) : std::nullopt;
    if (!b)
      return std::nullopt;
    switch (binary.op) {
    case BinaryOp::Add: return *a + *b;
    case BinaryOp::Subtract: return *a - *b;
    case BinaryOp::Multiply:
    case BinaryOp::Hadamard: return *a * *b;
    case BinaryOp::Divide:
    case BinaryOp::ElementDivide: return *a / *b;
    case BinaryOp::Power:
    case BinaryOp::ElementPower: return std::pow(*a, *b);
    default:
      diagnostics.add(Code::BadInterval, e.range, fmt::format("`{}` is not a constant", printExpr(e)));
      return std::nullopt;
    }
  }
  case ast::Expr::Kind::Reference:
    if (auto number = out.numbers.find(cast<ast::Reference>(e).name.text);
        number != out.numbers.end() && cast<ast::Reference>(e).indices.empty())
      return double(number->second);
    [[fallthrough]];
  default:
    diagnostics.add(Code::BadInterval, e.range, fmt::format("`{}` is not a constant", printExpr(e)));
    return std::nullopt;
  }
}

} // namespace mixc
