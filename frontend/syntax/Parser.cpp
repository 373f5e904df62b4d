// Statements. After a mistake the parser skips to the next token that can only begin a statement, so that a second,
// independent mistake is found in the same run; what follows from the first is not reported.
#include "frontend/syntax/ExprParser.h"

namespace mixc {
using namespace ast;

namespace {

constexpr size_t maxFileBytes = 64u << 20;

class StatementParser : ExprParser {
public:
  StatementParser(const Source &source, DiagnosticList &diagnostics) : ExprParser(source, diagnostics) {}

  File file() {
    File file;
    while (!is(Tok::End)) {
      if (is(Tok::Mixer)) {
        file.mixers.push_back(mixer());
        continue;
      }
      unexpected("`mixer`");
      while (!is(Tok::End) && !is(Tok::Mixer))
        take();
    }
    if (file.mixers.empty() && !diagnostics.hasErrors())
      diagnostics.add(Code::NoMixer, peek().range, "there is no mixer in this file")
          .help("write `mixer name<K, V> { ... }`");
    return file;
  }

private:
  Mixer mixer();
  bool header(Mixer &mixer);
  std::unique_ptr<Statement> statement();
  std::unique_ptr<Statement> declaration();
  bool qualifiers(Declaration &declaration);
  std::unique_ptr<Statement> equation(bool isLet);
  std::optional<Type> type();
  void skipToStatement();
  bool beginsStatement() const;
};

bool StatementParser::beginsStatement() const {
  switch (peek().kind) {
  case Tok::Mixer:
  case Tok::Input:
  case Tok::Param:
  case Tok::State:
  case Tok::Output:
  case Tok::Let:
  case Tok::Require:
  case Tok::RightBrace:
  case Tok::End: return true;
  case Tok::Name: {
    // An equation: `name =` or `name[...] =`. `==`, which somebody may have written in an expression, is none.
    size_t ahead = 1;
    while (peek(ahead).kind == Tok::LeftBracket) {
      for (++ahead; peek(ahead).kind != Tok::RightBracket; ++ahead)
        if (ahead > 64 || peek(ahead).kind == Tok::End || peek(ahead).kind == Tok::LeftBracket)
          return false;
      ++ahead;
    }
    return peek(ahead).kind == Tok::Equals && peek(ahead + 1).kind != Tok::Equals;
  }
  default: return false;
  }
}

void StatementParser::skipToStatement() {
  while (!beginsStatement())
    take();
}

Mixer StatementParser::mixer() {
  Mixer mixer;
  size_t errorsBefore = diagnostics.errorCount();
  Range begin = take().range;
  if (!header(mixer)) {
    mixer.broken = true;
    skipToStatement();
  }
  Range open = lastRange();
  while (!is(Tok::RightBrace) && !is(Tok::End) && !is(Tok::Mixer)) {
    size_t start = at;
    if (std::unique_ptr<Statement> read = statement()) {
      mixer.statements.push_back(std::move(read));
      continue;
    }
    mixer.broken = true;
    if (at == start)
      take();
    skipToStatement();
  }
  // A mixer that was read well up to a missing brace is worth this one message only.
  if (!accept(Tok::RightBrace) && !mixer.broken)
    diagnostics.add(Code::Unclosed, open, fmt::format("the `{{` of mixer `{}` is never closed", mixer.name.text))
        .also(peek().range, is(Tok::End) ? "the file ends here" : "the next mixer begins here");
  mixer.broken |= diagnostics.errorCount() != errorsBefore;
  mixer.range = begin.to(lastRange());
  return mixer;
}

bool StatementParser::header(Mixer &mixer) {
  std::optional<Name> named = name("the name of a mixer");
  if (!named)
    return false;
  mixer.name = *named;
  if (is(Tok::Less)) {
    Range open = take().range;
    while (!is(Tok::Greater)) {
      std::optional<Name> dim = name("the name of a dim");
      if (!dim)
        return false;
      DimDeclaration declared{std::move(*dim), nullptr};
      if (accept(Tok::Equals) && !(declared.value = sum()))
        return false;
      mixer.dims.push_back(std::move(declared));
      if (!accept(Tok::Comma))
        break;
    }
    if (!close(Tok::Greater, open))
      return false;
  }
  return expect(Tok::LeftBrace);
}

std::unique_ptr<Statement> StatementParser::statement() {
  Range begin = peek().range;
  std::unique_ptr<Statement> read;
  switch (peek().kind) {
  case Tok::Input:
  case Tok::Param:
  case Tok::State:
  case Tok::Output: read = declaration(); break;
  case Tok::Let:
    take();
    read = equation(/*isLet=*/true);
    break;
  case Tok::Require:
    take();
    if (expect(Tok::Chunked))
      read = std::make_unique<Require>();
    break;
  case Tok::Name: read = equation(/*isLet=*/false); break;
  default: unexpected("a declaration or an equation");
  }
  if (read)
    read->range = begin.to(lastRange());
  return read;
}

std::unique_ptr<Statement> StatementParser::declaration() {
  auto declaration = std::make_unique<Declaration>();
  switch (take().kind) {
  case Tok::Input: declaration->role = Role::Input; break;
  case Tok::Param: declaration->role = Role::Param; break;
  case Tok::State: declaration->role = Role::State; break;
  default: declaration->role = Role::Output; break;
  }
  do {
    std::optional<Name> named = name(fmt::format(
        "the name of {} {}", declaration->role == Role::Input || declaration->role == Role::Output ? "an" : "a",
        spelling(declaration->role)));
    if (!named)
      return nullptr;
    Declaration::Declared declared{std::move(*named), std::nullopt};
    if (is(Tok::LeftBracket)) {
      Range open = take().range;
      declared.family = span();
      if (!declared.family || !close(Tok::RightBracket, open))
        return nullptr;
    }
    declaration->names.push_back(std::move(declared));
  } while (accept(Tok::Comma));
  if (!expect(Tok::Colon))
    return nullptr;
  std::optional<Type> declaredType = type();
  if (!declaredType)
    return nullptr;
  declaration->type = std::move(*declaredType);
  if (!qualifiers(*declaration))
    return nullptr;
  return declaration;
}

bool StatementParser::qualifiers(Declaration &declaration) {
  for (;;) {
    Range begin = peek().range;
    if (accept(Tok::Per)) {
      if (!expect(Tok::Group))
        return false;
      declaration.perGroup = begin.to(lastRange());
    } else if (accept(Tok::In)) {
      Range open = peek().range;
      if (!expect(Tok::LeftBracket))
        return false;
      ExprPtr low = sum();
      if (!low || !expect(Tok::Comma))
        return false;
      ExprPtr high = sum();
      if (!high || !close(Tok::RightBracket, open))
        return false;
      declaration.interval = Declaration::Interval{begin.to(lastRange()), std::move(low), std::move(high)};
    } else if (accept(Tok::Equals)) {
      declaration.start = sum();
      if (!declaration.start)
        return false;
    } else {
      return true;
    }
  }
}

std::optional<Type> StatementParser::type() {
  Type type;
  type.range = peek().range;
  size_t count = 0;
  if (accept(Tok::Scalar))
    return type;
  if (accept(Tok::Vector)) {
    type.kind = Type::Kind::Vector, count = 1;
  } else if (accept(Tok::Matrix)) {
    type.kind = Type::Kind::Matrix, count = 2;
  } else {
    unexpected("a type: `scalar`, `vector<N>` or `matrix<N, M>`");
    return std::nullopt;
  }
  Range open = peek().range;
  if (!expect(Tok::Less))
    return std::nullopt;
  for (size_t i = 0; i < count; ++i) {
    if (i && !expect(Tok::Comma))
      return std::nullopt;
    type.dims.push_back(sum());
    if (!type.dims.back())
      return std::nullopt;
  }
  if (!close(Tok::Greater, open))
    return std::nullopt;
  type.range = type.range.to(lastRange());
  return type;
}

std::unique_ptr<Statement> StatementParser::equation(bool isLet) {
  auto equation = std::make_unique<Equation>();
  equation->isLet = isLet;
  std::optional<Name> named = name("the name of a `let`");
  if (!named)
    return nullptr;
  equation->name = std::move(*named);
  while (is(Tok::LeftBracket)) {
    Equation::Index index;
    Range open = take().range;
    if (is(Tok::Name) && peek(1).kind == Tok::In) {
      index.binder = name("an index");
      take();
      std::optional<Span> over = span();
      if (!over)
        return nullptr;
      index.span = std::move(*over);
    } else if (!(index.value = sum())) {
      return nullptr;
    }
    if (!close(Tok::RightBracket, open))
      return nullptr;
    index.range = open.to(lastRange());
    equation->indices.push_back(std::move(index));
  }
  equation->target = equation->name.range.to(lastRange());
  if (!is(Tok::Equals)) {
    if (Diagnostic *diagnostic = unexpected("`=`"); diagnostic && is(Tok::Colon) && !isLet)
      diagnostic->help(
          fmt::format("a declaration begins with `input`, `param`, `state` or `output`: write `input {} : ...`",
                      equation->name.text));
    return nullptr;
  }
  take();
  equation->value = expr();
  if (!equation->value)
    return nullptr;
  return equation;
}

} // namespace

File parse(const Source &source, DiagnosticList &diagnostics) {
  if (source.text.size() > maxFileBytes) {
    diagnostics.add(Code::FileTooLarge, {0, 0}, fmt::format("the file is larger than {} MiB", maxFileBytes >> 20));
    return {};
  }
  return StatementParser(source, diagnostics).file();
}

} // namespace mixc
