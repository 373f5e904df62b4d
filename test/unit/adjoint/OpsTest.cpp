// The adjoint of every tile op, in every form, against central differences.
#include "lowering/adjoint/Adjoint.h"
#include "test/unit/adjoint/Gradient.h"
#include <gtest/gtest.h>

using namespace mixc::tile;
using namespace mixc::tile::test;

namespace {

TEST(Adjoint, Map) {
  checkGradient("%a : !r, %b : !v, %c : !s", "!v", R"(
    %y = tile.map (%a, %b, %c, %a) : (!r, !v, !s, !r) -> !v {
    ^bb0(%p: f32, %q: f32, %u: f32, %w: f32):
      %m = arith.mulf %p, %q : f32
      %e = math.tanh %m : f32
      %n = arith.subf %e, %u : f32
      %o = arith.mulf %n, %e : f32
      %z = arith.addf %o, %w : f32
      tile.yield %z : f32
    }
    return %y : !v)");
}

TEST(Adjoint, MapThatIgnoresAnOperand) {
  checkGradient("%a : !r, %b : !r", "!r", R"(
    %y = tile.map (%a, %b) : (!r, !r) -> !r {
    ^bb0(%p: f32, %q: f32):
      %z = math.absf %p : f32
      tile.yield %z : f32
    }
    return %y : !r)");
}

TEST(Adjoint, ContractIntoAState) {
  checkGradient("%w : !v, %u : !k, %s : !m", "!m",
                "%y = tile.contract %w, %u acc %s : !m over [\"time\"] : !v, !k -> !m\n return %y : !m");
}

TEST(Adjoint, ContractWithTheState) {
  checkGradient("%s : !m, %q : !k", "!v", "%y = tile.contract %s, %q over [\"K\"] : !m, !k -> !v\n return %y : !v");
}

TEST(Adjoint, ContractWithBatchAxes) {
  checkGradient("%u : !k, %q : !k", "!r", "%y = tile.contract %u, %q over [\"K\"] : !k, !k -> !r\n return %y : !r");
}

TEST(Adjoint, ContractToPairs) {
  for (std::string mask : {"lower", "strict"})
    checkGradient("%a : !v, %b : !w", "!p",
                  "%y = tile.contract %a, %b over [\"V\"] mask " + mask + " : !v, !w -> !p\n return %y : !p");
}

TEST(Adjoint, ContractThroughPairs) {
  for (std::string mask : {"lower", "strict"})
    checkGradient("%p : !p, %w : !w, %c : !v", "!v",
                  "%y = tile.contract %p, %w acc %c : !v over [\"source\"] mask " + mask +
                      " : !p, !w -> !v\n return %y : !v");
}

TEST(Adjoint, ContractThatIsAnOuterProduct) {
  checkGradient("%a : !r, %f : !f", "!k", "%y = tile.contract %a, %f over [] : !r, !f -> !k\n return %y : !k");
}

TEST(Adjoint, ContractOfATileWithItself) {
  checkGradient("%u : !k", "!r", "%y = tile.contract %u, %u over [\"K\"] : !k, !k -> !r\n return %y : !r");
}

TEST(Adjoint, Select) {
  checkGradient("%m : !b, %x : !v, %y : !s", "!v", "%z = tile.select %m, %x, %y : !b, !v, !s -> !v\n return %z : !v");
}

TEST(Adjoint, ReduceAdd) {
  checkGradient("%a : !k", "!f", "%y = tile.reduce add %a over [\"time\"] : !k -> !f\n return %y : !f");
}

TEST(Adjoint, ReduceMax) {
  checkGradient("%a : !k", "!r", "%y = tile.reduce max %a over [\"K\"] : !k -> !r\n return %y : !r");
}

TEST(Adjoint, ReduceMaxSharesTies) {
  Program program = line("%a : !r", "!s", "%y = tile.reduce max %a over [\"time\"] : !r -> !s\n return %y : !s");
  Array a = randomInputs(program.function().getArguments(), 1)[0], seed{llvm::ArrayRef<Axis>()};
  a.data = {2, 1, 2, -3};
  seed.data = {3};
  EXPECT_EQ(gradient(program.function(), a, seed)[0].data, (std::vector<double>{1.5, 0, 1.5, 0}));
}

TEST(Adjoint, Recur) {
  for (std::string direction : {"", " reverse"})
    for (std::string end : {"", " exclusive"})
      for (std::string init : {"", " init %i : !f", " init %j : !s"})
        checkGradient("%a : !r, %b : !k, %i : !f, %j : !s", "!k",
                      "%y = tile.recur %a, %b" + init + direction + end + " : !r, !k -> !k\n return %y : !k");
}

TEST(Adjoint, RecurWithADecayPerEntry) {
  checkGradient("%a : !k, %b : !k", "!k", "%y = tile.recur %a, %b reverse : !k, !k -> !k\n return %y : !k");
}

TEST(Adjoint, RecurWithAConstantDecay) {
  checkGradient("%a : !s, %b : !k", "!k", "%y = tile.recur %a, %b exclusive : !s, !k -> !k\n return %y : !k");
}

TEST(Adjoint, RecurAtZeroAndTinyDecays) {
  for (std::string flags : {"", " exclusive", " reverse", " reverse exclusive"}) {
    Program program = line("%a : !r, %b : !k, %i : !f", "!k",
                           "%y = tile.recur %a, %b init %i : !f" + flags + " : !r, !k -> !k\n return %y : !k");
    std::vector<Array> x = randomInputs(program.function().getArguments(), 2);
    x[0].data = {1e-30, 0, 0, 1};
    checkGradient(program.function(), x);
  }
}

TEST(Adjoint, RecurInBlocks) {
  for (std::string flags : {"", " exclusive", " reverse", " reverse exclusive"})
    for (std::string init : {"", " init %i : !f"})
      checkGradient("%a : !k, %b : !k, %i : !f", "!k",
                    "%y = tile.recur %a, %b" + init + flags + " blocks 3 : !k, !k -> !k\n return %y : !k");
}

TEST(Adjoint, Product) {
  const std::string text = "%y = tile.reduce mul %a over [\"time\"] : !k -> !f\n return %y : !f";
  checkGradient("%a : !k", "!f", text);
  // One factor of 0, and two: the others' product, no quotient.
  Program program = line("%a : !k", "!f", text);
  std::vector<Array> x = randomInputs(program.function().getArguments(), 2);
  x[0].data[0] = x[0].data[1] = x[0].data[4] = 0;
  checkGradient(program.function(), x);
}

TEST(Adjoint, Solve) {
  for (std::string transpose : {"", " transpose"})
    checkGradient("%l : !p, %b : !v", "!v", "%y = tile.solve %l, %b" + transpose + " : !p, !v -> !v\n return %y : !v");
}

TEST(Adjoint, SolveOfOneColumn) {
  checkGradient("%l : !p, %b : !r", "!r", "%y = tile.solve %l, %b : !p, !r -> !r\n return %y : !r");
  // Two unknowns a token, coupled.
  const std::string l = "!tile.t<[time:4, source:4, mix(m):2, mix(n):2], f32>",
                    b = "!tile.t<[time:4, mix(m):2, value(V):3], f32>";
  for (std::string transpose : {"", " transpose"})
    checkGradient("%l : " + l + ", %b : " + b, b,
                  "%y = tile.solve %l, %b mixing \"m\" from \"n\"" + transpose + " : " + l + ", " + b + " -> " + b +
                      "\n return %y : " + b);
}

TEST(Adjoint, Row) { checkGradient("%a : !k", "!f", "%y = tile.row %a[2] : !k -> !f\n return %y : !f"); }

TEST(Adjoint, Rename) {
  checkGradient("%a : !k, %b : !c", "!tile.t<[source:4, key(K):3], f32>", R"(
    %x = tile.rename %a "time" to "source" : !k -> !tile.t<[source:4, key(K):3], f32>
    %y = tile.map (%x, %b) : (!tile.t<[source:4, key(K):3], f32>, !c) -> !tile.t<[source:4, key(K):3], f32> {
    ^bb0(%p: f32, %q: f32):
      %z = arith.mulf %p, %q : f32
      tile.yield %z : f32
    }
    return %y : !tile.t<[source:4, key(K):3], f32>)");
}

TEST(Adjoint, SplitAtEveryPlace) {
  for (std::string from : {"0", "1", "2"})
    checkGradient("%a : !k", "!tile.t<[time:2, key(K):3], f32>",
                  "%y = tile.split %a \"time\" from " + from + " : !k -> !tile.t<[time:2, key(K):3], f32>\n" +
                      "return %y : !tile.t<[time:2, key(K):3], f32>");
}

TEST(Adjoint, Join) {
  checkGradient("%a : !k, %b : !tile.t<[time:4, key(K):2], f32>", "!tile.t<[time:4, key(K):5], f32>", R"(
    %y = tile.join %a, %b along "K" : !k, !tile.t<[time:4, key(K):2], f32> -> !tile.t<[time:4, key(K):5], f32>
    return %y : !tile.t<[time:4, key(K):5], f32>)");
}

TEST(Adjoint, Cast) {
  checkGradient("%a : !r", "!tile.t<[time:4], f64>", R"(
    %x = tile.cast %a : !r -> !tile.t<[time:4], f64>
    %y = tile.map (%x) : (!tile.t<[time:4], f64>) -> !tile.t<[time:4], f64> {
    ^bb0(%p: f64):
      %z = math.sin %p : f64
      tile.yield %z : f64
    }
    return %y : !tile.t<[time:4], f64>)");
}

TEST(Adjoint, AddsUpWhereAValueIsUsedTwice) {
  checkGradient("%a : !r, %b : !r", "!r, !r", R"(
    %x = tile.recur %a, %b : !r, !r -> !r
    %y = tile.recur %b, %x reverse : !r, !r -> !r
    return %y, %x : !r, !r)");
}

TEST(Adjoint, LoopsAreNoStraightLine) {
  Program program = Program::fromFile("gated-retention.mlir");
  std::vector<std::string> messages;
  mlir::ScopedDiagnosticHandler collect(program.context.get(),
                                        [&](mlir::Diagnostic &diagnostic) { messages.push_back(diagnostic.str()); });
  mlir::Block &body = program.kernel().getBody().front();
  mlir::OpBuilder builder(program.context.get());
  builder.setInsertionPointToEnd(&body);
  auto loop = *body.getOps<mixc::tile::ChunksOp>().begin();
  mixc::Cotangents cotangents;
  cotangents[loop.getResult(0)] = loop.getResult(0);
  EXPECT_TRUE(mlir::failed(mixc::differentiate(body, loop.getInits()[0], builder, cotangents)));
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_NE(messages[0].find("is no part of a straight line"), std::string::npos);
}

} // namespace
