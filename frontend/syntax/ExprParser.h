// Expressions, by precedence climbing. Tightest first: `'`, then `^ .^` (right-associative; the exponent may carry a
// minus), then unary `-`, then `* / .* ./`, then `+` and binary `-`, then comparisons, `not`, `and`, `or`.
#ifndef MIXC_FRONTEND_SYNTAX_EXPRPARSER_H
#define MIXC_FRONTEND_SYNTAX_EXPRPARSER_H

#include "frontend/syntax/ParserBase.h"

namespace mixc {

class ExprParser : protected ParserBase {
protected:
  using ParserBase::ParserBase;

  /// Null once a mistake was reported: the caller gives up its statement.
  ast::ExprPtr expr();
  /// As far as sums: in dims and indices nothing is compared.
  /// An index, a count, or an end of a range: no condition.
  ast::ExprPtr index();
  ast::ExprPtr sum();
  /// `a..b`
  std::optional<ast::Span> span();

private:
  ast::ExprPtr conjunction();
  ast::ExprPtr negation();
  ast::ExprPtr comparison();
  ast::ExprPtr term();
  ast::ExprPtr unary();
  ast::ExprPtr power();
  ast::ExprPtr postfix();
  ast::ExprPtr atom();
  ast::ExprPtr number();
  ast::ExprPtr reference();
  ast::ExprPtr call(ast::Name function);
  ast::ExprPtr sumOver(ast::Name function);
  ast::ExprPtr binary(ast::BinaryOp op, Range opRange, ast::ExprPtr left, ast::ExprPtr right);

  void helpWithoutOperand(Diagnostic &diagnostic) const;
  ast::ExprPtr bounded(ast::ExprPtr e, unsigned operandHeight);
  bool descend();

  struct Nested {
    explicit Nested(unsigned &depth) : depth(++depth) {}
    ~Nested() { --depth; }
    unsigned &depth;
  };
  unsigned depth = 0;
};

} // namespace mixc

#endif
