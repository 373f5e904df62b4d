#include "frontend/syntax/Lexer.h"
#include <gtest/gtest.h>

using namespace mixc;

static std::string kinds(const std::string &text) {
  DiagnosticList diagnostics;
  Source source("t.mix", text);
  std::string out;
  for (const Token &token : lex(source, diagnostics))
    if (token.kind != Tok::End)
      out += (out.empty() ? "" : " ") + (token.kind == Tok::Name || token.kind == Tok::Number
                                             ? std::string(source.slice(token.range))
                                             : std::string(spelling(token.kind)));
  return out + (diagnostics.hasErrors() ? " !" : "");
}

TEST(Lex, ADigitFollowsADecimalPoint) {
  EXPECT_EQ(kinds("2.*x"), "2 `.*` x");
  EXPECT_EQ(kinds("2.5*x"), "2.5 `*` x");
  EXPECT_EQ(kinds("1..n"), "1 `..` n");
  EXPECT_EQ(kinds("1e-6 1E3 1.5e+2"), "1e-6 1E3 1.5e+2");
  EXPECT_EQ(kinds("x.^2./y"), "x `.^` 2 `./` y");
}

TEST(Lex, DimsAndComparisons) {
  EXPECT_EQ(kinds("a<b>=c"), "a `<` b `>=` c");
  EXPECT_EQ(kinds("matrix<V, K>=I"), "`matrix` `<` V `,` K `>` `=` `I`");
  EXPECT_EQ(kinds("mixer m<K=1>{y=a==b}"), "`mixer` m `<` K `=` 1 `>` `{` y `=` a `==` b `}`");
  EXPECT_EQ(kinds("a!=b"), "a `!=` b");
  EXPECT_EQ(kinds("a & b"), "a an unreadable character b !");
}

TEST(Lex, CommentsMayHoldAnyUtf8AndCodeMayNot) {
  EXPECT_EQ(kinds("a # σ(x) ⊙ y\nb"), "a b");
  EXPECT_EQ(kinds("a ⊙ b"), "a an unreadable character b !");
}

TEST(Lex, EveryByteIsReadOnceOrReported) {
  std::string all;
  for (int c = 0; c < 256; ++c)
    all += char(c);
  EXPECT_NE(kinds(all).find('!'), std::string::npos);
  EXPECT_NE(kinds("\v\f"), "");
}

TEST(Lex, TokensKnowTheirPlace) {
  DiagnosticList diagnostics;
  Source source("t.mix", "mixer\n\tm # é\r\n  {");
  std::vector<Token> tokens = lex(source, diagnostics);
  ASSERT_EQ(tokens.size(), 4u);
  EXPECT_EQ(source.position(tokens[1].range.begin).line, 2u);
  EXPECT_EQ(source.position(tokens[1].range.begin).column, 2u);
  EXPECT_EQ(source.position(tokens[2].range.begin).line, 3u);
  EXPECT_EQ(source.position(tokens[2].range.begin).column, 3u);
}
