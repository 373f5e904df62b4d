// Whole chunk bodies, differentiated and compared with central differences: decays of 0, 1e-30, 1 and in between.
#include "mlir/IR/IRMapping.h"
#include "test/unit/adjoint/Gradient.h"
#include <gtest/gtest.h>

using namespace mlir;
using namespace mixc::tile;
using namespace mixc::tile::test;

namespace {

constexpr int C = 16;

/// The body of the kernel's loop as a function: of the valid rows, what it loads and carries, to what it stores and
/// yields.
func::FuncOp bodyAsFunction(Program &program) {
  KernelOp kernel = program.kernel();
  ChunksOp chunks = *kernel.getOps<ChunksOp>().begin();
  OpBuilder builder(program.context.get());
  builder.setInsertionPointToEnd(program.module->getBody());
  Location loc = kernel.getLoc();
  auto function = func::FuncOp::create(builder, loc, "body", builder.getFunctionType({}, {}));
  Block *body = function.addEntryBlock();
  builder.setInsertionPointToEnd(body);
  IRMapping mapping;
  SmallVector<Value> results;
  for (Operation &op : kernel.getBody().front())
    if (isa<ConstantOp, IotaOp, MapOp>(op))
      builder.clone(op, mapping);
  for (Operation &op : chunks.getBody().front()) {
    if (isa<LoadOp, ValidOp>(op))
      mapping.map(op.getResult(0), body->addArgument(op.getResult(0).getType(), loc));
    else if (auto store = dyn_cast<StoreOp>(op))
      results.push_back(mapping.lookup(store.getValue()));
    else if (!isa<YieldOp>(op)) {
      for (Value argument : chunks.getBody().getArguments())
        if (!mapping.contains(argument))
          mapping.map(argument, body->addArgument(argument.getType(), loc));
      builder.clone(op, mapping);
    }
  }
  for (Value value : chunks.getBody().front().getTerminator()->getOperands())
    results.push_back(mapping.lookup(value));
  func::ReturnOp::create(builder, loc, results);
  function.setFunctionType(builder.getFunctionType(body->getArgumentTypes(),
                                                   llvm::map_to_vector(results, [](Value x) { return x.getType(); })));
  return function;
}

/// Arguments: valid, q, k, v, alpha, [beta,] state. Rows that do not count repeat the last that does.
std::vector<Array> chunkInputs(func::FuncOp function, int valid, bool resets) {
  std::vector<Array> x = randomInputs(function.getArguments(), 17);
  for (int t = 0; t < C; ++t)
    x[0].data[t] = t < valid;
  for (int i : {1, 2, 3})
    for (double &entry : x[i].data)
      entry /= std::sqrt(32.0);
  std::mt19937 engine(3);
  for (int t = 0; t < C; ++t)
    x[4].data[t] = resets ? std::vector<double>{0, 1e-30, 0.5, 1}[engine() % 4]
                          : 1 - 0.02 * std::uniform_real_distribution<double>()(engine);
  for (size_t i = 1; i + 1 < x.size(); ++i)
    for (size_t size = x[i].data.size() / C, t = valid; t < C; ++t)
      std::copy_n(x[i].data.begin() + (valid - 1) * size, size, x[i].data.begin() + t * size);
  return x;
}

class Chunk : public testing::TestWithParam<const char *> {};

TEST_P(Chunk, DecaysNearOne) {
  Program program = Program::fromFile(GetParam());
  func::FuncOp body = bodyAsFunction(program);
  checkGradient(body, chunkInputs(body, C, false));
}

TEST_P(Chunk, ResetsAndTinyDecays) {
  Program program = Program::fromFile(GetParam());
  func::FuncOp body = bodyAsFunction(program);
  checkGradient(body, chunkInputs(body, C, true));
}

TEST_P(Chunk, FewerValidRows) {
  Program program = Program::fromFile(GetParam());
  func::FuncOp body = bodyAsFunction(program);
  checkGradient(body, chunkInputs(body, 5, true));
}

TEST_P(Chunk, NothingFlowsToRowsThatDoNotCount) {
  Program program = Program::fromFile(GetParam());
  func::FuncOp body = bodyAsFunction(program);
  int valid = 5;
  std::vector<Array> seeds = randomInputs(body.getBody().front().getTerminator()->getOperands(), 4);
  std::fill(seeds[0].data.begin() + valid * 32, seeds[0].data.end(), 0.0);
  std::vector<Array> gradients = gradient(body, chunkInputs(body, valid, false), seeds);
  for (size_t i = 1; i + 1 < gradients.size(); ++i) {
    size_t size = gradients[i].data.size() / C;
    for (size_t j = valid * size; j < gradients[i].data.size(); ++j)
      EXPECT_EQ(gradients[i].data[j], 0) << "argument " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Adjoint, Chunk, testing::Values("gated-retention.mlir", "gated-delta.mlir"));

} // namespace
