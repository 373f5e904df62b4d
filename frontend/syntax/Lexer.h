// Text to tokens, in one pass over the bytes. Comments and white space vanish; everything else is ASCII.
#ifndef MIXC_FRONTEND_SYNTAX_LEXER_H
#define MIXC_FRONTEND_SYNTAX_LEXER_H

#include "frontend/syntax/Diagnostic.h"

namespace mixc {

enum class Tok : uint8_t {
  End,
  Bad, // already reported
  Number,
  Name,
#define MIX_WORD(kind, text) kind,
#define MIX_PUNCTUATION(kind, text) kind,
#include "frontend/syntax/Tokens.def"
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

#endif
