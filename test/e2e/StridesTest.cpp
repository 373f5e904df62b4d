// Where tensors lie changes no bit of what is computed: every entry of every example, over a covering array of layouts,
// packed sequences, groups, slots, threads, against the same call with contiguous arrays, which EveryMixer holds
// against the interpreter. Nothing between the numbers is touched, nor behind them.
#include "frontend/oracle/Rounding.h"
#include "test/e2e/Covering.h"
#include "test/e2e/Examples.h"
#include "test/e2e/StridedCall.h"
#include <sstream>

namespace mixc::test {
namespace {

struct Case {
  std::string mixer, elementType;
};

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const std::string &name : exampleNames())
    all.push_back({name, "f32"});
  for (const char *name : {"gated_delta_net", "mamba1", "mlstm"})
    all.push_back({name, "bf16"});
  return all;
}

/// Arrays by name, of states one row a sequence.
using Result = std::map<std::string, std::vector<double>>;

class Strides : public testing::TestWithParam<Case> {
protected:
  const TestMixer &mixer = exampleNamed(GetParam().mixer);
  Library &built = library(mixer, 0, 0, {.elementTypes = {.all = GetParam().elementType}});

  mix::Call draw(bool isPacked, int64_t groups, uint64_t seed) const {
    mix::SampleOptions options{.initialStates = true};
    const int64_t time = 37;
    if (isPacked)
      options.cuSeqlens = {0, 0, time / 3, time / 3 + 1, time, time};
    mix::Call call =
        mix::sample(built.equations, mixer.allDims, isPacked ? 1 : 4, time, /*heads=*/4, groups, seed, options);
    if (mixer.fading.setRegime)
      mixer.fading.setRegime(call, mix::Decay::Mild);
    roundToStorage(built.equations, call);
    return call;
  }

  /// What the call writes. Of a pool's states: those of sequences that have a slot.
  static Result resultOf(const StridedCall &call) {
    Result result;
    for (const TensorInfo &tensor : call.info().fields())
      if (tensor.isWritten())
        result[tensor.field] = call.read(tensor).data;
    return result;
  }

  Result run(tile::Entry entry, const mix::Call &call, const Arrangement &how, std::vector<float> &saved,
             const mix::Cotangents *cotangents, const std::string &what) const {
    StridedCall strided(built, mixer.name, entry, call, how, cotangents);
    if (entry == tile::Entry::Forward && !saved.empty())
      saved.assign(strided.savedFloats() + 1, std::nanf(""));
    const std::string error = strided.run(saved);
    EXPECT_EQ(error, "") << what;
    EXPECT_TRUE(strided.isUntouchedElsewhere()) << what;
    return resultOf(strided);
  }

  /// The states that the call starts from are, of sequences without a slot, those that it starts from with none.
  mix::Call withoutSlots(const mix::Call &call, const StridedCall &strided) const {
    mix::Call other = call;
    if (call.initial.empty())
      return other;
    for (auto &[name, array] : other.initial) {
      const std::vector<double> start = declaredStart(name, call);
      const int64_t each = array.size() / std::max<int64_t>(call.sequences(), 1);
      for (int64_t s = 0; s < call.sequences(); ++s)
        if (strided.initialSlot(s) < 0)
          std::copy_n(start.begin() + s * each, each, array.data.begin() + s * each);
    }
    return other;
  }

  /// What a call without states and without tokens ends in.
  std::vector<double> declaredStart(const std::string &name, const mix::Call &call) const {
    mix::Call none = call;
    none.initial.clear();
    none.batch = call.sequences(), none.time = 0;
    none.cuSeqlens.clear();
    for (auto &[input, array] : none.inputs) {
      array.shape[0] = none.batch, array.shape[1] = 0;
      array.data.clear();
    }
    return llvm::cantFail(built.loaded->run("chunked", none, 1)).final.at(name).data;
  }
};

std::string nameOf(const testing::TestParamInfo<Case> &info) { return info.param.mixer + "_" + info.param.elementType; }

TEST_P(Strides, ChangeNoBit) {
  ASSERT_EQ(built.error, "");
  uint64_t seed = 0;
  // layouts, and slices of one tensor; packed; groups; slots; narrow lists; threads; forward, decode, backward with
  // what forward saved and without
  for (const std::vector<int> &row : coverPairs({lies + 1, 2, 3, 2, 2, 2, 4})) {
    const Arrangement how{.first = row[0] % lies,
                          .isFused = row[0] == lies,
                          .slots = row[3] == 1 && row[6] < 2,
                          .narrow = row[4] == 1,
                          .threads = 1 + row[5]};
    const bool isDecode = row[6] == 1, isBackward = row[6] >= 2;
    if (isDecode && !built.loaded->has("recurrent"))
      continue;
    const mix::Call call = draw(row[1] && !isDecode, int64_t(1) << row[2], ++seed);
    std::ostringstream words;
    words << "seed " << seed << ", layout " << row[0] << (row[1] ? ", packed" : "") << ", " << call.groups << " groups"
          << (how.slots ? ", slots" : "") << (how.narrow ? ", narrow" : "") << ", entry " << row[6];
    const std::string what = words.str();
    const Arrangement plain{.contiguous = true};
    std::vector<float> saved, strided;
    const tile::Entry entry = isBackward ? tile::Entry::Backward
                              : isDecode ? tile::Entry::Decode
                                         : tile::Entry::Forward;
    mix::Cotangents cotangents;
    if (isBackward) {
      cotangents = mix::sampleCotangents(built.equations, call, seed);
      roundToStorage(built.equations, cotangents);
      if (row[6] == 2) {
        saved = strided = {0};
        run(tile::Entry::Forward, call, plain, saved, nullptr, what);
        run(tile::Entry::Forward, call, how, strided, nullptr, what + ", saving");
      }
    }
    const StridedCall probe(built, mixer.name, entry, call, how, &cotangents);
    const mix::Call same = how.slots ? withoutSlots(call, probe) : call;
    const Result wanted = run(entry, same, plain, saved, &cotangents, what + ", contiguous");
    const Result found = run(entry, call, how, strided, &cotangents, what);
    for (const TensorInfo &tensor : probe.info().fields()) {
      if (!tensor.isWritten())
        continue;
      const bool isPool = how.slots && (tensor.role == tile::Role::Final || tensor.role == tile::Role::State);
      const std::vector<double> &of = wanted.at(tensor.field), &have = found.at(tensor.field);
      ASSERT_EQ(of.size(), have.size());
      const auto each = static_cast<int64_t>(of.size()) / std::max<int64_t>(isPool ? call.sequences() : 1, 1);
      for (int64_t i = 0; i < static_cast<int64_t>(of.size()); ++i) {
        if (isPool && probe.finalSlot(i / each) < 0)
          continue;
        ASSERT_TRUE(of[i] == have[i] || (std::isnan(of[i]) && std::isnan(have[i])))
            << what << ": " << tensor.field << " at " << i << " is " << have[i] << ", and contiguous " << of[i];
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Mixers, Strides, testing::ValuesIn(cases()), nameOf);

} // namespace
} // namespace mixc::test
