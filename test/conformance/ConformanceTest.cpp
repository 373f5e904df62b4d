// Every program of this folder on every backend.
#include "frontend/compile/Compilation.h"
#include "mlir/Parser/Parser.h"
#include "test/conformance/Trial.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include <gtest/gtest.h>

using namespace mlir;
using namespace mixc;
using namespace mixc::conformance;

namespace {

/// The ops that have a file: `contract` of contract.mlir.
std::vector<std::string> programs() {
  std::vector<std::string> names;
  std::error_code error;
  for (llvm::sys::fs::directory_iterator file(CONFORMANCE, error), end; !error && file != end; file.increment(error))
    if (llvm::sys::path::extension(file->path()) == ".mlir")
      names.push_back(llvm::sys::path::stem(file->path()).str());
  llvm::sort(names);
  return names;
}

struct Program {
  explicit Program(const std::string &op) : context(makeContext()) {
    context->printOpOnDiagnostic(false);
    module = parseSourceFile<ModuleOp>(std::string(CONFORMANCE) + "/" + op + ".mlir", context.get());
  }
  bool contains(const std::string &op) {
    return module
        ->walk([&](Operation *inner) {
          return inner->getName().getStringRef() == "tile." + op ? WalkResult::interrupt() : WalkResult::advance();
        })
        .wasInterrupted();
  }

  std::unique_ptr<MLIRContext> context;
  OwningOpRef<ModuleOp> module;
};

class Conformance : public testing::TestWithParam<std::tuple<std::string, size_t>> {};

TEST_P(Conformance, AgreesWithTheInterpreter) {
  const auto &[op, index] = GetParam();
  const Backend &backend = *backends()[index];
  if (std::string why = backend.whyNot(); !why.empty())
    GTEST_SKIP() << backend.name() << " is not tested: " << why;
  Program program(op);
  ASSERT_TRUE(program.module);
  std::vector<Trial> trials; // before the backend changes the module
  for (auto kernel : program.module->getOps<tile::KernelOp>())
    for (const Shape &shape : shapesFor(kernel)) {
      llvm::Expected<Trial> trial = Trial::make(kernel, shape);
      ASSERT_TRUE(bool(trial)) << "@" << kernel.getSymName().str() << ": " << llvm::toString(trial.takeError());
      trials.push_back(std::move(*trial));
    }
  ASSERT_FALSE(trials.empty());
  llvm::Expected<std::unique_ptr<Kernels>> kernels = backend.compile(*program.module);
  ASSERT_TRUE(bool(kernels)) << llvm::toString(kernels.takeError());
  for (Trial &trial : trials)
    if (std::string wrong = trial.run(**kernels); !wrong.empty())
      ADD_FAILURE() << wrong;
}

INSTANTIATE_TEST_SUITE_P(Ops, Conformance,
                         testing::Combine(testing::ValuesIn(programs()), testing::Range<size_t>(0, backends().size())),
                         [](const auto &info) {
                           std::string name =
                               std::get<0>(info.param) + "_on_" + backends()[std::get<1>(info.param)]->name();
                           for (char &letter : name)
                             letter = std::isalnum(static_cast<unsigned char>(letter)) ? letter : '_';
                           return name;
                         });

TEST(ConformanceFiles, EveryOpOfTheDialectHasOne) {
  std::unique_ptr<MLIRContext> context = makeContext();
  const std::vector<std::string> files = programs();
  std::vector<std::string> ops;
  for (RegisteredOperationName name : context->getRegisteredOperations())
    if (name.getDialectNamespace() == "tile")
      ops.push_back(name.stripDialect().str());
  EXPECT_FALSE(ops.empty());
  for (const std::string &op : ops)
    EXPECT_TRUE(llvm::is_contained(files, op)) << "test/conformance/" << op << ".mlir is missing";
  for (const std::string &file : files) {
    EXPECT_TRUE(llvm::is_contained(ops, file)) << "no op of the tile dialect is called " << file;
    EXPECT_TRUE(Program(file).contains(file)) << file << ".mlir has no tile." << file;
  }
}

} // namespace
