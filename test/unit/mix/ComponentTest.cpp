// mix.component: what it computes is what the equations compute, and its text survives printing.
#include "Mixers.h"
#include "TestMixer.h"
#include "dialect/mix/Sample.h"
#include "mlir/IR/Verifier.h"

namespace mixc::mix {
namespace {

/// Runs equations and normal form on the same numbers, near 1 and with resets, with initial states.
void expectSame(const char *equations, const char *component, const std::map<std::string, int64_t> &dims,
                bool turned = false) {
  TestMixer test(equations), normal(component);
  ASSERT_TRUE(test.mixer && normal.mixer);
  auto turn = [&](Array &state) { // [sequences, heads, V, K] -> [sequences, heads, K, V]
    Array result({state.shape[0], state.shape[1], state.shape[3], state.shape[2]});
    int64_t rows = state.shape[2], cols = state.shape[3];
    for (int64_t at = 0; at < state.size(); at += rows * cols)
      for (int64_t i = 0; i < rows; ++i)
        for (int64_t j = 0; j < cols; ++j)
          result.data[at + j * rows + i] = state.data[at + i * cols + j];
    state = std::move(result);
  };
  for (Decay decay : {Decay::Uniform, Decay::NearHigh, Decay::Resets, Decay::High}) {
    SampleOptions options;
    options.decay = decay;
    options.initialStates = true;
    Call call = sample(test.mixer, dims, 2, 20, 4, 2, 17, options);
    Answer expected = test.run(call);
    if (turned)
      for (Arrays *arrays : {&call.initial, &expected.final})
        for (auto &[name, state] : *arrays)
          turn(state);
    expectNear(normal.run(call), expected, 1e-13);
    call.roundToFloat32 = true;
    expectNear(normal.run(call), expected, 3e-5);
  }
}

TEST(Component, GatedDelta) { expectSame(kGatedDelta, kGatedDeltaComponent, {{"K", 6}, {"V", 4}}); }

TEST(Component, TurnedStates) { expectSame(kGatedDelta, kGatedDeltaTurned, {{"K", 6}, {"V", 4}}, /*turned=*/true); }

TEST(Component, GatesOnBothAxes) { expectSame(kTwoGates, kTwoGatesComponent, {{"K", 6}, {"V", 4}}); }

TEST(Component, TwoStatesMixed) { expectSame(kMomentum, kMomentumComponent, {{"K", 6}, {"V", 4}}); }

TEST(Component, VectorStates) { expectSame(kNormaliser, kNormaliserComponent, {{"K", 6}}); }

TEST(Component, LateReadsStillSeeTheStateBeforeTheToken) {
  // A mixer in both forms at once: H by a component, m by mix.next, and an output that reads H itself.
  TestMixer test(R"(
mix.mixer @both dims ["K"] {
  %k = mix.input "k" : <[K], head>
  %h = mix.state "H" : <[K, K], head>
  %m = mix.state "m" : <[], head>
  %c:2 = mix.component states(%h : <[K, K], head>) reads(%k[0, 0] : <[K], head>) transition() gate()
    writes(%k[0, 0] : <[K], head>) phi(%r: !mix.t<[K], head>) {
      mix.yield %k : !mix.t<[K], head>
    }
  %s = mix.reduce sum %h : <[K, K], head>
  %n = mix.binary add %m, %s : <[], head>, <[], head>
  mix.next "m", %n : <[], head>
  mix.output "y", %s : <[], head>
  mix.output "r", %c#0 : <[K], head>
}
)");
  Call call;
  call.dims = {{"K", 2}};
  call.time = 3;
  call.inputs = {{"k", array({1, 3, 1, 2}, {1, 2, 3, 4, 5, 6})}};
  Answer answer = test.run(call);
  // No transition entry: the state forgets, and is the last write alone.
  EXPECT_EQ(answer.outputs["y"].data, (std::vector<double>{0, 9, 49}));
  EXPECT_EQ(answer.outputs["r"].data, (std::vector<double>{0, 0, 11, 22, 39 * 3, 39 * 4}));
  EXPECT_EQ(answer.final["m"].data, std::vector<double>{58});
  EXPECT_EQ(answer.final["H"].data, (std::vector<double>{25, 30, 30, 36}));
}

TEST(Component, TextSurvivesPrinting) {
  for (const char *text : {kGatedDelta, kGatedDeltaComponent, kGatedDeltaTurned, kTwoGatesComponent, kMomentumComponent,
                           kNormaliserComponent}) {
    auto print = [](mlir::Operation *op, bool generic) {
      std::string result;
      llvm::raw_string_ostream os(result);
      op->print(os, generic ? mlir::OpPrintingFlags().printGenericOpForm() : mlir::OpPrintingFlags());
      return result;
    };
    TestMixer test(text);
    ASSERT_TRUE(test.mixer);
    std::string printed = print(*test.module, false);
    TestMixer again(printed), generic(print(*test.module, true));
    ASSERT_TRUE(again.mixer && generic.mixer) << printed;
    EXPECT_EQ(print(*again.module, false), printed);
    EXPECT_EQ(print(*generic.module, false), printed);
    EXPECT_TRUE(succeeded(mlir::verify(*again.module)));
  }
}

} // namespace
} // namespace mixc::mix
