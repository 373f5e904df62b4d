// What the interpreter makes of a call: heads and groups, sequences, initial states, shapes, rounding.
#include "Mixers.h"
#include "TestMixer.h"
#include "dialect/mix/Sample.h"
#include <chrono>

namespace mixc::mix {
namespace {

/// Tokens [from, to) of every array with a time axis.
Call part(const Call &whole, int64_t from, int64_t to) {
  Call result = whole;
  result.time = to - from;
  for (auto &[name, input] : result.inputs) {
    const Array &source = whole.inputs.at(name);
    int64_t row = source.size() / (whole.batch * whole.time);
    input.shape[1] = to - from;
    input.data.clear();
    for (int64_t b = 0; b < whole.batch; ++b)
      input.data.insert(input.data.end(), source.data.begin() + (b * whole.time + from) * row,
                        source.data.begin() + (b * whole.time + to) * row);
  }
  return result;
}

TEST(Interpreter, RetentionByHand) {
  TestMixer test(kRetention);
  Call call;
  call.dims = {{"K", 2}, {"V", 1}};
  call.time = 2;
  call.heads = 2;
  call.groups = 1;
  call.inputs = {{"q", array({1, 2, 1, 2}, {1, 0, 1, 1})},
                 {"k", array({1, 2, 1, 2}, {1, 2, 3, 4})},
                 {"v", array({1, 2, 2, 1}, {1, 10, 2, 20})}};
  call.params = {{"gamma", array({2}, {0.5, 0})}};
  Answer answer = test.run(call);
  // Head 0: H = [1 2], then [0.5 1] + [6 8]. Head 1 (decay 0): [10 20], then [60 80].
  EXPECT_EQ(answer.outputs["y"].shape, (std::vector<int64_t>{1, 2, 2, 1}));
  EXPECT_EQ(answer.outputs["y"].data, (std::vector<double>{1, 10, 15.5, 140}));
  EXPECT_EQ(answer.final["H"].shape, (std::vector<int64_t>{1, 2, 1, 2}));
  EXPECT_EQ(answer.final["H"].data, (std::vector<double>{6.5, 9, 60, 80}));
}

TEST(Interpreter, HeadsReadTheirGroup) {
  TestMixer test(kGatedDelta);
  Call grouped = sample(test.mixer, {{"K", 4}, {"V", 3}}, 2, 7, 6, 2, 1), spread = grouped;
  spread.groups = 6;
  for (const char *name : {"q", "k"}) {
    Array &array = spread.inputs[name] = Array({2, 7, 6, 4});
    for (int64_t token = 0; token < 14; ++token)
      for (int64_t head = 0; head < 6; ++head)
        for (int64_t i = 0; i < 4; ++i)
          array.data[(token * 6 + head) * 4 + i] = grouped.inputs[name].data[(token * 2 + head / 3) * 4 + i];
  }
  expectNear(test.run(grouped), test.run(spread), 0);
}

TEST(Interpreter, SplitAnywhereGivesTheSame) {
  TestMixer test(kGatedDelta);
  Call whole = sample(test.mixer, {{"K", 4}, {"V", 3}}, 2, 9, 2, 1, 2);
  Answer expected = test.run(whole);
  for (int64_t at : {0, 1, 5, 9}) {
    Call first = part(whole, 0, at), second = part(whole, at, 9);
    second.initial = test.run(first).final;
    expectNear({{}, test.run(second).final}, {{}, expected.final}, 0);
  }
}

TEST(Interpreter, PackedSequencesStandAlone) {
  TestMixer test(kGatedDelta);
  SampleOptions options;
  options.cuSeqlens = {0, 3, 3, 8};
  options.initialStates = true;
  Call packed = sample(test.mixer, {{"K", 4}, {"V", 3}}, 1, 8, 2, 2, 3, options);
  Answer answer = test.run(packed);
  EXPECT_EQ(answer.final["H"].shape, (std::vector<int64_t>{3, 2, 3, 4}));
  for (int64_t s = 0; s < 3; ++s) {
    Call alone = part(packed, options.cuSeqlens[s], options.cuSeqlens[s + 1]);
    alone.cuSeqlens.clear();
    Array &initial = packed.initial["H"];
    alone.initial["H"] = array({1, 2, 3, 4}, {initial.data.begin() + s * 24, initial.data.begin() + (s + 1) * 24});
    Answer one = test.run(alone);
    auto begin = answer.final["H"].data.begin() + s * 24;
    EXPECT_EQ(one.final["H"].data, std::vector<double>(begin, begin + 24));
    auto tokens = answer.outputs["y"].data.begin();
    EXPECT_EQ(one.outputs["y"].data,
              std::vector<double>(tokens + options.cuSeqlens[s] * 6, tokens + options.cuSeqlens[s + 1] * 6));
  }
  // The second has no tokens: its state is as it was.
  auto given = packed.initial["H"].data.begin() + 24, left = answer.final["H"].data.begin() + 24;
  EXPECT_TRUE(std::equal(given, given + 24, left));
}

TEST(Interpreter, StatesStartAsDeclared) {
  TestMixer test(R"(
mix.mixer @starts dims ["N"] {
  %x = mix.input "x" : <[], head>
  %a = mix.state "A" : <[N, N], head>
  %b = mix.state "B" start 2.5 : <[N], head>
  %c = mix.state "C" {identity_start} : <[N, N], head>
  %d = mix.state "D" start 0xFFF0000000000000 : <[], head>
  mix.next "A", %a : <[N, N], head>
  mix.next "B", %b : <[N], head>
  mix.next "C", %c : <[N, N], head>
  %m = mix.binary max %d, %x : <[], head>, <[], head>
  mix.next "D", %m : <[], head>
  mix.output "y", %m : <[], head>
}
)");
  Call call;
  call.dims = {{"N", 2}};
  call.time = 2;
  call.inputs = {{"x", array({1, 2, 1}, {-7, -9})}};
  Answer answer = test.run(call);
  EXPECT_EQ(answer.final["A"].data, (std::vector<double>{0, 0, 0, 0}));
  EXPECT_EQ(answer.final["B"].data, (std::vector<double>{2.5, 2.5}));
  EXPECT_EQ(answer.final["C"].data, (std::vector<double>{1, 0, 0, 1}));
  EXPECT_EQ(answer.outputs["y"].data, (std::vector<double>{-7, -7}));
}

TEST(Interpreter, StatesOfATokenAdvanceTogether) {
  // a <- b, b <- a: a swap, not a copy.
  TestMixer test(R"(
mix.mixer @swap dims [] {
  %a = mix.state "a" start 1.0 : <[], head>
  %b = mix.state "b" start 2.0 : <[], head>
  mix.next "a", %b : <[], head>
  mix.next "b", %a : <[], head>
  mix.output "y", %a : <[], head>
}
)");
  Call call;
  call.time = 3;
  Answer answer = test.run(call);
  EXPECT_EQ(answer.outputs["y"].data, (std::vector<double>{1, 2, 1}));
  EXPECT_EQ(answer.final["a"].data, std::vector<double>{2});
  EXPECT_EQ(answer.final["b"].data, std::vector<double>{1});
}

TEST(Interpreter, PerGroupParamsAndStates) {
  TestMixer test(R"(
mix.mixer @shared dims [] {
  %x = mix.input "x" : <[], group>
  %p = mix.param "p" {per_group} : <[], group_param>
  %s = mix.state "s" : <[], group>
  %n = mix.binary add %s, %x : <[], group>, <[], group>
  mix.next "s", %n : <[], group>
  %y = mix.binary mul %p, %n : <[], group_param>, <[], group>
  mix.output "y", %y : <[], group>
}
)");
  Call call;
  call.time = 2;
  call.heads = 4;
  call.groups = 2;
  call.inputs = {{"x", array({1, 2, 2}, {1, 2, 3, 4})}};
  call.params = {{"p", array({2}, {10, 100})}};
  Answer answer = test.run(call);
  EXPECT_EQ(answer.outputs["y"].data, (std::vector<double>{10, 10, 200, 200, 40, 40, 600, 600}));
  EXPECT_EQ(answer.final["s"].shape, (std::vector<int64_t>{1, 2}));
  EXPECT_EQ(answer.final["s"].data, (std::vector<double>{4, 6}));
}

TEST(Interpreter, StructuredAgreesWithDense) {
  TestMixer structured(kGatedDelta), dense(kGatedDeltaDense);
  for (Decay decay : {Decay::Uniform, Decay::NearHigh, Decay::Mild, Decay::Strong, Decay::Resets, Decay::High})
    for (int64_t size : {1, 3, 16}) {
      SampleOptions options;
      options.decay = decay;
      options.initialStates = true;
      Call call = sample(structured.mixer, {{"K", size}, {"V", size + 2}}, 2, 50, 2, 1, 11, options);
      expectNear(structured.run(call), dense.run(call), 1e-13);
    }
}

TEST(Interpreter, ResetsAreExact) {
  TestMixer test(kGatedDelta);
  Call call = sample(test.mixer, {{"K", 4}, {"V", 3}}, 1, 6, 1, 1, 5);
  call.inputs["alpha"].data = {1, 1, 1, 0, 1, 1};
  Answer whole = test.run(call), after = test.run(part(call, 3, 6));
  EXPECT_EQ(whole.final["H"].data, after.final["H"].data);
}

TEST(Interpreter, RoundsToFloat32) {
  TestMixer test(kRetention);
  Call call = sample(test.mixer, {{"K", 16}, {"V", 8}}, 1, 200, 2, 1, 9);
  Answer exact = test.run(call);
  call.roundToFloat32 = true;
  Answer rounded = test.run(call);
  for (double value : rounded.final["H"].data)
    EXPECT_EQ(value, static_cast<float>(value));
  double distance = error(rounded.outputs["y"].data, exact.outputs["y"].data);
  EXPECT_GT(distance, 1e-9);
  EXPECT_LT(distance, 1e-6);
}

TEST(Interpreter, NamesTheArgumentThatIsWrong) {
  TestMixer test(kRetention);
  Call call = sample(test.mixer, {{"K", 4}, {"V", 3}}, 2, 5, 4, 2, 1), wrong = call;
  EXPECT_EQ(test.refusal(call), "");
  wrong.inputs.erase("v");
  EXPECT_EQ(test.refusal(wrong), "input `v` is missing");
  wrong = call;
  wrong.inputs["k"] = Array({2, 5, 4, 4});
  EXPECT_EQ(test.refusal(wrong), "input `k` has shape [2, 5, 4, 4], expected [2, 5, 2, 4]");
  wrong = call;
  wrong.params["gama"] = Array({4});
  EXPECT_EQ(test.refusal(wrong), "the mixer has no param `gama`");
  wrong = call;
  wrong.initial["H"] = Array({2, 4, 4, 3});
  EXPECT_EQ(test.refusal(wrong), "initial state `H` has shape [2, 4, 4, 3], expected [2, 4, 3, 4]");
  wrong = call;
  wrong.groups = 3;
  EXPECT_EQ(test.refusal(wrong), "4 heads cannot share 3 groups evenly");
  wrong = call;
  wrong.dims.erase("K");
  EXPECT_EQ(test.refusal(wrong), "dim K has no number");
  wrong = call;
  wrong.dims["K"] = 0;
  EXPECT_EQ(test.refusal(wrong), "dim K is 0");
  wrong = call;
  wrong.cuSeqlens = {0, 5};
  EXPECT_EQ(test.refusal(wrong), "with cu_seqlens the batch is 1, not 2");
  wrong = sample(test.mixer, {{"K", 4}, {"V", 3}}, 1, 5, 4, 2, 1);
  wrong.cuSeqlens = {0, 3, 2, 5};
  EXPECT_EQ(test.refusal(wrong), "cu_seqlens decreases at index 2");
  wrong.cuSeqlens = {0, 4};
  EXPECT_EQ(test.refusal(wrong), "cu_seqlens goes from 0 to the number of tokens");
}

TEST(Interpreter, LongSequencesAreQuick) {
  TestMixer test(kGatedDelta);
  Call call = sample(test.mixer, {{"K", 128}, {"V", 128}}, 1, 4096, 2, 1, 4);
  auto begin = std::chrono::steady_clock::now();
  test.run(call);
  double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  RecordProperty("seconds", std::to_string(seconds));
  EXPECT_LT(seconds, 20); // 0.2 on a quiet machine; products of full matrices would take 20 or more
}

} // namespace
} // namespace mixc::mix
