// What both halves of the parser share: the token cursor and the ways to say that something else was expected.
#ifndef MIXC_FRONTEND_SYNTAX_PARSERBASE_H
#define MIXC_FRONTEND_SYNTAX_PARSERBASE_H

#include "frontend/syntax/Lexer.h"
#include "frontend/syntax/Parser.h"
#include <fmt/format.h>

namespace mixc {

class ParserBase {
protected:
  ParserBase(const Source &source, DiagnosticList &diagnostics)
      : source(source), diagnostics(diagnostics), tokens(lex(source, diagnostics)) {}

  const Token &peek(size_t ahead = 0) const { return tokens[std::min(at + ahead, tokens.size() - 1)]; }
  bool is(Tok kind) const { return peek().kind == kind; }
  Range lastRange() const { return at ? tokens[at - 1].range : Range{}; }

  Token take() {
    Token token = peek();
    if (token.kind != Tok::End)
      ++at;
    return token;
  }

  bool accept(Tok kind) {
    if (!is(kind))
      return false;
    take();
    return true;
  }

  std::string text(Range range) const { return std::string(source.slice(range)); }

  /// How the next token is named in a message.
  std::string found() const {
    if (is(Tok::Name) || is(Tok::Number)) {
      std::string word = text(peek().range);
      return word.size() <= 40 ? fmt::format("`{}`", word) : fmt::format("`{}...`", word.substr(0, 40));
    }
    return std::string(spelling(peek().kind));
  }

  /// Reports that something else stood here, unless the lexer has done so already.
  Diagnostic *unexpected(std::string_view wanted) {
    if (is(Tok::Bad))
      return nullptr;
    return &diagnostics.add(Code::UnexpectedToken, peek().range, fmt::format("expected {}, found {}", wanted, found()));
  }

  bool expect(Tok kind) {
    if (accept(kind))
      return true;
    unexpected(spelling(kind));
    return false;
  }

  /// The same of a token, with what is likely to help where another stands.
  bool expect(Tok kind, std::string_view help) {
    if (accept(kind))
      return true;
    if (Diagnostic *diagnostic = unexpected(spelling(kind)); diagnostic && !help.empty())
      diagnostic->help(std::string(help));
    return false;
  }

  /// The closing partner of a bracket that was opened at `open`.
  bool close(Tok kind, Range open, std::string_view help = "") {
    if (accept(kind))
      return true;
    if (is(Tok::End)) {
      diagnostics.add(Code::Unclosed, open, fmt::format("`{}` is never closed", source.slice(open)));
    } else if (Diagnostic *diagnostic = unexpected(spelling(kind))) {
      diagnostic->also(open, fmt::format("to close this `{}`", source.slice(open)));
      if (!help.empty())
        diagnostic->help(std::string(help));
    }
    return false;
  }

  /// Whether a token stands right behind what an expression may end with, on its line: `alpha H`.
  bool joins(size_t token) const {
    if (token == 0)
      return false;
    switch (tokens[token - 1].kind) {
    case Tok::Name:
    case Tok::Number:
    case Tok::RightParen:
    case Tok::RightBracket:
    case Tok::Quote:
    case Tok::I:
    case Tok::Inf: break;
    default: return false;
    }
    return source.slice({tokens[token - 1].range.end, tokens[token].range.begin}).find('\n') == std::string_view::npos;
  }

  std::optional<ast::Name> name(std::string_view what) {
    if (is(Tok::Name)) {
      Token token = take();
      return ast::Name{text(token.range), token.range};
    }
    if (isReserved(peek().kind))
      diagnostics
          .add(Code::ReservedWord, peek().range,
               fmt::format("{} is a reserved word and cannot be {}", spelling(peek().kind), what))
          .help(fmt::format("write `{}_`, for instance", source.slice(peek().range)));
    else
      unexpected(what);
    return std::nullopt;
  }

  const Source &source;
  DiagnosticList &diagnostics;
  std::vector<Token> tokens;
  size_t at = 0;
};

} // namespace mixc

#endif
