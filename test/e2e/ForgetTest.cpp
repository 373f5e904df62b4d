// What a gate of exactly 0 forgets: every finite past, to the last bit; not NaN or infinity, of which 0 is no multiple.
// A sequence that begins forgets everything.
#include "frontend/compile/ElementTypes.h"
#include "frontend/oracle/Rounding.h"
#include "test/e2e/Examples.h"
#include "test/e2e/Library.h"
#include <cmath>

namespace mixc::test {
namespace {

constexpr int64_t Time = 90, Heads = 2, Reset = 70; // inside a chunk of any size above 2, behind a full one

/// Numbers that bounded inputs have at the reset.
using Gates = std::map<std::string, double>;

int64_t rowOf(const mix::Array &array, int64_t time) { return array.size() / (array.shape[0] * time); }

void setToken(mix::Array &array, int64_t token, double value) {
  const int64_t row = rowOf(array, Time);
  std::fill_n(array.data.begin() + token * row, row, value);
}

class Forget : public testing::TestWithParam<std::string> {
protected:
  void SetUp() override {
    ASSERT_EQ(built.error, "");
    for (auto input : built.equations.step().getOps<mix::InputOp>()) {
      lags = std::max(lags, mix::historyOf(input));
      if (input.getLo())
        bounds[mix::homeOf(input).tensor.str()] = {input.getLo()->convertToDouble(), input.getHi()->convertToDouble()};
    }
  }

  mix::Call draw(uint64_t seed, std::vector<int64_t> cuSeqlens = {}) const {
    mix::Call call = mix::sample(
        built.equations, mixer.allDims, 1, Time, Heads, /*groups=*/1, seed,
        {.decay = mix::Decay::NearHigh, .initialStates = cuSeqlens.empty(), .cuSeqlens = std::move(cuSeqlens)});
    roundToStorage(built.equations, call);
    return call;
  }

  /// Every way to put some of the bounded inputs at an end of their interval.
  std::vector<Gates> waysToReset() const {
    std::vector<Gates> ways = {{}};
    for (const auto &[name, ends] : bounds)
      for (const Gates &known : std::vector<Gates>(ways))
        for (double end : {ends.first, ends.second}) {
          ways.push_back(known);
          ways.back()[name] = end;
        }
    return ways;
  }

  /// Another past of the same future.
  mix::Call withOtherPast(const mix::Call &call) const {
    const mix::Call other = draw(2);
    mix::Call result = call;
    result.initial = other.initial;
    for (auto &[name, array] : result.inputs)
      std::copy_n(other.inputs.at(name).data.begin(), (Reset - lags) * rowOf(array, Time), array.data.begin());
    return result;
  }

  std::vector<const char *> kernels() const {
    return built.loaded->has("recurrent") ? std::vector{"chunked", "recurrent"} : std::vector{"chunked"};
  }

  void expectResets() const;
  void expectCleanBeginnings() const;

  const TestMixer &mixer = exampleNamed(GetParam());
  Library &built = library(mixer, 0, 0);
  std::map<std::string, std::pair<double, double>> bounds;
  int64_t lags = 0;
};

/// Are the outputs from a token on, and what is left at the end, the same bits?
bool areSameFrom(int64_t token, const mix::Answer &x, const mix::Answer &y) {
  for (const auto &[name, array] : x.outputs)
    if (!std::equal(array.data.begin() + token * rowOf(array, Time), array.data.end(),
                    y.outputs.at(name).data.begin() + token * rowOf(array, Time)))
      return false;
  return llvm::all_of(x.final, [&](const auto &state) { return state.second.data == y.final.at(state.first).data; });
}

/// Is NaN wherever the interpreter has it; how often that is after the reset.
int64_t expectNansOf(const mix::Answer &wanted, const mix::Answer &got, const std::string &what) {
  int64_t count = 0;
  for (const auto &[name, array] : wanted.outputs)
    for (int64_t i = 0; i < array.size(); ++i)
      if (std::isnan(array.data[i])) {
        EXPECT_TRUE(std::isnan(got.outputs.at(name).data[i])) << what << ": " << name << " at " << i;
        count += i >= Reset * rowOf(array, Time);
      }
  return count;
}

void Forget::expectResets() const {
  const mix::Call drawn = draw(1);
  bool forgets = false;
  for (const Gates &way : waysToReset()) {
    mix::Call call = drawn;
    std::string what;
    for (const auto &[name, number] : way) {
      setToken(call.inputs.at(name), Reset, number);
      what += name + " = " + std::to_string(number) + " ";
    }
    const mix::Call other = withOtherPast(call);
    if (!areSameFrom(Reset, cantFail(mix::interpret(built.equations, call)),
                     cantFail(mix::interpret(built.equations, other))))
      continue; // no reset
    forgets = true;
    for (const char *kernel : kernels()) {
      std::optional<mix::Answer> x = runKernel(built, kernel, call), y = runKernel(built, kernel, other);
      ASSERT_TRUE(x && y);
      EXPECT_TRUE(areSameFrom(Reset, *x, *y)) << kernel << ", " << what;
    }
    int64_t seen = 0;
    for (const auto &[name, array] : call.inputs)
      for (int64_t token : {Reset - lags - 1, int64_t(40)}) {
        mix::Call poisoned = call;
        setToken(poisoned.inputs.at(name), token, NAN);
        const mix::Answer wanted = cantFail(mix::interpret(built.equations, poisoned));
        for (const char *kernel : kernels())
          if (std::optional<mix::Answer> got = runKernel(built, kernel, poisoned))
            seen += expectNansOf(wanted, *got, std::string(kernel) + ", " + what + ", NaN in " + name);
      }
    EXPECT_GT(seen, 0) << what << ": no NaN gets past the reset";
  }
  if (GetParam() == "gated_delta_net" || GetParam() == "gla" || GetParam() == "rwkv7")
    EXPECT_TRUE(forgets);
}

void Forget::expectCleanBeginnings() const {
  const int64_t first = 41;
  const mix::Call clean = draw(3, {0, first, Time});
  mix::Call call = clean;
  for (auto &[name, array] : call.inputs)
    std::fill_n(array.data.begin(), first * rowOf(array, Time), NAN);
  for (const char *kernel : kernels()) {
    std::optional<mix::Answer> x = runKernel(built, kernel, clean), y = runKernel(built, kernel, call);
    ASSERT_TRUE(x && y);
    x->final.clear(); // of both sequences
    EXPECT_TRUE(areSameFrom(first, *x, *y)) << kernel;
  }
}

TEST_P(Forget, AFinitePastAtAReset) {
  if (built.equations.step().getOps<mix::StateOp>().empty())
    GTEST_SKIP() << "no state: there is nothing to forget";
  expectResets();
}

TEST_P(Forget, AllAtABeginning) { expectCleanBeginnings(); }

INSTANTIATE_TEST_SUITE_P(Examples, Forget, testing::ValuesIn(exampleNames()), testName);

} // namespace
} // namespace mixc::test
