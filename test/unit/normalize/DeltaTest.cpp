// Memories whose writes use what is read: the delta rule however it is spelt, Householder products, momentum.
#include "Equations.h"
#include <chrono>

namespace mixc::normalize {
namespace {

struct Delta : Equations {
  explicit Delta(Dims stateDims = {"V", "K"}) : Equations({"K", "V"}), H(state("H", stateDims)) {}
  Expr q = input("q", {"K"}, Rate::Group), k = input("k", {"K"}, Rate::Group), v = input("v", {"V"}),
       alpha = gate("alpha"), beta = gate("beta"), key = l2norm(k), H;

  void finish(Expr next, const char *expected, bool turned = false) {
    Equations::next("H", next);
    output("y", (turned ? tr(next) : next) * q);
    normalize();
    EXPECT_EQ(summary(), expected) << text();
  }
};

const char *const kDelta = "2 reads, 1 writes, identity, affine\n", *const kGated =
                                                                        "2 reads, 1 writes, scalar, affine\n";

TEST(Delta, Factored) {
  Delta m;
  m.finish(m.H * (eye(m.key) - m.beta * outer(m.key, m.key)) + m.beta * outer(m.v, m.key), kDelta);
}

TEST(Delta, Expanded) {
  Delta m;
  m.finish(m.H - m.beta * outer(m.H * m.key, m.key) + outer(m.beta * m.v, m.key), kDelta);
}

TEST(Delta, ThroughLets) {
  Delta m;
  Expr old = m.H * m.key, error = m.beta * (m.v - old);
  m.finish(m.H + outer(error, m.key), kDelta);
}

TEST(Delta, TransposedState) {
  Delta m({"K", "V"});
  m.finish((eye(m.key) - m.beta * outer(m.key, m.key)) * m.H + m.beta * outer(m.key, m.v),
           "2 reads, 1 writes, identity, affine, turned\n", true);
}

TEST(Delta, TransposedByTheUpdate) {
  Delta m;
  m.finish(tr((eye(m.key) - m.beta * outer(m.key, m.key)) * tr(m.H)) + tr(outer(m.key, m.beta * m.v)), kDelta);
}

TEST(Delta, TransposedExpanded) {
  Delta m({"K", "V"});
  m.finish(m.H - outer(m.beta * m.key, tr(m.H) * m.key - m.v), "2 reads, 1 writes, identity, affine, turned\n", true);
}

TEST(Delta, AsAMatrixProduct) {
  Delta m;
  m.finish(m.H - (m.beta * m.H) * outer(m.key, m.key) + outer(m.v, m.key * m.beta), kDelta);
}

TEST(Delta, NormalisedOnlyWhereItMatters) {
  Delta m; // beta / |k|^2 taken out of the directions
  Expr scale = 1.0 / (dot(m.k, m.k) + 1e-6);
  m.finish(m.H - (scale * m.beta) * outer(m.H * m.k, m.k) + outer(m.v, m.key) * m.beta, kDelta);
}

TEST(Delta, OfTheDescendedLoss) {
  Delta m; // H - beta grad(0.5 |H key - v|^2)
  Expr error = m.H * m.key - m.v;
  m.finish(m.H - m.beta * (0.5 * (2.0 * outer(error, m.key))), kDelta);
}

TEST(Delta, Gated) {
  Delta m;
  m.finish(m.alpha * m.H * (eye(m.key) - m.beta * outer(m.key, m.key)) + m.beta * outer(m.v, m.key), kGated);
}

TEST(Delta, GatedAfterwards) {
  Delta m;
  m.finish(m.alpha * (m.H * (eye(m.key) - m.beta * outer(m.key, m.key)) + outer(m.v, m.beta * m.key)), kGated);
}

TEST(Delta, GatedThroughTheDecayedState) {
  Delta m;
  Expr decayed = m.H * m.alpha;
  m.finish(decayed + outer(m.v - decayed * m.key, m.key) * m.beta, kGated);
}

TEST(Delta, GatedByADiagonal) {
  Delta m; // Kimi
  Expr a = m.gate("a", {"K"});
  m.finish(m.H * diag(a) * (eye(m.key) - m.beta * outer(m.key, m.key)) + m.beta * outer(m.v, m.key),
           "2 reads, 1 writes, diagonal, affine\n");
}

TEST(Delta, DiagonalPlusLowRank) {
  Delta m; // RWKV-7
  Expr w = m.gate("w", {"K"}), a = m.gate("a", {"K"});
  m.finish(m.H * (diag(w) - outer(m.key, a % m.key)) + outer(m.v, m.k), "2 reads, 2 writes, diagonal, affine\n");
}

TEST(Delta, ValueGateGivesEachChannelItsTriangle) {
  Delta m;
  Expr e = m.gate("e", {"V"});
  m.finish(diag(e) * m.H + m.beta * outer(m.v - m.H * m.key, m.key),
           "2 reads, 1 writes, identity, channel, value gate\n");
}

TEST(Delta, NonlinearWrites) {
  Delta m;
  m.finish(m.H + m.beta * outer(tanh(m.v - m.H * m.key), m.key), "2 reads, 1 writes, identity, nonlinear\n");
}

TEST(Delta, DirectionsAndWritesAreShared) {
  Delta m;
  m.finish(m.alpha * m.H * (eye(m.key) - m.beta * outer(m.key, m.key)) + m.beta * outer(m.v, m.key), kGated);
  auto component = *m.mixer.getOps<mix::ComponentOp>().begin();
  EXPECT_EQ(component.getReadDirs()[0], component.getWriteDirs()[0]); // the normalised key
  EXPECT_FALSE(component.write(0).use_empty());                       // y uses the write value
}

// Reads of half-updated states: n factors are n writes, of linear size, quickly.
TEST(Delta, HouseholderProductsStayLinear) {
  for (int n : {1, 2, 8, 32}) {
    Equations m({"K", "V"});
    Expr q = m.input("q", {"K"}), H = m.state("H", {"V", "K"}), S = H;
    for (int j = 0; j < n; ++j) {
      std::string index = std::to_string(j);
      Expr k = l2norm(m.input(("k" + index).c_str(), {"K"})), v = m.input(("v" + index).c_str(), {"V"}),
           b = m.gate(("b" + index).c_str());
      S = S * (eye(k) - b * outer(k, k)) + b * outer(v, k);
    }
    m.next("H", S);
    m.output("y", S * q);
    auto start = std::chrono::steady_clock::now();
    m.normalize();
    std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    EXPECT_EQ(m.summary(), std::to_string(n + 1) + " reads, " + std::to_string(n) + " writes, identity, affine\n");
    EXPECT_LT(took.count(), 1);
  }
}

TEST(Delta, HouseholderProductsOfATransposedState) {
  for (int n : {3, 16}) {
    Equations m({"K", "V"});
    Expr q = m.input("q", {"K"}), H = m.state("H", {"K", "V"}), S = H;
    for (int j = 0; j < n; ++j) {
      std::string index = std::to_string(j);
      Expr k = m.input(("k" + index).c_str(), {"K"}), v = m.input(("v" + index).c_str(), {"V"});
      Expr b = m.gate(("b" + index).c_str());
      S = (eye(k) - b * outer(k, k)) * S + b * outer(k, v);
    }
    m.next("H", S);
    m.output("y", tr(S) * q);
    m.normalize();
    EXPECT_EQ(m.summary(),
              std::to_string(n + 1) + " reads, " + std::to_string(n) + " writes, identity, affine, turned\n");
  }
}

// A shared state that is mixed by dense matrices, many times over: no normal form, and no long search for one.
TEST(Delta, DenseMixingIsFoundOutSoon) {
  Equations m({"K"});
  Expr q = m.input("q", {"K"}), R = m.param("R", {"K", "K"}), H = m.state("H", {"K", "K"}), S = H;
  for (int j = 0; j < 40; ++j)
    S = 0.1 * (S * R) + 0.1 * (R * S);
  m.next("H", S);
  m.output("y", S * q);
  m.normalize({{"K", 4}});
  EXPECT_EQ(m.summary(), "H: `H[t-1] * R` mixes the state by a dense matrix\n");
}

TEST(Delta, TwoGradientStepsOnOneKeyAreOneWrite) {
  Delta m;
  Expr first = m.H - m.beta * outer(m.H * m.key - m.v, m.key);
  m.finish(first - m.beta * outer(first * m.key - m.v, m.key), kDelta);
}

// Titans: S and M need each other; both take the same write.
TEST(Delta, MomentumIsOneComponentOfTwoStates) {
  Equations m({"K", "V"});
  Expr q = m.input("q", {"K"}), key = l2norm(m.input("k", {"K"})), v = m.input("v", {"V"});
  Expr alpha = m.gate("alpha"), eta = m.gate("eta"), theta = m.gate("theta");
  Expr S = m.state("S", {"V", "K"}), M = m.state("M", {"V", "K"});
  Expr S1 = eta * S - theta * outer(M * key - v, key), M1 = (1 - alpha) * M + S1;
  m.next("S", S1);
  m.next("M", M1);
  m.output("y", M1 * q);
  m.normalize();
  EXPECT_EQ(m.summary(), "2 states, 2 reads, 1 writes, scalar, affine\n");
}

// The first does not need the second, which takes it whole.
TEST(Delta, AStateTakenWholeJoinsItsTaker) {
  Equations m({"K", "V"});
  Expr q = m.input("q", {"K"}), k = m.input("k", {"K"}), v = m.input("v", {"V"}), eta = m.gate("eta"), a = m.gate("a");
  Expr S = m.state("S", {"V", "K"}), M = m.state("M", {"V", "K"});
  Expr S1 = eta * S + outer(v, k), M1 = a * M + 0.5 * S1;
  m.next("S", S1);
  m.next("M", M1);
  m.output("y", M1 * q);
  m.normalize();
  EXPECT_EQ(m.summary(), "2 states, 1 reads, 1 writes, scalar, free\n");
}

// A and B share the value axis alone: one component, whose one write goes into both, each along its own key.
TEST(Delta, StatesSideBySide) {
  Equations m({"J", "K", "V"});
  Expr p = m.input("p", {"J"}), q = m.input("q", {"K"}), v = m.input("v", {"V"}), a = m.gate("a", {"J"}),
       b = m.gate("b");
  Expr A = m.state("A", {"V", "J"}), B = m.state("B", {"K", "V"}), error = v - A * p - tr(B) * q;
  Expr A1 = A * diag(a) + outer(error, p), B1 = b * B + outer(q, error);
  m.next("A", A1);
  m.next("B", B1);
  m.output("y", A1 * p + tr(B1) * q);
  m.normalize({{"J", 3}, {"K", 4}, {"V", 5}});
  EXPECT_EQ(m.summary(), "2 states, 3 reads, 1 writes, diagonal, affine, turned 1\n");
}

TEST(Delta, RowsSideBySide) {
  Equations m({"J", "K"});
  Expr p = m.input("p", {"J"}), q = m.input("q", {"K"}), v = m.input("v"), A = m.state("A", {"J"}),
       B = m.state("B", {"K"});
  Expr error = v - dot(A, p) - dot(B, q);
  m.next("A", A + error * p);
  m.next("B", 0.5 * B + error * q);
  m.output("y", error);
  m.normalize({{"J", 3}, {"K", 4}});
  EXPECT_EQ(m.summary(), "2 states, 2 reads, 1 writes, scalar, affine\n");
}

// The taker is declared the other way round.
TEST(Delta, StatesMayBeTransposedToEachOther) {
  Equations m({"K", "V"});
  Expr q = m.input("q", {"K"}), k = m.input("k", {"K"}), v = m.input("v", {"V"}), eta = m.gate("eta"), a = m.gate("a");
  Expr S = m.state("S", {"V", "K"}), M = m.state("M", {"K", "V"});
  Expr S1 = eta * S + outer(v - tr(M) * k, k), M1 = a * M + tr(S1);
  m.next("S", S1);
  m.next("M", M1);
  m.output("y", tr(M1) * q);
  m.normalize();
  EXPECT_EQ(m.summary(), "2 states, 2 reads, 1 writes, scalar, affine, turned 1\n");
}

TEST(Delta, SquareStatesMayBeTransposedToEachOther) {
  Equations m({"K"});
  Expr q = m.input("q", {"K"}), k = m.input("k", {"K"}), v = m.input("v", {"K"}), a = m.gate("a");
  Expr S = m.state("S", {"K", "K"}), M = m.state("M", {"K", "K"});
  Expr S1 = S + outer(k, v), M1 = a * M + 0.5 * tr(S1);
  m.next("S", S1);
  m.next("M", M1);
  m.output("y", M1 * q);
  m.normalize({{"K", 4}});
  EXPECT_EQ(m.summary(), "2 states, 1 reads, 1 writes, scalar, free, turned 0\n");
}

// A takes two states whole, C one that is declared the other way round: one component.
TEST(Delta, AStateMayTakeSeveral) {
  Equations m({"K", "V"});
  Expr q = m.input("q", {"K"}), k = m.input("k", {"K"}), v = m.input("v", {"V"}), a = m.gate("a");
  Expr A = m.state("A", {"V", "K"}), B = m.state("B", {"V", "K"}), C = m.state("C", {"K", "V"});
  m.next("A", B - tr(C));
  m.next("B", B + outer(v, k));
  m.next("C", a * C + outer(k, v));
  m.output("y", A * q);
  m.normalize();
  EXPECT_EQ(m.summary(), "3 states, 1 reads, 1 writes, scalar, free, turned 2\n");
}

TEST(Delta, AChainOfTransposedTakers) {
  Equations m({"K", "V"});
  Expr q = m.input("q", {"K"}), k = m.input("k", {"K"});
  Expr A = m.state("A", {"V", "K"}), B = m.state("B", {"K", "V"}), C = m.state("C", {"V", "K"});
  Expr A1 = A - outer(tr(B) * k, k), B1 = tr(A1), C1 = tr(B1);
  m.next("A", A1);
  m.next("B", B1);
  m.next("C", C1);
  m.output("y", C1 * q);
  m.normalize();
  EXPECT_EQ(m.summary(), "3 states, 2 reads, 1 writes, scalar, affine, turned 1\n");
}

// The same sum of outer products, factored and distributed.
TEST(Delta, WritesAreFewestInEverySpelling) {
  for (int spelling = 0; spelling < 6; ++spelling) {
    Equations m({"K", "V"});
    Expr q = m.input("q", {"K"}), k = m.input("k", {"K"}), l = m.input("l", {"K"}), v = m.input("v", {"V"}),
         w = m.input("w", {"V"}), a = m.gate("a"), H = m.state("H", {"V", "K"});
    Expr two = outer(v, k) + outer(w, l);
    Expr written = spelling == 0   ? outer(v, l + 0.5 * (k + l))
                   : spelling == 1 ? outer(v, l) + 0.5 * (outer(v, k) + outer(v, l))
                   : spelling == 2 ? outer(v, l) - outer(-(0.5 * v), k + l)
                   : spelling == 3 ? two * (eye(k) - outer(k, q))
                   : spelling == 4 ? two - two * outer(k, q)
                                   : outer(v, k) + outer(w, l) - (outer(dot(k, k) * v, q) + outer(dot(l, k) * w, q));
    Expr next = a * H + written;
    m.next("H", next);
    m.output("y", next * q);
    m.normalize();
    EXPECT_EQ(m.summary(), spelling < 3 ? "1 reads, 1 writes, scalar, free\n" : "1 reads, 2 writes, scalar, free\n")
        << spelling << m.text();
  }
}

// What is forgotten by channel, on either side.
TEST(Delta, GatesOfOneStateAreOneGate) {
  for (bool keys : {false, true}) {
    Equations m({"K", "V"});
    Expr q = m.input("q", {"K"}), k = m.input("k", {"K"}), v = m.input("v", {"V"});
    Expr e = m.gate("e", {"V"}), s = m.gate("s", {"K"}), H = m.state("H", {"V", "K"});
    Expr next = H - (keys ? H * diag(s) : diag(e) * H) + outer(v, k);
    m.next("H", next);
    m.output("y", next * q);
    m.normalize();
    EXPECT_EQ(m.summary(),
              keys ? "1 reads, 1 writes, diagonal, free\n" : "1 reads, 1 writes, identity, free, value gate\n");
  }
}

// Scalars join a gate on the value axis, and gates that differ by one are one gate.
TEST(Delta, ScalarsJoinGates) {
  Equations m({"K", "V"});
  Expr q = m.input("q", {"K"}), k = m.input("k", {"K"}), v = m.input("v", {"V"}), a = m.gate("a"),
       e = m.gate("e", {"V"});
  Expr H = m.state("H", {"V", "K"}), next = diag(a * e) * H - diag(e) * (0.5 * H) + outer(v, k);
  m.next("H", next);
  m.output("y", next * q);
  m.normalize();
  EXPECT_EQ(m.summary(), "1 reads, 1 writes, identity, free, value gate\n") << m.text();
}

TEST(Delta, ARotatedPair) {
  Equations m({"K", "V"});
  Expr q = m.input("q", {"K"}), p = m.input("p", {"K"}), k = m.input("k", {"K"}), v = m.input("v", {"V"});
  Expr c = m.gate("c", {"K"}), s = m.gate("s", {"K"});
  Expr re = m.state("re", {"V", "K"}), im = m.state("im", {"V", "K"});
  Expr re1 = re * diag(c) - im * diag(s) + outer(v, k), im1 = re * diag(s) + im * diag(c);
  m.next("re", re1);
  m.next("im", im1);
  m.output("y", re1 * q - im1 * p);
  m.normalize();
  EXPECT_EQ(m.summary(), "2 states, 2 reads, 1 writes, diagonal, free\n");
}

TEST(Delta, SquareStatesKeepTheirAxes) {
  Equations m({"K"});
  Expr q = m.input("q", {"K"}), k = l2norm(m.input("k", {"K"})), v = m.input("v", {"K"}), b = m.gate("b");
  Expr W = m.state("W", {"K", "K"}), next = W - b * outer(k, tr(W) * k - v);
  m.next("W", next);
  m.output("y", tr(next) * q);
  m.normalize({{"K", 4}});
  EXPECT_EQ(m.summary(), "2 reads, 1 writes, identity, affine, turned\n");
}

// One memory's read is another's key.
TEST(Delta, StrataFeedEachOther) {
  Equations m({"K", "V"});
  Expr q = m.input("q", {"K"}), k = m.input("k", {"K"}), v = m.input("v", {"V"}), a = m.gate("a");
  Expr G = m.state("G", {"K", "K"}), H = m.state("H", {"V", "K"});
  Expr G1 = a * G + outer(k, k), key = tanh(G1 * k);
  Expr H1 = H + outer(v - H * key, key);
  m.next("H", H1); // in any order
  m.next("G", G1);
  m.output("y", H1 * (G * q));
  m.normalize();
  EXPECT_EQ(m.summary(), "2 reads, 1 writes, scalar, free\n2 reads, 1 writes, identity, affine\n");
}

} // namespace
} // namespace mixc::normalize
