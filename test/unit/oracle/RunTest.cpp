// Backward as `mixc run` calls it: a library whose kernels are written by hand, against the oracle.
#include "frontend/oracle/Run.h"
#include "dialect/mix/Sample.h"
#include "frontend/compile/Compilation.h"
#include "frontend/oracle/Compare.h"
#include "mlir/Parser/Parser.h"
#include "test/unit/emit/Fade.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include <gtest/gtest.h>

using namespace mixc;

namespace {

class RunBackward : public ::testing::Test {
protected:
  void SetUp() override {
    context = makeContext();
    module = mlir::parseSourceString<mlir::ModuleOp>(test::fadeText(), context.get());
    ASSERT_TRUE(module);
    mixer = *module->getOps<mix::MixerOp>().begin();
    ASSERT_FALSE(llvm::sys::fs::createUniqueDirectory("mixc-run", folder));
    std::vector<MixerInterface> mixers = test::writeFade((folder + "/libfade.so").str());
    llvm::Expected<std::unique_ptr<LoadedLibrary>> opened =
        LoadedLibrary::open((folder + "/libfade.so").str(), mixers.at(0));
    ASSERT_TRUE(bool(opened)) << llvm::toString(opened.takeError());
    library = std::move(*opened);
  }
  void TearDown() override { (void)llvm::sys::fs::remove_directories(folder); }

  void check(const mix::Call &call, const mix::Cotangents &cotangents, bool withSaved, int64_t threads) {
    llvm::Expected<mix::Gradients> gradients = library->runBackward(call, cotangents, withSaved, threads);
    ASSERT_TRUE(bool(gradients)) << llvm::toString(gradients.takeError());
    llvm::Expected<std::vector<TensorError>> errors = compareGradients(mixer, call, cotangents, *gradients);
    ASSERT_TRUE(bool(errors)) << llvm::toString(errors.takeError());
    EXPECT_EQ(errors->size(), 5u); // x, g, u, a, H
    for (const TensorError &tensor : *errors)
      EXPECT_TRUE(tensor.passes()) << tensor.name << ": " << tensor.error;
  }

  std::unique_ptr<mlir::MLIRContext> context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  mix::MixerOp mixer;
  llvm::SmallString<128> folder;
  std::unique_ptr<LoadedLibrary> library;
};

TEST_F(RunBackward, AgreesWithTheOracle) {
  for (bool withSaved : {false, true})
    for (bool initial : {false, true})
      for (const std::vector<int64_t> &cu : {std::vector<int64_t>{}, {0, 0, 5, 17, 17}}) {
        mix::Call call = mix::sample(mixer, {}, cu.empty() ? 3 : 1, 17, /*heads=*/6, /*groups=*/2, /*seed=*/3,
                                     {.initialStates = initial, .cuSeqlens = cu});
        check(call, mix::sampleCotangents(mixer, call, 9), withSaved, /*threads=*/2);
      }
}

TEST_F(RunBackward, AMissingCotangentIsZero) {
  mix::Call call = mix::sample(mixer, {}, 2, 17, /*heads=*/4, /*groups=*/2, /*seed=*/3);
  const mix::Cotangents all = mix::sampleCotangents(mixer, call, 9);
  check(call, {all.outputs, {}}, /*withSaved=*/true, 1);
  check(call, {{}, all.final}, /*withSaved=*/true, 1);
}

TEST_F(RunBackward, NeedsABackwardEntry) {
  std::vector<MixerInterface> mixers = test::writeFade((folder + "/libother.so").str());
  llvm::erase_if(mixers.at(0).entries, [](const EntryInfo &entry) { return entry.kind == tile::Entry::Backward; });
  auto other = llvm::cantFail(LoadedLibrary::open((folder + "/libother.so").str(), mixers.at(0)));
  EXPECT_FALSE(other->hasBackward());
  llvm::Expected<mix::Gradients> gradients = other->runBackward({}, {}, true);
  ASSERT_FALSE(bool(gradients));
  EXPECT_EQ(llvm::toString(gradients.takeError()),
            "error: unsupported: `fade` has no kernel for gradients\n  = help: `--kernel=interpreter` works\n");
}

} // namespace
