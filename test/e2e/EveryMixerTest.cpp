// Every mixer of examples/ (whatever folders there are), of language.mix and of windows.mix, in every element type, and
// those of whole.mix and the other spellings of the zoo, over a pairwise covering array of length, groups, starts, packed
// sequences, tokens per call and decay; and in pieces.
#include "dialect/mix/ElementType.h"
#include "frontend/oracle/Compare.h"
#include "frontend/oracle/Rounding.h"
#include "test/e2e/Covering.h"
#include "test/e2e/Examples.h"
#include "test/e2e/Library.h"
#include <cmath>
#include <random>
#include <sstream>

namespace mixc::test {
namespace {

struct Case {
  TestMixer mixer;
  std::string elementType, of = ""; // of: where it is from, if not an example
};

std::vector<Case> allCases() {
  std::vector<Case> cases;
  std::vector<std::string> files = exampleFiles();
  files.push_back(LANGUAGE);
  files.push_back(WINDOWS);
  for (const std::string &file : files)
    for (const TestMixer &mixer : mixersOf(file))
      for (const char *type : {"f32", "bf16", "f16"})
        cases.push_back({mixer, type});
  for (const auto &[file, of] : {std::pair(ZOO, "zoo_"), {WHOLE, "whole_"}})
    for (const TestMixer &mixer : mixersOf(file))
      cases.push_back({mixer, "f32", of});
  return cases;
}

/// Axes of one length, as most models have them: what is decided by lengths is a tie then.
std::vector<Case> equalCases() {
  std::vector<Case> cases;
  for (Case &known : allCases())
    if (known.elementType == "f32" && known.of.empty()) {
      for (auto &[dim, number] : known.mixer.allDims)
        number = dim == "n" ? number : 16;
      cases.push_back(std::move(known));
    }
  return cases;
}

TEST(Examples, AreFound) {
  EXPECT_GE(exampleFiles().size(), 28U); // a wrong folder has none, and every test below would pass
}

std::string caseName(const testing::TestParamInfo<Case> &info) {
  return info.param.of + info.param.mixer.name + "_" + info.param.elementType;
}

class EveryMixer : public testing::TestWithParam<Case> {
protected:
  const TestMixer &mixer = GetParam().mixer;
  Library &built = library(mixer, 0, 0, {.elementTypes = {.all = GetParam().elementType}, .backward = hasGradients()});

  /// Gradients in float16 lose what is below 6e-5: no bound holds for their storage.
  static bool hasGradients() { return GetParam().elementType != "f16"; }

  mix::Call draw(int64_t batch, int64_t time, int64_t groups, uint64_t seed, const mix::SampleOptions &options) const {
    mix::Call call = mix::sample(built.equations, mixer.allDims, batch, time, /*heads=*/4, groups, seed, options);
    roundToStorage(built.equations, call);
    return call;
  }

  void expectAgreement(const mix::Call &call, const mix::Answer &got, const std::string &what) const {
    llvm::Expected<std::vector<TensorError>> errors = compare(built.equations, call, got, false);
    ASSERT_TRUE(bool(errors)) << llvm::toString(errors.takeError());
    for (const TensorError &tensor : *errors) {
      EXPECT_LE(tensor.bound, 5e-3) << what << ": " << tensor.name << " is chaos: a bound this wide says nothing";
      EXPECT_TRUE(tensor.passes()) << what << ": " << tensor.name << " is off by " << tensor.error << ", at most "
                                   << tensor.bound;
    }
  }

  void expectGradientsAgree(const mix::Call &call, const mix::Cotangents &cotangents, bool withSaved, int64_t threads,
                            const std::string &what) const {
    llvm::Expected<mix::Gradients> got = built.loaded->runBackward(call, cotangents, withSaved, threads);
    ASSERT_TRUE(bool(got)) << llvm::toString(got.takeError());
    llvm::Expected<std::vector<TensorError>> errors = compareGradients(built.equations, call, cotangents, *got);
    ASSERT_TRUE(bool(errors)) << llvm::toString(errors.takeError());
    for (const TensorError &tensor : *errors)
      EXPECT_TRUE(tensor.passes()) << what << ": " << tensor.name << " is off by " << tensor.error << ", at most "
                                   << tensor.bound;
  }
};

TEST_P(EveryMixer, AgreesWithTheInterpreter) {
  ASSERT_EQ(built.error, "");
  const std::vector<int64_t> lengths = {1, 2, 17, 64, 101}, groups = {1, 2, 4}, tokens = {1, 3, 1000};
  const std::vector<mix::Decay> regimes = {mix::Decay::NearHigh, mix::Decay::Mild, mix::Decay::Strong,
                                           mix::Decay::Resets, mix::Decay::High};
  auto count = [](const auto &levels) { return static_cast<int>(levels.size()); };
  uint64_t seed = 0;
  for (const std::vector<int> &row :
       coverPairs({count(lengths), count(groups), /*starts*/ 2, /*packed*/ 2, count(tokens), count(regimes)})) {
    const int64_t time = lengths[row[0]];
    mix::SampleOptions options{.decay = regimes[row[5]], .initialStates = row[2] == 1};
    if (row[3])
      options.cuSeqlens = {0, 0, time / 3, time / 3 + (time > 1), time, time};
    const mix::Call call = draw(row[3] ? 1 : 2, time, groups[row[1]], ++seed, options);
    std::ostringstream what;
    what << time << " tokens" << (row[3] ? ", packed, " : ", ") << groups[row[1]] << " groups, "
         << regimeName(regimes[row[5]]) << (row[2] ? ", with starts" : "");
    if (std::optional<mix::Answer> got = runKernel(built, "chunked", call, 1 + seed % 2))
      expectAgreement(call, *got, "chunked, " + what.str());
    if (!built.loaded->has("recurrent"))
      continue;
    mix::Arrays kept;
    llvm::Expected<mix::Answer> got = built.loaded->decodeTokens(call, tokens[row[4]], row[3] ? nullptr : &kept, 2);
    ASSERT_TRUE(bool(got)) << llvm::toString(got.takeError());
    expectAgreement(call, *got, std::to_string(tokens[row[4]]) + " tokens a call, " + what.str());
    for (const auto &[name, array] : kept) // after the last token: the final state, bit for bit
      for (int64_t b = 0, size = array.size() / (2 * time); b < 2; ++b)
        for (int64_t i = 0; i < size; ++i)
          ASSERT_EQ(array.data[((b + 1) * time - 1) * size + i], got->final.at(name).data[b * size + i])
              << what.str() << ": " << name << " kept";
  }
}

// Of every input, param, start and history: with what forward saved and without, ragged and packed, over resets and without decay.
TEST_P(EveryMixer, GradientsAgreeWithTheInterpreter) {
  ASSERT_EQ(built.error, "");
  ASSERT_EQ(built.loaded->hasBackward(), hasGradients());
  if (!hasGradients())
    return;
  const std::vector<int64_t> lengths = {1, 2, 17, 64, 145}, groups = {1, 2, 4};
  const std::vector<mix::Decay> regimes = {mix::Decay::NearHigh, mix::Decay::Mild, mix::Decay::Strong,
                                           mix::Decay::Resets, mix::Decay::High};
  auto count = [](const auto &levels) { return static_cast<int>(levels.size()); };
  uint64_t seed = 2000;
  for (const std::vector<int> &row : coverPairs(
           {count(lengths), count(groups), /*starts*/ 2, /*packed*/ 2, /*saved*/ 2, /*final*/ 2, count(regimes)})) {
    const int64_t time = lengths[row[0]];
    mix::SampleOptions options{.decay = regimes[row[6]], .initialStates = row[2] == 1};
    if (row[3])
      options.cuSeqlens = {0, 0, time / 3, time / 3 + (time > 1), time, time};
    const mix::Call call = draw(row[3] ? 1 : 2, time, groups[row[1]], ++seed, options);
    mix::Cotangents cotangents = mix::sampleCotangents(built.equations, call, seed);
    if (!row[5])
      cotangents.final.clear();
    roundToStorage(built.equations, cotangents);
    std::ostringstream what;
    what << time << " tokens" << (row[3] ? ", packed, " : ", ") << groups[row[1]] << " groups, "
         << regimeName(regimes[row[6]]) << (row[2] ? ", with starts" : "") << (row[4] ? ", saved" : ", replayed");
    expectGradientsAgree(call, cotangents, row[4], 1 + seed % 2, what.str());
  }
}

TEST_P(EveryMixer, GradientsAreTheSameBitsForAnyThreads) {
  ASSERT_EQ(built.error, "");
  if (!hasGradients())
    return;
  const mix::Call call = draw(3, 75, 2, 5, {.initialStates = true});
  const mix::Cotangents cotangents = mix::sampleCotangents(built.equations, call, 5);
  std::vector<mix::Gradients> runs;
  for (int64_t threads : {1, 2, 5}) {
    llvm::Expected<mix::Gradients> got = built.loaded->runBackward(call, cotangents, /*withSaved=*/true, threads);
    ASSERT_TRUE(bool(got)) << llvm::toString(got.takeError());
    runs.push_back(std::move(*got));
  }
  for (size_t i = 1; i < runs.size(); ++i)
    for (auto group : {&mix::Gradients::inputs, &mix::Gradients::params, &mix::Gradients::initial})
      for (const auto &[name, array] : runs[0].*group)
        EXPECT_EQ((runs[i].*group).at(name).data, array.data) << name;
}

TEST_P(EveryMixer, InPiecesThenDecodedIsOnePrefill) {
  ASSERT_EQ(built.error, "");
  if (!built.loaded->has("recurrent"))
    return; // it reads the end of the sequence: a piece is none
  std::mt19937_64 random(7);
  for (uint64_t seed : {100, 101, 102}) {
    const int64_t time = 90;
    const mix::Call call =
        draw(2, time, 2, seed, {.decay = seed % 2 ? mix::Decay::NearHigh : mix::Decay::Mild, .initialStates = true});
    std::vector<int64_t> cuts = {0, 0, 1};
    for (int i = 0; i < 3; ++i)
      cuts.push_back(static_cast<int64_t>(random() % time));
    llvm::sort(cuts);
    mix::Answer whole;
    whole.final = call.initial;
    for (size_t i = 0; i < cuts.size(); ++i) {
      const bool isLast = i + 1 == cuts.size();
      const int64_t from = cuts[i], to = isLast ? time : cuts[i + 1];
      mix::Call part = tokensOf(call, from, to);
      part.initial = whole.final;
      llvm::Expected<mix::Answer> got =
          isLast ? built.loaded->decodeTokens(part, 1 + seed % 3, nullptr, 1) : built.loaded->run("chunked", part, 1);
      ASSERT_TRUE(bool(got)) << llvm::toString(got.takeError());
      appendTokens(whole, *got, from, time);
    }
    expectAgreement(call, whole, "seed " + std::to_string(seed));
  }
}

INSTANTIATE_TEST_SUITE_P(Mixers, EveryMixer, testing::ValuesIn(allCases()), caseName);

class EqualDims : public EveryMixer {};

TEST_P(EqualDims, AgreeWithTheInterpreter) {
  ASSERT_EQ(built.error, "");
  const mix::Call call = draw(2, 145, 2, 3000, {.decay = mix::Decay::NearHigh, .initialStates = true});
  if (std::optional<mix::Answer> got = runKernel(built, "chunked", call))
    expectAgreement(call, *got, "chunked");
  mix::Cotangents cotangents = mix::sampleCotangents(built.equations, call, 3000);
  roundToStorage(built.equations, cotangents);
  for (bool withSaved : {true, false})
    expectGradientsAgree(call, cotangents, withSaved, 1, withSaved ? "saved" : "replayed");
}

/// Gates that are all one number a little below 1, or one of a few: then each chunk rounds as the one before.
TEST_P(EqualDims, AgreeWhereGatesRepeat) {
  ASSERT_EQ(built.error, "");
  for (mix::Decay regime : {mix::Decay::Alike, mix::Decay::Mixed}) {
    const mix::Call call = draw(1, 2500, 4, 3001, {.decay = regime, .initialStates = true});
    if (std::optional<mix::Answer> got = runKernel(built, "chunked", call))
      expectAgreement(call, *got, regimeName(regime));
    mix::Cotangents cotangents = mix::sampleCotangents(built.equations, call, 3001);
    roundToStorage(built.equations, cotangents);
    expectGradientsAgree(call, cotangents, /*withSaved=*/true, 1, regimeName(regime));
  }
}

INSTANTIATE_TEST_SUITE_P(Mixers, EqualDims, testing::ValuesIn(equalCases()), caseName);

/// The start I of a state of more than one panel.
TEST(Starts, OfAnIdentityInPanels) {
  TestMixer mixer;
  for (const TestMixer &known : mixersOf(LANGUAGE))
    if (known.name == "learned_starts")
      mixer = known;
  for (int64_t keys : {17, 40}) {
    mixer.allDims["K"] = keys;
    Library &built = library(mixer, keys, 0);
    ASSERT_EQ(built.error, "");
    mix::Call call = mix::sample(built.equations, mixer.allDims, 1, 20, /*heads=*/2, /*groups=*/1, /*seed=*/0);
    roundToStorage(built.equations, call);
    for (const char *kernel : {"chunked", "recurrent"}) {
      std::optional<mix::Answer> got = runKernel(built, kernel, call);
      ASSERT_TRUE(got);
      for (const TensorError &tensor : llvm::cantFail(compare(built.equations, call, *got)))
        EXPECT_TRUE(tensor.passes()) << kernel << ", K = " << keys << ": " << tensor.name << " is off by "
                                     << tensor.error;
    }
  }
}

#if defined(__x86_64__)
/// Pairs of tokens under a mask go by blocks of 4 x 4, 4 x 2 or 4 x 1: chunks of less than one, and with a rest.
class MaskedBlocks : public testing::TestWithParam<const char *> {};

TEST_P(MaskedBlocks, AgreeInChunksOfAnySize) {
  const std::pair<std::string, int64_t> chunks[] = {{"gla", 3}, {"gla", 6}, {"rwkv7", 13}};
  for (const auto &[name, chunk] : chunks) {
    TestMixer mixer = mixersOf(MIXC_EXAMPLES "/" + name + "/" + name + ".mix").front();
    Library &built = library(mixer, 0, 0, {.chunk = chunk, .cpu = GetParam()});
    ASSERT_EQ(built.error, "");
    mix::Call call = mix::sample(built.equations, mixer.allDims, 1, 30, /*heads=*/2, /*groups=*/1, /*seed=*/chunk);
    roundToStorage(built.equations, call);
    std::optional<mix::Answer> got = runKernel(built, "chunked", call);
    ASSERT_TRUE(got);
    for (const TensorError &tensor : llvm::cantFail(compare(built.equations, call, *got)))
      EXPECT_TRUE(tensor.passes()) << name << ", " << chunk << " tokens a chunk: " << tensor.name << " is off by "
                                   << tensor.error;
  }
}

INSTANTIATE_TEST_SUITE_P(Cpus, MaskedBlocks, testing::Values("nehalem", "haswell", "native"),
                         [](const auto &info) { return std::string(info.param); });
#endif

} // namespace
} // namespace mixc::test
