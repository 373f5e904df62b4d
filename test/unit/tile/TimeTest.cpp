// What runs along time: recurrences in both directions, and the triangular solve, against loops written out here.
#include "test/unit/tile/Program.h"
#include <gtest/gtest.h>

using namespace mixc::tile;
using namespace mixc::tile::test;

namespace {

constexpr int C = 4, K = 3, V = 2;

TEST(Recur, RunsBothWaysInclusiveAndExclusive) {
  for (bool reverse : {false, true})
    for (bool exclusive : {false, true})
      for (bool start : {false, true}) {
        std::string flags =
            std::string(start ? " init %i : !f" : "") + (reverse ? " reverse" : "") + (exclusive ? " exclusive" : "");
        Program program = line("%a : !r, %b : !k, %i : !f", "!k",
                               "%y = tile.recur %a, %b" + flags + " : !r, !k -> !k\n return %y : !k");
        ASSERT_TRUE(program.module);
        std::vector<Array> x = randomInputs(program.function().getArguments(), 3);
        Array y = run(program, x)[0];
        for (int k = 0; k < K; ++k) {
          double carry = start ? x[2].data[k] : 0;
          for (int i = 0; i < C; ++i) {
            int t = reverse ? C - 1 - i : i;
            double next = x[0].data[t] * carry + x[1].data[t * K + k];
            EXPECT_DOUBLE_EQ(y.data[t * K + k], exclusive ? carry : next) << flags;
            carry = next;
          }
        }
      }
}

TEST(Recur, MakesSegmentProductsWithExactZeros) {
  Program program = line("%a : !r, %i : !p", "!p", "%y = tile.recur %a, %i exclusive : !r, !p -> !p\n return %y : !p");
  Array a = randomInputs(program.function().getArgument(0), 5)[0],
        eye(cast<TileType>(program.function().getArgument(1).getType()).getAxes());
  a.data[2] = 0;
  for (int t = 0; t < C; ++t)
    eye.data[t * C + t] = 1;
  Array y = run(program, {a, eye})[0];
  for (int t = 0; t < C; ++t)
    for (int s = 0; s < C; ++s) {
      double product = s < t;
      for (int i = s + 1; i < t; ++i)
        product *= a.data[i];
      EXPECT_EQ(y.data[t * C + s], product);
    }
}

TEST(Recur, TakesAConstantDecay) {
  Program program = line("%a : !s, %b : !r", "!r", "%y = tile.recur %a, %b : !s, !r -> !r\n return %y : !r");
  std::vector<Array> x = randomInputs(program.function().getArguments(), 6);
  Array y = run(program, x)[0];
  double carry = 0;
  for (int t = 0; t < C; ++t) {
    carry = x[0].data[0] * carry + x[1].data[t];
    EXPECT_DOUBLE_EQ(y.data[t], carry);
  }
}

TEST(Recur, KeepsBlocksApart) {
  for (bool reverse : {false, true}) {
    Program program = line("%a : !r, %b : !r, %i : !s", "!r",
                           std::string("%y = tile.recur %a, %b init %i : !s ") + (reverse ? "reverse " : "") +
                               "exclusive blocks 2 : !r, !r -> !r\n return %y : !r");
    std::vector<Array> x = randomInputs(program.function().getArguments(), 6);
    const int others[] = {reverse ? 3 : 0, reverse ? 2 : 1}; // the block that comes first
    for (int t : others)
      x[0].data[t] = NAN;
    Array y = run(program, x)[0];
    const int first = reverse ? 1 : 2, second = reverse ? 0 : 3;
    EXPECT_EQ(y.data[first], x[2].data[0]);
    EXPECT_DOUBLE_EQ(y.data[second], x[0].data[first] * x[2].data[0] + x[1].data[first]);
  }
}

TEST(Recur, HasAShorterLastBlock) {
  for (bool reverse : {false, true}) {
    Program program = line("%a : !r, %b : !r, %i : !s", "!r",
                           std::string("%y = tile.recur %a, %b init %i : !s ") + (reverse ? "reverse " : "") +
                               "exclusive blocks 3 : !r, !r -> !r\n return %y : !r");
    std::vector<Array> x = randomInputs(program.function().getArguments(), 6);
    Array y = run(program, x)[0];
    for (int first : {reverse ? 2 : 0, 3})
      EXPECT_EQ(y.data[first], x[2].data[0]);
  }
}

TEST(Recur, StaysWithinItsBound) {
  Program program = line("%a : !r, %z : !r, %i : !s", "!r",
                         "%y = tile.recur %a, %z init %i : !s most 1.0e+35 : !r, !r -> !r\n return %y : !r");
  std::vector<Array> x = randomInputs(program.function().getArguments(), 6);
  x[0].data = {1e30, -1e30, 0, NAN};
  x[1].data = {0, 0, 0, 0};
  x[2].data = {1};
  Array y = run(program, x)[0];
  EXPECT_EQ(y.data[1], -1e35);
  EXPECT_EQ(y.data[2], 0);
  EXPECT_TRUE(std::isnan(y.data[3]));
}

TEST(Reduce, MultipliesOverTime) {
  Program program = line("%a : !k", "!f", "%y = tile.reduce mul %a over [\"time\"] : !k -> !f\n return %y : !f");
  std::vector<Array> x = randomInputs(program.function().getArguments(), 6);
  x[0].data[1 * K + 1] = 0;
  Array y = run(program, x)[0];
  for (int k = 0; k < K; ++k) {
    double product = 1;
    for (int t = 0; t < C; ++t)
      product *= x[0].data[t * K + k];
    EXPECT_DOUBLE_EQ(y.data[k], product);
  }
}

TEST(Row, TakesOneToken) {
  Program program = line("%a : !k", "!f", "%y = tile.row %a[2] : !k -> !f\n return %y : !f");
  std::vector<Array> x = randomInputs(program.function().getArguments(), 6);
  Array y = run(program, x)[0];
  for (int k = 0; k < K; ++k)
    EXPECT_EQ(y.data[k], x[0].data[2 * K + k]);
}

TEST(Solve, InvertsTheUnitTriangle) {
  for (bool transpose : {false, true}) {
    Program program = line("%l : !p, %b : !v", "!v",
                           std::string("%x = tile.solve %l, %b") + (transpose ? " transpose" : "") +
                               " : !p, !v -> !v\n return %x : !v");
    ASSERT_TRUE(program.module);
    std::vector<Array> in = randomInputs(program.function().getArguments(), 9);
    for (int t = 0; t < C; ++t)
      for (int s = t; s < C; ++s)
        in[0].data[t * C + s] = NAN; // not read
    Array x = run(program, in)[0];
    for (int t = 0; t < C; ++t)
      for (int v = 0; v < V; ++v) {
        double sum = x.data[t * V + v];
        for (int s = 0; s < C; ++s)
          if (transpose ? s > t : s < t)
            sum += in[0].data[transpose ? s * C + t : t * C + s] * x.data[s * V + v];
        EXPECT_NEAR(sum, in[1].data[t * V + v], 1e-12);
      }
  }
}

TEST(Solve, CouplesSeveralUnknownsOfAToken) {
  const std::string l = "!tile.t<[time:4, source:4, mix(m):2, mix(n):2], f32>", b = "!tile.t<[time:4, mix(m):2], f32>";
  for (bool transpose : {false, true}) {
    Program program =
        line("%l : " + l + ", %b : " + b, b,
             "%x = tile.solve %l, %b mixing \"m\" from \"n\"" + std::string(transpose ? " transpose" : "") + " : " + l +
                 ", " + b + " -> " + b + "\n return %x : " + b);
    ASSERT_TRUE(program.module);
    std::vector<Array> in = randomInputs(program.function().getArguments(), 9);
    for (int t = 0; t < C; ++t)
      for (int s = t; s < C; ++s)
        for (int m = 0; m < 2; ++m)
          for (int n = s == t ? m : 0; n < 2; ++n)
            in[0].data[((t * C + s) * 2 + m) * 2 + n] = NAN; // not read
    Array x = run(program, in)[0];
    for (int t = 0; t < C; ++t)
      for (int m = 0; m < 2; ++m) {
        double sum = x.data[t * 2 + m];
        for (int s = 0; s < C; ++s)
          for (int n = 0; n < 2; ++n) // tokens before, and of this token the unknowns before
            if (transpose ? std::pair(s, n) > std::pair(t, m) : std::pair(s, n) < std::pair(t, m))
              sum += in[0].data[transpose ? ((s * C + t) * 2 + n) * 2 + m : ((t * C + s) * 2 + m) * 2 + n] *
                     x.data[s * 2 + n];
        EXPECT_NEAR(sum, in[1].data[t * 2 + m], 1e-12);
      }
  }
}

} // namespace
