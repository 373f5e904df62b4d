// Each op of the dialect through the interpreter, against values worked out by hand.
#include "TestMixer.h"

namespace mixc::mix {
namespace {

/// A mixer with x = (1, 2, 3), w = (4, -5, 6), z = (7, 8), s = 2, A = [1 2 3; 4 5 6] and y = `body`'s %y.
std::vector<double> evaluate(const std::string &body, const std::string &type, std::vector<int64_t> shape = {}) {
  TestMixer test(R"(
mix.mixer @m dims ["N", "M"] {
  %x = mix.input "x" : <[N], head>
  %w = mix.input "w" : <[N], head>
  %z = mix.input "z" : <[M], head>
  %s = mix.input "s" : <[], head>
  %A = mix.input "A" : <[M, N], head>
)" + body +
                 "\n  mix.output \"y\", %y : " + type + "\n}\n");
  if (!test.mixer) {
    ADD_FAILURE() << "does not parse: " << body;
    return {};
  }
  Call call;
  call.dims = {{"N", 3}, {"M", 2}};
  call.time = 1;
  call.inputs = {{"x", array({1, 1, 1, 3}, {1, 2, 3})},
                 {"w", array({1, 1, 1, 3}, {4, -5, 6})},
                 {"z", array({1, 1, 1, 2}, {7, 8})},
                 {"s", array({1, 1, 1}, {2})},
                 {"A", array({1, 1, 1, 2, 3}, {1, 2, 3, 4, 5, 6})}};
  Answer answer = test.run(call);
  shape.insert(shape.begin(), {1, 1, 1});
  EXPECT_EQ(answer.outputs["y"].shape, shape);
  return answer.outputs["y"].data;
}

using Numbers = std::vector<double>;

TEST(Ops, Constant) { EXPECT_EQ(evaluate("%y = mix.constant 0.5 : <[], constant>", "<[], constant>"), Numbers{0.5}); }

TEST(Ops, Dim) { EXPECT_EQ(evaluate("%y = mix.dim \"1+N*M\" : <[], constant>", "<[], constant>"), Numbers{7}); }

TEST(Ops, Identity) {
  EXPECT_EQ(evaluate("%y = mix.identity : <[M, M], constant>", "<[M, M], constant>", {2, 2}), (Numbers{1, 0, 0, 1}));
}

TEST(Ops, Fill) {
  EXPECT_EQ(evaluate("%y = mix.fill %s : <[], head> -> <[N], head>", "<[N], head>", {3}), (Numbers{2, 2, 2}));
  EXPECT_EQ(evaluate("%y = mix.fill %s : <[], head> -> <[M, M], head>", "<[M, M], head>", {2, 2}),
            (Numbers{2, 2, 2, 2}));
}

TEST(Ops, Unary) {
  EXPECT_EQ(evaluate("%y = mix.unary relu %w : <[N], head>", "<[N], head>", {3}), (Numbers{4, 0, 6}));
  EXPECT_EQ(evaluate("%y = mix.unary neg %A : <[M, N], head>", "<[M, N], head>", {2, 3}),
            (Numbers{-1, -2, -3, -4, -5, -6}));
}

TEST(Ops, Binary) {
  EXPECT_EQ(evaluate("%y = mix.binary mul %x, %w : <[N], head>, <[N], head>", "<[N], head>", {3}),
            (Numbers{4, -10, 18}));
  EXPECT_EQ(evaluate("%y = mix.binary max %x, %s : <[N], head>, <[], head>", "<[N], head>", {3}), (Numbers{2, 2, 3}));
  EXPECT_EQ(evaluate("%y = mix.binary sub %s, %x : <[], head>, <[N], head>", "<[N], head>", {3}), (Numbers{1, 0, -1}));
  EXPECT_EQ(evaluate("%y = mix.binary pow %x, %s : <[N], head>, <[], head>", "<[N], head>", {3}), (Numbers{1, 4, 9}));
  EXPECT_EQ(evaluate("%y = mix.binary mul %A, %A : <[M, N], head>, <[M, N], head>", "<[M, N], head>", {2, 3}),
            (Numbers{1, 4, 9, 16, 25, 36}));
}

TEST(Ops, Transpose) {
  EXPECT_EQ(evaluate("%y = mix.transpose %A : <[M, N], head>", "<[N, M], head>", {3, 2}), (Numbers{1, 4, 2, 5, 3, 6}));
}

TEST(Ops, Column) {
  EXPECT_EQ(evaluate("%y = mix.column 1 of %A : <[M, N], head>", "<[M], head>", {2}), (Numbers{2, 5}));
  EXPECT_EQ(
      evaluate("%t = mix.transpose %A : <[M, N], head>\n%y = mix.column 1 of %t : <[N, M], head>", "<[N], head>", {3}),
      (Numbers{4, 5, 6}));
}

TEST(Ops, Diag) {
  EXPECT_EQ(evaluate("%y = mix.diag %z : <[M], head>", "<[M, M], head>", {2, 2}), (Numbers{7, 0, 0, 8}));
}

TEST(Ops, Matmul) {
  EXPECT_EQ(evaluate("%y = mix.matmul %A, %x : <[M, N], head>, <[N], head>", "<[M], head>", {2}), (Numbers{14, 32}));
  EXPECT_EQ(evaluate("%t = mix.transpose %A : <[M, N], head>\n"
                     "%y = mix.matmul %A, %t : <[M, N], head>, <[N, M], head>",
                     "<[M, M], head>", {2, 2}),
            (Numbers{14, 32, 32, 77}));
}

TEST(Ops, Dot) { EXPECT_EQ(evaluate("%y = mix.dot %x, %w : <[N], head>, <[N], head>", "<[], head>"), Numbers{12}); }

TEST(Ops, Outer) {
  EXPECT_EQ(evaluate("%y = mix.outer %z, %x : <[M], head>, <[N], head>", "<[M, N], head>", {2, 3}),
            (Numbers{7, 14, 21, 8, 16, 24}));
}

TEST(Ops, Reduce) {
  EXPECT_EQ(evaluate("%y = mix.reduce sum %w : <[N], head>", "<[], head>"), Numbers{5});
  EXPECT_EQ(evaluate("%y = mix.reduce max %A : <[M, N], head>", "<[], head>"), Numbers{6});
}

TEST(Ops, Concat) {
  EXPECT_EQ(evaluate("%y = mix.concat %s, %x, %z : !mix.t<[], head>, !mix.t<[N], head>, !mix.t<[M], head>",
                     "<[1+M+N], head>", {6}),
            (Numbers{2, 1, 2, 3, 7, 8}));
}

TEST(Ops, Slice) {
  EXPECT_EQ(evaluate("%y = mix.slice %x from \"1\" : <[N], head> -> <[M], head>", "<[M], head>", {2}), (Numbers{2, 3}));
}

TEST(Ops, Roll) {
  EXPECT_EQ(evaluate("%y = mix.roll %x by 1 : <[N], head>", "<[N], head>", {3}), (Numbers{3, 1, 2}));
  EXPECT_EQ(evaluate("%y = mix.roll %x by -4 : <[N], head>", "<[N], head>", {3}), (Numbers{2, 3, 1}));
}

TEST(Ops, Kron) {
  EXPECT_EQ(evaluate("%y = mix.kron %x, %z : <[N], head>, <[M], head>", "<[M*N], head>", {6}),
            (Numbers{7, 8, 14, 16, 21, 24}));
}

} // namespace
} // namespace mixc::mix
