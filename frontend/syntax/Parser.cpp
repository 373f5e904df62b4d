// Statements. After a mistake the parser skips to the next token that can only begin a statement, so that a second,
// independent mistake is found in the same run; what follows from the first is not reported.
#include "frontend/syntax/ExprParser.h"
#include "frontend/syntax/Habits.h"
#include "llvm/ADT/StringSwitch.h"

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
      if (Diagnostic *diagnostic = unexpected("`mixer`"))
        helpOutsideMixer(*diagnostic);
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
  bool perGroup();
  bool interval(Declaration &declaration, Range begin);
  std::string intervalMeant(size_t from) const;
  std::unique_ptr<Statement> equation(bool isLet);
  void helpWithoutEquals(Diagnostic &diagnostic, const Equation &equation, size_t start) const;
  void helpOutsideMixer(Diagnostic &diagnostic) const;
  void helpStatement(Diagnostic &diagnostic) const;
  std::optional<Type> type();
  void skip();
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

/// Passes over a token, and over the whole of braces on its line that hold no mixer, `k^{T}`: theirs does not end one.
void StatementParser::skip() {
  const Token token = take();
  if (token.kind != Tok::LeftBrace)
    return;
  for (size_t ahead = 0; ahead < 16 && peek(ahead).kind != Tok::End; ++ahead)
    if (peek(ahead).kind == Tok::RightBrace) {
      if (source.slice({token.range.end, peek(ahead).range.begin}).find('\n') == std::string_view::npos)
        at += ahead + 1;
      return;
    }
}

void StatementParser::skipToStatement() {
  while (!beginsStatement())
    skip();
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
      skip();
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
    if (!close(Tok::Greater, open, is(Tok::Colon) ? "a dim is a number: `<K, V>`, or `<K = 128>` with a default" : ""))
      return false;
  }
  return expect(Tok::LeftBrace, is(Tok::LeftParen) || is(Tok::LeftBracket)
                                    ? "dims stand in angle brackets: `mixer name<K, V> { ... }`"
                                    : "the body of a mixer stands in braces, `{ ... }`");
}

void StatementParser::helpOutsideMixer(Diagnostic &diagnostic) const {
  std::string_view word = source.slice(peek().range);
  if (std::string_view habit = habitOfStatement(word); !habit.empty())
    diagnostic.help(std::string(habit));
  else if (is(Tok::Name) && llvm::StringRef(word).equals_insensitive("mixer"))
    diagnostic.help("write `mixer`");
  else if (!is(Tok::RightBrace))
    diagnostic.help("everything stands within a mixer: `mixer name<K, V> { ... }`");
}

/// Of what can begin no statement.
void StatementParser::helpStatement(Diagnostic &diagnostic) const {
  if (is(Tok::Equals) && peek(1).kind == Tok::Equals)
    diagnostic.help("an equation is written with one `=`; a choice is `where(a < b, x, y)`");
  else if (is(Tok::Comma))
    diagnostic.help("statements need no separator: leave it out");
  else if (is(Tok::LeftBrace) && source.slice(lastRange()).ends_with("_"))
    diagnostic.help("a time stands in brackets: `H[t-1]`");
  else if (joins(at) && (is(Tok::Number) || is(Tok::LeftParen) || is(Tok::I)))
    diagnostic.help("a product is written with `*`");
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
  default:
    if (Diagnostic *diagnostic = unexpected("a declaration or an equation"))
      helpStatement(*diagnostic);
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
      if (!perGroup())
        return false;
      declaration.perGroup = begin.to(lastRange());
    } else if (accept(Tok::In)) {
      if (!interval(declaration, begin))
        return false;
    } else if (accept(Tok::Equals)) {
      declaration.start = sum();
      if (!declaration.start)
        return false;
    } else {
      return true;
    }
  }
}

/// The word after `per`. A wrong one is passed over: `per mixer` begins no mixer.
bool StatementParser::perGroup() {
  if (accept(Tok::Group))
    return true;
  Diagnostic *diagnostic = unexpected("`group`");
  if (std::string_view habit = habitOfPer(source.slice(peek().range)); diagnostic && !habit.empty())
    diagnostic->help(std::string(habit));
  if (is(Tok::Mixer) || is(Tok::State))
    take();
  return false;
}

bool StatementParser::interval(Declaration &declaration, Range begin) {
  const size_t start = at;
  Range open = peek().range;
  if (!expect(Tok::LeftBracket, intervalMeant(start)))
    return false;
  ExprPtr low = sum();
  if (!low || !expect(Tok::Comma, intervalMeant(start)))
    return false;
  ExprPtr high = sum();
  if (!high || !close(Tok::RightBracket, open, intervalMeant(start)))
    return false;
  declaration.interval = Declaration::Interval{begin.to(lastRange()), std::move(low), std::move(high)};
  return true;
}

/// How an interval is written, with the ends of what stands there instead: `(0, 1)`, `[0..1]`, `0, 1`, `>= 0`.
std::string StatementParser::intervalMeant(size_t from) const {
  std::string ends[2];
  size_t which = 0;
  for (size_t token = from; token < from + 16 && token < tokens.size() && which < 2; ++token) {
    if (source.slice({tokens[from].range.begin, tokens[token].range.begin}).find('\n') != std::string_view::npos)
      break;
    switch (tokens[token].kind) {
    case Tok::Comma:
    case Tok::DotDot:
    case Tok::Colon:
    case Tok::Bad: ++which; break;
    case Tok::Number:
    case Tok::Inf:
    case Tok::Minus: ends[which] += text(tokens[token].range); break;
    case Tok::RightParen:
    case Tok::RightBracket: token = from + 16; break;
    default: break;
    }
  }
  const bool isClear = !ends[0].empty() && !ends[1].empty();
  return fmt::format("an interval has both ends in it: write `in [{}, {}]`", isClear ? ends[0] : "0",
                     isClear ? ends[1] : "1");
}

static std::string_view typeMeant(llvm::StringRef word) {
  return llvm::StringSwitch<std::string_view>(word)
      .Cases({"float", "real", "number", "double", "f32", "float32", "int", "bool", "Scalar", "scaler", "R"}, "scalar")
      .Cases({"vec", "array", "Vector", "list", "vec1", "row"}, "vector<K>")
      .Cases({"mat", "Matrix", "tensor", "Tensor", "matrice", "array2d"}, "matrix<V, K>")
      .Default({});
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
    Diagnostic *diagnostic = unexpected("a type: `scalar`, `vector<N>` or `matrix<N, M>`");
    if (std::string_view meant = typeMeant(source.slice(peek().range)); diagnostic && !meant.empty())
      diagnostic->help(fmt::format("write `{}`", meant));
    return std::nullopt;
  }
  Range open = peek().range;
  if (!expect(Tok::Less, count == 1 ? "dims stand in angle brackets: `vector<K>`"
                                    : "dims stand in angle brackets: `matrix<V, K>`"))
    return std::nullopt;
  for (size_t i = 0; i < count; ++i) {
    if (i && !expect(Tok::Comma, is(Tok::Greater) ? "a matrix has two dims: `matrix<V, K>`" : ""))
      return std::nullopt;
    type.dims.push_back(sum());
    if (!type.dims.back())
      return std::nullopt;
  }
  if (!close(Tok::Greater, open,
             !is(Tok::Comma) ? ""
             : count == 1 ? "a vector has one dim, and a `matrix<V, K>` two"
                          : "there is nothing of more than two dims: n of them are a family, `x[1..n] : matrix<V, K>`"))
    return std::nullopt;
  type.range = type.range.to(lastRange());
  return type;
}

/// Of `inputs q` or `weight w`.
static std::string declarationMeant(llvm::StringRef word) {
  for (llvm::StringRef known : {"input", "param", "state", "output"})
    if (word.lower() == known || word.edit_distance(known) <= 1)
      return fmt::format("write `{}`", known.str());
  return "a declaration begins with `input`, `param`, `state` or `output`, an equation with the name that it defines";
}

/// Of what follows the name of an equation in place of `=`; `start` is the token of the name.
void StatementParser::helpWithoutEquals(Diagnostic &diagnostic, const Equation &equation, size_t start) const {
  if (is(Tok::Same)) {
    diagnostic.help("an equation is written with one `=`");
    return;
  }
  const std::string &name = equation.name.text;
  const bool isAssignment = peek(1).kind == Tok::Equals;
  if (std::string_view habit = habitOfStatement(name); !habit.empty() && equation.indices.empty())
    diagnostic.help(std::string(habit));
  else if (is(Tok::Colon) && isAssignment)
    diagnostic.help("an equation is written with `=` alone");
  else if (is(Tok::Colon) && equation.isLet)
    diagnostic.help(fmt::format("a `let` has the type of its expression: write `let {} = ...`", name));
  else if (is(Tok::Colon))
    diagnostic.help(
        fmt::format("a declaration begins with `input`, `param`, `state` or `output`: write `input {} : ...`", name));
  else if (isAssignment && (is(Tok::Plus) || is(Tok::Minus) || is(Tok::Star) || is(Tok::Slash) || is(Tok::DotStar) ||
                            is(Tok::DotSlash)))
    diagnostic.help(fmt::format("an equation says the whole value: write `{0}[t] = {0}[t-1] {1} ...`", name,
                                source.slice(peek().range)));
  else if (is(Tok::LeftBrace) && llvm::StringRef(name).ends_with("_"))
    diagnostic.help(fmt::format("a time stands in brackets: `{}[t-1]`", name.substr(0, name.size() - 1)));
  else if (!equation.isLet && joins(start))
    diagnostic.help("a product is written with `*`");
  else if (!equation.isLet && equation.indices.empty() && is(Tok::Name))
    diagnostic.help(declarationMeant(name));
}

std::unique_ptr<Statement> StatementParser::equation(bool isLet) {
  auto equation = std::make_unique<Equation>();
  equation->isLet = isLet;
  const size_t start = at;
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
    if (Diagnostic *diagnostic = unexpected("`=`"))
      helpWithoutEquals(*diagnostic, *equation, start);
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
