// Memories whose writes are free of reads: linear attention and its decays, normalisers, gates on either axis.
#include "Equations.h"

namespace mixc::normalize {
namespace {

TEST(Linear, AttentionIsTheIdentity) {
  Equations m({"K", "V"});
  Expr q = m.input("q", {"K"}, Rate::Group), k = m.input("k", {"K"}, Rate::Group), v = m.input("v", {"V"});
  Expr H = m.state("H", {"V", "K"}), next = H + outer(v, k);
  m.next("H", next);
  m.output("y", next * q);
  m.normalize();
  EXPECT_EQ(m.summary(), "1 reads, 1 writes, identity, free\n");
}

TEST(Linear, ElementwiseFeaturesAndNormaliser) {
  Equations m({"K", "V"});
  Expr q = elu(m.input("q", {"K"}, Rate::Group)) + 1, k = elu(m.input("k", {"K"}, Rate::Group)) + 1,
       v = m.input("v", {"V"});
  Expr H = m.state("H", {"V", "K"}), z = m.state("z", {"K"});
  Expr next = H + outer(v, k), norm = z + k;
  m.next("H", next);
  m.next("z", norm);
  m.output("y", next * q / dot(norm, q));
  m.normalize();
  EXPECT_EQ(m.summary(), "1 reads, 1 writes, identity, free\n1 reads, 1 writes, identity, free\n");
}

TEST(Linear, RetentionDecaysByAParam) {
  Equations m({"K", "V"});
  Expr q = m.input("q", {"K"}), k = m.input("k", {"K"}), v = m.input("v", {"V"}), gamma = m.param("gamma");
  Expr H = m.state("H", {"V", "K"}), next = gamma * H + outer(v, k);
  m.next("H", next);
  m.output("y", next * q);
  m.normalize();
  EXPECT_EQ(m.summary(), "1 reads, 1 writes, scalar, free\n");
}

// The decay spelt as what is forgotten: H - (1 - a) H.
TEST(Linear, GatesOfOneStateAreOne) {
  Equations m({"K", "V"});
  Expr q = m.input("q", {"K"}), k = m.input("k", {"K"}), v = m.input("v", {"V"}), a = m.gate("a");
  Expr H = m.state("H", {"V", "K"}), next = H - (1 - a) * H + outer(v, k);
  m.next("H", next);
  m.output("y", next * q);
  m.normalize();
  EXPECT_EQ(m.summary(), "1 reads, 1 writes, scalar, free\n");
}

// Mamba-2: the step scales the input, and stands in the decay.
TEST(Linear, StepsScaleWrites) {
  Equations m({"K", "V"});
  Expr C = m.input("C", {"K"}, Rate::Group), B = m.input("B", {"K"}, Rate::Group), x = m.input("x", {"V"}),
       dt = m.input("dt");
  Expr A = m.param("A"), bias = m.param("bias"), D = m.param("D");
  Expr step = softplus(dt + bias), H = m.state("H", {"V", "K"});
  Expr next = exp(-exp(A) * step) * H + outer(step * x, B);
  m.next("H", next);
  m.output("y", next * C + D * x);
  m.normalize();
  EXPECT_EQ(m.summary(), "1 reads, 1 writes, scalar, free\n");
}

// The write direction stays the group's: the head's step moves to the value.
TEST(Linear, ScalarsMoveOutOfDirections) {
  Equations m({"K", "V"});
  Expr q = m.input("q", {"K"}, Rate::Group), k = m.input("k", {"K"}, Rate::Group), v = m.input("v", {"V"}),
       b = m.gate("b");
  Expr H = m.state("H", {"V", "K"}), next = H + outer(v, b * k);
  m.next("H", next);
  m.output("y", next * q);
  m.normalize();
  auto component = *m.mixer.getOps<mix::ComponentOp>().begin();
  EXPECT_TRUE(component.getWriteDirs()[0].getDefiningOp<mix::InputOp>());
}

TEST(Linear, GateOnTheKeyAxis) {
  Equations m({"K", "V"});
  Expr q = m.input("q", {"K"}), k = m.input("k", {"K"}), v = m.input("v", {"V"}), a = m.gate("a", {"K"});
  Expr H = m.state("H", {"V", "K"}), next = H * diag(a) + outer(v, 1 - a);
  m.next("H", next);
  m.output("y", next * q + dot(k, q) * v);
  m.normalize();
  EXPECT_EQ(m.summary(), "1 reads, 1 writes, diagonal, free\n");
}

TEST(Linear, GateOnBothAxes) {
  Equations m({"K", "V"});
  Expr q = m.input("q", {"K"}), k = m.input("k", {"K"}), v = m.input("v", {"V"});
  Expr s = m.gate("s", {"K"}), g = m.gate("g", {"V"});
  Expr H = m.state("H", {"V", "K"}), next = outer(g, s) % H + outer(v, k);
  m.next("H", next);
  m.output("y", next * q);
  m.normalize();
  EXPECT_EQ(m.summary(), "1 reads, 1 writes, diagonal, free, value gate\n");
}

// The token before the decay is read with a bonus (RWKV-6).
TEST(Linear, OldStateWithBonus) {
  Equations m({"K", "V"});
  Expr r = m.input("r", {"K"}), k = m.input("k", {"K"}), v = m.input("v", {"V"}), w = m.gate("w", {"K"}),
       u = m.param("u", {"K"});
  Expr H = m.state("H", {"V", "K"});
  m.next("H", H * diag(w) + outer(v, k));
  m.output("y", (H + outer(v, u % k)) * r);
  m.normalize();
  EXPECT_EQ(m.summary(), "1 reads, 1 writes, diagonal, free\n");
}

TEST(Linear, TheSumOfAStateIsARead) {
  Equations m({"K", "V"});
  Expr q = m.input("q", {"K"}), k = m.input("k", {"K"}), v = m.input("v", {"V"}), a = m.gate("a");
  Expr H = m.state("H", {"V", "K"}), next = a * H + outer(v, k);
  m.next("H", next);
  m.output("y", next * q / sum(next));
  m.normalize();
  EXPECT_EQ(m.summary(), "2 reads, 1 writes, scalar, free\n");
}

TEST(Linear, NormaliserWithItsOwnDelta) {
  Equations m({"K", "V"});
  Expr q = m.input("q", {"K"}), k = l2norm(m.input("k", {"K"})), b = m.gate("b");
  Expr z = m.state("z", {"K"}), next = (eye(k) - b * outer(k, k)) * z + b * k;
  m.next("z", next);
  m.output("y", dot(next, q) * q);
  m.normalize();
  EXPECT_EQ(m.summary(), "2 reads, 1 writes, identity, affine\n");
}

TEST(Linear, RowWithADiagonalGate) {
  Equations m({"K", "V"});
  Expr q = m.input("q", {"K"}), k = m.input("k", {"K"}), a = m.gate("a", {"K"});
  Expr z = m.state("z", {"K"}), next = a % z + k + 0.5;
  m.next("z", next);
  m.output("y", dot(q, next) + sum(next));
  m.normalize();
  EXPECT_EQ(m.summary(), "2 reads, 1 writes, diagonal, free\n");
}

} // namespace
} // namespace mixc::normalize
