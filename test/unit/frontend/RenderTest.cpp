#include "frontend/render/Diagnostics.h"
#include <filesystem>
#include <gtest/gtest.h>

using namespace mixc;

static Diagnostic at(uint32_t begin, uint32_t end) {
  Diagnostic diagnostic;
  diagnostic.code = "MIX0203";
  diagnostic.message = "message";
  diagnostic.primary.range = {begin, end};
  return diagnostic;
}

TEST(Render, LabelsBesideAndBelow) {
  Source source("gla.mix", "\n\n\n\n\n\n  H[t] = a * H[t-1] + k * v'\n");
  Diagnostic diagnostic = at(28, 34);
  diagnostic.label("matrix<K, V>").also({15, 25}, "matrix<V, K>, as `H` is declared").help("write `v * k'`");
  EXPECT_EQ(render(diagnostic, source, false), "error[MIX0203]: message\n"
                                               "  --> gla.mix:7:23\n"
                                               "   |\n"
                                               " 7 |   H[t] = a * H[t-1] + k * v'\n"
                                               "   |          ----------   ^^^^^^ matrix<K, V>\n"
                                               "   |          |\n"
                                               "   |          matrix<V, K>, as `H` is declared\n"
                                               "   = help: write `v * k'`\n");
}

TEST(Render, TabsAndBytesThatAreNoText) {
  Source source("t.mix", "\ta\xff\x01 b");
  EXPECT_EQ(render(at(5, 6), source, false), "error[MIX0203]: message\n"
                                             "  --> t.mix:1:6\n"
                                             "   |\n"
                                             " 1 |     a?? b\n"
                                             "   |         ^\n");
}

TEST(Render, OfALongLineOnlyThePartInQuestion) {
  Source source("t.mix", std::string(100000, 'a') + "b" + std::string(100000, 'c'));
  std::string text = render(at(100000, 100001), source, false);
  EXPECT_LT(text.size(), 400u);
  EXPECT_NE(text.find("aaab"), std::string::npos);
}

TEST(Render, ColourOnlyWhenAsked) {
  Source source("t.mix", "abc");
  EXPECT_EQ(render(at(0, 1), source, false).find('\033'), std::string::npos);
  EXPECT_NE(render(at(0, 1), source, true).find('\033'), std::string::npos);
}

TEST(Render, ManyAreCounted) {
  Diagnostics diagnostics;
  for (unsigned i = 0; i < 1000; ++i)
    diagnostics.add(at(0, 1));
  EXPECT_EQ(diagnostics.errorCount(), 1000u);
  EXPECT_NE(diagnostics.render(Source("t.mix", "abc"), false).find("and 950 more"), std::string::npos);
}

TEST(Render, EveryCodeHasAPageAndATest) {
  // Tested in ParseTest, where text of that size is at hand.
  const std::set<std::string_view> elsewhere = {"MIX0008"};
  for (const CodeInfo &code : allCodes()) {
    std::optional<std::string_view> page = explanation(code.text);
    ASSERT_TRUE(page) << code.text;
    EXPECT_NE(page->find(code.title), std::string_view::npos) << code.text;
    std::filesystem::path test =
        std::filesystem::path(MIX_SOURCE_DIR) / "test/frontend" / (std::string(code.text) + ".mix");
    EXPECT_TRUE(std::filesystem::exists(test) || elsewhere.count(code.text)) << test;
  }
  EXPECT_EQ(explanation("0203"), explanation("mix0203"));
  EXPECT_FALSE(explanation("MIX9999"));
}
