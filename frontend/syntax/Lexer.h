// Text to tokens, in one pass over the bytes. Comments and white space vanish; everything else is ASCII.
#pragma once
#include "frontend/syntax/Diagnostic.h"

namespace mixc {

enum class Tok : uint8_t {
  End,
  Bad, // already reported
  Number,
  Name,
  // reserved words
  Mixer, Input, Param, State, Output, Let, Per, Group, In, Require, Chunked, Scalar, Vector, Matrix, T, EndWord, I, Inf,
  // punctuation
  LeftParen, RightParen, LeftBracket, RightBracket, LeftBrace, RightBrace, Less, Greater, Comma, Colon, Equals,
  Plus, Minus, Star, Slash, Caret, DotStar, DotSlash, DotCaret, Quote, DotDot,
};

struct Token {
  Tok kind = Tok::End;
  Range range;
};

/// How a token is named in a message: "`(`", "a number".
std::string_view spelling(Tok kind);
bool isReserved(Tok kind);

/// Ends with one `Tok::End`. What is no token is reported and left as `Tok::Bad`.
std::vector<Token> lex(const Source &source, DiagnosticList &diagnostics);

} // namespace mixc
