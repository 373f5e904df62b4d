// Arrays of bf16 and f16, all alike or one by one: the numbers that the kernel is given are rounded first, and the
// interpreter is given the same. What is float32 outside keeps float32's tolerance; what is narrower has 5e-3.
#include "dialect/mix/ElementType.h"
#include "test/e2e/Compare.h"
#include "test/e2e/Covering.h"
#include <cmath>

namespace mixc::test {
namespace {

enum class Types { Bf16, F16, Mixed, States };

const char *nameOf(Types types) {
  switch (types) {
  case Types::Bf16: return "bf16";
  case Types::F16: return "f16";
  case Types::Mixed: return "mixed";
  case Types::States: return "bf16_states";
  }
  llvm_unreachable("all are above");
}

/// Mixed: values bf16, other vectors f16, the decay bf16, outputs f32.
Choices choicesOf(Types types, const TestMixer &mixer) {
  switch (types) {
  case Types::Bf16: return {.elementTypes = {.all = "bf16"}, .backward = false};
  case Types::F16: return {.elementTypes = {.all = "f16"}, .backward = false};
  case Types::States: return {.elementTypes = {.all = "bf16", .named = {{"H", "bf16"}}}, .backward = false};
  case Types::Mixed: break;
  }
  ElementTypes mixed{.all = "f16", .named = {{"y", "f32"}, {mixer.name == "mamba2" ? "x" : "v", "bf16"}}};
  if (!mixer.fading.decay.empty())
    mixed.named[mixer.fading.decay] = "bf16";
  return {.elementTypes = mixed, .backward = false};
}

mix::Call makeNarrowCall(const TestMixer &mixer, mix::MixerOp equations, const CaseShape &shape, uint64_t seed) {
  mix::Call call = makeCall(mixer, equations, shape, seed);
  for (auto &[name, array] : call.inputs)
    for (double &number : array.data)
      number = std::clamp(number, -6e4, 6e4); // a float16 ends at 65504
  roundToStorage(equations, call);
  return call;
}

struct Case {
  std::string mixer;
  Types types;
  CaseShape shape;
  uint64_t seed;
};

std::vector<Case> allCases() {
  const std::vector<int64_t> lengths = {1, 2, 63, 65, 257}, groups = {1, 2, 4};
  const std::vector<std::pair<int64_t, int64_t>> dims = {{32, 32}, {16, 48}, {5, 7}};
  std::vector<Case> cases;
  for (const TestMixer &mixer : mixers())
    for (Types types : {Types::Bf16, Types::F16, Types::Mixed, Types::States}) {
      const std::vector<mix::Decay> regimes = mixer.regimes();
      auto count = [](const auto &levels) { return static_cast<int>(levels.size()); };
      for (const std::vector<int> &row : coverPairs({count(lengths), count(regimes), count(groups), 2, count(dims)})) {
        CaseShape shape;
        shape.time = lengths[row[0]];
        shape.regime = regimes[row[1]];
        shape.groups = groups[row[2]];
        shape.initial = row[3];
        std::tie(shape.key, shape.value) = dims[row[4]];
        shape.batch = shape.time <= 65 ? 2 : 1;
        cases.push_back({mixer.name, types, shape, cases.size()});
      }
    }
  return cases;
}

std::string caseName(const testing::TestParamInfo<Case> &info) {
  const auto &[mixer, types, shape, seed] = info.param;
  return mixer + "_" + nameOf(types) + "_K" + std::to_string(shape.key) + "_V" + std::to_string(shape.value) + "_T" +
         std::to_string(shape.time) + "_groups" + std::to_string(shape.groups) + "_" + regimeName(shape.regime) +
         (shape.initial ? "_initial" : "");
}

class ElementTypesOf : public testing::TestWithParam<Case> {};

TEST_P(ElementTypesOf, AgreeWithTheInterpreter) {
  const auto &[name, types, shape, seed] = GetParam();
  const TestMixer &mixer = mixerNamed(name);
  Library &built = library(mixer, shape.key, shape.value, choicesOf(types, mixer));
  ASSERT_EQ(built.error, "");
  const mix::Call call = makeNarrowCall(mixer, built.equations, shape, seed);
  Oracle oracle(built.equations, call);
  for (const char *kernel : {"chunked", "recurrent"})
    oracle.expectAgreement(built, kernel, "", 1 + seed % 2);
}

INSTANTIATE_TEST_SUITE_P(Mixers, ElementTypesOf, testing::ValuesIn(allCases()), caseName);

class NarrowSplits : public testing::TestWithParam<std::string> {};

// States are float32: nothing is lost where one call ends and the next begins.
TEST_P(NarrowSplits, PrefillsThenDecodeEqualOnePrefill) {
  const TestMixer &mixer = mixerNamed(GetParam());
  for (const char *type : {"bf16", "f16"}) {
    Library &built = library(mixer, 32, 32, {.elementTypes = {.all = type}, .backward = false});
    ASSERT_EQ(built.error, "");
    CaseShape shape{.batch = 2, .time = 90, .groups = 2, .initial = true};
    shape.regime = nearOne(mixer);
    const mix::Call call = makeNarrowCall(mixer, built.equations, shape, 12);
    Oracle oracle(built.equations, call);
    for (auto [a, b] : {std::pair<int64_t, int64_t>(0, 90), {1, 33}, {40, 80}, {90, 90}}) {
      mix::Answer whole;
      whole.final = call.initial;
      const std::tuple<const char *, int64_t, int64_t> parts[] = {
          {"chunked", 0, a}, {"chunked", a, b}, {"recurrent", b, shape.time}};
      for (const auto &[kernel, from, to] : parts) {
        mix::Call part = tokensOf(call, from, to);
        part.initial = whole.final;
        std::optional<mix::Answer> got = runKernel(built, kernel, part);
        ASSERT_TRUE(got);
        appendTokens(whole, *got, from, shape.time);
      }
      oracle.expectAgreement(std::string(type) + ", split at " + std::to_string(a) + " and " + std::to_string(b),
                             whole);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Mixers, NarrowSplits, testing::ValuesIn(mixerNames()), testName);

#if defined(__x86_64__)
class NarrowOn : public testing::TestWithParam<const char *> {};

// Whatever the target has or lacks, and whatever is cut off a vector.
TEST_P(NarrowOn, TargetAgrees) {
  for (const char *name : {"retnet", "mamba2", "gated_delta_net"}) {
    const TestMixer &mixer = mixerNamed(name);
    for (const char *type : {"bf16", "f16"})
      for (auto [key, value] : {std::pair<int64_t, int64_t>(16, 32), {5, 7}}) {
        const bool hasGradients = llvm::StringRef(type) != "f16"; // see EveryMixer
        Library &built =
            library(mixer, key, value, {.cpu = GetParam(), .elementTypes = {.all = type}, .backward = hasGradients});
        ASSERT_EQ(built.error, "") << mixer.name << ", " << type;
        const mix::Call call =
            makeNarrowCall(mixer, built.equations, {.key = key, .value = value, .time = 37, .groups = 2}, 13);
        const std::string what = mixer.name + ", " + type;
        Oracle oracle(built.equations, call);
        for (const char *kernel : {"chunked", "recurrent"})
          oracle.expectAgreement(built, kernel, what);
        if (!hasGradients)
          continue;
        GradientOracle gradients(built.equations, call, 13);
        for (bool withSaved : {true, false})
          gradients.expectAgreement(built, withSaved, what);
      }
  }
}

INSTANTIATE_TEST_SUITE_P(Cpu, NarrowOn, testing::Values("x86-64", "ivybridge", "haswell"), [](const auto &info) {
  return llvm::StringRef(info.param) == "x86-64" ? std::string("x86_64") : std::string(info.param);
});
#endif

/// A mixer that hands its input on: y = x in the tensor's type, so that every number shows how it is rounded.
TEST(Rounding, IsToNearestEvenForEveryKindOfNumber) {
  const std::vector<double> numbers = {
      0,           -0.0,        1,       1 + 0x1p-8,    1 + 0x3p-8, 1 + 0x1p-8 + 0x1p-20,
      1 + 0x1p-11, 1 + 0x3p-11, 65504,   65519.99,      65520,      1e6,
      -1e6,        0x1p-14,     0x1p-15, 0x1p-24,       0x1p-25,    0x3p-25,
      0x1p-26,     -0x1.8p-24,  3.3e38,  -0x1.ffffp127, 0x1p-120,   INFINITY};
  for (const char *cpu : {"native", "x86-64", "ivybridge"})
    for (const char *type : {"bf16", "f16"}) {
      const TestMixer mixer{.name = "echo", .file = ECHO_MIXER};
      Library &built =
          library(mixer, 1, 1, {.cpu = cpu, .elementTypes = {.all = "f32", .named = {{"y", type}}}, .backward = false});
      ASSERT_EQ(built.error, "");
      mix::Call call;
      call.time = numbers.size();
      call.inputs["x"] = mix::Array({1, call.time, 1});
      for (auto [i, number] : llvm::enumerate(numbers))
        call.inputs["x"].data[i] = static_cast<float>(number);
      for (const char *kernel : {"chunked", "recurrent"}) {
        std::optional<mix::Answer> got = runKernel(built, kernel, call);
        ASSERT_TRUE(got);
        const mlir::Type element = llvm::StringRef(type) == "bf16"
                                       ? mlir::Type(mlir::BFloat16Type::get(built.equations.getContext()))
                                       : mlir::Type(mlir::Float16Type::get(built.equations.getContext()));
        for (auto [i, y] : llvm::enumerate(got->outputs.at("y").data)) {
          const double x = call.inputs["x"].data[i], want = mix::roundTo(element, x);
          EXPECT_EQ(y, want) << cpu << ", " << type << ", " << kernel << ": " << x;
          EXPECT_EQ(std::signbit(y), std::signbit(want)) << x;
        }
      }
    }
}

} // namespace
} // namespace mixc::test
