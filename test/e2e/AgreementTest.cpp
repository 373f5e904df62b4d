// Every mixer x {chunked, recurrent} over a pairwise covering array of lengths, groups, initial states, decays and
// dims.
#include "test/e2e/Compare.h"
#include "test/e2e/Covering.h"
#include "test/e2e/Library.h"

namespace mixc::test {
namespace {

struct Case {
  std::string mixer;
  CaseShape shape;
  uint64_t seed;
};

std::vector<Case> allCases() {
  const std::vector<int64_t> lengths = {1, 2, 63, 64, 65, 257, 1000}, groups = {1, 2, 4};
  const std::vector<std::pair<int64_t, int64_t>> dims = {{32, 32}, {16, 48}};
  std::vector<Case> cases;
  for (const TestMixer &mixer : mixers()) {
    const std::vector<mix::Decay> regimes = mixer.regimes();
    auto count = [](const auto &levels) { return static_cast<int>(levels.size()); };
    for (const std::vector<int> &row : coverPairs({count(lengths), count(regimes), count(groups), 2, count(dims)})) {
      CaseShape shape;
      shape.time = lengths[row[0]];
      shape.regime = regimes[row[1]];
      shape.groups = groups[row[2]];
      shape.initial = row[3];
      std::tie(shape.key, shape.value) = dims[row[4]];
      shape.batch = shape.time <= 65 ? 2 : 1;
      cases.push_back({mixer.name, shape, cases.size()});
    }
  }
  return cases;
}

std::string caseName(const testing::TestParamInfo<Case> &info) {
  const auto &[mixer, shape, seed] = info.param;
  return mixer + "_K" + std::to_string(shape.key) + "_V" + std::to_string(shape.value) + "_T" +
         std::to_string(shape.time) + "_groups" + std::to_string(shape.groups) + "_" + regimeName(shape.regime) +
         (shape.initial ? "_initial" : "");
}

class Agreement : public testing::TestWithParam<Case> {};

TEST_P(Agreement, WithTheInterpreter) {
  const auto &[name, shape, seed] = GetParam();
  const TestMixer &mixer = mixerNamed(name);
  Library &built = library(mixer, shape.key, shape.value);
  ASSERT_EQ(built.error, "");
  Oracle oracle(built.equations, makeCall(mixer, built.equations, shape, seed));
  ASSERT_FALSE(oracle.failed());
  // The memory holds what the reset itself wrote and one token more: whatever leaked from before is large beside it.
  TokenFilter afterReset;
  if (shape.regime == mix::Decay::Resets && mixer.reset)
    afterReset = [&, &decay = oracle.call().inputs.at(mixer.decay)](int64_t b, int64_t t, int64_t h) {
      const double *column = decay.data.data() + b * shape.time * shape.heads + h;
      return column[t * shape.heads] == *mixer.reset || (t > 0 && column[(t - 1) * shape.heads] == *mixer.reset);
    };
  for (const char *kernel : {"chunked", "recurrent"}) {
    std::optional<mix::Answer> got = runKernel(built, kernel, oracle.call(), 1 + seed % 2);
    if (!got)
      continue;
    oracle.expectAgreement(kernel, *got);
    if (afterReset)
      oracle.expectOutputsAgree(std::string(kernel) + ", after resets", *got, afterReset);
  }
}

INSTANTIATE_TEST_SUITE_P(Mixers, Agreement, testing::ValuesIn(allCases()), caseName);

} // namespace
} // namespace mixc::test
