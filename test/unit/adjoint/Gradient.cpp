#include "test/unit/adjoint/Gradient.h"
#include "lowering/adjoint/Adjoint.h"
#include "mlir/IR/Verifier.h"
#include <gtest/gtest.h>

using namespace mlir;
using namespace mixc;
using namespace mixc::tile;
using namespace mixc::tile::test;

static std::vector<Array> call(func::FuncOp function, ArrayRef<Array> inputs) {
  Block &body = function.getBody().front();
  Environment environment;
  for (auto [argument, input] : llvm::zip_equal(body.getArguments(), inputs))
    environment[argument] = input;
  runBlock(body, environment);
  std::vector<Array> results;
  for (Value value : body.getTerminator()->getOperands())
    results.push_back(environment[value]);
  return results;
}

static bool isFloat(Value x) { return isa<FloatType>(cast<TileType>(x.getType()).getElementType()); }

std::vector<Array> mixc::tile::test::gradient(func::FuncOp function, ArrayRef<Array> inputs, ArrayRef<Array> seeds) {
  OwningOpRef<func::FuncOp> copy = cast<func::FuncOp>(function->clone());
  Block &body = copy->getBody().front();
  Operation *end = body.getTerminator();
  SmallVector<Value> wanted = llvm::to_vector_of<Value>(llvm::make_filter_range(body.getArguments(), isFloat));
  size_t count = body.getNumArguments();

  DenseMap<Value, Value> cotangents;
  OpBuilder builder(end);
  for (Value result : end->getOperands())
    cotangents[result] = body.addArgument(result.getType(), result.getLoc());
  if (failed(differentiate(body, wanted, builder, cotangents))) {
    ADD_FAILURE() << "not differentiated";
    return {};
  }
  SmallVector<Value> results;
  for (Value value : wanted)
    if (Value cotangent = cotangents.lookup(value)) {
      EXPECT_EQ(value.getType(), cotangent.getType());
      results.push_back(cotangent);
    }
  end->setOperands(results);
  copy->setFunctionType(builder.getFunctionType(body.getArgumentTypes(),
                                                llvm::map_to_vector(results, [](Value x) { return x.getType(); })));
  EXPECT_TRUE(succeeded(verify(*copy)));

  std::vector<Array> all(inputs);
  llvm::append_range(all, seeds);
  std::vector<Array> found = call(*copy, all), gradients(count);
  for (size_t i = 0, next = 0; i < count; ++i)
    if (isFloat(body.getArgument(i)))
      gradients[i] = cotangents.lookup(body.getArgument(i)) ? found[next++] : Array(inputs[i].axes);
  return gradients;
}

static double dot(const Array &x, const Array &y) {
  double sum = 0;
  for (auto [a, b] : llvm::zip_equal(x.data, y.data))
    sum += a * b;
  return sum;
}

/// Unit vectors, or some of them and two random directions.
static std::vector<Array> directions(const Array &x, std::mt19937 &engine) {
  std::vector<Array> found;
  size_t size = x.data.size();
  bool all = size <= 64;
  for (size_t i = 0; i < (all ? size : 24); ++i)
    found.emplace_back(x.axes).data[all ? i : engine() % size] = 1;
  std::normal_distribution<double> normal;
  for (int i = 0; i < (all ? 0 : 2); ++i)
    for (double &entry : found.emplace_back(x.axes).data)
      entry = normal(engine) / std::sqrt(static_cast<double>(size));
  return found;
}

void mixc::tile::test::checkGradient(func::FuncOp function, ArrayRef<Array> inputs) {
  Block &body = function.getBody().front();
  std::vector<Array> seeds = randomInputs(body.getTerminator()->getOperands(), 99);
  std::vector<Array> gradients = gradient(function, inputs, seeds);
  ASSERT_EQ(gradients.size(), inputs.size());
  std::vector<Array> moved(inputs);
  std::mt19937 engine(5);
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (!isFloat(body.getArgument(i)))
      continue;
    for (const Array &direction : directions(inputs[i], engine)) {
      auto loss = [&](double step) {
        for (size_t j = 0; j < moved[i].data.size(); ++j)
          moved[i].data[j] = inputs[i].data[j] + step * direction.data[j];
        double sum = 0;
        for (auto [result, seed] : llvm::zip(call(function, moved), seeds))
          sum += dot(result, seed);
        return sum;
      };
      double h = 1e-3, found = dot(gradients[i], direction);
      double expected = (8 * (loss(h) - loss(-h)) - (loss(2 * h) - loss(-2 * h))) / (12 * h);
      EXPECT_NEAR(found, expected, 1e-9 * std::max(1.0, std::abs(expected))) << "argument " << i;
    }
    moved[i] = inputs[i];
  }
}

void mixc::tile::test::checkGradient(StringRef arguments, StringRef results, StringRef body) {
  Program program = line(arguments, results, body);
  ASSERT_TRUE(program.module) << body.str();
  checkGradient(program.function(), randomInputs(program.function().getArguments(), 13));
}
