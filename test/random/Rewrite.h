// Rewrites that keep what a mixer means, in real arithmetic: neither its class nor its number of writes may change.
#ifndef MIXC_TEST_RANDOM_REWRITE_H
#define MIXC_TEST_RANDOM_REWRITE_H

#include "test/random/Mixer.h"

namespace mixc::random {

struct Rule {
  const char *name;
  /// Every way to write a term anew at its root.
  std::vector<Term> (*rewrite)(const Term &);
};

/// Rules on terms; those on lets, families and declarations ("inline", "name a term", "unroll", "transpose a state"),
/// and chains of rules on terms and states ("several rules"), are in `rewritten` alone.
const std::vector<Rule> &rules();
std::vector<std::string> ruleNames();

/// The mixers that one use of a rule gives, in a fixed order.
std::vector<Mixer> rewritten(const Mixer &mixer, const std::string &rule);

} // namespace mixc::random

#endif
