#include "test/unit/tile/Program.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Parser/Parser.h"
#include "llvm/ADT/StringExtras.h"
#include <gtest/gtest.h>

using namespace mlir;
using namespace mixc::tile;
using namespace mixc::tile::test;

static constexpr StringLiteral aliases = R"(
!s = !tile.t<[], f32>
!r = !tile.t<[time:4], f32>
!c = !tile.t<[source:4], f32>
!p = !tile.t<[time:4, source:4], f32>
!k = !tile.t<[time:4, key(K):3], f32>
!v = !tile.t<[time:4, value(V):2], f32>
!w = !tile.t<[source:4, value(V):2], f32>
!m = !tile.t<[value(V):2, key(K):3], f32>
!b = !tile.t<[time:4], i1>
!f = !tile.t<[key(K):3], f32>
)";

Program::Program() {
  DialectRegistry registry;
  registry.insert<TileDialect, arith::ArithDialect, math::MathDialect, func::FuncDialect>();
  context = std::make_unique<MLIRContext>(registry, MLIRContext::Threading::DISABLED);
  context->loadAllAvailableDialects();
}

Program::Program(StringRef text) : Program() {
  module = parseSourceString<ModuleOp>((aliases + text).str(), context.get());
}

Program Program::fromFile(StringRef name) {
  Program program;
  program.module = parseSourceFile<ModuleOp>((MIX_TILE_PROGRAMS "/" + name).str(), program.context.get());
  return program;
}

func::FuncOp Program::function() { return *module->getOps<func::FuncOp>().begin(); }
KernelOp Program::kernel() { return *module->getOps<KernelOp>().begin(); }

Program mixc::tile::test::line(StringRef arguments, StringRef results, StringRef body) {
  return Program(("func.func @f(" + arguments + ") -> (" + results + ") {\n" + body + "\n}").str());
}

void mixc::tile::test::runBlock(Block &block, Environment &environment) {
  for (Operation &op : block) {
    if (op.getNumResults() == 0 || environment.contains(op.getResult(0)))
      continue;
    SmallVector<const Array *> operands;
    for (Value operand : op.getOperands())
      operands.push_back(&environment.find(operand)->second);
    llvm::Expected<Array> result = evaluate(&op, operands);
    if (!result) {
      ADD_FAILURE() << llvm::toString(result.takeError());
      return;
    }
    environment[op.getResult(0)] = std::move(*result);
  }
}

std::vector<Array> mixc::tile::test::run(Program &program, ArrayRef<Array> inputs) {
  Block &body = program.function().getBody().front();
  Environment environment;
  for (auto [argument, input] : llvm::zip_equal(body.getArguments(), inputs))
    environment[argument] = input;
  runBlock(body, environment);
  std::vector<Array> results;
  for (Value value : body.getTerminator()->getOperands())
    results.push_back(environment[value]);
  return results;
}

std::vector<Array> mixc::tile::test::randomInputs(ValueRange values, unsigned seed) {
  std::mt19937 engine(seed);
  std::normal_distribution<double> normal;
  std::vector<Array> inputs;
  for (Value value : values) {
    auto type = cast<TileType>(value.getType());
    Array &input = inputs.emplace_back(type.getAxes());
    for (double &x : input.data) {
      x = normal(engine);
      if (type.getElementType().isInteger(1))
        x = x > 0;
    }
  }
  return inputs;
}
