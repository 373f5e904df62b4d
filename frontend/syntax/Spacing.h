// What the formatter knows of a token from its neighbours alone: whether a space stands before it, whether it is a
// binary operator, how many brackets are open around it.
#ifndef MIXC_FRONTEND_SYNTAX_SPACING_H
#define MIXC_FRONTEND_SYNTAX_SPACING_H

#include "frontend/syntax/Lexer.h"

namespace mixc {

struct SpacedToken : Token {
  bool space = false;    // a space before it, if it does not begin a line
  bool isBinary = false; // an operator with an operand on either side
  uint32_t depth = 0;    // brackets and braces that are open before it

  bool is(Tok other) const { return kind == other; }
  bool opens() const;
  bool closes() const;
  bool isSumOperator() const { return isBinary && (is(Tok::Plus) || is(Tok::Minus)); }
  uint32_t width() const { return range.end - range.begin; }
};

/// Spaces go around binary operators, but not around `^`, and not inside an index or the range of a sum: `x[t-1]`,
/// `sum(j in 0..n-1, w[j] .* x)`. The tokens are those of a file that parses.
std::vector<SpacedToken> spaced(const std::vector<Token> &tokens);

} // namespace mixc

#endif
