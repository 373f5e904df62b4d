// Values of other times: inputs of earlier tokens and their histories, the end of a state, starts from params.
#include "TestMixer.h"
#include "dialect/mix/Sample.h"

using namespace mixc::mix;

namespace {

/// s <- s + x[t-2], y = x + 10 x[t-1] + 100 x[t-3]
constexpr const char *kLags = R"(
mix.mixer @lags dims [] {
  %x = mix.input "x" {mix.history = 3 : i64} : <[], head>
  %s = mix.state "s" : <[], head>
  %x1 = mix.lag %x by 1 : <[], head>
  %x2 = mix.lag %x by 2 : <[], head>
  %x3 = mix.lag %x by 3 : <[], head>
  %ten = mix.constant 10.0 : <[], constant>
  %a = mix.binary mul %ten, %x3 : <[], constant>, <[], head>
  %b = mix.binary add %a, %x1 : <[], head>, <[], head>
  %c = mix.binary mul %ten, %b : <[], constant>, <[], head>
  %y = mix.binary add %c, %x : <[], head>, <[], head>
  %n = mix.binary add %s, %x2 : <[], head>, <[], head>
  mix.next "s", %n : <[], head>
  mix.output "y", %y : <[], head>
}
)";

Call callOf(const std::vector<double> &x) {
  Call call;
  call.time = static_cast<int64_t>(x.size());
  call.inputs = {{"x", array({1, call.time, 1}, x)}};
  return call;
}

} // namespace

TEST(Lag, IsZeroBeforeTheFirstToken) {
  TestMixer test(kLags);
  Answer answer = test.run(callOf({1, 2, 3, 4, 5}));
  EXPECT_EQ(answer.outputs["y"].data, (std::vector<double>{1, 12, 23, 134, 245}));
  EXPECT_EQ(answer.final["s"].data, std::vector<double>{6});
  EXPECT_EQ(answer.final["x.history"].shape, (std::vector<int64_t>{1, 1, 3}));
  EXPECT_EQ(answer.final["x.history"].data, (std::vector<double>{3, 4, 5}));
}

TEST(Lag, ReadsTheHistoryThatItIsGiven) {
  TestMixer test(kLags);
  Call call = callOf({4});
  call.initial = {{"x.history", array({1, 1, 3}, {1, 2, 3})}};
  Answer answer = test.run(call);
  EXPECT_EQ(answer.outputs["y"].data, std::vector<double>{134});
  EXPECT_EQ(answer.final["x.history"].data, (std::vector<double>{2, 3, 4}));
  call.initial["x.history"] = Array({1, 1, 2});
  EXPECT_EQ(test.refusal(call), "initial state `x.history` has shape [1, 1, 2], expected [1, 1, 3]");
}

TEST(Lag, SplitAnywhereGivesTheSame) {
  TestMixer test(kLags);
  std::vector<double> x = {1, 2, 3, 4, 5, 6, 7};
  Answer whole = test.run(callOf(x));
  for (size_t first = 0; first <= x.size(); ++first)
    for (size_t second = first; second <= x.size(); ++second) {
      std::vector<double> y;
      Arrays states;
      for (auto [from, to] : {std::pair(size_t(0), first), std::pair(first, second), std::pair(second, x.size())}) {
        Call call = callOf({x.begin() + from, x.begin() + to});
        call.initial = states;
        Answer answer = test.run(call);
        llvm::append_range(y, answer.outputs["y"].data);
        states = answer.final;
      }
      EXPECT_EQ(y, whole.outputs["y"].data);
      EXPECT_EQ(states["s"].data, whole.final["s"].data);
      EXPECT_EQ(states["x.history"].data, whole.final["x.history"].data);
    }
}

TEST(Lag, PackedSequencesDoNotSeeEachOther) {
  TestMixer test(kLags);
  Call call = callOf({1, 2, 3, 4, 5});
  call.cuSeqlens = {0, 2, 2, 5};
  Answer answer = test.run(call);
  EXPECT_EQ(answer.outputs["y"].data, (std::vector<double>{1, 12, 3, 34, 45}));
  EXPECT_EQ(answer.final["x.history"].data, (std::vector<double>{0, 1, 2, 0, 0, 0, 3, 4, 5}));
}

TEST(Lag, GroupsAndFamiliesHaveHistories) {
  TestMixer test(R"(
mix.mixer @m dims ["K"] {
  %a = mix.input "x[0]" {mix.family = #mix.family<"x", 0 of 2>, mix.history = 1 : i64} : <[K], group>
  %b = mix.input "x[1]" {mix.family = #mix.family<"x", 1 of 2>, mix.history = 1 : i64} : <[K], group>
  %s = mix.state "s" : <[K], head>
  %old = mix.lag %b by 1 : <[K], group>
  mix.next "s", %old : <[K], group>
  mix.output "y", %old : <[K], group>
}
)");
  Call call;
  call.dims = {{"K", 2}};
  call.time = 2;
  call.heads = 2;
  call.inputs = {{"x", array({1, 2, 1, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8})}};
  call.initial = {{"x.history", array({1, 1, 2, 1, 2}, {-1, -2, -3, -4})}};
  Answer answer = test.run(call);
  EXPECT_EQ(answer.outputs["y"].data, (std::vector<double>{-3, -4, -3, -4, 3, 4, 3, 4}));
  EXPECT_EQ(answer.final["x.history"].data, (std::vector<double>{5, 6, 7, 8}));
}

TEST(End, IsTheStateAfterTheLastToken) {
  TestMixer test(R"(
mix.mixer @m dims [] {
  %x = mix.input "x" : <[], head>
  %s = mix.state "s" : <[], head>
  %n = mix.binary add %s, %x : <[], head>, <[], head>
  mix.next "s", %n : <[], head>
  %end = mix.end "s" : <[], head>
  %y = mix.binary sub %end, %s : <[], head>, <[], head>
  mix.output "y", %y : <[], head>
}
)");
  Call call = callOf({1, 2, 3, 4, 5});
  call.cuSeqlens = {0, 3, 3, 5};
  call.initial = {{"s", array({3, 1}, {100, 200, 300})}};
  Answer answer = test.run(call);
  EXPECT_EQ(answer.outputs["y"].data, (std::vector<double>{6, 5, 3, 9, 5}));
  EXPECT_EQ(answer.final["s"].data, (std::vector<double>{106, 200, 309}));
}

TEST(Start, MayBeAParam) {
  TestMixer test(R"(
mix.mixer @m dims ["K"] {
  %s = mix.state "s" from "s0" : <[K], head>
  %z = mix.state "z" from "z0" : <[], head>
  %s0 = mix.param "s0" : <[K], param>
  %z0 = mix.param "z0" {per_group} : <[], group_param>
  mix.next "s", %s : <[K], head>
  mix.next "z", %z : <[], head>
  mix.output "y", %s : <[K], head>
}
)");
  Call call;
  call.dims = {{"K", 2}};
  call.time = 0;
  call.heads = 4;
  call.groups = 2;
  call.params = {{"s0", array({4, 2}, {1, 2, 3, 4, 5, 6, 7, 8})}, {"z0", array({2}, {10, 20})}};
  Answer answer = test.run(call);
  EXPECT_EQ(answer.final["s"].data, call.params["s0"].data);
  EXPECT_EQ(answer.final["z"].data, (std::vector<double>{10, 10, 20, 20}));
  call.initial = {{"s", array({1, 4, 2}, {8, 7, 6, 5, 4, 3, 2, 1})}};
  EXPECT_EQ(test.run(call).final["s"].data, call.initial["s"].data);
}
