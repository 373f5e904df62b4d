// Greedy: a row starts from the first pair that is not covered yet; then factor after factor takes the level that
// covers most new pairs with the factors already set (the first of the best, so the result is always the same).
#include "test/e2e/Covering.h"
#include <map>
#include <set>
#include <utility>

namespace mixc::test {
namespace {

using Level = std::pair<int, int>; // factor, level
using Pair = std::pair<Level, Level>;

Pair ordered(Level a, Level b) { return a < b ? Pair(a, b) : Pair(b, a); }

std::set<Pair> allPairs(const std::vector<int> &levels) {
  std::set<Pair> pairs;
  for (int f = 0; f < static_cast<int>(levels.size()); ++f)
    for (int g = f + 1; g < static_cast<int>(levels.size()); ++g)
      for (int i = 0; i < levels[f]; ++i)
        for (int j = 0; j < levels[g]; ++j)
          pairs.insert({{f, i}, {g, j}});
  return pairs;
}

int newPairs(const std::set<Pair> &missing, const std::map<int, int> &row, Level candidate) {
  int count = 0;
  for (const auto &[factor, level] : row)
    count += missing.count(ordered({factor, level}, candidate));
  return count;
}

} // namespace

std::vector<std::vector<int>> coverPairs(const std::vector<int> &levels) {
  std::set<Pair> missing = allPairs(levels);
  std::vector<std::vector<int>> rows;
  while (!missing.empty()) {
    Pair seed = *missing.begin();
    std::map<int, int> row = {seed.first, seed.second};
    for (int factor = 0; factor < static_cast<int>(levels.size()); ++factor) {
      if (row.count(factor))
        continue;
      int best = 0, most = -1;
      for (int level = 0; level < levels[factor]; ++level)
        if (int count = newPairs(missing, row, {factor, level}); count > most)
          best = level, most = count;
      row[factor] = best;
    }
    for (const auto &[f, i] : row)
      for (const auto &[g, j] : row)
        missing.erase({{f, i}, {g, j}});
    std::vector<int> &out = rows.emplace_back();
    for (const auto &[factor, level] : row)
      out.push_back(level);
  }
  return rows;
}

} // namespace mixc::test
