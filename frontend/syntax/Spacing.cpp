#include "frontend/syntax/Spacing.h"

namespace mixc {

bool SpacedToken::opens() const {
  return is(Tok::LeftParen) || is(Tok::LeftBracket) || is(Tok::LeftBrace) || is(Tok::Less);
}

bool SpacedToken::closes() const {
  return is(Tok::RightParen) || is(Tok::RightBracket) || is(Tok::RightBrace) || is(Tok::Greater);
}

namespace {

bool isOperator(Tok kind) { return kind >= Tok::Plus && kind <= Tok::Differs; }

bool endsOperand(Tok kind) {
  switch (kind) {
  case Tok::Number:
  case Tok::Name:
  case Tok::T:
  case Tok::EndWord:
  case Tok::I:
  case Tok::Inf:
  case Tok::RightParen:
  case Tok::RightBracket:
  case Tok::Quote: return true;
  default: return false;
  }
}

class Spacer {
public:
  std::vector<SpacedToken> run(const std::vector<Token> &tokens) {
    out.reserve(tokens.size());
    for (const Token &token : tokens) {
      SpacedToken next{token};
      next.isBinary = isOperator(token.kind) && !out.empty() && endsOperand(out.back().kind);
      next.space = !out.empty() && spaceBetween(out.back(), next);
      if (next.closes() && brackets.size() > 1)
        brackets.pop_back();
      next.depth = brackets.size() - 1;
      track(next);
      out.push_back(next);
    }
    return std::move(out);
  }

private:
  struct Bracket {
    bool isParen = false;
    bool isTight = false; // operators inside are written without spaces
    bool inRange = false; // between the `in` of `sum(j in a..b, ...)` and its comma
  };
  bool isTight() const { return brackets.back().isTight || brackets.back().inRange; }

  void track(const SpacedToken &next) {
    Bracket &inner = brackets.back();
    if (next.opens()) {
      bool isIndex = next.is(Tok::LeftBracket) && !out.empty() && endsOperand(out.back().kind);
      brackets.push_back({next.is(Tok::LeftParen), isTight() || isIndex, false});
    } else if (next.is(Tok::In)) {
      inner.inRange = inner.isParen;
    } else if (next.is(Tok::Comma)) {
      inner.inRange = false;
    }
  }

  bool spaceBetween(const SpacedToken &left, const SpacedToken &right) const {
    switch (right.kind) {
    case Tok::Comma:
    case Tok::RightParen:
    case Tok::RightBracket:
    case Tok::Less:
    case Tok::Greater:
    case Tok::Quote:
    case Tok::DotDot:
    case Tok::Caret: return false;
    case Tok::LeftBracket: // an index, or the interval of `in [0, 1]`
      return left.is(Tok::In);
    case Tok::LeftParen:
      if (left.is(Tok::Name))
        return false;
      break;
    default: break;
    }
    switch (left.kind) {
    case Tok::LeftParen:
    case Tok::LeftBracket:
    case Tok::Less:
    case Tok::DotDot:
    case Tok::Caret: return false;
    default: break;
    }
    if (isOperator(left.kind) && !left.isBinary) // a sign
      return false;
    return !((left.isBinary || right.isBinary) && isTight());
  }

  std::vector<SpacedToken> out;
  std::vector<Bracket> brackets{Bracket()};
};

} // namespace

std::vector<SpacedToken> spaced(const std::vector<Token> &tokens) { return Spacer().run(tokens); }

} // namespace mixc
