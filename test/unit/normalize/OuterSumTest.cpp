// Sums of outer products of polynomials, and the fewest products that they are.
#include "lowering/normalize/OuterSum.h"
#include "gtest/gtest.h"

namespace mixc::normalize {
namespace {

// Atoms: scalars a, b, c, values v, w and directions x, y, z.
Polynomial scalar(Atom atom) { return Polynomial(Monomial{{atom}, {}}); }
Polynomial vector(Atom atom) { return Polynomial(Monomial{{}, {atom}}); }
const Polynomial a = scalar(0), b = scalar(1), c = scalar(2), v = vector(3), w = vector(4), x = vector(5),
                 y = vector(6), z = vector(7);

struct Term {
  Polynomial value, direction;
  unsigned into = 0;
};

std::vector<OuterSum::Product> fewest(const std::vector<Term> &terms, bool isFixed = false) {
  OuterSum sum([=](Atom) { return isFixed; });
  for (const Term &term : terms)
    sum.add(term.value, term.into, term.direction);
  std::optional<std::vector<OuterSum::Product>> products = sum.fewest();
  EXPECT_TRUE(products.has_value());
  // The same sum: nothing is left of the difference.
  for (const OuterSum::Product &product : *products)
    for (const auto &[into, along] : product.along)
      sum.add(product.value, into, Polynomial(-1) * along);
  EXPECT_EQ(sum.fewest()->size(), 0u);
  return *products;
}

TEST(Polynomial, CancelsAndDivides) {
  EXPECT_TRUE((Polynomial(0.1) + Polynomial(0.2) - Polynomial(0.3)).isZero());
  EXPECT_EQ((a + b) * (a - b), a * a - b * b);
  EXPECT_EQ(*divided(a * a - b * b, a + b), a - b);
  EXPECT_EQ(*divided((a + b * c) * (c - Polynomial(2)), c - Polynomial(2)), a + b * c);
  EXPECT_FALSE(divided(a * a + b, a));
  EXPECT_FALSE(divided(a, Polynomial()));
  EXPECT_EQ((a * b + a * a).content(), Monomial({{0}, {}}));
  EXPECT_EQ((Polynomial(2) * a - b).key(), (Polynomial(-6) * a + Polynomial(3) * b).key());
  EXPECT_NE((a - b).key(), (a + b).key());
}

TEST(OuterSum, WhatCancelsIsNotWritten) {
  EXPECT_EQ(fewest({{v, x}, {v, Polynomial(-1) * x}}).size(), 0u);
  EXPECT_EQ(fewest({{v + w, x}, {v - w, x}, {Polynomial(-2) * v, x}, {w, y}}).size(), 1u);
}

TEST(OuterSum, CombinationsByNumbers) {
  // (v + w)(x + y)' multiplied out, and with a part taken off
  EXPECT_EQ(fewest({{v, x}, {v, y}, {w, x}, {w, y}}).size(), 1u);
  EXPECT_EQ(fewest({{v, x}, {v, y}, {w, x}, {w, y}, {v, z}}).size(), 2u);
  // a (v + w)(x + y)' + b (v + u)(x + z)': the row of v is that of w and of u
  Polynomial u = vector(8);
  EXPECT_EQ(fewest({{a * (v + w), x + y}, {b * (v + u), x + z}}).size(), 2u);
}

TEST(OuterSum, MultiplesByPolynomials) {
  EXPECT_EQ(fewest({{(a + b) * v, x}, {(a + b) * (c * v), y}}).size(), 1u);
  EXPECT_EQ(fewest({{a * v, x + c * y}, {b * w, x + c * y}}).size(), 1u);
  EXPECT_EQ(fewest({{v, a * x + b * y}, {w, b * x + a * y}}).size(), 2u);
}

TEST(OuterSum, EachPartIsWrittenTheShorterWay) {
  // one value along many vectors beside many values along one vector
  Polynomial u = vector(8), d = vector(9);
  EXPECT_EQ(fewest({{v, a * x + b * y}, {v, c * z}, {w, a * d}, {u, b * d}}).size(), 2u);
}

TEST(OuterSum, SumsShareTheirValues) {
  EXPECT_EQ(fewest({{v, x, 0}, {c * v, x, 1}}).size(), 1u);
  EXPECT_EQ(fewest({{v, x, 0}, {w, x, 1}}).size(), 2u);
}

TEST(OuterSum, FixedScalarsStayInValues) {
  EXPECT_EQ(fewest({{a * v, x}, {b * v, y}}, /*isFixed=*/true).size(), 2u);
  EXPECT_EQ(fewest({{a * v, x}, {b * v, y}}, /*isFixed=*/false).size(), 1u);
}

} // namespace
} // namespace mixc::normalize
