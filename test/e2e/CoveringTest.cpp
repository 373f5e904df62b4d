// The covering arrays themselves: what the other tests rest on.
#include "test/e2e/Covering.h"
#include <gtest/gtest.h>
#include <set>

using mixc::test::coverPairs;

TEST(Covering, EveryPairOfLevelsOccurs) {
  const std::vector<int> levels = {7, 3, 2, 5, 2};
  const auto rows = coverPairs(levels);
  for (size_t f = 0; f < levels.size(); ++f)
    for (size_t g = f + 1; g < levels.size(); ++g) {
      std::set<std::pair<int, int>> seen;
      for (const std::vector<int> &row : rows)
        seen.insert({row[f], row[g]});
      EXPECT_EQ(seen.size(), static_cast<size_t>(levels[f] * levels[g])) << "factors " << f << " and " << g;
    }
}

TEST(Covering, IsFarSmallerThanTheProduct) {
  EXPECT_LE(coverPairs({7, 3, 2, 5, 2}).size(), 45u); // of 420; 35 is the least possible
}

TEST(Covering, IsTheSameEveryTime) { EXPECT_EQ(coverPairs({7, 3, 2}), coverPairs({7, 3, 2})); }

TEST(Covering, OneFactorOfOneLevelIsNoPair) { EXPECT_EQ(coverPairs({4, 1}).size(), 4u); }
