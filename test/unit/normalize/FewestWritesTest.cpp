// Two spellings of one update have one class and one number of writes, the fewest.
#include "Equations.h"

namespace mixc::normalize {
namespace {

struct Fewest : Equations {
  Fewest() : Equations({"K", "V"}) {}
  Expr q = input("q", {"K"}), k = input("k", {"K"}), p = input("p", {"K"}), v = input("v", {"V"}),
       u = input("u", {"V"}), e = gate("e", {"V"}), g = gate("g", {"K"}), a = gate("a"), b = gate("b"),
       H = state("H", {"V", "K"});

  std::string summaryOf(Expr next) {
    Equations::next("H", next);
    output("y", H * q); // the reads are those of the update and this one
    normalize();
    return summary();
  }
};

/// The summary of each spelling.
template <typename... Spelling> void expectOne(const char *expected, Spelling... spellings) {
  unsigned position = 0;
  (
      [&] {
        Fewest m;
        EXPECT_EQ(m.summaryOf(spellings(m)), expected) << "spelling " << position << m.text();
        ++position;
      }(),
      ...);
}

TEST(FewestWrites, AScalarBelongsToTheGateOnTheValueAxis) {
  expectOne(
      "1 reads, 1 writes, identity, free, value gate\n",
      [](Fewest &m) { return (m.H - diag(m.e) * m.H) * m.number(2) + outer(m.v, m.k); },
      [](Fewest &m) { return 2.0 * m.H - 2.0 * (diag(m.e) * m.H) + outer(m.v, m.k); },
      [](Fewest &m) { return diag(-(m.e - m.number(1))) * (2.0 * m.H) + outer(m.v, m.k); });
}

TEST(FewestWrites, GatesOfOneForm) {
  expectOne(
      "1 reads, 1 writes, diagonal, free, value gate\n", // (1 - e)(1 - g)' .* H
      [](Fewest &m) {
        Expr G = m.H - m.H * diag(m.g);
        return G - diag(m.e) * G + outer(m.v, m.k);
      },
      [](Fewest &m) {
        return m.H - m.H * diag(m.g) - diag(m.e) * m.H + diag(m.e) * m.H * diag(m.g) + outer(m.v, m.k);
      });
}

TEST(FewestWrites, GatesThatCancel) {
  expectOne(
      "1 reads, 1 writes, scalar, free\n",
      [](Fewest &m) { return m.H * diag(m.g) + m.a * m.H - m.H * diag(m.g) + outer(m.v, m.k); },
      [](Fewest &m) { return m.H * diag(m.g + m.a) - m.H * diag(m.g) + outer(m.v, m.k); });
}

TEST(FewestWrites, OfOneValueBehindAGate) {
  auto written = [](Fewest &m) { return m.H + outer(m.v.binary(mix::BinaryKind::LogAddExp, m.a), m.k); };
  expectOne(
      "1 reads, 1 writes, diagonal, free\n",
      [=](Fewest &m) {
        Expr w = written(m);
        return w - (0.5 * (w * diag(m.p)) + w) * diag(m.g);
      },
      [=](Fewest &m) {
        Expr w = written(m);
        return w - 0.5 * (w * diag(m.p) * diag(m.g)) - w * diag(m.g);
      });
}

TEST(FewestWrites, ValuesSpeltDifferently) {
  expectOne(
      "1 reads, 1 writes, identity, free\n",
      [](Fewest &m) {
        Expr mixed = m.v + m.e % (m.u - m.v), same = m.v + (m.e % m.u - m.e % m.v);
        return m.H + outer(mixed, m.k) + outer(same, tanh(m.k));
      },
      [](Fewest &m) { return m.H + outer(m.v + m.e % (m.u - m.v), m.k + tanh(m.k)); });
}

TEST(FewestWrites, WhatCancelsIsNotRead) {
  expectOne(
      "1 reads, 1 writes, identity, free\n", [](Fewest &m) { return m.H + outer(m.H * m.k + m.v - m.H * m.k, m.p); },
      [](Fewest &m) { return m.H + outer(m.H * (m.k + m.p) - m.H * m.p - m.H * m.k + m.v, m.p); },
      [](Fewest &m) { return m.H + outer(m.v, m.p) + 0.0 * outer(m.u, m.k); });
}

TEST(FewestWrites, ChannelsThatCancel) {
  expectOne("2 reads, 1 writes, identity, affine\n", [](Fewest &m) {
    Expr r = m.H * m.k;
    return m.H + outer(m.e % r + (1.0 - m.e) % r - m.v, m.k);
  });
}

TEST(FewestWrites, ARowBetweenTwoVectors) {
  for (bool spelt : {false, true}) {
    Equations m({"K", "V"});
    Expr q = m.input("q", {"K"}), k = m.input("k", {"K"}), v = m.input("v", {"V"}), z = m.state("z", {"K"});
    m.next("z", z + k);
    m.output("y", spelt ? outer(v, z) * q : dot(z, q) * v); // (v z') q
    m.normalize();
    EXPECT_EQ(m.summary(), "1 reads, 1 writes, identity, free\n") << m.text();
  }
}

TEST(FewestWrites, OfALongValueSpeltDifferently) {
  auto value = [](Fewest &m, Expr minus) { // (e + 1)^9 .* (u + exp(-v))^9
    Expr shifted = m.e + 1.0, other = m.u + exp(minus), power = shifted % other;
    for (int i = 0; i < 8; ++i)
      power = power % shifted % other;
    return power;
  };
  expectOne(
      "1 reads, 1 writes, identity, free\n",
      [=](Fewest &m) { return m.H + outer(value(m, -m.v), m.k) + outer(value(m, -m.v), tanh(m.p)); },
      [=](Fewest &m) { return m.H + outer(value(m, -m.v), m.k) + outer(value(m, -1.0 * m.v), tanh(m.p)); });
}

TEST(FewestWrites, OfWhatIsReadFromSeveralStatesBefore) {
  for (bool spelt : {false, true}) {
    Equations m({"K", "V", "L"});
    Expr q = m.input("q", {"L"}), x = m.input("x", {"K"}), k = m.input("k", {"L"}), v = m.input("v", {"V"});
    Expr A = m.state("A", {"V", "K"}), C = m.state("C", {"V", "K"}), D = m.state("D", {"V", "L"});
    Expr next = A - C, factored = outer(next * x, 0.5 * k), apart = outer(A * x, 0.5 * k) - outer(C * x, 0.5 * k);
    m.next("A", next);
    m.next("C", A + outer(v, x));
    m.next("D", D + outer(v, q) + factored - (spelt ? apart : factored)); // of A and C nothing is left
    m.output("y", D * q);
    m.normalize({{"K", 4}, {"V", 5}, {"L", 3}});
    EXPECT_NE(m.summary().find("1 reads, 1 writes, identity, free\n"), std::string::npos) << m.summary() << m.text();
  }
}

TEST(FewestWrites, IntoSeveralStates) {
  for (bool spelt : {false, true}) {
    Equations m({"K", "V"});
    Expr q = m.input("q", {"K"}), k = m.input("k", {"K"}), v = m.input("v", {"V"}), u = m.input("u", {"V"}),
         a = m.gate("a");
    Expr A = m.state("A", {"V", "K"}), B = m.state("B", {"V", "K"});
    Expr value = a * (v - u), again = spelt ? a * v - a * u : value;
    m.next("A", A + B + outer(value, k));
    m.next("B", B + A + 2.0 * outer(again, k));
    m.output("y", A * q);
    m.normalize();
    EXPECT_EQ(m.summary(), "2 states, 1 reads, 1 writes, scalar, free\n") << m.text();
  }
}

} // namespace
} // namespace mixc::normalize
