// What kernels do with memory: loops both ways, a last chunk that is not full, states given or not.
#include "dialect/tile/Interpreter.h"
#include "test/unit/tile/Program.h"
#include <gtest/gtest.h>
#include <numeric>

using namespace mixc::tile;
using namespace mixc::tile::test;

namespace {

/// Carries the sum of the rows of x that count, and stores the carry before each chunk plus x.
std::string summing(bool reverse) {
  return std::string(R"(
    tile.kernel forward @k of "k" (input "x", initial "H", output "y", final "H") {
    ^bb0(%x: !tile.tensor<token, [3], f32>, %h: !tile.tensor<head, [3], f32>, %y: !tile.tensor<token, [3], f32>, %e: !tile.tensor<head, [3], f32>):
      %zero = tile.constant 0.0 : !s
      %start = tile.init %h start 2.0 : !tile.tensor<head, [3], f32> -> !f
      %end = tile.chunks size 4 )") +
         (reverse ? "reverse " : "") + R"(iter(%start : !f) {
      ^bb0(%s: !f):
        %rows = tile.load %x : !tile.tensor<token, [3], f32> -> !k
        %valid = tile.valid : !b
        %counted = tile.select %valid, %rows, %zero : !b, !k, !s -> !k
        %sum = tile.reduce add %counted over ["time"] : !k -> !f
        %out = tile.map (%rows, %s) : (!k, !f) -> !k {
        ^bb0(%a: f32, %b: f32):
          %c = arith.addf %a, %b : f32
          tile.yield %c : f32
        }
        tile.store %out, %y : !k, !tile.tensor<token, [3], f32>
        %next = tile.map (%sum, %s) : (!f, !f) -> !f {
        ^bb0(%a: f32, %b: f32):
          %c = arith.addf %a, %b : f32
          tile.yield %c : f32
        }
        tile.yield %next : !f
      } -> !f
      tile.final %end, %e : !f, !tile.tensor<head, [3], f32>
    })";
}

std::vector<Buffer> tensors(int64_t length) {
  std::vector<Buffer> buffers = {{std::vector<double>(length * 3)},
                                 {{1, 10, 100}},
                                 {std::vector<double>(length * 3, NAN)},
                                 {std::vector<double>(3, NAN)}};
  std::iota(buffers[0].data.begin(), buffers[0].data.end(), 1);
  return buffers;
}

void check(bool reverse, int64_t length, bool given) {
  Program program(summing(reverse));
  ASSERT_TRUE(program.module);
  std::vector<Buffer> buffers = tensors(length);
  buffers[1].present = given;
  llvm::Error error = interpret(program.kernel(), length, buffers);
  ASSERT_FALSE(error) << llvm::toString(std::move(error));
  int64_t chunks = (length + 3) / 4;
  for (int k = 0; k < 3; ++k) {
    double carry = given ? std::vector<double>{1, 10, 100}[k] : 2;
    for (int64_t i = 0; i < chunks; ++i) {
      int64_t chunk = reverse ? chunks - 1 - i : i;
      double before = carry;
      for (int64_t t = 4 * chunk; t < std::min(length, 4 * chunk + 4); ++t) {
        double x = static_cast<double>(t * 3 + k + 1);
        EXPECT_EQ(buffers[2].data[t * 3 + k], before + x);
        carry += x;
      }
    }
    EXPECT_EQ(buffers[3].data[k], carry);
  }
}

TEST(Interpreter, RunsChunksFirstToLast) {
  for (int64_t length : {1, 3, 4, 5, 8, 11})
    check(false, length, true);
}

TEST(Interpreter, RunsChunksLastToFirst) {
  for (int64_t length : {1, 4, 11})
    check(true, length, true);
}

TEST(Interpreter, StartsWhereNoStateIsGiven) { check(false, 6, false); }

TEST(Interpreter, KeepsTheStateOfNoTokens) {
  Program program(summing(false));
  std::vector<Buffer> buffers = tensors(0);
  ASSERT_FALSE(interpret(program.kernel(), 0, buffers));
  EXPECT_EQ(buffers[3].data, buffers[1].data);
}

TEST(Interpreter, WritesNoStateThatNobodyAskedFor) {
  Program program(summing(false));
  std::vector<Buffer> buffers = tensors(5);
  buffers[3] = {{}, false};
  ASSERT_FALSE(interpret(program.kernel(), 5, buffers));
  EXPECT_TRUE(buffers[3].data.empty());
}

/// The last row of the last chunk of `rows`, made of the loaded %x, where six tokens leave two of its four rows valid.
double lastRowOf(const std::string &rows) {
  Program program(R"(
    tile.kernel forward @k of "k" (input "x", initial "H", final "H") {
    ^bb0(%tokens: !tile.tensor<token, [], f32>, %h: !tile.tensor<head, [], f32>, %e: !tile.tensor<head, [], f32>):
      %start = tile.init %h : !tile.tensor<head, [], f32> -> !s
      %end = tile.chunks size 4 iter(%start : !s) {
      ^bb0(%s: !s):
        %x = tile.load %tokens : !tile.tensor<token, [], f32> -> !r
        )" + rows +
                  R"(
        %last = tile.row %rows[3] : !r -> !s
        tile.yield %last : !s
      } -> !s
      tile.final %end, %e : !s, !tile.tensor<head, [], f32>
    })");
  EXPECT_TRUE(program.module);
  std::vector<Buffer> buffers = {{{5, 6, 7, 8, 9, 10}}, {{0}}, {{0}}};
  EXPECT_FALSE(interpret(program.kernel(), 6, buffers));
  return buffers[2].data[0];
}

TEST(Interpreter, RepeatsTheLastTokenInRowsThatDoNotCount) {
  EXPECT_EQ(lastRowOf("%rows = tile.cast %x : !r -> !r"), 10);
}

/// s <- s + 2 x + u, one token after the other, x a row of a tile in one half and a token loaded by itself in the
/// other. What s was before each token is the output.
std::vector<Buffer> stepThrough(bool reverse, int64_t length) {
  Program program(std::string(R"(
    tile.kernel forward @k of "k" (input "x", param "u", initial "H", output "y", final "H") {
    ^bb0(%x: !tile.tensor<token, [], f32>, %p: !tile.tensor<head, [], f32>, %h: !tile.tensor<head, [], f32>, %y: !tile.tensor<token, [], f32>, %e: !tile.tensor<head, [], f32>):
      %u = tile.load %p : !tile.tensor<head, [], f32> -> !s
      %start = tile.init %h : !tile.tensor<head, [], f32> -> !s
      %end = tile.chunks size 4 iter(%start : !s) {
      ^bb0(%s: !s):
        %rows = tile.load %x : !tile.tensor<token, [], f32> -> !r
        %last, %before = tile.steps iter(%s : !s) rows(%rows : !r) with(%u, %x : !s, !tile.tensor<token, [], f32>) )") +
                  (reverse ? "reverse " : "") + R"({
        ^bb1(%c: !s, %row: !s, %v: !s, %tokens: !tile.tensor<token, [], f32>):
          %token = tile.load %tokens : !tile.tensor<token, [], f32> -> !s
          %next = tile.map (%c, %row, %token, %v) : (!s, !s, !s, !s) -> !s {
          ^bb2(%k: f32, %l: f32, %m: f32, %n: f32):
            %0 = arith.addf %k, %l : f32
            %1 = arith.addf %0, %m : f32
            %2 = arith.addf %1, %n : f32
            tile.yield %2 : f32
          }
          tile.yield %next, %c : !s, !s
        } -> !s, !r
        tile.store %before, %y : !r, !tile.tensor<token, [], f32>
        tile.yield %last : !s
      } -> !s
      tile.final %end, %e : !s, !tile.tensor<head, [], f32>
    })");
  EXPECT_TRUE(program.module);
  std::vector<Buffer> buffers = {
      {std::vector<double>(length)}, {{0.5}}, {{100}}, {std::vector<double>(length, NAN)}, {{NAN}}};
  std::iota(buffers[0].data.begin(), buffers[0].data.end(), 1);
  EXPECT_FALSE(interpret(program.kernel(), length, buffers));
  return buffers;
}

TEST(Interpreter, StepsThroughTheValidRowsBothWays) {
  for (bool reverse : {false, true})
    for (int64_t length : {1, 3, 4, 6, 9}) {
      std::vector<Buffer> buffers = stepThrough(reverse, length);
      double carry = 100;
      for (int64_t first = 0; first < length; first += 4)
        for (int64_t i = 0, count = std::min<int64_t>(4, length - first); i < count; ++i) {
          int64_t t = first + (reverse ? count - 1 - i : i);
          EXPECT_EQ(buffers[3].data[t], carry) << length << " tokens, token " << t << (reverse ? ", reverse" : "");
          carry += 2 * buffers[0].data[t] + 0.5;
        }
      EXPECT_EQ(buffers[4].data[0], carry);
    }
}

TEST(Interpreter, StackedRowsPastTheEndRepeatTheLastOne) {
  for (std::string order : {"", "reverse "})
    EXPECT_EQ(lastRowOf("%rows = tile.steps rows(%x : !r) " + order + R"({
        ^bb1(%row: !s):
          tile.yield %row : !s
        } -> !r)"),
              10);
}

TEST(Interpreter, StartsWithAnIdentity) {
  Program program(R"(
    tile.kernel forward @k of "k" (initial "H", final "H") {
    ^bb0(%h: !tile.tensor<head, [2, 2], f32>, %e: !tile.tensor<head, [2, 2], f32>):
      %s = tile.init %h {identity} : !tile.tensor<head, [2, 2], f32> -> !tile.t<[value(V):2, key(K):2], f32>
      tile.final %s, %e : !tile.t<[value(V):2, key(K):2], f32>, !tile.tensor<head, [2, 2], f32>
    })");
  ASSERT_TRUE(program.module);
  std::vector<Buffer> buffers = {{{}, false}, {std::vector<double>(4)}};
  ASSERT_FALSE(interpret(program.kernel(), 0, buffers));
  EXPECT_EQ(buffers[1].data, (std::vector<double>{1, 0, 0, 1}));
}

TEST(Interpreter, RefusesTensorsOfTheWrongSize) {
  Program program(summing(false));
  std::vector<Buffer> buffers = tensors(5);
  llvm::Error error = interpret(program.kernel(), 6, buffers);
  EXPECT_EQ(llvm::toString(std::move(error)), "tensor 0 has 15 numbers, expected 18");
}

} // namespace
