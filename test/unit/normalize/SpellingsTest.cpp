// Random spellings: updates composed of random steps, each spelt in a random way, on states declared either way round.
// All have a normal form, of no more writes than steps, with the same numbers.
#include "Equations.h"
#include <random>

namespace mixc::normalize {
namespace {

class Spelling {
public:
  explicit Spelling(unsigned seed) : random(seed), m({"K", "V"}), turned(random() % 2) {
    for (const char *name : {"k0", "k1", "k2"})
      keys.push_back(m.input(name, {"K"}));
    keys[2] = l2norm(keys[2]);
    for (const char *name : {"v0", "v1"})
      values.push_back(m.input(name, {"V"}));
    for (const char *name : {"a", "b"})
      scalars.push_back(m.gate(name));
    scalars.push_back(m.param("c"));
    keyGate = m.gate("g", {"K"});
    valueGate = m.gate("e", {"V"});
    Expr q = m.input("q", {"K"});

    Expr S = m.state("H", turned ? Equations::Dims{"K", "V"} : Equations::Dims{"V", "K"}), y = values[0];
    steps = 1 + random() % 5;
    for (unsigned i = 0; i < steps; ++i) {
      S = step(S);
      if (random() % 3 == 0)
        y = y + read(S, pick(keys));
    }
    m.next("H", S);
    m.output("y", y % read(S, scaled(q)));
  }

  void check() {
    m.normalize();
    std::string summary = m.summary();
    EXPECT_EQ(summary.find("H: "), std::string::npos) << summary << m.text();
    for (mix::ComponentOp component : m.mixer.getOps<mix::ComponentOp>())
      EXPECT_LE(component.getNumWrites(), steps) << m.text();
  }

private:
  Expr pick(const std::vector<Expr> &from) { return from[random() % from.size()]; }
  Expr scaled(Expr x) { return random() % 2 ? pick(scalars) * x : x; }
  Expr read(Expr S, Expr p) { return turned ? tr(S) * p : S * p; }
  /// S, or S' where the state is declared the other way round.
  Expr asDeclared(Expr S) { return turned ? tr(S) : S; }

  Expr step(Expr S) {
    Expr k = pick(keys), v = pick(values), b = pick(scalars);
    switch (random() % 11) {
    case 0: return b * S;
    case 1: return S / (b + 1.0);
    case 2: return turned ? diag(keyGate) * S : S * diag(keyGate);
    case 3: { // Householder
      Expr factor = eye(k) - scaled(outer(k, b * k));
      return turned ? factor * S : S * factor;
    }
    case 4: // the same through the transpose
      return asDeclared(tr((eye(k) - b * outer(k, k)) * (turned ? S : tr(S))));
    case 5: return S + asDeclared(outer(scaled(v), scaled(k)));
    case 6: // one step of descent
      return S - asDeclared(b * outer(read(S, k) - v, k));
    case 7: return S + asDeclared(outer(tanh(read(S, scaled(k)) - v), scaled(k)));
    case 8: return asDeclared(outer(valueGate, keyGate)) % S;
    case 9: return turned ? S - outer(k, k) * (b * S) : S - (b * S) * outer(k, k);
    default: // its own read moves the direction by no more than a factor
      return S + asDeclared(outer(v, dot(read(S, k), v) * k));
    }
  }

  std::mt19937 random;
  Equations m;
  bool turned;
  int64_t steps = 0;
  std::vector<Expr> keys, values, scalars;
  Expr keyGate, valueGate;
};

class Spellings : public ::testing::TestWithParam<unsigned> {};

TEST_P(Spellings, KeepTheirNumbers) {
  for (unsigned seed = 0; seed < 25; ++seed)
    Spelling(25 * GetParam() + seed).check();
}

INSTANTIATE_TEST_SUITE_P(Random, Spellings, ::testing::Range(0u, 20u));

} // namespace
} // namespace mixc::normalize
