#include "frontend/syntax/ExprParser.h"
#include "frontend/syntax/Print.h"
#include <charconv>
#include <cmath>

namespace mixc {
using namespace ast;

static constexpr std::string_view indexHelp =
    "brackets hold a time, `[t-1]`, or the index of a family, `[j]`; entries of a vector are `slice(x, from, to)`";

bool ExprParser::descend() {
  if (depth < maxNesting)
    return true;
  diagnostics
      .add(Code::NestedTooDeeply, peek().range, fmt::format("an expression nested more than {} deep", maxNesting))
      .help("give the inner parts names with `let`");
  return false;
}

ExprPtr ExprParser::bounded(ExprPtr e, unsigned operandHeight) {
  e->height = operandHeight + 1;
  if (e->height <= maxHeight)
    return e;
  diagnostics
      .add(Code::NestedTooDeeply, lastRange(),
           fmt::format("an expression of more than {} operations in a row", maxHeight))
      .help("give parts of it names with `let`, or write it as a `sum(j in 1..n, ...)`");
  return nullptr;
}

ExprPtr ExprParser::binary(BinaryOp op, Range opRange, ExprPtr left, ExprPtr right) {
  if (!left || !right)
    return nullptr;
  unsigned height = std::max(left->height, right->height);
  return bounded(std::make_unique<Binary>(op, opRange, std::move(left), std::move(right)), height);
}

ExprPtr ExprParser::expr() {
  Nested nested(depth);
  if (!descend())
    return nullptr;
  ExprPtr e = conjunction();
  while (e && is(Tok::Or)) {
    Range op = take().range;
    e = binary(BinaryOp::Or, op, std::move(e), conjunction());
  }
  return e;
}

ExprPtr ExprParser::conjunction() {
  ExprPtr e = negation();
  while (e && is(Tok::And)) {
    Range op = take().range;
    e = binary(BinaryOp::And, op, std::move(e), negation());
  }
  return e;
}

ExprPtr ExprParser::negation() {
  if (!is(Tok::Not))
    return comparison();
  Nested nested(depth);
  if (!descend())
    return nullptr;
  Range word = take().range;
  ExprPtr operand = negation();
  if (!operand)
    return nullptr;
  unsigned height = operand->height;
  Range range = word.to(operand->range);
  return bounded(std::make_unique<Not>(range, std::move(operand)), height);
}

static std::optional<BinaryOp> comparisonOp(Tok kind) {
  switch (kind) {
  case Tok::Below: return BinaryOp::Less;
  case Tok::Above: return BinaryOp::Greater;
  case Tok::AtMost: return BinaryOp::LessEqual;
  case Tok::AtLeast: return BinaryOp::GreaterEqual;
  case Tok::Same: return BinaryOp::Equal;
  case Tok::Differs: return BinaryOp::NotEqual;
  default: return std::nullopt;
  }
}

ExprPtr ExprParser::comparison() {
  ExprPtr e = sum();
  std::optional<BinaryOp> op = comparisonOp(peek().kind);
  if (!e || !op)
    return e;
  Range opRange = take().range;
  e = binary(*op, opRange, std::move(e), sum());
  if (!e || !comparisonOp(peek().kind))
    return e;
  std::string middle = printExpr(*llvm::cast<Binary>(*e).right);
  diagnostics.add(Code::ComparisonChain, peek().range, "a comparison of what was compared")
      .also(opRange, "the first is here")
      .help(middle.size() <= 40
                ? fmt::format("write `{} {} {} ...`", printExpr(*e) + " and", middle, text(peek().range))
                : "join two comparisons by `and`");
  return nullptr;
}

ExprPtr ExprParser::index() {
  Nested nested(depth);
  return descend() ? sum() : nullptr;
}

ExprPtr ExprParser::sum() {
  ExprPtr e = term();
  while (e && (is(Tok::Plus) || is(Tok::Minus))) {
    Token op = take();
    e = binary(op.kind == Tok::Plus ? BinaryOp::Add : BinaryOp::Subtract, op.range, std::move(e), term());
  }
  return e;
}

static std::optional<BinaryOp> productOp(Tok kind) {
  switch (kind) {
  case Tok::Star: return BinaryOp::Multiply;
  case Tok::Slash: return BinaryOp::Divide;
  case Tok::DotStar: return BinaryOp::Hadamard;
  case Tok::DotSlash: return BinaryOp::ElementDivide;
  default: return std::nullopt;
  }
}

ExprPtr ExprParser::term() {
  ExprPtr e = unary();
  while (e) {
    std::optional<BinaryOp> op = productOp(peek().kind);
    if (!op)
      break;
    Range opRange = take().range;
    e = binary(*op, opRange, std::move(e), unary());
  }
  return e;
}

ExprPtr ExprParser::unary() {
  if (!is(Tok::Minus))
    return power();
  Nested nested(depth);
  if (!descend())
    return nullptr;
  Range minus = take().range;
  ExprPtr operand = unary();
  if (!operand)
    return nullptr;
  unsigned height = operand->height;
  Range range = minus.to(operand->range);
  return bounded(std::make_unique<Negate>(range, std::move(operand)), height);
}

ExprPtr ExprParser::power() {
  ExprPtr base = postfix();
  if (!base || !(is(Tok::Caret) || is(Tok::DotCaret)))
    return base;
  Nested nested(depth);
  if (!descend())
    return nullptr;
  Token op = take();
  return binary(op.kind == Tok::Caret ? BinaryOp::Power : BinaryOp::ElementPower, op.range, std::move(base), unary());
}

ExprPtr ExprParser::postfix() {
  ExprPtr e = atom();
  while (e && is(Tok::Quote)) {
    Range range = e->range.to(take().range);
    unsigned height = e->height;
    e = bounded(std::make_unique<Transpose>(range, std::move(e)), height);
  }
  return e;
}

ExprPtr ExprParser::number() {
  Token token = take();
  std::string digits = text(token.range);
  double value = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error == std::errc::result_out_of_range && (std::abs(value) > 1 || value == 0)) {
    // Out of range is reported for both ends; a number too small for a double is 0.
    value = std::strtod(digits.c_str(), nullptr);
    if (std::isinf(value)) {
      diagnostics.add(Code::BadNumber, token.range, "a number larger than a double can hold")
          .help("write `inf` for infinity");
      return nullptr;
    }
  }
  return std::make_unique<Number>(token.range, value,
                                  digits.size() <= 64 ? std::move(digits) : fmt::format("{}", value));
}

/// Operators of other languages begin like ours: `**`, `//`, `==`, `x^{T}`, `x[:, 0]`.
void ExprParser::helpWithoutOperand(Diagnostic &diagnostic) const {
  const bool adjoins = lastRange().end == peek().range.begin;
  const std::string_view before = source.slice(lastRange());
  if (is(Tok::Star) && adjoins)
    diagnostic.help("a power is written `^`");
  else if (is(Tok::Slash) && adjoins)
    diagnostic.help("a comment begins with `#`");
  else if (is(Tok::Equals) && before == "=")
    diagnostic.help("an equation is written with one `=`");
  else if (is(Tok::LeftBrace) && before == "^")
    diagnostic.help("an exponent takes no braces: `x^2`; a transpose is `x'`");
  else if (is(Tok::Colon) && before == "[")
    diagnostic.help(std::string(indexHelp));
  else if (is(Tok::Plus))
    diagnostic.help("a sign is left out where it is `+`");
}

ExprPtr ExprParser::atom() {
  switch (peek().kind) {
  case Tok::Number: return number();
  case Tok::Inf: return std::make_unique<Infinity>(take().range);
  case Tok::I: return std::make_unique<Identity>(take().range);
  case Tok::T: return std::make_unique<Time>(take().range);
  case Tok::EndWord: return std::make_unique<End>(take().range);
  case Tok::Name: return reference();
  case Tok::LeftParen: {
    Range open = take().range;
    ExprPtr e = expr();
    if (!e || !close(Tok::RightParen, open))
      return nullptr;
    e->range = open.to(lastRange());
    return e;
  }
  default:
    if (isReserved(peek().kind) && peek(1).kind != Tok::Name && peek(1).kind != Tok::LeftBrace)
      name("a name here");
    else if (Diagnostic *diagnostic = unexpected("an expression"))
      helpWithoutOperand(*diagnostic);
    return nullptr;
  }
}

ExprPtr ExprParser::reference() {
  Token token = take();
  Name name{text(token.range), token.range};
  if (is(Tok::LeftParen))
    return name.text == "sum" && peek(1).kind == Tok::Name && peek(2).kind == Tok::In ? sumOver(std::move(name))
                                                                                      : call(std::move(name));
  std::vector<ExprPtr> indices;
  unsigned height = 0;
  while (is(Tok::LeftBracket)) {
    Range open = take().range;
    ExprPtr index = this->index();
    if (!index || !close(Tok::RightBracket, open, is(Tok::Colon) || is(Tok::Comma) ? indexHelp : ""))
      return nullptr;
    height = std::max(height, index->height);
    indices.push_back(std::move(index));
  }
  Range range = name.range.to(lastRange());
  return bounded(std::make_unique<Reference>(std::move(name), range, std::move(indices)), height);
}

ExprPtr ExprParser::call(Name function) {
  Range open = take().range;
  std::vector<ExprPtr> arguments;
  unsigned height = 0;
  if (!is(Tok::RightParen)) {
    do {
      ExprPtr argument = expr();
      if (!argument)
        return nullptr;
      height = std::max(height, argument->height);
      arguments.push_back(std::move(argument));
    } while (accept(Tok::Comma));
  }
  if (!close(Tok::RightParen, open,
             !is(Tok::Equals)                                  ? ""
             : function.text == "sum" && arguments.size() == 1 ? "a sum over an index is `sum(j in 1..n, ...)`"
                                                               : "arguments have no names, they have places"))
    return nullptr;
  Range range = function.range.to(lastRange());
  return bounded(std::make_unique<Call>(std::move(function), range, std::move(arguments)), height);
}

ExprPtr ExprParser::sumOver(Name function) {
  Range open = take().range;
  std::optional<Name> index = name("an index");
  take(); // `in`
  std::optional<Span> over = span();
  if (!over || !expect(Tok::Comma))
    return nullptr;
  ExprPtr body = expr();
  if (!body || !close(Tok::RightParen, open))
    return nullptr;
  unsigned height = std::max({body->height, over->from->height, over->to->height});
  return bounded(
      std::make_unique<Sum>(function.range.to(lastRange()), std::move(*index), std::move(*over), std::move(body)),
      height);
}

std::optional<Span> ExprParser::span() {
  ExprPtr from = index();
  if (!from || !expect(Tok::DotDot, "a range is `1..n`, both ends in it"))
    return std::nullopt;
  ExprPtr to = index();
  if (!to)
    return std::nullopt;
  return Span{std::move(from), std::move(to)};
}

} // namespace mixc
