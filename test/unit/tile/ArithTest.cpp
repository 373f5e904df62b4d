// Elementwise ops, sums of products and parts of tiles in the interpreter, against loops written out here.
#include "test/unit/tile/Program.h"
#include <cmath>
#include <gtest/gtest.h>

using namespace mixc::tile;
using namespace mixc::tile::test;

namespace {

constexpr int C = 4, K = 3, V = 2;

/// The first result of a line on random inputs, and these.
struct Case {
  Case(llvm::StringRef arguments, llvm::StringRef result, llvm::StringRef body)
      : program(line(arguments, result, body)) {
    EXPECT_TRUE(program.module);
    if (!program.module)
      return;
    x = randomInputs(program.function().getArguments(), 7);
    y = run(program, x)[0];
  }
  double in(int i, int at) { return x[i].data[at]; }

  Program program;
  std::vector<Array> x;
  Array y;
};

TEST(Map, BroadcastsByName) {
  Case c("%a : !r, %b : !v", "!tile.t<[value(V):2, time:4], f32>", R"(
    %y = tile.map (%a, %b) : (!r, !v) -> !tile.t<[value(V):2, time:4], f32> {
    ^bb0(%p: f32, %q: f32):
      %two = arith.constant 2.0 : f32
      %z = arith.subf %p, %q : f32
      %e = math.exp %z : f32
      %o = arith.mulf %e, %two : f32
      tile.yield %o : f32
    }
    return %y : !tile.t<[value(V):2, time:4], f32>)");
  for (int v = 0; v < V; ++v)
    for (int t = 0; t < C; ++t)
      EXPECT_DOUBLE_EQ(c.y.data[v * C + t], 2 * std::exp(c.in(0, t) - c.in(1, t * V + v)));
}

TEST(Map, RepeatsAlongAxesThatNoOperandHas) {
  Case c("%a : !r", "!v", R"(
    %y = tile.map (%a) : (!r) -> !v {
    ^bb0(%p: f32):
      tile.yield %p : f32
    }
    return %y : !v)");
  for (int t = 0; t < C; ++t)
    for (int v = 0; v < V; ++v)
      EXPECT_EQ(c.y.data[t * V + v], c.in(0, t));
}

TEST(Select, TakesByMask) {
  Case c("%m : !b, %x : !v, %y : !s", "!v", "%z = tile.select %m, %x, %y : !b, !v, !s -> !v\n return %z : !v");
  for (int t = 0; t < C; ++t)
    for (int v = 0; v < V; ++v)
      EXPECT_EQ(c.y.data[t * V + v], c.in(0, t) != 0 ? c.in(1, t * V + v) : c.in(2, 0));
}

TEST(Contract, SumsOverNamedAxes) {
  Case c("%s : !m, %q : !k", "!v", "%z = tile.contract %s, %q over [\"K\"] : !m, !k -> !v\n return %z : !v");
  for (int t = 0; t < C; ++t)
    for (int v = 0; v < V; ++v) {
      double sum = 0;
      for (int k = 0; k < K; ++k)
        sum += c.in(0, v * K + k) * c.in(1, t * K + k);
      EXPECT_DOUBLE_EQ(c.y.data[t * V + v], sum);
    }
}

TEST(Contract, AddsToAcc) {
  Case c("%w : !v, %u : !k, %s : !m", "!m",
         "%z = tile.contract %w, %u acc %s : !m over [\"time\"] : !v, !k -> !m\n return %z : !m");
  for (int v = 0; v < V; ++v)
    for (int k = 0; k < K; ++k) {
      double sum = c.in(2, v * K + k);
      for (int t = 0; t < C; ++t)
        sum += c.in(0, t * V + v) * c.in(1, t * K + k);
      EXPECT_DOUBLE_EQ(c.y.data[v * K + k], sum);
    }
}

TEST(Contract, SharedAxesAreBatchAxes) {
  Case c("%u : !k, %q : !k", "!r", "%z = tile.contract %u, %q over [\"K\"] : !k, !k -> !r\n return %z : !r");
  for (int t = 0; t < C; ++t) {
    double sum = 0;
    for (int k = 0; k < K; ++k)
      sum += c.in(0, t * K + k) * c.in(1, t * K + k);
    EXPECT_DOUBLE_EQ(c.y.data[t], sum);
  }
}

TEST(Contract, MaskLeavesOutTerms) {
  for (bool strict : {false, true}) {
    Case c("%p : !p, %w : !w", "!v",
           std::string("%z = tile.contract %p, %w over [\"source\"] mask ") + (strict ? "strict" : "lower") +
               " : !p, !w -> !v\n return %z : !v");
    for (int t = 0; t < C; ++t)
      for (int v = 0; v < V; ++v) {
        double sum = 0;
        for (int s = 0; s < t + !strict; ++s)
          sum += c.in(0, t * C + s) * c.in(1, s * V + v);
        EXPECT_DOUBLE_EQ(c.y.data[t * V + v], sum);
      }
  }
}

TEST(Contract, MaskGivesExactZeros) {
  Case c("%a : !v, %b : !w", "!p", "%z = tile.contract %a, %b over [\"V\"] mask lower : !v, !w -> !p\n return %z : !p");
  for (int t = 0; t < C; ++t)
    for (int s = 0; s < C; ++s) {
      double sum = 0;
      for (int v = 0; v < V; ++v)
        sum += c.in(0, t * V + v) * c.in(1, s * V + v);
      EXPECT_DOUBLE_EQ(c.y.data[t * C + s], s <= t ? sum : 0);
    }
}

TEST(Contract, ExcludedEntriesAreNotLookedAt) {
  Program program = line("%p : !p, %w : !w", "!v",
                         "%z = tile.contract %p, %w over [\"source\"] mask strict : !p, !w -> !v\n return %z : !v");
  std::vector<Array> x = randomInputs(program.function().getArguments(), 1);
  for (int t = 0; t < C; ++t)
    for (int s = t; s < C; ++s)
      x[0].data[t * C + s] = NAN;
  Array y = run(program, x)[0];
  EXPECT_TRUE(llvm::none_of(y.data, [](double entry) { return std::isnan(entry); }));
}

TEST(Reduce, Adds) {
  Case c("%a : !k", "!f", "%z = tile.reduce add %a over [\"time\"] : !k -> !f\n return %z : !f");
  for (int k = 0; k < K; ++k)
    EXPECT_DOUBLE_EQ(c.y.data[k], c.in(0, k) + c.in(0, K + k) + c.in(0, 2 * K + k) + c.in(0, 3 * K + k));
}

TEST(Reduce, TakesTheMaximum) {
  Case c("%a : !k", "!s", "%z = tile.reduce max %a over [\"time\", \"K\"] : !k -> !s\n return %z : !s");
  EXPECT_EQ(c.y.data[0], *std::max_element(c.x[0].data.begin(), c.x[0].data.end()));
}

TEST(Rename, TransposesByName) {
  Case c("%a : !k", "!tile.t<[key(K):3, source:4], f32>", R"(
    %z = tile.rename %a "time" to "source" : !k -> !tile.t<[key(K):3, source:4], f32>
    return %z : !tile.t<[key(K):3, source:4], f32>)");
  for (int t = 0; t < C; ++t)
    for (int k = 0; k < K; ++k)
      EXPECT_EQ(c.y.data[k * C + t], c.in(0, t * K + k));
}

TEST(Split, TakesPartOfAnAxis) {
  Case c("%a : !k", "!tile.t<[time:4, key(K):2], f32>", R"(
    %z = tile.split %a "K" from 1 : !k -> !tile.t<[time:4, key(K):2], f32>
    return %z : !tile.t<[time:4, key(K):2], f32>)");
  for (int t = 0; t < C; ++t)
    for (int k = 0; k < 2; ++k)
      EXPECT_EQ(c.y.data[t * 2 + k], c.in(0, t * K + k + 1));
}

TEST(Join, PutsPartsOneAfterTheOther) {
  Case c("%a : !k, %b : !tile.t<[time:4, key(K):2], f32>", "!tile.t<[time:4, key(K):5], f32>", R"(
    %z = tile.join %a, %b along "K" : !k, !tile.t<[time:4, key(K):2], f32> -> !tile.t<[time:4, key(K):5], f32>
    return %z : !tile.t<[time:4, key(K):5], f32>)");
  for (int t = 0; t < C; ++t)
    for (int k = 0; k < 5; ++k)
      EXPECT_EQ(c.y.data[t * 5 + k], k < K ? c.in(0, t * K + k) : c.in(1, t * 2 + k - K));
}

TEST(Cast, KeepsNumbers) {
  Case c("%a : !r", "!tile.t<[time:4], f64>", R"(
    %z = tile.cast %a : !r -> !tile.t<[time:4], f64>
    return %z : !tile.t<[time:4], f64>)");
  EXPECT_EQ(c.y.data, c.x[0].data);
}

TEST(Constant, FillsATile) {
  Case c("", "!k", "%z = tile.constant 2.5 : !k\n return %z : !k");
  EXPECT_EQ(c.y.data, std::vector<double>(C * K, 2.5));
}

TEST(Iota, Counts) {
  Case c("", "!r", "%z = tile.iota : !r\n return %z : !r");
  EXPECT_EQ(c.y.data, (std::vector<double>{0, 1, 2, 3}));
}

} // namespace
