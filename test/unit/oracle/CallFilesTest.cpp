// A call as a folder of arrays: what is written is read, counts come from the arrays, and what does not fit is said.
#include "frontend/oracle/CallFiles.h"
#include "dialect/mix/Sample.h"
#include "frontend/compile/Compilation.h"
#include "frontend/gen/Import.h"
#include "frontend/oracle/Npy.h"
#include "llvm/Support/FileSystem.h"
#include <gtest/gtest.h>

using namespace mixc;

namespace {

constexpr const char *text = R"(mixer m<K = 4, V = 3> {
  input q, k : vector<K> per group
  input v : vector<V>
  input alpha : scalar in [0, 1]
  param gamma : scalar in [0, 1]
  state H : matrix<V, K>
  output y : vector<V>
  H[t] = alpha * gamma * H[t-1] + v * k'
  y[t] = H[t] * q
}
)";

class CallFiles : public ::testing::Test {
protected:
  void SetUp() override {
    context = makeContext();
    DiagnosticList diagnostics;
    module = importMix(context.get(), Source("m.mix", text), {}, diagnostics);
    ASSERT_TRUE(module);
    mixer = *module->getOps<mix::MixerOp>().begin();
    llvm::SmallString<128> path;
    ASSERT_FALSE(llvm::sys::fs::createUniqueDirectory("mixc-call", path));
    folder = path.str().str();
  }
  void TearDown() override { (void)llvm::sys::fs::remove_directories(folder); }

  mix::Call random(int64_t batch, int64_t length, const mix::SampleOptions &options = {}) {
    return mix::sample(mixer, dims, batch, length, /*heads=*/4, /*groups=*/2, /*seed=*/1, options);
  }

  std::string error(const GivenCounts &counts = {}) {
    llvm::Expected<mix::Call> call = readCall(folder, mixer, dims, counts);
    return call ? "" : llvm::toString(call.takeError());
  }

  std::map<std::string, int64_t> dims{{"K", 4}, {"V", 3}};
  std::unique_ptr<mlir::MLIRContext> context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  mix::MixerOp mixer;
  std::string folder;
};

TEST_F(CallFiles, RoundTrip) {
  mix::SampleOptions options;
  options.initialStates = true;
  mix::Call call = random(2, 5, options);
  ASSERT_FALSE(writeCall(folder, call));
  llvm::Expected<mix::Call> read = readCall(folder, mixer, dims, {});
  ASSERT_TRUE(bool(read)) << llvm::toString(read.takeError());
  EXPECT_EQ(std::tuple(read->batch, read->time, read->heads, read->groups), std::tuple(2, 5, 4, 2));
  EXPECT_TRUE(read->cuSeqlens.empty());
  EXPECT_EQ(read->inputs["q"].shape, (std::vector<int64_t>{2, 5, 2, 4}));
  EXPECT_EQ(read->inputs["q"].data, call.inputs["q"].data);
  EXPECT_EQ(read->params["gamma"].shape, (std::vector<int64_t>{4}));
  EXPECT_EQ(read->initial["H"].shape, (std::vector<int64_t>{2, 4, 3, 4}));
  EXPECT_EQ(read->initial["H"].data, call.initial["H"].data);
}

TEST_F(CallFiles, PackedSequences) {
  mix::SampleOptions options;
  options.initialStates = true;
  options.cuSeqlens = {0, 3, 3, 7};
  ASSERT_FALSE(writeCall(folder, random(1, 7, options)));
  llvm::Expected<mix::Call> read = readCall(folder, mixer, dims, {});
  ASSERT_TRUE(bool(read)) << llvm::toString(read.takeError());
  EXPECT_EQ(read->cuSeqlens, options.cuSeqlens);
  EXPECT_EQ(read->initial["H"].shape.front(), 3);
}

TEST_F(CallFiles, CotangentsRoundTrip) {
  for (const std::vector<int64_t> &cu : {std::vector<int64_t>{}, {0, 3, 3, 7}}) {
    mix::Call call = random(cu.empty() ? 2 : 1, 7, {.cuSeqlens = cu});
    mix::Cotangents cotangents = mix::sampleCotangents(mixer, call, 5);
    ASSERT_FALSE(writeCotangents(folder, cotangents));
    llvm::Expected<mix::Cotangents> read = readCotangents(folder, mixer, call);
    ASSERT_TRUE(bool(read)) << llvm::toString(read.takeError());
    EXPECT_EQ(read->outputs["y"].data, cotangents.outputs["y"].data);
    EXPECT_EQ(read->final["H"].shape, (std::vector<int64_t>{call.sequences(), 4, 3, 4}));
    EXPECT_EQ(read->final["H"].data, cotangents.final["H"].data);
  }
}

TEST_F(CallFiles, CotangentsOfFinalStatesAreOptional) {
  mix::Call call = random(2, 5);
  mix::Cotangents cotangents = mix::sampleCotangents(mixer, call, 5);
  cotangents.final.clear();
  ASSERT_FALSE(writeCotangents(folder, cotangents));
  llvm::Expected<mix::Cotangents> read = readCotangents(folder, mixer, call);
  ASSERT_TRUE(bool(read)) << llvm::toString(read.takeError());
  EXPECT_TRUE(read->final.empty());
}

TEST_F(CallFiles, CotangentsMustFitTheCall) {
  auto refusal = [&](const mix::Call &call) {
    llvm::Expected<mix::Cotangents> read = readCotangents(folder, mixer, call);
    return read ? "" : llvm::toString(read.takeError());
  };
  mix::Call call = random(2, 5);
  EXPECT_EQ(refusal(call), "error: there is no `" + folder + "/y.grad.npy` for the output `y`\n");
  ASSERT_FALSE(writeCotangents(folder, mix::sampleCotangents(mixer, call, 5)));
  EXPECT_EQ(refusal(random(2, 6)), "error: y.grad.npy has time = 5, but the call has 6\n");
  ASSERT_FALSE(writeNpy(folder + "/H.final.grad.npy", mix::Array({3, 4, 3, 4}), NpyType::Float32));
  EXPECT_EQ(refusal(call), "error: H.final.grad.npy has sequences = 3, but the call has 2\n");
  ASSERT_FALSE(writeNpy(folder + "/H.final.grad.npy", mix::Array({2, 4, 4, 3}), NpyType::Float32));
  EXPECT_EQ(refusal(call), "error: `H.final.grad.npy` is [2, 4, 4, 3], expected [sequences, heads, V = 3, K = 4]\n");
}

TEST_F(CallFiles, GradientsHaveTheNamesOfWhatTheyAreOf) {
  mix::Call call = random(2, 5);
  llvm::Expected<mix::Gradients> gradients = mix::interpretBackward(mixer, call, mix::sampleCotangents(mixer, call, 5));
  ASSERT_TRUE(bool(gradients)) << llvm::toString(gradients.takeError());
  ASSERT_FALSE(writeGradients(folder, *gradients, /*inFloat64=*/true));
  for (const char *name : {"q.grad", "k.grad", "v.grad", "alpha.grad", "gamma.grad", "H.initial.grad"})
    EXPECT_TRUE(llvm::sys::fs::exists(folder + "/" + name + ".npy")) << name;
  llvm::Expected<mix::Array> alpha = readNpy(folder + "/alpha.grad.npy");
  ASSERT_TRUE(bool(alpha));
  EXPECT_EQ(alpha->data, gradients->inputs["alpha"].data);
}

TEST_F(CallFiles, SequencesMustFitTheTokens) {
  ASSERT_FALSE(writeCall(folder, random(1, 7)));
  std::string path = folder + "/cu_seqlens.npy";
  ASSERT_FALSE(writeNpyIntegers(path, {0, 3, 8}));
  EXPECT_EQ(error(), "error: q.npy has time = 7, but cu_seqlens.npy has 8\n");
  ASSERT_FALSE(writeNpyIntegers(path, {0, 5, 3, 7}));
  EXPECT_EQ(error(), "error: `" + path + "` decreases at index 2\n");
  ASSERT_FALSE(writeNpyIntegers(path, {1, 7}));
  EXPECT_EQ(error(), "error: `" + path + "` does not start at 0\n");
}

TEST_F(CallFiles, ArraysMustAgree) {
  ASSERT_FALSE(writeCall(folder, random(2, 5)));
  GivenCounts counts;
  counts.time = 6;
  EXPECT_EQ(error(counts), "error: q.npy has time = 5, but `--length` has 6\n");
  ASSERT_FALSE(writeNpy(folder + "/gamma.npy", mix::Array({3}), NpyType::Float32));
  EXPECT_EQ(error(), "error: gamma.npy has heads = 3, but v.npy has 4\n");
  ASSERT_FALSE(writeNpy(folder + "/gamma.npy", mix::Array({4, 1}), NpyType::Float32));
  EXPECT_EQ(error(), "error: `gamma.npy` is [4, 1], expected [heads]\n");
}

TEST_F(CallFiles, IntervalsAreChecked) {
  mix::Call call = random(2, 20);
  EXPECT_FALSE(checkIntervals(mixer, call));
  call.inputs["alpha"].data[1 * 20 * 4 + 17 * 4 + 2] = 1.5;
  EXPECT_EQ(llvm::toString(checkIntervals(mixer, call)),
            "error: alpha is 1.5 at [batch 1, token 17, head 2], outside its interval `in [0, 1]` (--check)\n");
  call = random(2, 20);
  call.params["gamma"].data[3] = NAN;
  EXPECT_EQ(llvm::toString(checkIntervals(mixer, call)),
            "error: gamma is nan at [head 3], outside its interval `in [0, 1]` (--check)\n");
}

} // namespace
