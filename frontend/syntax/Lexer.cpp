#include "frontend/syntax/Lexer.h"
#include "frontend/syntax/Habits.h"
#include "llvm/ADT/StringSwitch.h"
#include <fmt/format.h>

namespace mixc {

std::string_view spelling(Tok kind) {
  static constexpr std::string_view names[] = {
      "the end of the file",
      "an unreadable character",
      "a number",
      "a name",
#define MIX_WORD(kind, text) "`" text "`",
#define MIX_PUNCTUATION(kind, text) "`" text "`",
#include "frontend/syntax/Tokens.def"
  };
  return names[size_t(kind)];
}

bool isReserved(Tok kind) { return kind >= Tok::Mixer && kind <= Tok::Inf; }

namespace {

bool isDigit(char c) { return c >= '0' && c <= '9'; }
bool isSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool isLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

bool isOperandEnd(char c) { return isLetter(c) || isDigit(c) || c == ']' || c == ')' || c == '\''; }

Tok wordKind(llvm::StringRef word) {
  return llvm::StringSwitch<Tok>(word)
#define MIX_WORD(kind, text) .Case(text, Tok::kind)
#define MIX_PUNCTUATION(kind, text)
#include "frontend/syntax/Tokens.def"
      .Default(Tok::Name);
}

/// A token of one or two characters. Where a text is two of them, the first.
Tok punctuationKind(llvm::StringRef text) {
  return llvm::StringSwitch<Tok>(text)
#define MIX_WORD(kind, text)
#define MIX_PUNCTUATION(kind, text) .Case(text, Tok::kind)
#include "frontend/syntax/Tokens.def"
      .Default(Tok::Bad);
}

/// What people paste from a paper, and how it is written here.
std::string_view asciiFor(std::string_view character) {
  static constexpr std::pair<std::string_view, std::string_view> table[] = {
      {"×", "*"},     {"·", "*"},     {"⋅", "*"},      {"−", "-"},      {"–", "-"},       {"⊙", ".*"},
      {"∘", ".*"},    {"⊘", "./"},    {"ᵀ", "'"},      {"⊤", "'"},      {"’", "'"},       {"′", "'"},
      {"α", "alpha"}, {"β", "beta"},  {"γ", "gamma"},  {"δ", "delta"},  {"ε", "epsilon"}, {"η", "eta"},
      {"θ", "theta"}, {"κ", "kappa"}, {"λ", "lambda"}, {"μ", "mu"},     {"ν", "nu"},      {"σ", "sigma"},
      {"τ", "tau"},   {"φ", "phi"},   {"ω", "omega"},  {"∞", "inf"},    {"Σ", "sum"},     {"∑", "sum"},
      {"ρ", "rho"},   {"π", "pi"},    {"ψ", "psi"},    {"ξ", "xi"},     {"χ", "chi"},     {"ι", "iota"},
      {"ζ", "zeta"},  {"Δ", "Delta"}, {"Γ", "Gamma"},  {"Λ", "Lambda"}, {"Φ", "Phi"},     {"∗", "*"},
      {"‘", "'"},     {"´", "'"}};
  for (auto [symbol, ascii] : table)
    if (symbol == character)
      return ascii;
  return {};
}

class Lexer {
public:
  Lexer(const Source &source, DiagnosticList &diagnostics) : text(source.text), diagnostics(diagnostics) {}

  std::vector<Token> run() {
    tokens.reserve(text.size() / 4 + 1);
    while (at < text.size())
      next();
    uint32_t end = text.size();
    tokens.push_back({Tok::End, {end, end}});
    return std::move(tokens);
  }

private:
  char peek(uint32_t ahead = 0) const { return at + ahead < text.size() ? text[at + ahead] : '\0'; }

  void push(Tok kind, uint32_t length) {
    tokens.push_back({kind, {at, at + length}});
    at += length;
  }

  void next() {
    char c = text[at];
    if (isSpace(c)) {
      ++at;
    } else if (c == '#') {
      size_t end = text.find('\n', at);
      at = end == std::string_view::npos ? text.size() : end;
    } else if (isDigit(c)) {
      number();
    } else if (isLetter(c)) {
      uint32_t length = 1;
      while (isLetter(peek(length)) || isDigit(peek(length)))
        ++length;
      Tok kind = wordKind(llvm::StringRef(text.data() + at, length));
      if (isReserved(kind) && kind <= Tok::Let)
        inDims = false;
      push(kind, length);
    } else if (c == '.') {
      dot();
    } else if (c == '<' || c == '>' || ((c == '=' || c == '!') && peek(1) == '=')) {
      comparison(c);
    } else if (Tok kind = punctuationKind({&c, 1}); kind != Tok::Bad) {
      inDims &= kind != Tok::LeftBrace && kind != Tok::RightBrace;
      push(kind, 1);
    } else {
      badCharacters();
    }
  }

  // `<` opens dims behind `vector`, `matrix` and the name of a mixer; elsewhere it compares, and `>` does where no dims
  // are open.
  void comparison(char c) {
    auto last = [&](size_t back) { return tokens.size() < back ? Tok::Bad : tokens[tokens.size() - back].kind; };
    bool isType = last(1) == Tok::Scalar || last(1) == Tok::Vector || last(1) == Tok::Matrix || last(1) == Tok::Mixer;
    bool opens = c == '<' && (isType || (last(1) == Tok::Name && last(2) == Tok::Mixer)), closes = c == '>' && inDims;
    if (opens || closes) {
      inDims = opens;
      return push(opens ? Tok::Less : Tok::Greater, 1);
    }
    if (peek(1) == '=')
      return push(punctuationKind(llvm::StringRef(text).substr(at, 2)), 2);
    push(c == '<' ? Tok::Below : Tok::Above, 1);
  }

  // A digit follows a decimal point: `2.*x` is `2 .* x`, and `1..n` is a range.
  void number() {
    uint32_t length = 1;
    auto digits = [&] {
      while (isDigit(peek(length)))
        ++length;
    };
    digits();
    if (peek(length) == '.' && isDigit(peek(length + 1))) {
      ++length;
      digits();
    }
    if (peek(length) == 'e' || peek(length) == 'E') {
      uint32_t sign = peek(length + 1) == '+' || peek(length + 1) == '-';
      if (isDigit(peek(length + 1 + sign))) {
        length += 1 + sign;
        digits();
      }
    }
    // `2x` would be two tokens that nothing may join; say so here, in one place.
    if (isLetter(peek(length))) {
      uint32_t digitsEnd = at + length;
      uint32_t begin = at;
      while (isLetter(peek(length)) || isDigit(peek(length)))
        ++length;
      std::string_view first = text.substr(begin, digitsEnd - begin),
                       rest = text.substr(digitsEnd, begin + length - digitsEnd);
      diagnostics
          .add(Code::BadNumber, {begin, begin + length},
               fmt::format("`{}` is neither a number nor a name", text.substr(begin, std::min(length, 40u))))
          .help(length > 40 ? "a product is written with `*`"
                            : fmt::format("a product is written `{} * {}`", first, rest));
      push(Tok::Bad, length);
      return;
    }
    push(Tok::Number, length);
  }

  void dot() {
    if (Tok kind = punctuationKind(llvm::StringRef(text).substr(at, 2)); kind != Tok::Bad)
      return push(kind, 2);
    if (at > 0 && isLetter(peek(1)) && isOperandEnd(text[at - 1]))
      return member();
    bool fraction = isDigit(peek(1));
    uint32_t length = 1;
    while (fraction && isDigit(peek(length)))
      ++length;
    diagnostics.add(Code::BadNumber, {at, at + length}, "a decimal point stands between two digits")
        .help(fraction && length < 40 ? fmt::format("write `0{}`", text.substr(at, length))
                                      : "write `2.0`, or `2` alone");
    push(Tok::Bad, length);
  }

  // `k.T`, `x.sum()`: nothing belongs to a value here.
  void member() {
    uint32_t length = 1;
    while (isLetter(peek(length)) || isDigit(peek(length)))
      ++length;
    std::string_view whole = text.substr(at, std::min(length, 40u)), name = whole.substr(1);
    Diagnostic &diagnostic = diagnostics.add(Code::BadCharacter, {at, at + length},
                                             fmt::format("`{}` does not belong to the language", whole));
    if (name == "T" || name == "H" || name == "mT" || name == "t" || name == "transpose")
      diagnostic.help("the transpose of `x` is `x'`");
    else
      diagnostic.help(fmt::format("a function stands before what it takes: `{}(x)`", name));
    push(Tok::Bad, length);
  }

  // One mistake a run, however long it is.
  void badCharacters() {
    uint32_t length = 0;
    auto bad = [&](char c) {
      return !isDigit(c) && !isLetter(c) && !isSpace(c) && c != '#' && c != '.' && punctuationKind({&c, 1}) == Tok::Bad;
    };
    while (at + length < text.size() && bad(text[at + length]))
      ++length;
    unsigned char first = text[at];
    uint32_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 1;
    std::string_view character = text.substr(at, std::min(size, length));
    bool printable = first >= 0xC2 ? size <= length : first > 0x20 && first < 0x7F;
    std::string shown = printable ? fmt::format("`{}`", character) : fmt::format("byte 0x{:02x}", first);
    Diagnostic &diagnostic = diagnostics.add(Code::BadCharacter, {at, at + length},
                                             first >= 0x80 ? fmt::format("{} is not ASCII", shown)
                                                           : fmt::format("{} does not belong to the language", shown));
    if (std::string_view ascii = asciiFor(character); !ascii.empty())
      diagnostic.help(fmt::format("write `{}`", character == "σ" && peek(length) == '(' ? "sigmoid" : ascii));
    else if (std::string_view habit = habitOfCharacter(character); !habit.empty())
      diagnostic.help(std::string(habit));
    else if (first >= 0x80)
      diagnostic.help("only comments may hold other characters than ASCII");
    push(Tok::Bad, length);
  }

  std::string_view text;
  DiagnosticList &diagnostics;
  std::vector<Token> tokens;
  uint32_t at = 0;
  bool inDims = false; // between `vector<` and `>`
};

} // namespace

std::vector<Token> lex(const Source &source, DiagnosticList &diagnostics) { return Lexer(source, diagnostics).run(); }

} // namespace mixc
