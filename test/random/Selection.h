// Which constructs random mixers are made of.
#ifndef MIXC_TEST_RANDOM_SELECTION_H
#define MIXC_TEST_RANDOM_SELECTION_H

#include <set>
#include <string>

namespace mixc::random {

struct Selection {
  std::string only = {}; // a construct that mixers are drawn around; empty: all of them
  std::set<std::string> without = {};

  /// How many times in a hundred something is used that is used `percent` times of its own accord.
  int chance(const std::string &construct, int percent) const {
    return without.count(construct) ? 0 : only == construct ? 60 : percent;
  }
};

} // namespace mixc::random

#endif
