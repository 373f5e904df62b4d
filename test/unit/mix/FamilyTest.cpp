// Families: outside one array with an axis of its members, inside one value for each.
#include "TestMixer.h"
#include "dialect/mix/Sample.h"

using namespace mixc::mix;

namespace {

/// s[j] <- s[j] + x[j] a[j], z[j] = s[j], for j of 2; the members of z are given in the other order.
constexpr const char *kFamilies = R"(
mix.mixer @families dims ["K"] {
  %x1 = mix.input "x[1]" {mix.family = #mix.family<"x", 0 of 2>} : <[K], head>
  %x2 = mix.input "x[2]" {mix.family = #mix.family<"x", 1 of 2>} : <[K], head>
  %a1 = mix.param "a[1]" {mix.family = #mix.family<"a", 0 of 2>} : <[], param>
  %a2 = mix.param "a[2]" {mix.family = #mix.family<"a", 1 of 2>} : <[], param>
  %s1 = mix.state "s[1]" {mix.family = #mix.family<"s", 0 of 2>} : <[K], head>
  %s2 = mix.state "s[2]" {mix.family = #mix.family<"s", 1 of 2>} : <[K], head>
  %p1 = mix.binary mul %a1, %x1 : <[], param>, <[K], head>
  %p2 = mix.binary mul %a2, %x2 : <[], param>, <[K], head>
  %n1 = mix.binary add %s1, %p1 : <[K], head>, <[K], head>
  %n2 = mix.binary add %s2, %p2 : <[K], head>, <[K], head>
  mix.next "s[1]", %n1 : <[K], head>
  mix.next "s[2]", %n2 : <[K], head>
  mix.output "z[2]", %n2 {mix.family = #mix.family<"z", 1 of 2>} : <[K], head>
  mix.output "z[1]", %n1 {mix.family = #mix.family<"z", 0 of 2>} : <[K], head>
}
)";

} // namespace

TEST(Family, IsOneArray) {
  TestMixer test(kFamilies);
  Call call;
  call.dims = {{"K", 2}};
  call.time = 2;
  call.inputs = {{"x", array({1, 2, 1, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8})}};
  call.params = {{"a", array({1, 2}, {10, 100})}};
  call.initial = {{"s", array({1, 1, 2, 2}, {1, 2, 3, 4})}};
  Answer answer = test.run(call);
  EXPECT_EQ(answer.outputs["z"].shape, (std::vector<int64_t>{1, 2, 1, 2, 2}));
  EXPECT_EQ(answer.outputs["z"].data, (std::vector<double>{11, 22, 303, 404, 61, 82, 1003, 1204}));
  EXPECT_EQ(answer.final["s"].shape, (std::vector<int64_t>{1, 1, 2, 2}));
  EXPECT_EQ(answer.final["s"].data, (std::vector<double>{61, 82, 1003, 1204}));
  EXPECT_EQ(answer.outputs.size() + answer.final.size(), 2u);
}

TEST(Family, ShapesAreChecked) {
  TestMixer test(kFamilies);
  Call call = sample(test.mixer, {{"K", 3}}, 2, 5, 2, 1, 7);
  EXPECT_EQ(call.inputs.at("x").shape, (std::vector<int64_t>{2, 5, 2, 2, 3}));
  EXPECT_EQ(call.params.at("a").shape, (std::vector<int64_t>{2, 2}));
  EXPECT_EQ(test.refusal(call), "");
  call.inputs["x"] = Array({2, 5, 2, 3});
  EXPECT_EQ(test.refusal(call), "input `x` has shape [2, 5, 2, 3], expected [2, 5, 2, 2, 3]");
}

TEST(Family, SampledMembersDiffer) {
  TestMixer test(kFamilies);
  Call call = sample(test.mixer, {{"K", 1}}, 1, 1, 1, 1, 7);
  EXPECT_NE(call.params.at("a").data[0], call.params.at("a").data[1]);
}
