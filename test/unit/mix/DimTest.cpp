#include "dialect/mix/Dim.h"
#include "gtest/gtest.h"

namespace mixc::mix {
namespace {

std::string canonical(llvm::StringRef text) {
  std::optional<Dim> dim = Dim::parse(text);
  return dim ? dim->str() : "none";
}

TEST(Dim, HasOneTextForEqualPolynomials) {
  EXPECT_EQ(canonical("K*K + K + 1"), "1+K+K*K");
  EXPECT_EQ(canonical("V*K"), "K*V");
  EXPECT_EQ(canonical("K + K"), "2*K");
  EXPECT_EQ(canonical("N/2"), "1/2*N");
  EXPECT_EQ(canonical("2/4*N"), "1/2*N");
  EXPECT_EQ(canonical("K - K"), "0");
  EXPECT_EQ(canonical("K - 2*V - 1"), "-1+K-2*V");
  EXPECT_EQ(canonical("-K"), "-K");
  EXPECT_EQ(canonical("K*K/K"), "K");
}

TEST(Dim, ReadsItsOwnText) {
  for (const char *text : {"0", "-1", "1+K+K*K", "-1/2*N", "-1+K-2*V", "1/3+1/2*K*V"})
    EXPECT_EQ(canonical(text), text);
}

TEST(Dim, RefusesWhatIsNoPolynomial) {
  for (const char *text : {"", "K+", "+K", "K V", "K//2", "1/0", "1/K", "K/V", "(K)", "K^2", "99999999999999999999"})
    EXPECT_EQ(canonical(text), "none") << text;
}

TEST(Dim, AddsSubtractsAndMultiplies) {
  Dim k = Dim::symbol("K"), v = Dim::symbol("V");
  EXPECT_EQ((Dim(1) + k + k * k).str(), "1+K+K*K");
  EXPECT_EQ(((k + v) * (k - v)).str(), "K*K-V*V");
  EXPECT_EQ((k - k), Dim(0));
  EXPECT_EQ((k + v), (v + k));
}

TEST(Dim, DividesExactlyOrNotAtAll) {
  Dim k = Dim::symbol("K"), v = Dim::symbol("V");
  EXPECT_EQ((k * k + k).dividedBy(k)->str(), "1+K");
  EXPECT_EQ((k + v).dividedBy(Dim(2))->str(), "1/2*K+1/2*V");
  EXPECT_EQ((Dim(6) * k * v).dividedBy(Dim(4) * k)->str(), "3/2*V");
  EXPECT_FALSE((k + v).dividedBy(k));
  EXPECT_FALSE(k.dividedBy(Dim(0)));
  EXPECT_FALSE((k * k - v * v).dividedBy(k - v)); // a quotient by a sum is not looked for
}

TEST(Dim, EvaluatesWholeNumbersOnly) {
  Dim k = Dim::symbol("K");
  EXPECT_EQ((Dim(1) + k + k * k).evaluate({{"K", 4}}), 21);
  EXPECT_EQ(k.dividedBy(Dim(2))->evaluate({{"K", 6}}), 3);
  EXPECT_EQ(k.dividedBy(Dim(2))->evaluate({{"K", 7}}), std::nullopt);
  EXPECT_EQ(k.evaluate({{"V", 7}}), std::nullopt);
  EXPECT_EQ((k * k * k).evaluate({{"K", int64_t(1) << 40}}), std::nullopt); // beyond 64 bits
}

TEST(Dim, KnowsItsSymbolsAndNumbers) {
  EXPECT_EQ(Dim::parse("V*K+K*K")->symbols(), (std::vector<std::string>{"K", "V"}));
  EXPECT_EQ(Dim(3).asNumber(), 3);
  EXPECT_EQ(Dim::parse("K-K+2")->asNumber(), 2);
  EXPECT_EQ(Dim::symbol("K").asNumber(), std::nullopt);
  EXPECT_EQ(Dim::parse("1/2")->asNumber(), std::nullopt);
}

} // namespace
} // namespace mixc::mix
