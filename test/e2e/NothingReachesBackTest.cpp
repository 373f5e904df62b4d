// A number of no use in an input at one token, of one head of one sequence: NaN, infinity, or far too large. What is
// before it, and what belongs to other heads and sequences, is bit for bit what it was, chunked and token by token; and
// of the gradients, those that the interpreter leaves finite are finite and right.
#include "dialect/mix/ElementType.h"
#include "test/e2e/Compare.h"
#include "test/e2e/Examples.h"
#include <cmath>

namespace mixc::test {
namespace {

/// A batch that fills more than half a block of sequences run together, and a segment of saved states with a rest.
constexpr int64_t Batch = 5, Time = 139, Heads = 2;

/// Inside a chunk, behind several, and in the second segment.
constexpr int64_t Tokens[] = {7, 37, 130};

const std::pair<const char *, double> poisons[] = {{"nan", NAN}, {"infinity", HUGE_VAL}, {"1e30", 1e30f}};

/// The input's numbers at a token of the first head, or group, of the first sequence.
mix::Call poisoned(const mix::Call &call, const std::string &input, int64_t token, double value) {
  mix::Call result = call;
  mix::Array &array = result.inputs.at(input);
  const int64_t rows = array.shape[2], row = array.size() / (call.batch * call.time * rows);
  std::fill_n(array.data.begin() + token * rows * row, row, value);
  return result;
}

/// Are two calls' outputs the same bits where the first head of the first sequence has not seen the token?
void expectSameBits(const mix::Answer &clean, const mix::Answer &got, int64_t token, bool readsEnds,
                    const std::string &what) {
  auto isOther = [](int64_t sequence, int64_t head) { return sequence > 0 || head > 0; };
  for (const auto &[name, array] : clean.outputs) {
    const int64_t row = array.size() / (Batch * Time * Heads);
    const mix::Array &other = got.outputs.at(name);
    for (int64_t i = 0; i < array.size(); ++i) {
      const int64_t head = i / row % Heads, at = i / row / Heads % Time, sequence = i / row / Heads / Time;
      if (!isOther(sequence, head) && (readsEnds || at >= token))
        continue;
      ASSERT_EQ(array.data[i], other.data[i])
          << what << ": " << name << " at token " << at << ", sequence " << sequence << ", head " << head;
    }
  }
  for (const auto &[name, array] : clean.final) {
    const mix::Array &other = got.final.at(name);
    const int64_t heads = array.shape[1], row = array.size() / (Batch * heads);
    for (int64_t i = 0; i < array.size(); ++i)
      if (isOther(i / row / heads, i / row % heads))
        ASSERT_EQ(array.data[i], other.data[i]) << what << ": final " << name;
  }
}

class NothingReachesBack : public testing::TestWithParam<std::string> {
protected:
  void SetUp() override { ASSERT_EQ(built.error, ""); }

  mix::Call draw() const {
    mix::Call call = mix::sample(built.equations, mixer.allDims, Batch, Time, Heads, /*groups=*/Heads, /*seed=*/11,
                                 {.decay = mix::Decay::NearHigh, .initialStates = true});
    roundToStorage(built.equations, call);
    return call;
  }

  void forEachPoison(const mix::Call &call,
                     llvm::function_ref<void(const mix::Call &, int64_t, double, const std::string &)> run) const {
    for (const auto &[input, array] : call.inputs)
      for (int64_t token : Tokens)
        for (auto [name, value] : poisons) {
          run(poisoned(call, input, token, value), token, value,
              input + "[" + std::to_string(token) + "] = " + std::string(name));
          if (HasFailure())
            return;
        }
  }

  const TestMixer &mixer = exampleNamed(GetParam());
  Library &built = library(mixer, 0, 0);
};

TEST_P(NothingReachesBack, Forward) {
  const mix::Call call = draw();
  const bool readsEnds = !built.loaded->has("recurrent");
  for (const char *kernel : {"chunked", "recurrent"}) {
    if (!built.loaded->has(kernel))
      continue;
    const std::optional<mix::Answer> clean = runKernel(built, kernel, call);
    ASSERT_TRUE(clean);
    forEachPoison(call, [&](const mix::Call &other, int64_t token, double, const std::string &what) {
      if (std::optional<mix::Answer> got = runKernel(built, kernel, other))
        expectSameBits(*clean, *got, token, readsEnds, kernel + (", " + what));
    });
  }
}

/// All gradients, by name.
mix::Arrays allOf(const mix::Gradients &gradients) {
  mix::Arrays all;
  for (const auto &[name, array] : gradients.inputs)
    all[name + ".grad"] = array;
  for (const auto &[name, array] : gradients.params)
    all[name + ".grad"] = array;
  for (const auto &[name, array] : gradients.initial)
    all[name + ".initial.grad"] = array;
  return all;
}

mix::Arrays interpreted(mix::MixerOp equations, mix::Call call, const mix::Cotangents &cotangents, bool inFloat32) {
  call.roundToFloat32 = inFloat32;
  return allOf(cantFail(mix::interpretBackward(equations, call, cotangents)));
}

/// 0 where a gradient counts for nothing: where it is not finite in the interpreter, exactly or in float32, or where it
/// depends on a number that is too large for sums to say anything.
void keepWhatCounts(mix::Array &array, const mix::Array &exact, const mix::Array &rounded, const mix::Array *clean) {
  for (int64_t i = 0; i < array.size(); ++i)
    if (!std::isfinite(exact.data[i]) || !std::isfinite(rounded.data[i]) || (clean && exact.data[i] != clean->data[i]))
      array.data[i] = 0;
}

double normOf(const mix::Array &array) { return relativeError(array, mix::Array(array.shape)); }

/// `clean`: the exact gradients without the number, if only what they share with `exact` counts.
void expectFiniteAreRight(const mix::Arrays &exact, const mix::Arrays &rounded, const mix::Arrays *clean,
                          const mix::Arrays &got, const std::string &what) {
  double largest = 0;
  std::map<std::string, std::array<mix::Array, 3>> kept;
  for (const auto &[name, array] : exact) {
    auto &[wanted, yardstick, found] = kept[name] = {array, rounded.at(name), got.at(name)};
    for (mix::Array *part : {&found, &yardstick, &wanted})
      keepWhatCounts(*part, array, rounded.at(name), clean ? &clean->at(name) : nullptr);
    largest = std::max(largest, normOf(wanted));
  }
  for (const auto &[name, arrays] : kept) {
    const auto &[wanted, yardstick, found] = arrays;
    const int64_t row =
        wanted.shape.size() > 1 && wanted.shape[1] ? wanted.size() / (wanted.shape[0] * wanted.shape[1]) : 1;
    for (int64_t i = 0; i < wanted.size(); ++i)
      ASSERT_TRUE(std::isfinite(found.data[i]))
          << what << ": " << name << " is " << found.data[i] << " at " << i / row << ", wanted " << wanted.data[i];
    const double size = normOf(wanted), scale = size < 1e-6 * largest ? (size > 0 ? size : 1) / largest : 1;
    TensorError tensor{name, scale * relativeError(found, wanted), Tolerance::float32()};
    tensor.tolerance.allowRounding(scale * relativeError(yardstick, wanted));
    expectAllPass(std::vector{tensor}, what);
  }
}

TEST_P(NothingReachesBack, Gradients) {
  const mix::Call call = draw();
  const mix::Cotangents cotangents = mix::sampleCotangents(built.equations, call, 11);
  const mix::Arrays clean = interpreted(built.equations, call, cotangents, false);
  forEachPoison(call, [&](const mix::Call &other, int64_t, double value, const std::string &what) {
    const mix::Arrays exact = interpreted(built.equations, other, cotangents, false);
    const mix::Arrays rounded = interpreted(built.equations, other, cotangents, true);
    for (bool withSaved : {true, false}) {
      llvm::Expected<mix::Gradients> got = built.loaded->runBackward(other, cotangents, withSaved, 1);
      ASSERT_TRUE(bool(got)) << llvm::toString(got.takeError());
      expectFiniteAreRight(exact, rounded, std::isfinite(value) ? &clean : nullptr, allOf(*got),
                           what + (withSaved ? ", saved" : ", replayed"));
    }
  });
}

INSTANTIATE_TEST_SUITE_P(Examples, NothingReachesBack, testing::ValuesIn(exampleNames()), testName);

} // namespace
} // namespace mixc::test
