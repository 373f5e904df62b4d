// Gradients of whole mixers: heads and groups, sequences, starts, histories, ends, families, components; segments;
// rounding.
#include "Differences.h"
#include "Mixers.h"
#include <chrono>

namespace mixc::mix {
namespace {

const std::map<std::string, int64_t> kDims = {{"K", 4}, {"V", 3}};

/// Batches and packed sequences (one of them empty, one of one token), from declared and from given states.
std::vector<Call> callsOf(TestMixer &test, const std::map<std::string, int64_t> &dims, Decay decay = Decay::Uniform) {
  std::vector<Call> calls;
  for (bool initial : {false, true})
    for (bool packed : {false, true}) {
      SampleOptions options;
      options.decay = decay;
      options.initialStates = initial;
      if (packed)
        options.cuSeqlens = {0, 2, 2, 3, 6};
      calls.push_back(sample(test.mixer, dims, packed ? 1 : 2, packed ? 6 : 3, 4, 2, 7, options));
    }
  return calls;
}

void check(const char *text, const std::map<std::string, int64_t> &dims = kDims) {
  TestMixer test(text);
  ASSERT_TRUE(test.mixer);
  for (const Call &call : callsOf(test, dims))
    expectDifferences(test.mixer, call);
}

TEST(Backward, Equations) {
  for (const char *text : {kRetention, kGatedDelta, kTwoGates, kMomentum, kNormaliser})
    check(text);
}

TEST(Backward, Components) {
  for (const char *text :
       {kGatedDeltaComponent, kGatedDeltaTurned, kTwoGatesComponent, kMomentumComponent, kNormaliserComponent})
    check(text);
}

TEST(Backward, BothFormsAgree) {
  for (auto [equations, component] :
       {std::pair(kGatedDelta, kGatedDeltaComponent), std::pair(kGatedDeltaDense, kGatedDeltaComponent),
        std::pair(kTwoGates, kTwoGatesComponent), std::pair(kMomentum, kMomentumComponent),
        std::pair(kNormaliser, kNormaliserComponent)})
    for (Decay decay : {Decay::Uniform, Decay::NearHigh, Decay::Strong, Decay::Resets, Decay::High}) {
      TestMixer one(equations), other(component);
      for (const Call &call : callsOf(one, {{"K", 5}, {"V", 7}}, decay)) {
        Cotangents cotangents = sampleCotangents(one.mixer, call, 3);
        expectNear(gradientsOf(one.mixer, call, cotangents), gradientsOf(other.mixer, call, cotangents), 1e-12);
      }
    }
}

// A gate and mixed states of which one is turned, and a late read.
TEST(Backward, TurnedStatesMix) {
  check(R"(
mix.mixer @m dims ["K", "V"] {
  %k = mix.input "k" : <[K], group>
  %v = mix.input "v" : <[V], head>
  %a = mix.input "a" in [0.0, 1.0] : <[K], head>
  %b = mix.param "b" : <[], param>
  %e = mix.input "e" in [0.0, 1.0] : <[V], head>
  %s = mix.state "S" : <[K, V], head>
  %m = mix.state "M" : <[V, K], head>
  %c:2 = mix.component states(%s : <[K, V], head>, %m : <[V, K], head>)
    reads(%k[0, 0] : <[K], group>, %a[0, 1] : <[K], head>)
    transition(%a[0, 0] : <[K], head>, %b[0, 1] : <[], param>, %a[1, 0] : <[K], head>, %b[1, 1] : <[], param>)
    gate(%e : <[V], head>)
    writes(%k[0, 0] : <[K], group>, %a[0, 1] : <[K], head>)
    class <diagonal, nonlinear, value_gate = true> turned [0] phi(%r0: !mix.t<[V], head>) {
      %t = mix.unary tanh %r0 : <[V], head>
      %w = mix.binary mul %t, %v : <[V], head>, <[V], head>
      mix.yield %w : !mix.t<[V], head>
    }
  %late = mix.matmul %m, %k : <[V, K], head>, <[K], group>
  %y = mix.binary mul %c#0, %late : <[V], head>, <[V], head>
  mix.output "y", %y : <[V], head>
}
)");
}

TEST(Backward, LagsHistoriesAndFamilies) {
  check(R"(
mix.mixer @m dims ["K"] {
  %x0 = mix.input "x[0]" {mix.family = #mix.family<"x", 0 of 2>, mix.history = 3 : i64} : <[K], group>
  %x1 = mix.input "x[1]" {mix.family = #mix.family<"x", 1 of 2>, mix.history = 3 : i64} : <[K], group>
  %z = mix.input "z" {mix.history = 2 : i64} : <[], head>
  %w0 = mix.param "w[0]" {mix.family = #mix.family<"w", 0 of 2>} : <[K], param>
  %w1 = mix.param "w[1]" {mix.family = #mix.family<"w", 1 of 2>} : <[K], param>
  %s0 = mix.state "s[0]" {mix.family = #mix.family<"s", 0 of 2>} : <[K], head>
  %s1 = mix.state "s[1]" {mix.family = #mix.family<"s", 1 of 2>} : <[K], head>
  %a = mix.lag %x0 by 1 : <[K], group>
  %b = mix.lag %x1 by 3 : <[K], group>
  %c = mix.lag %z by 2 : <[], head>
  %ab = mix.binary mul %a, %b : <[K], group>, <[K], group>
  %abw = mix.binary mul %ab, %w0 : <[K], group>, <[K], param>
  %sc = mix.binary mul %s1, %c : <[K], head>, <[], head>
  %n0 = mix.binary add %abw, %sc : <[K], head>, <[K], head>
  %n1 = mix.binary mul %s0, %x1 : <[K], head>, <[K], group>
  %n2 = mix.binary add %n1, %w1 : <[K], head>, <[K], param>
  mix.next "s[0]", %n0 : <[K], head>
  mix.next "s[1]", %n2 : <[K], head>
  mix.output "y[0]", %n0 {mix.family = #mix.family<"y", 0 of 2>} : <[K], head>
  mix.output "y[1]", %a {mix.family = #mix.family<"y", 1 of 2>} : <[K], group>
}
)",
        {{"K", 2}});
}

TEST(Backward, EndsOfStates) {
  check(R"(
mix.mixer @m dims ["K"] {
  %x = mix.input "x" : <[K], head>
  %a = mix.input "a" in [0.0, 1.0] : <[], head>
  %s = mix.state "s" : <[K], head>
  %kept = mix.binary mul %a, %s : <[], head>, <[K], head>
  %n = mix.binary add %kept, %x : <[K], head>, <[K], head>
  mix.next "s", %n : <[K], head>
  %end = mix.end "s" : <[K], head>
  %y = mix.binary mul %end, %n : <[K], head>, <[K], head>
  mix.output "y", %y : <[K], head>
}
)",
        {{"K", 2}});
}

TEST(Backward, StartsAndParams) {
  check(R"(
mix.mixer @m dims ["K"] {
  %x = mix.input "x" : <[K], head>
  %s = mix.state "s" from "s0" : <[K], head>
  %i = mix.state "i" {identity_start} : <[K, K], head>
  %c = mix.state "c" start 2.5 : <[], head>
  %s0 = mix.param "s0" : <[K], param>
  %w = mix.param "W" : <[K, K], param>
  %ww = mix.matmul %w, %w : <[K, K], param>, <[K, K], param>
  %f = mix.unary tanh %ww : <[K, K], param>
  %fx = mix.matmul %f, %x : <[K, K], param>, <[K], head>
  %n = mix.binary mul %s, %fx : <[K], head>, <[K], head>
  mix.next "s", %n : <[K], head>
  %j = mix.matmul %f, %i : <[K, K], param>, <[K, K], head>
  mix.next "i", %j : <[K, K], head>
  %d = mix.dot %n, %s0 : <[K], head>, <[K], param>
  %e = mix.binary mul %c, %d : <[], head>, <[], head>
  mix.next "c", %e : <[], head>
  %y = mix.matmul %j, %n : <[K, K], head>, <[K], head>
  mix.output "y", %y : <[K], head>
  mix.output "f", %f : <[K, K], param>
}
)",
        {{"K", 2}});
}

// What the heads of a group share: inputs, params, states and their starts.
TEST(Backward, PerGroupStates) {
  check(R"(
mix.mixer @m dims ["K"] {
  %x = mix.input "x" : <[K], group>
  %a = mix.input "a" : <[], group>
  %q = mix.input "q" : <[K], head>
  %p = mix.param "p" {per_group} : <[K], group_param>
  %s = mix.state "s" from "p" : <[K], group>
  %h = mix.state "h" : <[], head>
  %kept = mix.binary mul %a, %s : <[], group>, <[K], group>
  %px = mix.binary mul %p, %x : <[K], group_param>, <[K], group>
  %n = mix.binary add %kept, %px : <[K], group>, <[K], group>
  mix.next "s", %n : <[K], group>
  %y = mix.dot %n, %q : <[K], group>, <[K], head>
  %h1 = mix.binary mul %y, %a : <[], head>, <[], group>
  %h2 = mix.binary add %h, %h1 : <[], head>, <[], head>
  mix.next "h", %h2 : <[], head>
  mix.output "y", %h2 : <[], head>
}
)",
        {{"K", 3}});
}

TEST(Backward, DecaysOfZeroAndOneAreExact) {
  TestMixer test(kGatedDelta);
  for (double decay : {0.0, 1.0}) {
    Call call = sample(test.mixer, kDims, 1, 5, 2, 1, 7);
    call.inputs["alpha"].data.assign(10, decay);
    expectDifferences(test.mixer, call);
  }
  // A reset: nothing before it has a gradient from what is after it, and nothing is NaN.
  Call call = sample(test.mixer, kDims, 1, 4, 1, 1, 7);
  call.inputs["alpha"].data = {1, 1, 0, 1};
  Cotangents cotangents;
  cotangents.final["H"] = Array({1, 1, 3, 4}, 1);
  Gradients gradients = gradientsOf(test.mixer, call, cotangents);
  EXPECT_EQ(gradients.initial["H"].data, std::vector<double>(12, 0));
  EXPECT_EQ(gradients.inputs["alpha"].data[0], 0);
  EXPECT_NE(gradients.inputs["alpha"].data[2], 0); // by the decay itself
  for (int64_t i = 0; i < 8; ++i)
    EXPECT_EQ(gradients.inputs["k"].data[i], 0);
}

//===-- Kinks ---------------------------------------------------------------------------------------------------===//

/// The gradients of sum(y) by x, where y is a function of x and w.
Gradients gradientsAt(const std::string &lines, std::vector<double> x, std::vector<double> w = {},
                      const char *type = "<[N], head>") {
  TestMixer test(R"(
mix.mixer @m dims ["N"] {
  %x = mix.input "x" : <[N], head>
  %w = mix.input "w" : <[N], head>
)" + lines +
                 "\n  mix.output \"y\", %y : " + type + "\n}\n");
  Call call;
  auto size = static_cast<int64_t>(x.size());
  call.dims = {{"N", size}};
  call.time = 1;
  w.resize(size);
  call.inputs = {{"x", array({1, 1, 1, size}, std::move(x))}, {"w", array({1, 1, 1, size}, std::move(w))}};
  Cotangents cotangents;
  cotangents.outputs["y"] = test.run(call).outputs["y"];
  llvm::fill(cotangents.outputs["y"].data, 1);
  return gradientsOf(test.mixer, call, cotangents);
}

using Numbers = std::vector<double>;

TEST(BackwardKinks, OfOneNumber) {
  for (const char *f : {"abs", "relu", "sign", "sqrt", "rsqrt"})
    EXPECT_EQ(gradientsAt("%y = mix.unary " + std::string(f) + " %x : <[N], head>", {0, -0.0}).inputs["x"].data,
              (Numbers{0, 0}))
        << f;
  EXPECT_EQ(gradientsAt("%y = mix.unary relu %x : <[N], head>", {-1, 1e-300}).inputs["x"].data, (Numbers{0, 1}));
  EXPECT_EQ(gradientsAt("%y = mix.unary elu %x : <[N], head>", {0}).inputs["x"].data, (Numbers{1}));
  EXPECT_EQ(gradientsAt("%y = mix.unary softplus %x : <[N], head>", {0, 1000, -1000}).inputs["x"].data,
            (Numbers{0.5, 1, 0}));
  for (const char *f : {"gelu", "silu"})
    EXPECT_EQ(
        gradientsAt("%y = mix.unary " + std::string(f) + " %x : <[N], head>", {1e200, -1e200, 0}).inputs["x"].data,
        (Numbers{1, 0, 0.5}))
        << f;
}

TEST(BackwardKinks, NormIsFlatAtZero) {
  Gradients gradients =
      gradientsAt("%d = mix.dot %x, %x : <[N], head>, <[N], head>\n%y = mix.unary sqrt %d : <[], head>", {0, 0, 0}, {},
                  "<[], head>");
  EXPECT_EQ(gradients.inputs["x"].data, (Numbers{0, 0, 0}));
}

TEST(BackwardKinks, TiesAreSplitEvenly) {
  for (const char *f : {"min", "max", "logaddexp"}) {
    Gradients gradients = gradientsAt("%y = mix.binary " + std::string(f) + " %x, %w : <[N], head>, <[N], head>",
                                      {2, -INFINITY, INFINITY}, {2, -INFINITY, INFINITY});
    EXPECT_EQ(gradients.inputs["x"].data, (Numbers{0.5, 0.5, 0.5})) << f;
    EXPECT_EQ(gradients.inputs["w"].data, (Numbers{0.5, 0.5, 0.5})) << f;
  }
  Gradients gradients = gradientsAt("%y = mix.reduce max %x : <[N], head>", {3, 1, 3, -2, 3, 3}, {}, "<[], head>");
  EXPECT_EQ(gradients.inputs["x"].data, (Numbers{0.25, 0, 0.25, 0, 0.25, 0.25}));
  gradients =
      gradientsAt("%y = mix.binary logaddexp %x, %w : <[N], head>, <[N], head>", {-INFINITY, 1}, {2, -INFINITY});
  EXPECT_EQ(gradients.inputs["x"].data, (Numbers{0, 1}));
  EXPECT_EQ(gradients.inputs["w"].data, (Numbers{1, 0}));
}

TEST(BackwardKinks, PowersOfZero) {
  auto power = [](Numbers x, Numbers w) {
    return gradientsAt("%y = mix.binary pow %x, %w : <[N], head>, <[N], head>", std::move(x), std::move(w));
  };
  Gradients gradients = power({0, 0, 0, 0, -2}, {0, 1, 2, 0.5, 3});
  EXPECT_EQ(gradients.inputs["x"].data, (Numbers{0, 1, 0, 0, 12}));
  EXPECT_EQ(gradients.inputs["w"].data, (Numbers{0, 0, 0, 0, 0}));
}

// min(1 / x, 2) at 0, and -inf * w behind a max that chooses another: what is not chosen is infinite.
TEST(BackwardKinks, WhatIsNotChosenMayBeInfinite) {
  Gradients gradients = gradientsAt(R"(
    %1 = mix.constant 1.0 : <[], constant>
    %2 = mix.constant 2.0 : <[], constant>
    %i = mix.binary div %1, %x : <[], constant>, <[N], head>
    %y = mix.binary min %i, %2 : <[N], head>, <[], constant>)",
                                    {0, 4});
  EXPECT_EQ(gradients.inputs["x"].data, (Numbers{0, -1.0 / 16}));
  gradients = gradientsAt(R"(
    %i = mix.unary log %x : <[N], head>
    %m = mix.binary mul %i, %w : <[N], head>, <[N], head>
    %y = mix.binary max %m, %w : <[N], head>, <[N], head>)",
                          {0}, {1});
  EXPECT_EQ(gradients.inputs["x"].data, Numbers{0});
  EXPECT_EQ(gradients.inputs["w"].data, Numbers{1});
}

//===-- The call ------------------------------------------------------------------------------------------------===//

TEST(Backward, MissingCotangentsAreZero) {
  TestMixer test(kMomentum);
  Call call = sample(test.mixer, kDims, 2, 3, 2, 1, 1);
  Cotangents zeros, all = sampleCotangents(test.mixer, call, 1);
  for (const auto &[name, array] : gradientsOf(test.mixer, call, {}).inputs)
    EXPECT_EQ(array.data, std::vector<double>(array.data.size(), 0)) << name;
  zeros = all;
  llvm::fill(zeros.final["S"].data, 0);
  all.final.erase("S");
  expectNear(gradientsOf(test.mixer, call, all), gradientsOf(test.mixer, call, zeros), 0);
}

TEST(Backward, SequencesWithoutTokensPassTheirCotangentOn) {
  TestMixer test(kMomentum);
  Call call = sample(test.mixer, kDims, 3, 0, 2, 1, 1);
  Cotangents cotangents = sampleCotangents(test.mixer, call, 1);
  Gradients gradients = gradientsOf(test.mixer, call, cotangents);
  EXPECT_EQ(gradients.initial["S"].data, cotangents.final["S"].data);
  EXPECT_EQ(gradients.inputs["q"].shape, (std::vector<int64_t>{3, 0, 2, 4}));
}

TEST(Backward, NamesTheCotangentThatIsWrong) {
  TestMixer test(kRetention);
  Call call = sample(test.mixer, kDims, 1, 2, 2, 1, 1);
  auto refusal = [&](const Cotangents &cotangents) {
    llvm::Expected<Gradients> gradients = interpretBackward(test.mixer, call, cotangents);
    return gradients ? "" : llvm::toString(gradients.takeError());
  };
  EXPECT_EQ(refusal({{{"z", Array({1})}}, {}}), "the mixer has no output `z`");
  EXPECT_EQ(refusal({{{"y", Array({1, 2, 2, 4})}}, {}}), "output `y` has shape [1, 2, 2, 4], expected [1, 2, 2, 3]");
  EXPECT_EQ(refusal({{}, {{"H", Array({1})}}}), "final state `H` has shape [1], expected [1, 2, 3, 4]");
  call.inputs.erase("k");
  EXPECT_EQ(refusal({}), "input `k` is missing");
}

// 64 tokens are one segment; here there are several, the last of them short.
TEST(Backward, SegmentsAreRunAgain) {
  TestMixer test(kGatedDelta);
  SampleOptions options;
  options.decay = Decay::NearHigh;
  options.cuSeqlens = {0, 64, 193, 258};
  Call call = sample(test.mixer, kDims, 1, 258, 1, 1, 3, options);
  expectSlope(test.mixer, call, 1e-8);
  // One call for the first tokens and one for the rest give the same.
  Cotangents cotangents = sampleCotangents(test.mixer, call, 3);
  Gradients whole = gradientsOf(test.mixer, call, cotangents);
  auto part = [](Array array, int64_t from, int64_t to) {
    int64_t row = array.size() / array.shape[1];
    array.data = {array.data.begin() + from * row, array.data.begin() + to * row};
    array.shape[1] = to - from;
    return array;
  };
  auto sequence = [](Array array, int64_t s) {
    int64_t row = array.size() / array.shape[0];
    array.data = {array.data.begin() + s * row, array.data.begin() + (s + 1) * row};
    array.shape[0] = 1;
    return array;
  };
  Call first = call, second = call;
  first.cuSeqlens = second.cuSeqlens = {};
  first.time = 100;
  second.time = 29;
  for (const auto &[name, input] : call.inputs) {
    first.inputs[name] = part(input, 64, 164);
    second.inputs[name] = part(input, 164, 193);
  }
  second.initial = test.run(first).final;
  Cotangents ofSecond{{{"y", part(cotangents.outputs["y"], 164, 193)}}, {{"H", sequence(cotangents.final["H"], 1)}}};
  Gradients late = gradientsOf(test.mixer, second, ofSecond);
  Cotangents ofFirst{{{"y", part(cotangents.outputs["y"], 64, 164)}}, late.initial};
  Gradients early = gradientsOf(test.mixer, first, ofFirst);
  for (const auto &[name, gradient] : whole.inputs) {
    EXPECT_EQ(late.inputs[name].data, part(gradient, 164, 193).data) << name;
    EXPECT_EQ(early.inputs[name].data, part(gradient, 64, 164).data) << name;
  }
  EXPECT_EQ(early.initial["H"].data, sequence(whole.initial["H"], 1).data);
}

TEST(Backward, RoundsToFloat32) {
  for (const char *text : {kRetention, kGatedDelta, kMomentumComponent}) {
    TestMixer test(text);
    Call call = sample(test.mixer, {{"K", 16}, {"V", 8}}, 1, 100, 2, 1, 9);
    Cotangents cotangents = sampleCotangents(test.mixer, call, 2);
    Gradients exact = gradientsOf(test.mixer, call, cotangents);
    call.roundToFloat32 = true;
    Gradients rounded = gradientsOf(test.mixer, call, cotangents);
    auto check = [](const Arrays &found, const Arrays &reference) {
      for (const auto &[name, array] : found) {
        for (double value : array.data)
          ASSERT_EQ(value, static_cast<float>(value)) << name;
        double distance = error(array.data, reference.at(name).data);
        EXPECT_GT(distance, 1e-9) << name;
        EXPECT_LT(distance, 2e-6) << name;
      }
    };
    check(rounded.inputs, exact.inputs);
    check(rounded.params, exact.params);
    check(rounded.initial, exact.initial);
  }
}

TEST(Backward, LongSequencesAreQuick) {
  TestMixer test(kGatedDelta);
  Call call = sample(test.mixer, {{"K", 128}, {"V", 128}}, 1, 2048, 1, 1, 4);
  Cotangents cotangents = sampleCotangents(test.mixer, call, 2);
  auto begin = std::chrono::steady_clock::now();
  gradientsOf(test.mixer, call, cotangents);
  double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  RecordProperty("seconds", std::to_string(seconds));
  EXPECT_LT(seconds, 20);
}

} // namespace
} // namespace mixc::mix
