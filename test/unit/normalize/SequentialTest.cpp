// States that have no normal form keep mix.next and say why; what stands beside them is still brought to one.
#include "Equations.h"
#include "lowering/normalize/Classify.h"
#include "lowering/normalize/Formula.h"

namespace mixc::normalize {
namespace {

TEST(Sequential, GateOfEveryEntry) {
  Equations m({"K", "V"});
  Expr q = m.input("q", {"K"}), k = m.input("k", {"K"}), v = m.input("v", {"V"}), G = m.gate("G", {"V", "K"});
  Expr H = m.state("H", {"V", "K"}), next = G % H + outer(v, k);
  m.next("H", next);
  m.output("y", next * q);
  m.normalize();
  EXPECT_EQ(m.summary(), "H: `G .* H[t-1]` gates every entry of the state, in no rank-one form\n");
}

TEST(Sequential, DenseMixingInsideAFunction) {
  Equations m({"N"});
  Expr i = m.input("i", {"N"}), f = m.input("f", {"N"}), g = m.input("g", {"N"}), o = m.input("o", {"N"});
  Expr Rf = m.param("Rf", {"N", "N"}), Rg = m.param("Rg", {"N", "N"});
  Expr c = m.state("c", {"N"}), h = m.state("h", {"N"});
  Expr c1 = sigmoid(f + Rf * h) % c + sigmoid(i) % tanh(g + Rg * h), h1 = sigmoid(o) % tanh(c1);
  m.next("c", c1);
  m.next("h", h1);
  m.output("y", h1);
  m.normalize({{"N", 4}});
  EXPECT_EQ(m.summary(), "c: `Rf * h[t-1]` mixes the state by a dense matrix inside `sigmoid`\n"
                         "h: `Rf * h[t-1]` mixes the state by a dense matrix inside `sigmoid`\n");
}

TEST(Sequential, VectorReadEntryByEntry) {
  Equations m({"N"});
  Expr z = m.gate("z", {"N"}), g = m.input("g", {"N"}), h = m.state("h", {"N"});
  Expr next = (1 - z) % h + z % g;
  m.next("h", next);
  m.output("y", next);
  m.normalize({{"N", 4}});
  EXPECT_EQ(m.summary(), "h: `y` takes `h` entry by entry, not by products with vectors\n");
}

TEST(Sequential, WholeOutput) {
  Equations m({"K", "V"});
  Expr k = m.input("k", {"K"}), v = m.input("v", {"V"}), H = m.state("H", {"V", "K"}), next = H + outer(v, k);
  m.next("H", next);
  m.output("y", next);
  m.normalize();
  EXPECT_EQ(m.summary(), "H: `y` takes `H` whole, not by products with vectors\n");
}

TEST(Sequential, GateThatDependsOnReads) {
  Equations m({"K", "V"});
  Expr q = m.input("q", {"K"}), k = m.input("k", {"K"}), v = m.input("v", {"V"}), H = m.state("H", {"V", "K"});
  Expr next = sigmoid(dot(H * k, v)) * H + outer(v, k);
  m.next("H", next);
  m.output("y", next * q);
  m.normalize();
  EXPECT_NE(m.summary().find("the decay of `H` depends on what is read from it"), std::string::npos) << m.summary();
}

TEST(Sequential, ReadsAlongBothAxes) {
  Equations m({"K", "V"});
  Expr q = m.input("q", {"K"}), k = m.input("k", {"K"}), v = m.input("v", {"V"}), H = m.state("H", {"V", "K"});
  Expr next = H + outer(v - H * k, k) - outer(v, tr(H) * v);
  m.next("H", next);
  m.output("y", next * q);
  m.normalize();
  EXPECT_NE(m.summary().find("is read along both of its axes"), std::string::npos) << m.summary();
}

// What is only scaled by a read is still a direction of its own.
TEST(Sequential, ScalarsOfReadsLeaveDirections) {
  Equations m({"K", "V"});
  Expr q = m.input("q", {"K"}), k = m.input("k", {"K"}), v = m.input("v", {"V"}), H = m.state("H", {"V", "K"});
  Expr next = H + outer(v, k), s = dot(next * q, v);
  m.next("H", next);
  m.output("y", next * (s * k + q));
  m.normalize();
  EXPECT_EQ(m.summary(), "2 reads, 1 writes, identity, free\n");
}

// mLSTM: the stabiliser is a scan, the memories beside it are not.
TEST(Sequential, StabiliserBesideMemories) {
  Equations m({"K", "V"});
  Expr q = m.input("q", {"K"}), k = m.input("k", {"K"}), v = m.input("v", {"V"}), i = m.input("i"), f = m.input("f");
  Expr top = m.state("m", {}), C = m.state("C", {"V", "K"}), n = m.state("n", {"K"});
  Expr decay = -softplus(-f), top1 = max(decay + top, i), keep = exp(decay + top - top1), add = exp(i - top1);
  Expr C1 = keep * C + add * outer(v, k), n1 = keep * n + add * k;
  m.next("m", top1);
  m.next("C", C1);
  m.next("n", n1);
  m.output("h", C1 * q / max(abs(dot(n1, q)), exp(-top1)));
  m.normalize();
  EXPECT_EQ(m.summary().find("m: `m` is a scalar"), m.summary().find("m: ")) << m.summary();
  EXPECT_NE(m.summary().find("1 reads, 1 writes, scalar, free\n1 reads, 1 writes, scalar, free\n"), std::string::npos)
      << m.summary();
}

// A vector state that feeds keys is input to the memory behind it.
TEST(Sequential, AveragedKeysFeedAMemory) {
  Equations m({"K", "V"});
  Expr q = m.input("q", {"K"}), k = m.input("k", {"K"}), v = m.input("v", {"V"}), a = m.gate("a");
  Expr mean = m.state("mean", {"K"}), H = m.state("H", {"V", "K"});
  Expr mean1 = a * mean + (1 - a) * k, H1 = H + outer(v, mean1);
  m.next("mean", mean1);
  m.next("H", H1);
  m.output("y", H1 * q);
  m.normalize();
  EXPECT_NE(m.summary().find("mean: "), std::string::npos);
  EXPECT_NE(m.summary().find("1 reads, 1 writes, identity, free\n"), std::string::npos) << m.summary();
}

TEST(Sequential, RunningTwiceChangesNothing) {
  Equations m({"K", "V"});
  Expr q = m.input("q", {"K"}), k = m.input("k", {"K"}), v = m.input("v", {"V"}), b = m.gate("b");
  Expr H = m.state("H", {"V", "K"}), next = H + b * outer(v - H * k, k);
  m.next("H", next);
  m.output("y", next * q);
  m.normalize();
  std::string once = m.text();
  m.normalize();
  EXPECT_EQ(m.text(), once);
}

TEST(Formula, SpeaksTheUsersNames) {
  Equations m({"K", "V"});
  Expr q = m.input("q", {"K"}), k = l2norm(m.input("k", {"K"})), v = m.input("v", {"V"}), b = m.gate("beta");
  Expr H = m.state("H", {"V", "K"}), next = H * (eye(k) - b * outer(k, k)) + b * outer(v, k);
  EXPECT_EQ(formula(next.value), "H[t-1] * (I - beta * (l2norm(k) * l2norm(k)')) + beta * (v * l2norm(k)')");
  m.next("H", next);
  m.output("y", next * q);
  m.normalize();
  auto component = *m.mixer.getOps<mix::ComponentOp>().begin();
  EXPECT_EQ(formula(component.getPhi().front().getTerminator()->getOperand(0)), "beta * v - beta * r0");
  EXPECT_EQ(formula((*m.mixer.getOps<mix::OutputOp>().begin()).getValue()), "r1 + l2norm(k)' * q * w0");
  EXPECT_EQ(describeClass(component), "no decay, two reads, one write: chunked (one triangular solve per chunk)");
}

} // namespace
} // namespace mixc::normalize
