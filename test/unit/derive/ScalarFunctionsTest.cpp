// Functions of the language as scalar regions: the same numbers as the interpreter's, at the ends of their ranges too.
#include "lowering/derive/ScalarFunctions.h"
#include "dialect/mix/Scalar.h"
#include "dialect/tile/Array.h"
#include "dialect/tile/Tile.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "gtest/gtest.h"
#include <cmath>

namespace mixc::test {
namespace {

/// Builds the region of a function of `numbers`, and evaluates it op by op.
class Region {
public:
  Region() : builder(&context) {
    context.loadDialect<mlir::arith::ArithDialect, mlir::math::MathDialect, tile::TileDialect>();
    builder.setInsertionPointToEnd(&block);
  }

  double run(std::vector<double> numbers,
             llvm::function_ref<mlir::Value(mlir::OpBuilder &, mlir::Location, mlir::ValueRange)> build) {
    mlir::Location loc = builder.getUnknownLoc();
    for (size_t i = 0; i < numbers.size(); ++i)
      block.addArgument(builder.getF64Type(), loc);
    mlir::Value result = build(builder, loc, block.getArguments());
    llvm::DenseMap<mlir::Value, double> values;
    for (auto [argument, number] : llvm::zip(block.getArguments(), numbers))
      values[argument] = number;
    for (mlir::Operation &op : block) {
      std::vector<double> operands;
      for (mlir::Value operand : op.getOperands())
        operands.push_back(values[operand]);
      values[op.getResult(0)] = tile::scalarFunction(&op)(operands);
    }
    return values[result];
  }

private:
  mlir::MLIRContext context;
  mlir::OpBuilder builder;
  mlir::Block block;
};

void expectSame(double got, double wanted) {
  if (std::isnan(wanted))
    EXPECT_TRUE(std::isnan(got)) << got;
  else if (std::isinf(wanted))
    EXPECT_EQ(got, wanted);
  else
    EXPECT_NEAR(got, wanted, 1e-14 * std::max(1.0, std::fabs(wanted)));
}

TEST(ScalarFunctions, OfOneNumber) {
  for (uint32_t i = 0; i <= mix::getMaxEnumValForUnaryKind(); ++i) {
    auto kind = static_cast<mix::UnaryKind>(i);
    for (double x : {-1e4, -40.0, -1.0, -1e-9, 0.0, 1e-9, 0.5, 3.0, 50.0, 1e4}) {
      SCOPED_TRACE(stringifyUnaryKind(kind).str() + " of " + std::to_string(x));
      expectSame(Region().run({x}, [&](mlir::OpBuilder &b, mlir::Location at,
                                       mlir::ValueRange v) { return derive::emitScalar(b, at, kind, v[0]); }),
                 mix::apply(kind, x));
    }
  }
}

TEST(ScalarFunctions, OfTwoNumbers) {
  const double inf = std::numeric_limits<double>::infinity();
  for (uint32_t i = 0; i <= mix::getMaxEnumValForBinaryKind(); ++i) {
    auto kind = static_cast<mix::BinaryKind>(i);
    for (auto [x, y] : {std::pair{2.0, 3.0}, {0.0, 0.0}, {-2.0, 2.0}, {700.0, -700.0}, {-inf, -inf}, {-inf, 1.0}}) {
      SCOPED_TRACE(stringifyBinaryKind(kind).str() + " of " + std::to_string(x) + ", " + std::to_string(y));
      expectSame(Region().run({x, y}, [&](mlir::OpBuilder &b, mlir::Location at,
                                          mlir::ValueRange v) { return derive::emitScalar(b, at, kind, v[0], v[1]); }),
                 mix::apply(kind, x, y));
    }
  }
}

TEST(ScalarFunctions, ConstantExponents) {
  for (double exponent : {0.0, 1.0, 2.0, 3.0, 7.0, -1.0, -2.0, 0.5, -0.5, 0.0625, 1.7})
    for (double x : {0.0, 0.3, 2.0}) {
      SCOPED_TRACE(std::to_string(x) + " ^ " + std::to_string(exponent));
      expectSame(Region().run({x},
                              [&](mlir::OpBuilder &b, mlir::Location at, mlir::ValueRange v) {
                                mlir::Value y = mlir::arith::ConstantOp::create(b, at, b.getF64FloatAttr(exponent));
                                return derive::emitScalar(b, at, mix::BinaryKind::Pow, v[0], y);
                              }),
                 std::pow(x, exponent));
    }
}

} // namespace
} // namespace mixc::test
