// Kernels for a block of sequences: batches of fewer, as many and more than a block, sequences of different lengths,
// none and one token among them; and what one sequence gets does not depend on the others.
#include "test/e2e/Compare.h"
#include <sstream>

namespace mixc::test {
namespace {

constexpr int64_t Block = 8;

struct Case {
  TestMixer mixer;
  std::string elementType = "f32";
};

/// N no whole number of vectors, a whole number of them, less than one.
std::vector<Case> allCases() {
  std::vector<Case> cases;
  for (const char *name : {"lstm", "gru", "slstm"})
    for (int64_t n : {10, 64, 1})
      cases.push_back({{.name = name, .allDims = {{"N", n}}}});
  for (const char *name : {"convolved", "layers", "mixed", "to_the_end"})
    for (auto [n, m] : {std::pair(17, 5), std::pair(32, 48)})
      cases.push_back({{.name = name, .file = BLOCKS, .allDims = {{"N", n}, {"M", m}}}});
  cases.push_back({{.name = "lstm", .allDims = {{"N", 20}}}, "bf16"});
  cases.push_back({{.name = "convolved", .file = BLOCKS, .allDims = {{"N", 12}, {"M", 5}}}, "f16"});
  return cases;
}

std::string caseName(const testing::TestParamInfo<Case> &info) {
  return info.param.mixer.name + "_" + std::to_string(info.param.mixer.allDims.at("N")) + "_" + info.param.elementType;
}

class Blocks : public testing::TestWithParam<Case> {
protected:
  const TestMixer &mixer = GetParam().mixer;
  Library &built = library(mixer, mixer.allDims.at("N"), 0,
                           {.elementTypes = {.all = GetParam().elementType}, .backward = hasGradients()});

  static bool hasGradients() { return GetParam().elementType != "f16"; } // see EveryMixer

  void SetUp() override { ASSERT_EQ(built.error, ""); }

  mix::Call draw(CaseShape shape, uint64_t seed) const {
    mix::Call call = makeCall(mixer, built.equations, shape, seed);
    roundToStorage(built.equations, call);
    return call;
  }
  void expectAgreement(const mix::Call &call, const std::string &what) const {
    Oracle oracle(built.equations, call);
    for (const char *kernel : {"chunked", "recurrent"})
      if (built.loaded->has(kernel))
        oracle.expectAgreement(built, kernel, what, 2);
  }
  /// Backward goes sequence by sequence, but what it may be given was saved by kernels that need not.
  void expectGradientsAgree(const mix::Call &call, const std::string &what) const {
    if (!hasGradients())
      return;
    GradientOracle oracle(built.equations, call, call.batch);
    for (bool withSaved : {true, false})
      oracle.expectAgreement(built, withSaved, what, 2);
  }
};

TEST_P(Blocks, AreWhatItsKernelsWorkOn) {
  for (const EntryInfo &entry : built.compiled.interface(mixer.name)->entries)
    if (entry.kind != tile::Entry::Backward) // that goes sequence by sequence
      EXPECT_EQ(entry.block, Block) << entry.name().str();
}

TEST_P(Blocks, OfAnyNumberOfSequences) {
  for (int64_t batch : {int64_t(1), Block / 2, Block / 2 + 1, Block - 1, Block, Block + 1, 2 * Block + 5})
    for (int64_t time : {1, 16, 37}) {
      const mix::Call call = draw(
          {.batch = batch, .time = time, .heads = 2, .groups = 1 + time % 2, .initial = batch % 2 == 1}, batch + time);
      const std::string what = std::to_string(batch) + " sequences of " + std::to_string(time) + " tokens";
      expectAgreement(call, what);
      if (batch == Block + 1 && time > 1)
        expectGradientsAgree(call, what);
    }
}

TEST_P(Blocks, OfDifferentLengths) {
  const std::vector<std::vector<int64_t>> all = {
      {16, 17, 15, 0, 16, 1, 16, 17},               // one block, in chunks that only some have
      {40, 40, 39, 40, 0, 40, 2, 40, 33, 1, 0},     // and a few
      {3, 3, 3, 3, 3, 0, 0, 0, 20, 20, 20, 20, 20}, // and most of one
      {0, 0, 0, 0, 0, 0, 0, 0, 0},
      {1, 1, 1, 1, 1, 1}}; // none, one
  for (const std::vector<int64_t> &lengths : all)
    for (bool initial : {false, true}) {
      CaseShape shape{.heads = 2, .groups = 2, .initial = initial};
      std::ostringstream what;
      shape.cuSeqlens = {0};
      shape.time = 0;
      for (int64_t length : lengths) {
        shape.cuSeqlens.push_back(shape.time += length);
        what << length << " ";
      }
      what << "tokens" << (initial ? ", initial states" : "");
      const mix::Call call = draw(shape, lengths.size());
      expectAgreement(call, what.str());
      if (initial)
        expectGradientsAgree(call, what.str());
    }
}

TEST_P(Blocks, GiveTheSameBitsForAnyNumberOfThreads) {
  mix::Call call = draw({.batch = 2 * Block + 3, .time = 35, .heads = 3, .groups = 3, .initial = true}, 5);
  for (const char *kernel : {"chunked", "recurrent"}) {
    if (!built.loaded->has(kernel))
      continue;
    std::optional<mix::Answer> one = runKernel(built, kernel, call, 1);
    ASSERT_TRUE(one);
    for (int64_t threads : {2, 3, 0}) {
      std::optional<mix::Answer> more = runKernel(built, kernel, call, threads);
      ASSERT_TRUE(more);
      for (const auto &[name, array] : one->outputs)
        EXPECT_EQ(array.data, more->outputs.at(name).data) << kernel << ": " << name << ", " << threads << " threads";
      for (const auto &[name, array] : one->final)
        EXPECT_EQ(array.data, more->final.at(name).data) << kernel << ": " << name << ", " << threads << " threads";
    }
  }
}

/// A short sequence among long ones, in another place of another block, is the same, bit for bit.
TEST_P(Blocks, GiveASequenceWhatDoesNotDependOnTheOthers) {
  mix::Call call = draw({.batch = 1, .time = 9 * 23, .heads = 2, .groups = 1}, 6);
  auto run = [&](std::vector<int64_t> cuts) {
    call.cuSeqlens = std::move(cuts);
    return runKernel(built, "chunked", call, 1);
  };
  std::vector<int64_t> even, uneven;
  for (int64_t s = 0; s <= 9; ++s)
    even.push_back(23 * s);
  uneven = even;
  for (int64_t s = 5; s < 9; ++s)
    uneven[s] += s % 2 ? 1 : -3; // sequences 0 to 3 stay, the lengths of others change
  std::optional<mix::Answer> one = run(even), other = run(uneven);
  ASSERT_TRUE(one && other);
  for (const auto &[name, array] : one->outputs) {
    const int64_t same = array.size() / 9 * 4;
    for (int64_t i = 0; i < same; ++i)
      ASSERT_EQ(array.data[i], other->outputs.at(name).data[i]) << name << ", number " << i;
  }
}

TEST_P(Blocks, KeepTheStatesAfterEachToken) {
  if (!built.loaded->has("recurrent"))
    GTEST_SKIP() << "it reads the end of the sequence: no token is decoded before that";
  const int64_t batch = Block + 5, time = 6;
  mix::Call call = draw({.batch = batch, .time = time, .heads = 2, .groups = 1, .initial = true}, 8);
  mix::Arrays kept, alone;
  llvm::Expected<mix::Answer> together = built.loaded->decodeTokens(call, 3, &kept, 2);
  llvm::Expected<mix::Answer> apart = built.loaded->decodeTokens(call, 1, &alone, 1);
  ASSERT_TRUE(together && apart);
  for (const auto &[name, array] : kept) {
    EXPECT_EQ(array.data, alone.at(name).data) << name;
    for (int64_t b = 0, size = array.size() / (batch * time); b < batch; ++b)
      for (int64_t i = 0; i < size; ++i)
        ASSERT_EQ(array.data[((b + 1) * time - 1) * size + i], together->final.at(name).data[b * size + i]) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(Mixers, Blocks, testing::ValuesIn(allCases()), caseName);

} // namespace
} // namespace mixc::test
