// Pairwise covering arrays: few rows, yet every pair of levels of any two factors occurs in some row.
#ifndef MIXC_TEST_E2E_COVERING_H
#define MIXC_TEST_E2E_COVERING_H

#include <vector>

namespace mixc::test {

/// `levels[f]` is how many levels factor f has; a row gives each factor its level. The same levels give the same rows.
std::vector<std::vector<int>> coverPairs(const std::vector<int> &levels);

} // namespace mixc::test

#endif
