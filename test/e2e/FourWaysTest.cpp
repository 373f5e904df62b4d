// The delta rule, written factored, expanded, through lets, and with its state transposed: one kernel, four spellings.
#include "test/e2e/Compare.h"
#include "test/e2e/Library.h"

namespace mixc::test {
namespace {

class FourWays : public testing::TestWithParam<std::string> {};

TEST_P(FourWays, AgreeWithTheInterpreter) {
  TestMixer mixer{.name = GetParam(), .decay = "beta", .file = FOUR_WAYS};
  Library &built = library(mixer, 16, 24);
  ASSERT_EQ(built.error, "");
  Oracle oracle(built.equations, makeCall(mixer, built.equations,
                                          {.key = 16, .value = 24, .time = 150, .groups = 2, .initial = true}, 9));
  ASSERT_FALSE(oracle.failed());
  for (const char *kernel : {"chunked", "recurrent"})
    if (std::optional<mix::Answer> got = runKernel(built, kernel, oracle.call()))
      oracle.expectAgreement(kernel, *got);
}

INSTANTIATE_TEST_SUITE_P(Spellings, FourWays, testing::Values("factored", "expanded", "through_lets", "transposed"),
                         testName);

} // namespace
} // namespace mixc::test
