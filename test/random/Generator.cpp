// A construct, now and then another one that reads it, and outputs of all that was read.
#include "test/random/Generator.h"
#include "test/random/Builder.h"

namespace mixc::random {
namespace {

struct Construct {
  const char *name;
  uint64_t weight; // how often it is drawn
  void (Builder::*build)();
};

/// What a mixer is built around.
const std::vector<Construct> &constructs() {
  static const std::vector<Construct> all = {
      {"memory alone", 24, &Builder::memory},
      {"cascade", 14, &Builder::cascade},
      {"side by side", 4, &Builder::sideBySide},
      {"normaliser", 8, &Builder::normaliser},
      {"momentum", 6, &Builder::momentum},
      {"bonus", 4, &Builder::bonus},
      {"one-row memory", 5, &Builder::oneRow},
      {"rotation", 4, &Builder::rotation},
      {"trapezoid", 3, &Builder::trapezoid},
      {"mixing", 4, &Builder::mixing},
      {"joined", 4, &Builder::joined},
      {"oja", 3, &Builder::oja},
      {"stabilised", 4, &Builder::stabilised},
      {"full gate", 4, &Builder::fullGate},
      {"vector scan", 3, &Builder::vectorScan},
      {"semiring", 3, &Builder::semiring},
      {"complex scan", 2, &Builder::complexScan},
      {"minimal gate", 2, &Builder::minimalGate},
      {"dense", 2, &Builder::dense},
      {"lstm", 2, &Builder::lstm},
      {"gru", 2, &Builder::gru},
      {"deep memory", 2, &Builder::deepMemory},
      {"own gate", 2, &Builder::ownGate},
      {"whole state", 2, &Builder::wholeState},
      {"constant matrix", 2, &Builder::constantMatrix},
  };
  return all;
}

/// What turns up within them.
const char *const parts[] = {"lag",          "past",          "family",          "product over a free axis",
                             "inner loss",   "matrix",        "wide key",        "late read",
                             "end",          "learned start", "state per group", "double integrator",
                             "key gate",     "value gate",    "channel",         "nonlinear",
                             "matrix output"};

/// Constructs that declare states of fixed names come first; the others may follow.
bool mayFollow(const Construct &construct) {
  static const std::set<std::string> any = {"memory alone", "bonus",          "cascade",      "one-row memory",
                                            "vector scan",  "semiring",       "minimal gate", "dense",
                                            "gru",          "constant matrix"};
  return any.count(construct.name) != 0;
}

} // namespace

void Builder::outputs() {
  std::vector<Term> results;
  for (const Term &read : reads) {
    Term y = words.finished(read);
    if (!results.empty() && results.back().shape() == y.shape() && random.chance(50))
      results.back() = random.chance(50) ? results.back() + y : results.back() % call("sigmoid", {y});
    else
      results.push_back(y);
  }
  for (const Term &end : ends)
    results.push_back(words.finished(end));
  if (random.chance(10))
    results.push_back(sum(reads.back()) + number(1));
  if (words.wants("matrix output", 3))
    results.push_back(random.chance(50) ? words.value("V") * transpose(words.key("K")) + words.input("m", {"V", "K"})
                                        : words.input("XV", {"V", "P"}) * transpose(words.input("BK", {"K", "P"})));
  for (const Term &y : results)
    mixer.outputs.push_back({"y" + std::to_string(mixer.outputs.size()), y});
}

std::vector<std::string> constructNames() {
  std::vector<std::string> names(std::begin(parts), std::end(parts));
  for (const Construct &construct : constructs())
    names.emplace_back(construct.name);
  return names;
}

Generated generate(uint64_t seed, const Selection &selection) {
  Builder builder(seed, selection);
  Random random(seed ^ 0x636f);
  auto draw = [&](auto allows) -> const Construct & {
    std::vector<const Construct *> bag;
    for (const Construct &construct : constructs())
      if (!selection.without.count(construct.name) && allows(construct))
        bag.insert(bag.end(), construct.weight, &construct);
    return *random.pick(bag);
  };
  auto isOnly = [&](const Construct &construct) { return construct.name == selection.only; };
  bool isMain = std::any_of(constructs().begin(), constructs().end(), isOnly);
  const Construct &first = draw([&](const Construct &construct) { return !isMain || isOnly(construct); });
  builder.marks.insert(first.name);
  (builder.*first.build)();
  if (random.chance(20)) {
    const Construct &second = draw(mayFollow);
    builder.marks.insert(std::string("after another: ") + second.name);
    (builder.*second.build)();
  }
  builder.outputs();
  builder.mixer.prune();
  return {std::move(builder.mixer), std::move(builder.marks)};
}

} // namespace mixc::random
