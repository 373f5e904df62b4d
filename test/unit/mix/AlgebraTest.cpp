// Structured matrices against dense ones: every op, over every pair of structures.
#include "dialect/mix/Algebra.h"
#include "gtest/gtest.h"
#include <cmath>
#include <deque>
#include <numeric>
#include <random>

namespace mixc::mix {
namespace {

using Numbers = std::vector<double>;

/// The structures a matrix can have. Rectangular ones have no identity and no diagonal.
enum Parts { Dense = 1, Identity = 2, Diagonal = 4, Outer = 8, Turned = 16 };
const int kStructures[] = {Dense,
                           Dense | Turned,
                           Identity,
                           Diagonal,
                           Outer,
                           Dense | Outer,
                           Identity | Outer,
                           Dense | Identity | Diagonal | Outer,
                           Dense | Turned | Diagonal,
                           0};

class AlgebraTest : public ::testing::Test {
protected:
  double random() { return std::uniform_real_distribution<double>(-1, 1)(engine); }

  Numbers randoms(int64_t count) {
    Numbers result(count);
    std::generate(result.begin(), result.end(), [&] { return random(); });
    return result;
  }

  Quantity vector(int64_t size) {
    Quantity x;
    x.reset(1, size, 1);
    x.storage = randoms(size);
    return x;
  }

  Quantity matrix(int64_t rows, int64_t cols, int parts) {
    Quantity x;
    x.reset(2, rows, cols);
    if (parts & Dense) {
      arrays.push_back(randoms(rows * cols));
      x.dense = arrays.back().data();
      x.transposed = parts & Turned;
      x.scale = random();
    }
    if (rows == cols && parts & Identity)
      x.identity = random();
    if (rows == cols && parts & Diagonal)
      x.diagonal = randoms(rows);
    if (parts & Outer)
      for (int k = 0; k < 2; ++k) {
        auto [left, right] = x.addTerm();
        std::generate_n(left, rows, [&] { return random(); });
        std::generate_n(right, cols, [&] { return random(); });
      }
    return x;
  }

  static Numbers entries(const Quantity &x) {
    Numbers result(x.size());
    x.write(result.data(), false);
    return result;
  }

  static void expectNear(const Numbers &x, const Numbers &y) {
    ASSERT_EQ(x.size(), y.size());
    for (size_t i = 0; i < x.size(); ++i)
      ASSERT_NEAR(x[i], y[i], 1e-13) << "at " << i;
  }

  std::mt19937 engine{7};
  std::deque<Numbers> arrays;
  Algebra algebra{false};
};

Numbers product(const Numbers &x, const Numbers &y, int64_t rows, int64_t inner, int64_t cols) {
  Numbers result(rows * cols);
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < cols; ++j)
      for (int64_t k = 0; k < inner; ++k)
        result[i * cols + j] += x[i * inner + k] * y[k * cols + j];
  return result;
}

TEST_F(AlgebraTest, MatrixTimesMatrix) {
  for (auto [rows, inner, cols] : {std::array{9, 9, 9}, {8, 11, 9}, {2, 2, 2}})
    for (int xs : kStructures)
      for (int ys : kStructures) {
        Quantity x = matrix(rows, inner, xs), y = matrix(inner, cols, ys), z;
        algebra.matmul(x, y, z);
        expectNear(entries(z), product(entries(x), entries(y), rows, inner, cols));
      }
}

TEST_F(AlgebraTest, MatrixTimesVector) {
  for (auto [rows, cols] : {std::array{9, 9}, {20, 7}})
    for (int structure : kStructures) {
      Quantity x = matrix(rows, cols, structure), y = vector(cols), z, turned, back;
      algebra.matmul(x, y, z);
      expectNear(entries(z), product(entries(x), y.storage, rows, cols, 1));
      algebra.transpose(x, turned);
      algebra.matmul(turned, z, back);
      Numbers byTranspose(cols);
      x.multiply(z.storage.data(), byTranspose.data(), /*byTranspose=*/true);
      expectNear(entries(back), product(z.storage, entries(x), 1, rows, cols));
      expectNear(byTranspose, back.storage);
    }
}

TEST_F(AlgebraTest, SumsAndElementwiseProducts) {
  for (int xs : kStructures)
    for (int ys : kStructures)
      for (BinaryKind kind : {BinaryKind::Add, BinaryKind::Sub, BinaryKind::Mul}) {
        Quantity x = matrix(9, 9, xs), y = matrix(9, 9, ys), z;
        algebra.binary(kind, x, y, z);
        Numbers expected = entries(x), other = entries(y);
        for (size_t i = 0; i < other.size(); ++i)
          expected[i] = kind == BinaryKind::Add   ? expected[i] + other[i]
                        : kind == BinaryKind::Sub ? expected[i] - other[i]
                                                  : expected[i] * other[i];
        expectNear(entries(z), expected);
      }
}

TEST_F(AlgebraTest, ScalarsMeetEveryEntry) {
  Quantity c;
  c.reset(0, 1, 1);
  c.storage[0] = 0.75;
  for (int structure : kStructures) {
    Quantity x = matrix(9, 9, structure), z;
    Numbers numbers = entries(x);
    auto expectEach = [&](auto f) {
      Numbers expected(numbers.size());
      std::transform(numbers.begin(), numbers.end(), expected.begin(), f);
      expectNear(entries(z), expected);
    };
    algebra.binary(BinaryKind::Mul, x, c, z);
    expectEach([](double a) { return 0.75 * a; });
    algebra.binary(BinaryKind::Mul, c, x, z);
    expectEach([](double a) { return 0.75 * a; });
    algebra.binary(BinaryKind::Div, x, c, z);
    expectEach([](double a) { return a / 0.75; });
    algebra.binary(BinaryKind::Add, c, x, z);
    expectEach([](double a) { return 0.75 + a; });
    algebra.binary(BinaryKind::Sub, c, x, z);
    expectEach([](double a) { return 0.75 - a; });
    algebra.unary(UnaryKind::Neg, x, z);
    expectEach([](double a) { return -a; });
    algebra.unary(UnaryKind::Tanh, x, z);
    expectEach([](double a) { return std::tanh(a); });
  }
}

TEST_F(AlgebraTest, ScalesRowsAndColumns) {
  for (auto [rows, cols] : {std::array{9, 9}, {5, 12}})
    for (int structure : kStructures) {
      Quantity x = matrix(rows, cols, structure), e = vector(rows), s = vector(cols), byColumns, byRows;
      algebra.scaleColumns(x, s, byColumns);
      algebra.scaleRows(e, x, byRows);
      Numbers columns = entries(x), rowwise = entries(x);
      for (int64_t i = 0; i < rows; ++i)
        for (int64_t j = 0; j < cols; ++j) {
          columns[i * cols + j] *= s.storage[j];
          rowwise[i * cols + j] *= e.storage[i];
        }
      expectNear(entries(byColumns), columns);
      expectNear(entries(byRows), rowwise);
    }
}

TEST_F(AlgebraTest, ReducesStructuredMatrices) {
  for (int structure : kStructures) {
    Quantity x = matrix(9, 9, structure), z;
    Numbers numbers = entries(x);
    algebra.reduce(ReduceKind::Sum, x, z);
    EXPECT_NEAR(z.number(), std::accumulate(numbers.begin(), numbers.end(), 0.0), 1e-13);
    algebra.reduce(ReduceKind::Max, x, z);
    EXPECT_EQ(z.number(), *std::max_element(numbers.begin(), numbers.end()));
  }
}

TEST_F(AlgebraTest, RoundsEveryResultToFloat32) {
  Algebra rounding(true);
  Quantity x = vector(16), y = vector(16), outer, sum;
  rounding.outer(x, y, outer);
  rounding.binary(BinaryKind::Add, outer, outer, sum);
  for (double part : sum.left)
    EXPECT_EQ(part, static_cast<float>(part));
  Numbers rounded(sum.size());
  sum.write(rounded.data(), true);
  for (double entry : rounded)
    EXPECT_EQ(entry, static_cast<float>(entry));
}

TEST_F(AlgebraTest, BecomesDenseOnceTermsSaveNothing) {
  Quantity total = matrix(8, 8, Outer);
  for (int i = 0; i < 3; ++i) {
    Quantity more = matrix(8, 8, Outer), sum;
    algebra.binary(BinaryKind::Add, total, more, sum);
    Numbers expected = entries(total), added = entries(more);
    for (size_t k = 0; k < added.size(); ++k)
      expected[k] += added[k];
    expectNear(entries(sum), expected);
    EXPECT_LE(sum.terms, 4);
    total = std::move(sum);
  }
  EXPECT_TRUE(total.isDense() || total.terms > 0);
}

} // namespace
} // namespace mixc::mix
