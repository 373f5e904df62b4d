// Late reads: along vectors that depend on reads, or along the other axis, where no write needs them.
#include "Equations.h"

namespace mixc::normalize {
namespace {

struct Late : Equations {
  explicit Late(const char *value = "V") : Equations({"K", "V"}), v(input("v", {value})), H(state("H", {value, "K"})) {}
  Expr q = input("q", {"K"}), k = input("k", {"K"}), a = gate("a"), v, H;

  void finish(const char *expected) {
    normalize();
    EXPECT_EQ(summary(), expected) << text();
  }
};

TEST(Late, TwoHops) {
  Late m("K");
  Expr next = m.a * m.H + outer(m.v, m.k);
  m.next("H", next);
  m.output("y", next * (next * m.q));
  m.finish("1 reads, 1 writes, scalar, free, 1 late\n");
}

TEST(Late, ThereAndBack) {
  Late m;
  m.next("H", m.a * m.H + outer(m.v, m.k));
  m.output("y", m.H * (tr(m.H) * m.v));
  m.finish("1 reads, 1 writes, scalar, free, turned, 1 late\n");
}

TEST(Late, BothAxesOfTheNewState) {
  Late m; // gated Oja: H diag(s) + (v - e . H k) k'
  Expr s = m.gate("s", {"K"}), e = m.gate("e", {"V"});
  Expr next = outer(e, s) % m.H + outer(m.v - m.H * m.k, m.k);
  m.next("H", next);
  m.output("y", next * m.q);
  m.output("z", tr(next) * m.v);
  m.finish("2 reads, 1 writes, diagonal, channel, value gate, 1 late\n");
}

TEST(Late, TheOrientationOfTheFewestLateReads) {
  Late m;
  m.next("H", m.a * m.H + outer(m.v, m.k));
  m.output("y", tr(m.H) * m.v);
  m.output("z", tr(m.H) * (m.v % m.v));
  m.output("x", m.H * m.q);
  m.finish("2 reads, 1 writes, scalar, free, turned, 1 late\n");
}

TEST(Late, TheOrientationDoesNotDependOnTheSpelling) {
  for (bool spelt : {false, true}) {
    Late m;
    Expr c = dot(m.q, m.k), r = tr(m.H) * m.v;
    m.next("H", diag(m.gate("g", {"V"})) * m.H);
    m.output("y", spelt ? m.a * (m.H * (0.25 * (tr(m.H) * (m.v / sum(m.v))) + c * r)) + m.H * r
                        : m.a * m.H * (0.25 / sum(m.v) * r + c * r) + m.H * r);
    m.normalize();
    EXPECT_NE(m.summary().find("0 writes, diagonal, free, turned"), std::string::npos) << m.summary() << m.text();
  }
}

TEST(Late, ASumOverStates) {
  Equations m({"K", "V"});
  Expr q = m.input("q", {"K"}), k = m.input("k", {"K"}), v = m.input("v", {"V"}), a = m.gate("a"), b = m.gate("b");
  Expr S = m.state("S", {"V", "K"}), M = m.state("M", {"V", "K"});
  Expr S1 = a * S + outer(v - M * k, k), M1 = b * M + S1;
  m.next("S", S1);
  m.next("M", M1);
  m.output("y", M1 * q);
  m.output("z", tr(M1) * v); // b M'v + a S'v + k (w'v)
  m.normalize();
  EXPECT_EQ(m.summary(), "2 states, 2 reads, 1 writes, scalar, affine, 2 late\n");
}

// MesaNet: (H + 1) x = q by conjugate gradients, one late read a step.
TEST(Late, ConjugateGradients) {
  Late m("K");
  Expr next = m.a * m.H + outer(m.k, m.k), x = 0.0 * m.q, r = m.q, p = m.q;
  for (int step = 0; step < 3; ++step) {
    Expr Ap = next * p + p, alpha = dot(r, r) / dot(p, Ap), left = r - alpha * Ap;
    x = x + alpha * p;
    p = left + (dot(left, left) / dot(r, r)) * p;
    r = left;
  }
  m.next("H", next);
  m.output("y", x);
  m.finish("1 reads, 1 writes, scalar, free, 2 late\n");
}

TEST(Late, OfARow) {
  Equations m({"K"});
  Expr q = m.input("q", {"K"}), k = m.input("k", {"K"}), a = m.gate("a"), z = m.state("z", {"K"}), next = a * z + k;
  m.next("z", next);
  m.output("y", dot(next, tanh(dot(next, q) * k)) * q);
  m.normalize();
  EXPECT_EQ(m.summary(), "1 reads, 1 writes, scalar, free, 1 late\n");
}

TEST(Late, AlongWhatALaterMemoryReads) {
  Equations m({"K"});
  Expr q = m.input("q", {"K"}), k = m.input("k", {"K"}), v = m.input("v", {"K"});
  Expr A = m.state("A", {"K", "K"}), B = m.state("B", {"K", "K"});
  Expr A1 = A + outer(v, k), B1 = B + outer(A1 * k, k);
  m.next("A", A1);
  m.next("B", B1);
  m.output("y", A1 * (B1 * q));
  m.output("z", A * (B * (A * q)));
  m.normalize({{"K", 4}});
  EXPECT_EQ(m.summary(), "2 reads, 1 writes, identity, free, 2 late\n2 reads, 1 writes, identity, free\n");
}

TEST(Late, TheSumOfAllEntriesByEitherAxis) {
  Late m;
  Expr next = m.a * m.H + outer(m.v, m.k);
  m.next("H", next);
  m.output("y", tr(next) * m.v / sum(next));
  m.output("z", tr(m.H) * (m.v % m.v));
  m.finish("3 reads, 1 writes, scalar, free, turned\n");
}

// A write that needs what would be late: the reason is that of the read.
TEST(Late, NotForWrites) {
  Late m("K");
  m.next("H", m.H + outer(m.H * (m.H * m.k), m.k));
  m.output("y", m.H * m.q);
  m.finish("H: `H[t-1] * (H[t-1] * k)`: `H` is read along a vector that depends on what is read from it\n");
}

TEST(Late, NotForWritesThroughAnotherMemory) {
  Equations m({"K"});
  Expr q = m.input("q", {"K"}), k = m.input("k", {"K"}), v = m.input("v", {"K"});
  Expr A = m.state("A", {"K", "K"}), B = m.state("B", {"K", "K"});
  m.next("A", A + outer(v, k));
  m.next("B", B + outer(A * (B * k), k));
  m.output("y", B * q);
  m.normalize({{"K", 4}});
  EXPECT_EQ(m.summary().find("A: `A` is read along a vector that depends on what is read from it\n"), 0) << m.summary();
}

TEST(Late, NotForAStateThatFeedsItself) {
  Equations m({"K"});
  Expr q = m.input("q", {"K"}), k = m.input("k", {"K"}), B = m.state("B", {"K", "K"}), c = m.state("c", {"K"});
  m.next("B", B + outer(q, k));
  m.next("c", tanh(B * c + q));
  m.output("y", c);
  m.normalize({{"K", 4}});
  EXPECT_EQ(m.summary().find("B: `B` is read along a vector that depends on what is read from it\n"), 0) << m.summary();
}

} // namespace
} // namespace mixc::normalize
