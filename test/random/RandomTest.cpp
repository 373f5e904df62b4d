// A fixed few of the random mixers, and what the generator, the judge and the shrinker promise.
#include "test/random/Campaign.h"
#include "test/random/Exact.h"
#include "test/random/Generator.h"
#include "test/random/Isolate.h"
#include "test/random/Rewrite.h"
#include <gtest/gtest.h>

namespace mixc::random {
namespace {

void expectAllPass(const Campaign &campaign) {
  std::string said;
  llvm::raw_string_ostream out(said);
  Tally tally = run(campaign, out);
  print(tally, out);
  EXPECT_EQ(tally.passed, tally.mixers) << said;
  EXPECT_TRUE(tally.saysEnough()) << tally.saidNothing << " mixers say nothing\n" << said;
}

TEST(RandomMixers, TilesAgreeWithTheEquations) { expectAllPass({.count = 100, .seed = 0}); }

TEST(RandomMixers, LibrariesAgreeWithTheEquations) { expectAllPass({.count = 12, .seed = 500, .compileEvery = 1}); }

TEST(RandomMixers, LibrariesAgreeWhereGatesRepeat) {
  expectAllPass({.count = 6, .seed = 700, .compileEvery = 1, .repeated = 1500});
}

TEST(Generator, SameSeedSameMixer) {
  for (uint64_t seed : {0, 7, 1000})
    EXPECT_EQ(generate(seed).mixer.text(), generate(seed).mixer.text());
  EXPECT_NE(generate(0).mixer.text(), generate(1).mixer.text());
}

/// Every construct turns up, and every rule finds something to rewrite.
TEST(Generator, Coverage) {
  std::map<std::string, int64_t> marks;
  std::map<std::string, int64_t> uses;
  for (uint64_t seed = 0; seed < 800; ++seed) {
    Generated generated = generate(seed);
    for (const std::string &mark : generated.marks)
      ++marks[mark];
    if (seed % 4 == 0)
      for (const std::string &rule : ruleNames())
        uses[rule] += static_cast<int64_t>(rewritten(generated.mixer, rule).size());
  }
  std::vector<std::string> wanted = constructNames();
  for (const char *mark : {"memory",
                           "memory turned",
                           "memory of one dim",
                           "mixing of 2",
                           "mixing of 3",
                           "momentum, transposed",
                           "momentum, key gate",
                           "oja, gate",
                           "stabiliser: max",
                           "stabiliser: logaddexp",
                           "full gate: of a full gate",
                           "semiring: max",
                           "semiring: min",
                           "semiring: logaddexp",
                           "start",
                           "step: scalar decay",
                           "step: free write",
                           "step: householder",
                           "step: delta rule",
                           "step: delta rule of two keys",
                           "step: key gate",
                           "step: value gate",
                           "step: gate of both axes",
                           "step: gate minus a product",
                           "step: delta rule, a rate per channel",
                           "step: write not affine",
                           "step: write scaled by its read",
                           "loss: normalised",
                           "loss: robust",
                           "value from another memory",
                           "key from another memory",
                           "convolution",
                           "token shift",
                           "lagged let",
                           "read: old",
                           "read: new",
                           "read: half-updated",
                           "read: with a bonus",
                           "read: two hops",
                           "read: other axis",
                           "read: all entries",
                           "read: along what was read",
                           "decay: constant",
                           "decay: param",
                           "decay: token",
                           "decay: param and token",
                           "decay: power"})
    wanted.emplace_back(mark);
  for (const std::string &mark : wanted)
    EXPECT_GE(marks[mark], 4) << mark;
  for (const auto &[rule, count] : uses)
    EXPECT_GE(count, 20) << rule;
}

/// What is left out, nothing has; what is asked for, all have that can.
TEST(Generator, Selection) {
  Selection only{.only = "rotation"}, without{.without = {"lag", "family", "memory alone"}};
  for (uint64_t seed = 0; seed < 100; ++seed) {
    EXPECT_TRUE(generate(seed, only).marks.count("rotation"));
    for (const std::string &name : without.without)
      EXPECT_FALSE(generate(seed, without).marks.count(name)) << name;
  }
}

/// Chaos passes for what it is: it is counted, and more than one mixer in fifty is too many.
TEST(Judge, WhatSaysNothingIsCounted) {
  const Tolerance chaos{0.5, Reason::Perturbation};
  EXPECT_EQ(markOf(chaos, 0.1, Reason::Float64), "says nothing: perturbed arguments");
  EXPECT_EQ(markOf(chaos, 1e-3, Reason::Float64), "tolerance: perturbed arguments");
  EXPECT_EQ(markOf(Tolerance::float64(), 1e-12, Reason::Float64), std::nullopt);
  Tally tally;
  tally.mixers = 100;
  tally.saidNothing = 2;
  EXPECT_TRUE(tally.saysEnough());
  tally.saidNothing = 3;
  EXPECT_FALSE(tally.saysEnough());
}

TEST(Judge, ACrashIsAVerdict) {
  EXPECT_EQ(isolate([]() -> Verdict { std::abort(); }, 10).kind, "crash");
  EXPECT_EQ(isolate(
                []() -> Verdict {
                  for (volatile int forever = 1; forever;) {
                  }
                  return {};
                },
                1)
                .kind,
            "timeout");
  EXPECT_EQ(isolate([]() -> Verdict { return {.kind = "said"}; }, 10).kind, "said");
}

/// v f(v' S k) k' reads along either axis, so a gate on that of `k` may be the gate of the values.
TEST(Judge, AGateOfEitherAxisWhereNoWriteIsAffine) {
  Shape matrix{"V", "K"}, key{"K", ""}, value{"V", ""};
  Term S = oldState("S", matrix) * diag(name("g", key)), k = name("k", key), v = name("v", value);
  Mixer mixer;
  mixer.arguments = {
      {.name = "g", .shape = key, .interval = {{0, 1}}}, {.name = "k", .shape = key}, {.name = "v", .shape = value}};
  mixer.states = {
      {.name = "S", .shape = matrix, .update = S + v * transpose(call("tanh", {transpose(v) * (S * k)}) * k)}};
  mixer.outputs = {{"y", transpose(oldState("S", matrix)) * v}};
  mixer.promises["S"] = {.normal = true, .count = 1, .writes = Writes::Nonlinear, .transition = Transition::Diagonal};
  Verdict verdict = judge(mixer, drawTrial(1, false, mixer));
  EXPECT_EQ(verdict.kind, "") << verdict.message << mixer.text();
  EXPECT_NE(verdict.findings.find("value gate"), std::string::npos) << verdict.findings;
}

TEST(Judge, AWrongPromiseIsFoundAndMadeSmall) {
  // A mixer with a key gate, said to be chunkable.
  Mixer mixer;
  for (uint64_t seed = 0; mixer.states.empty(); ++seed) {
    Generated generated = generate(seed);
    if (generated.marks.count("step: key gate") && generated.mixer.states.size() == 1)
      mixer = generated.mixer;
  }
  mixer.promises[mixer.states[0].name] = {.normal = true, .count = 100, .writes = Writes::Affine};
  Trial trial = drawTrial(1, false, mixer);
  Verdict verdict = judge(mixer, trial);
  ASSERT_EQ(verdict.kind, "slower class");
  Failure small = shrink({mixer, trial, "", verdict}, 20);
  EXPECT_EQ(small.verdict.kind, "slower class");
  EXPECT_LT(small.mixer.size(), 30u) << small.mixer.text();
  EXPECT_NE(small.mixer.text().find("diag("), std::string::npos) << small.mixer.text();
}

} // namespace
} // namespace mixc::random
