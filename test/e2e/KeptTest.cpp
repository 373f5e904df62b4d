// Several tokens a decode call, and the states after each of them: a draft is decoded at once, and where it is refused
// the state goes back to the last token that was taken.
#include "frontend/oracle/Rounding.h"
#include "test/e2e/Compare.h"

namespace mixc::test {
namespace {

class Kept : public testing::TestWithParam<std::string> {
protected:
  const TestMixer &mixer = mixerNamed(GetParam());
  const mix::Decay regime = nearOne(mixer);
};

/// The states after token t of every sequence: [batch, heads, dims...] of [batch, time, heads, dims...].
mix::Arrays statesAfter(const mix::Arrays &kept, int64_t t) {
  mix::Arrays states;
  for (const auto &[name, array] : kept) {
    std::vector<int64_t> shape = array.shape;
    const int64_t batch = shape[0], time = shape[1], row = array.size() / (batch * time);
    shape.erase(shape.begin() + 1);
    mix::Array &state = states[name] = mix::Array(shape);
    for (int64_t b = 0; b < batch; ++b)
      std::copy_n(array.data.begin() + (b * time + t) * row, row, state.data.begin() + b * row);
  }
  return states;
}

TEST_P(Kept, StatesAreThoseAfterEachToken) {
  for (auto [key, value] : {std::pair<int64_t, int64_t>(32, 32), {5, 7}, {16, 48}}) {
    Library &built = library(mixer, key, value);
    ASSERT_EQ(built.error, "");
    CaseShape shape{.key = key, .value = value, .batch = 2, .time = 11, .groups = 2, .initial = true, .regime = regime};
    Oracle oracle(built.equations, makeCall(mixer, built.equations, shape, 14));
    for (int64_t tokens : {1, 3, 11}) {
      mix::Arrays kept;
      llvm::Expected<mix::Answer> got = built.loaded->decodeTokens(oracle.call(), tokens, &kept, 1);
      ASSERT_TRUE(bool(got)) << llvm::toString(got.takeError());
      const std::string what = std::to_string(tokens) + " tokens a call";
      oracle.expectAgreement(what, *got);
      std::optional<mix::Answer> notKept = runKernel(built, "recurrent", oracle.call());
      ASSERT_TRUE(notKept);
      EXPECT_EQ(got->outputs.at("y").data, notKept->outputs.at("y").data) << what;
      for (const auto &[name, array] : statesAfter(kept, shape.time - 1))
        EXPECT_EQ(array.data, got->final.at(name).data) << what << ": the last is the final one, " << name;
      for (int64_t t : {0, 2, 7}) {
        mix::Call prefix = tokensOf(oracle.call(), 0, t + 1);
        prefix.initial = oracle.call().initial;
        mix::Answer states = llvm::cantFail(mix::interpret(built.equations, prefix));
        states.final = statesAfter(kept, t);
        Oracle(built.equations, prefix).expectAgreement(what + ", after token " + std::to_string(t), states);
      }
    }
  }
}

TEST_P(Kept, StatesAreWhereToGoBackTo) {
  Library &built = library(mixer, 32, 32);
  ASSERT_EQ(built.error, "");
  CaseShape shape{.batch = 2, .time = 12, .groups = 2, .initial = true, .regime = regime};
  const mix::Call call = makeCall(mixer, built.equations, shape, 15);
  mix::Arrays kept;
  ASSERT_TRUE(bool(built.loaded->decodeTokens(tokensOf(call, 0, 8), 8, &kept, 1)));
  for (int64_t taken : {1, 4, 8}) {
    mix::Call rest = tokensOf(call, taken, shape.time), straight = tokensOf(call, 0, taken);
    rest.initial = statesAfter(kept, taken - 1);
    std::optional<mix::Answer> before = runKernel(built, "recurrent", straight);
    ASSERT_TRUE(before);
    for (const auto &[name, array] : rest.initial)
      EXPECT_EQ(array.data, before->final.at(name).data) << "the same bits as if no token had been refused: " << name;
    ASSERT_TRUE(runKernel(built, "recurrent", rest));
  }
}

TEST_P(Kept, StatesOfSixteenBits) {
  Library &built =
      library(mixer, 32, 32, {.elementTypes = {.all = "bf16", .named = {{"H", "bf16"}}}, .backward = false});
  ASSERT_EQ(built.error, "");
  mix::Call call = makeCall(mixer, built.equations, {.batch = 2, .time = 5, .groups = 2, .regime = regime}, 16);
  roundToStorage(built.equations, call);
  mix::Arrays kept;
  llvm::Expected<mix::Answer> got = built.loaded->decodeTokens(call, 5, &kept, 2);
  ASSERT_TRUE(bool(got)) << llvm::toString(got.takeError());
  for (const auto &[name, array] : statesAfter(kept, 4))
    EXPECT_EQ(array.data, got->final.at(name).data) << name;
}

INSTANTIATE_TEST_SUITE_P(Mixers, Kept, testing::ValuesIn(mixerNames()), testName);

} // namespace
} // namespace mixc::test
