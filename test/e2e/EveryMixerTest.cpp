// Every mixer of examples/ (whatever folders there are), of language.mix and of windows.mix, in every element type, and
// those of whole.mix and the other spellings of the zoo, over a pairwise covering array of length, groups, starts,
// packed sequences, tokens per call and decay; and in pieces.
#include "test/e2e/Compare.h"
#include "test/e2e/Covering.h"
#include "test/e2e/Examples.h"
#include <random>
#include <sstream>

namespace mixc::test {
namespace {

struct Case {
  TestMixer mixer;
  std::string elementType, of = ""; // of: where it is from, if not an example
};

/// Gradients in float16 lose what is below 6e-5: no bound holds for their storage.
bool hasGradients(const Case &of) { return of.elementType != "f16"; }

std::vector<Case> casesIn(const std::vector<std::string> &files, const std::vector<const char *> &types,
                          const std::string &of = "") {
  std::vector<Case> cases;
  for (const std::string &file : files)
    for (const TestMixer &mixer : mixersOf(file))
      for (const char *type : types)
        cases.push_back({mixer, type, of});
  return cases;
}

std::vector<Case> allCases() {
  std::vector<Case> cases;
  for (const TestMixer &mixer : exampleMixers())
    for (const char *type : {"f32", "bf16", "f16"})
      cases.push_back({mixer, type});
  llvm::append_range(cases, casesIn({LANGUAGE, WINDOWS}, {"f32", "bf16", "f16"}));
  llvm::append_range(cases, casesIn({ZOO}, {"f32"}, "zoo_"));
  llvm::append_range(cases, casesIn({WHOLE}, {"f32"}, "whole_"));
  return cases;
}

/// Of a mixer that the zoo has as well, the example's.
std::vector<Case> casesWithGradients() {
  std::vector<Case> cases = allCases();
  const std::vector<std::string> examples = exampleNames();
  llvm::erase_if(cases, [&](const Case &of) {
    return !hasGradients(of) || (of.of == "zoo_" && llvm::is_contained(examples, of.mixer.name));
  });
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
  Library &built =
      library(mixer, 0, 0, {.elementTypes = {.all = GetParam().elementType}, .backward = hasGradients(GetParam())});

  mix::Call draw(int64_t batch, int64_t time, int64_t groups, uint64_t seed, const mix::SampleOptions &options) const {
    mix::Call call = mix::sample(built.equations, mixer.allDims, batch, time, /*heads=*/4, groups, seed, options);
    if (mixer.fading.setRegime)
      mixer.fading.setRegime(call, options.decay);
    if (GetParam().elementType != "f32")
      for (auto &[name, array] : call.inputs)
        for (double &x : array.data)
          x = std::clamp(x, -6e4, 6e4); // a float16 ends at 65504
    roundToStorage(built.equations, call);
    return call;
  }
};

/// Tokens of a reset, and those behind them: the memory holds what the reset itself wrote and one token more, so
/// whatever leaked from before is large beside it.
TokenFilter behindResets(const TestMixer &mixer, const mix::Call &call) {
  const mix::Array &decay = call.inputs.at(mixer.fading.decay);
  return [&decay, reset = *mixer.fading.reset](int64_t b, int64_t t, int64_t h) {
    const int64_t heads = decay.shape[2], at = (b * decay.shape[1] + t) * heads + h;
    return decay.data[at] == reset || (t > 0 && decay.data[at - heads] == reset);
  };
}

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
    Oracle oracle(built.equations, call);
    oracle.expectAgreement(built, "chunked", what.str(), 1 + seed % 2);
    if (options.decay == mix::Decay::Resets && mixer.fading.reset && GetParam().elementType == "f32")
      for (const char *kernel : {"chunked", "recurrent"})
        Oracle(built.equations, call, behindResets(mixer, call))
            .expectAgreement(built, kernel, "behind resets, " + what.str());
    if (!built.loaded->has("recurrent"))
      continue;
    mix::Arrays kept;
    llvm::Expected<mix::Answer> got = built.loaded->decodeTokens(call, tokens[row[4]], row[3] ? nullptr : &kept, 2);
    ASSERT_TRUE(bool(got)) << llvm::toString(got.takeError());
    oracle.expectAgreement(std::to_string(tokens[row[4]]) + " tokens a call, " + what.str(), *got);
    for (const auto &[name, array] : kept) // after the last token: the final state, bit for bit
      for (int64_t b = 0, size = array.size() / (2 * time); b < 2; ++b)
        for (int64_t i = 0; i < size; ++i)
          ASSERT_EQ(array.data[((b + 1) * time - 1) * size + i], got->final.at(name).data[b * size + i])
              << what.str() << ": " << name << " kept";
  }
}

class EveryGradient : public EveryMixer {};

// Of every input, param, start and history: with what forward saved and without, ragged and packed, over resets and
// without decay.
TEST_P(EveryGradient, AgreesWithTheInterpreter) {
  ASSERT_EQ(built.error, "");
  const std::vector<int64_t> lengths = {1, 2, 17, 64, 145}, groups = {1, 2, 4};
  const std::vector<mix::Decay> regimes = {mix::Decay::NearHigh, mix::Decay::Mild, mix::Decay::Strong,
                                           mix::Decay::Resets, mix::Decay::High};
  auto count = [](const auto &levels) { return static_cast<int>(levels.size()); };
  uint64_t seed = 2000;
  for (const std::vector<int> &row : coverPairs(
           {count(lengths), count(groups), /*starts*/ 2, /*packed*/ 2, /*saved*/ 2, /*final*/ 2, count(regimes)})) {
    const int64_t time = lengths[row[0]];
    const mix::Decay regime = mixer.fading.withSlope(regimes[row[6]]);
    mix::SampleOptions options{.decay = regime, .initialStates = row[2] == 1};
    if (row[3])
      options.cuSeqlens = {0, 0, time / 3, time / 3 + (time > 1), time, time};
    const mix::Call call = draw(row[3] ? 1 : 2, time, groups[row[1]], ++seed, options);
    std::ostringstream what;
    what << time << " tokens" << (row[3] ? ", packed, " : ", ") << groups[row[1]] << " groups, " << regimeName(regime)
         << (row[2] ? ", with starts" : "");
    GradientOracle(built.equations, call, seed, /*ofFinal=*/row[5])
        .expectAgreement(built, /*withSaved=*/row[4], what.str(), 1 + seed % 2);
  }
}

TEST_P(EveryGradient, IsTheSameBitsForAnyThreads) {
  ASSERT_EQ(built.error, "");
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
    GTEST_SKIP() << "it reads the end of the sequence: a piece is none";
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
    Oracle(built.equations, call).expectAgreement("seed " + std::to_string(seed), whole);
  }
}

INSTANTIATE_TEST_SUITE_P(Mixers, EveryMixer, testing::ValuesIn(allCases()), caseName);
INSTANTIATE_TEST_SUITE_P(Mixers, EveryGradient, testing::ValuesIn(casesWithGradients()), caseName);

class EqualDims : public EveryMixer {};

TEST_P(EqualDims, AgreeWithTheInterpreter) {
  ASSERT_EQ(built.error, "");
  const mix::Call call = draw(2, 145, 2, 3000, {.decay = mix::Decay::NearHigh, .initialStates = true});
  Oracle(built.equations, call).expectAgreement(built, "chunked");
  GradientOracle gradients(built.equations, call, 3000);
  for (bool withSaved : {true, false})
    gradients.expectAgreement(built, withSaved);
}

/// Gates that are all one number a little below 1, or one of a few: then each chunk rounds as the one before.
TEST_P(EqualDims, AgreeWhereGatesRepeat) {
  ASSERT_EQ(built.error, "");
  for (mix::Decay regime : {mix::Decay::Alike, mix::Decay::Mixed}) {
    const mix::Call call = draw(1, 2500, 4, 3001, {.decay = regime, .initialStates = true});
    Oracle oracle(built.equations, call);
    for (const char *kernel : {"chunked", "recurrent"})
      if (built.loaded->has(kernel))
        oracle.expectAgreement(built, kernel, regimeName(regime));
    GradientOracle(built.equations, call, 3001).expectAgreement(built, /*withSaved=*/true, regimeName(regime));
  }
}

/// Many chunks and a rest, with decays that forget and with resets.
TEST_P(EqualDims, AgreeOverManyChunks) {
  ASSERT_EQ(built.error, "");
  const std::pair<int64_t, mix::Decay> lengths[] = {
      {257, mix::Decay::Resets}, {257, mix::Decay::Mild}, {600, mix::Decay::NearHigh}};
  for (auto [time, wanted] : lengths) {
    const mix::Decay regime = mixer.fading.withSlope(wanted);
    const mix::Call call = draw(1, time, 1, 3002 + time, {.decay = regime, .initialStates = true});
    EveryKernel(built.equations, call, 3002).expectAgreement(built, regimeName(regime));
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
    const mix::Call call = mix::sample(built.equations, mixer.allDims, 1, 20, /*heads=*/2, /*groups=*/1, /*seed=*/0);
    EveryKernel(built.equations, call, 0).expectAgreement(built, "K = " + std::to_string(keys));
  }
}

#if defined(__x86_64__)
/// Pairs of tokens under a mask go by blocks of 4 x 4, 4 x 2 or 4 x 1: chunks of less than one, and with a rest.
class MaskedBlocks : public testing::TestWithParam<const char *> {};

TEST_P(MaskedBlocks, AgreeInChunksOfAnySize) {
  const std::pair<std::string, int64_t> chunks[] = {{"gla", 3}, {"gla", 6}, {"rwkv7", 13}};
  for (const auto &[name, chunk] : chunks) {
    TestMixer mixer = mixersOf(MIXC_EXAMPLES "/" + name + "/" + name + ".mix").front();
    const bool hasGradients = chunk < 10; // of rwkv7 they take 5 s to compile
    Library &built = library(mixer, 0, 0, {.chunk = chunk, .cpu = GetParam(), .backward = hasGradients});
    ASSERT_EQ(built.error, "");
    const mix::Call call =
        mix::sample(built.equations, mixer.allDims, 1, 30, /*heads=*/2, /*groups=*/1, /*seed=*/chunk);
    EveryKernel kernels(built.equations, call, chunk);
    kernels.expectAnswersAgree(built, name + ", chunks of " + std::to_string(chunk));
    if (hasGradients)
      kernels.expectGradientsAgree(built, name + ", chunks of " + std::to_string(chunk));
  }
}

INSTANTIATE_TEST_SUITE_P(Cpus, MaskedBlocks, testing::Values("nehalem", "haswell", "native"),
                         [](const auto &info) { return std::string(info.param); });
#endif

} // namespace
} // namespace mixc::test
