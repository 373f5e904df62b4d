#include "frontend/syntax/Format.h"
#include "Mixer.h"
#include "frontend/syntax/Parser.h"
#include "frontend/syntax/Print.h"
#include <gtest/gtest.h>
#include <random>

using namespace mixc;

static std::string formatted(const std::string &text) {
  DiagnosticList diagnostics;
  std::optional<std::string> out = format(Source("t.mix", text), diagnostics);
  return out ? *out : diagnostics.all().at(0).code;
}

/// An equation's line, without the mixer around it.
static std::string equation(const std::string &text) {
  std::string out = formatted("mixer m {" + text + "\n}");
  return out.size() > 12 ? out.substr(12, out.size() - 15) : out;
}

static std::string printed(const std::string &text) {
  DiagnosticList diagnostics;
  return printAst(parse(Source("t.mix", text), diagnostics));
}

TEST(Format, BinaryOperatorsHaveSpacesAndSignsHaveNot) {
  EXPECT_EQ(equation("y=-a+-b*c-d"), "y = -a + -b * c - d");
  EXPECT_EQ(equation("y=2.*x./z.^- 2"), "y = 2 .* x ./ z .^ -2");
  EXPECT_EQ(equation("y=(a)-(-b)' * - - c"), "y = (a) - (-b)' * --c");
  EXPECT_EQ(equation("y=f ( a,b ) ^ - 2"), "y = f(a, b)^-2");
}

TEST(Format, ComparisonsHaveSpacesAndDimsHaveNot) {
  EXPECT_EQ(equation("y=where(a<b+1 and not(c>=-d)or e==f,x,y)"),
            "y = where(a < b + 1 and not (c >= -d) or e == f, x, y)");
  EXPECT_EQ(equation("state H:matrix < V,K >= 1"), "state H : matrix<V, K> = 1");
}

TEST(Format, IndicesAndRangesAreTight) {
  EXPECT_EQ(equation("y=x[ t - 3 ] [j+1]"), "y = x[t-3][j+1]");
  EXPECT_EQ(equation("y=sum(j in 1 .. n - 1,a - x[ (j - 1) * 2 ])"), "y = sum(j in 1..n-1, a - x[(j-1)*2])");
  EXPECT_EQ(equation("M[ j in 1 .. n ][ t ]=a"), "M[j in 1..n][t] = a");
}

TEST(Format, IntervalsAndDimsAreNot) {
  EXPECT_EQ(equation("input a:vector<1+K*K>in[-1,2*3]"), "input a : vector<1 + K * K> in [-1, 2 * 3]");
}

TEST(Format, ColumnsEndAtEmptyLinesAndEquations) {
  EXPECT_EQ(equation("input a:scalar output bb:scalar\n\nstate c:scalar let x=a param ddd:scalar"),
            "input  a  : scalar\n  output bb : scalar\n\n  state c : scalar\n  let x = a\n  param ddd : scalar");
}

TEST(Format, ANameTooFarRightDoesNotMoveTheOthers) {
  std::string name(80, 'x');
  EXPECT_EQ(equation("input a:scalar input " + name + ":scalar"), "input a : scalar\n  input " + name + " : scalar");
}

TEST(Format, ALongListOfNamesKeepsItsLines) {
  EXPECT_EQ(equation("param a, b,\nc\n,d : scalar input e:scalar"),
            "param a, b,\n        c, d : scalar\n  input e    : scalar");
}

TEST(Format, LineBreaksStayAtOperatorsAndCommas) {
  EXPECT_EQ(equation("y\n=\na\n.*\nb"), "y =\n      a\n   .*\n      b");
  EXPECT_EQ(equation("y = f(\na\n,b,\nc\n)\n'"), "y = f(a, b,\n        c)'");
  EXPECT_EQ(equation("y = x[t\n-\n1]"), "y = x[t-1]");
}

TEST(Format, EveryCommentStays) {
  std::string text =
      "#1\nmixer#2\n#3\nm#4\n<#5\nK#6\n=#7\n4#8\n>#9\n{#10\ninput#11\na#12\n:#13\nvector#14\n<#15\nK#16\n>#17\n"
      "#18\ny#19\n[#20\nt#21\n]#22\n=#23\n-#24\na#25\n'#26\n*#27\n#28\n(#29\n1#30\n)#31\n}#32\n#33";
  std::string out = formatted(text);
  EXPECT_TRUE(readsTheSame(Source("a", text), Source("b", out))) << out;
  EXPECT_EQ(formatted(out), out);
}

TEST(Format, EmptyLinesAreAtMostOne) {
  EXPECT_EQ(formatted("\n\n#a\n\n\n#b\nmixer m {\n\n\ny=a\n\n\n#c\n\n\n}\nmixer n{}\n\n\n"),
            "#a\n\n#b\nmixer m {\n  y = a\n\n  #c\n}\n\nmixer n {\n}\n");
}

TEST(Format, LineEndingsOfOtherSystemsAndWhiteSpaceAtTheEndsGo) {
  EXPECT_EQ(formatted("mixer m {\t \r\n\ty = a # c \t\r\n}\r\n"), "mixer m {\n  y = a  # c\n}\n");
}

TEST(Format, MistakesOfSyntaxAreRefused) {
  EXPECT_EQ(formatted("mixer m { y = }"), "MIX0002");
  EXPECT_EQ(formatted("# nothing"), "MIX0006");
}

TEST(Format, ReadsTheSameSeesEveryTokenAndComment) {
  auto same = [](const char *a, const char *b) { return readsTheSame(Source("a", a), Source("b", b)); };
  EXPECT_TRUE(same("a+b # c", "a + b  # c"));
  EXPECT_FALSE(same("a+b", "a-b"));
  EXPECT_FALSE(same("a+b", "a+b+c"));
  EXPECT_FALSE(same("a+b # c", "a+b"));
  EXPECT_FALSE(same("a+b # c", "a # c\n+b"));
}

/// Spaces, breaks and comments thrown between the tokens: the program stays, and the format of the format is itself.
TEST(Format, WhateverStandsBetweenTokens) {
  std::mt19937 random(1);
  static const char *const between[] = {
      " ", " ", " ", "\n", "\n\n\n", " # c\n", "\n# c\n", "\n\n  # long comment\n  # d\n", "\t"};
  std::string text =
      goodMixerWith("v * k'", "( v + w [ j - 1 ] ) * k ' - sum ( j in 1 .. n , f ( a , b ) )") + goodMixer();
  for (int round = 0; round < 500; ++round) {
    std::string noisy;
    for (char c : text)
      noisy += c == ' ' || c == '\n' ? between[random() % std::size(between)] : std::string(1, c);
    std::string once = formatted(noisy);
    ASSERT_TRUE(readsTheSame(Source("a", noisy), Source("b", once))) << noisy;
    ASSERT_EQ(printed(once), printed(text));
    ASSERT_EQ(formatted(once), once) << noisy;
  }
}

TEST(Format, LongEquationsAreBrokenOnceAndStayAsTheyAre) {
  std::string sum = "aaaaaaaaaaaaaaaaaaaaaa";
  std::string body = sum;
  for (int i = 0; i < 12; ++i)
    body += (i % 3 ? " + " : " - ") + sum;
  for (const std::string &value :
       {body, "f(" + body + ")", "f(g(" + body + "), " + body + ")", "(" + body + ") * " + sum}) {
    std::string once = formatted("mixer m { y = " + value + " }");
    EXPECT_EQ(formatted(once), once);
    size_t longest = 0, begin = 0;
    for (size_t end; (end = once.find('\n', begin)) != std::string::npos; begin = end + 1)
      longest = std::max(longest, end - begin);
    if (value[0] == 'a' || value[1] == 'a')
      EXPECT_LE(longest, formatWidth) << once;
  }
}
