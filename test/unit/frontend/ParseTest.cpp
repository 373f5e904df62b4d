#include "Mixer.h"
#include "frontend/syntax/Parser.h"
#include "frontend/syntax/Print.h"
#include <gtest/gtest.h>

using namespace mixc;

/// The right side of an equation, read and written again.
static std::string reprinted(const std::string &expression) {
  DiagnosticList diagnostics;
  Source source("t.mix", "mixer m { y = " + expression + " }");
  ast::File file = parse(source, diagnostics);
  if (diagnostics.hasErrors() || file.mixers.empty() || file.mixers[0].statements.empty())
    return "!";
  return printExpr(*llvm::cast<ast::Equation>(*file.mixers[0].statements[0]).value);
}

static DiagnosticList mistakes(const std::string &text) {
  DiagnosticList diagnostics;
  parse(Source("t.mix", text), diagnostics);
  return diagnostics;
}

TEST(Parse, BindingTightestFirst) {
  EXPECT_EQ(reprinted("-a^2"), "-a^2");
  EXPECT_EQ(reprinted("(-a)^2"), "(-a)^2");
  EXPECT_EQ(reprinted("a^-b^c"), "a^-b^c");
  EXPECT_EQ(reprinted("(a^b)^c"), "(a^b)^c");
  EXPECT_EQ(reprinted("a^(b^c)"), "a^b^c");
  EXPECT_EQ(reprinted("-a*b"), "-a * b");
  EXPECT_EQ(reprinted("-(a*b)"), "-(a * b)");
  EXPECT_EQ(reprinted("a*b'.*c./d"), "a * b' .* c ./ d");
  EXPECT_EQ(reprinted("a-(b-c)-d"), "a - (b - c) - d");
  EXPECT_EQ(reprinted("a*(b*c)"), "a * (b * c)");
  EXPECT_EQ(reprinted("(a+b)'"), "(a + b)'");
  EXPECT_EQ(reprinted("(u*v')'^2"), "(u * v')'^2");
  EXPECT_EQ(reprinted("sum(j in 0..n - 1, w[j] .* x[t - j])"), "sum(j in 0..n - 1, w[j] .* x[t-j])");
  EXPECT_EQ(reprinted("where(a+b<c and not d>=e or f!=g, x, y)"), "where(a + b < c and not d >= e or f != g, x, y)");
  EXPECT_EQ(reprinted("(a<b or c==d)and not(e<=f)"), "(a < b or c == d) and not e <= f");
  EXPECT_EQ(reprinted("not (a > b and c)"), "not (a > b and c)");
  EXPECT_EQ(reprinted("(a < b) == c"), "(a < b) == c");
  EXPECT_EQ(reprinted("x[sum(j in 1..n, t - 2 * j)]"), "x[sum(j in 1..n, t-2*j)]");
}

TEST(Parse, AProgramThatIsPrintedReadsTheSame) {
  std::string text = "mixer m<K = 4, n = 2> {\n"
                     "  input k[1..n], q : vector<1 + K * K> per group\n"
                     "  param a : scalar in [-1, inf]\n"
                     "  state H : matrix<K, K> = I\n"
                     "  output y : vector<K>\n"
                     "  require chunked\n"
                     "  let S[0] = H[t-1]\n"
                     "  let S[j in 1..n] = S[j-1] * k[j][t-1]'\n"
                     "  H[t] = S[n]\n"
                     "  y[t] = H[end] * q\n"
                     "}\n";
  DiagnosticList diagnostics;
  EXPECT_EQ(printAst(parse(Source("t.mix", text), diagnostics)), text);
  EXPECT_FALSE(diagnostics.hasErrors());
}

TEST(Parse, LineBreaksMeanNothing) {
  std::string text = goodMixer();
  std::replace(text.begin(), text.end(), '\n', ' ');
  DiagnosticList diagnostics;
  EXPECT_EQ(printAst(parse(Source("t.mix", text), diagnostics)), goodMixer());
}

TEST(Parse, IndependentMistakesAreEachReported) {
  DiagnosticList found = mistakes(
      "mixer m<K {\n input k vector<K>\n let a = (1 + \n state H : matrix<K>\n H[t] = * 2\n}\nmixer n { y = }\n");
  std::vector<unsigned> lines;
  Source source(
      "t.mix",
      "mixer m<K {\n input k vector<K>\n let a = (1 + \n state H : matrix<K>\n H[t] = * 2\n}\nmixer n { y = }\n");
  for (const Diagnostic &diagnostic : found.all())
    lines.push_back(source.position(diagnostic.primary.range.begin).line);
  EXPECT_EQ(lines, (std::vector<unsigned>{1, 2, 4, 4, 5, 7}));
}

TEST(Parse, DepthIsBoundedInEveryDirection) {
  auto repeat = [](const std::string &part, unsigned count) {
    std::string out;
    for (unsigned i = 0; i < count; ++i)
      out += part;
    return out;
  };
  for (const std::string &deep :
       {repeat("(", 20000) + "v", repeat("-", 20000) + "v", repeat("v^", 20000) + "v", "v" + repeat("'", 20000),
        "v" + repeat(" + v", 20000), repeat("exp(", 20000), repeat("v[", 20000), repeat("sum(j in 1..2, ", 20000)}) {
    DiagnosticList found = mistakes(goodMixerWith("v * k'", deep));
    ASSERT_EQ(found.all().size(), 1u) << deep.substr(0, 20);
    EXPECT_EQ(found.all()[0].code, "MIX0004");
  }
  EXPECT_FALSE(mistakes(goodMixerWith("v * k'", repeat("(", 200) + "v" + repeat(")", 200) + " * k'")).hasErrors());
}

TEST(Parse, AnEnormousFileIsRefusedAndALargeOneRead) {
  EXPECT_FALSE(mistakes("#" + std::string(10 << 20, 'x') + "\n" + goodMixer()).hasErrors());
  DiagnosticList found = mistakes(std::string((64 << 20) + 1, ' '));
  ASSERT_EQ(found.all().size(), 1u);
  EXPECT_EQ(found.all()[0].code, "MIX0008");
}
