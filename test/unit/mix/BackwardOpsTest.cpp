// The adjoint of every op and of every function, against central differences.
#include "Differences.h"
#include "dialect/mix/Scalar.h"
#include <set>

namespace mixc::mix {
namespace {

/// An op, lines that give it as %y, and the type of %y.
struct Example {
  std::string op, lines, type;
};

const std::vector<Example> kExamples = {
    {"mix.constant", "%c = mix.constant 0.5 : <[], constant>\n%y = mix.binary mul %c, %x : <[], constant>, <[N], head>",
     "<[N], head>"},
    {"mix.dim", "%c = mix.dim \"1+N\" : <[], constant>\n%y = mix.binary pow %p, %c : <[N], head>, <[], constant>",
     "<[N], head>"},
    {"mix.identity",
     "%i = mix.identity : <[N, N], constant>\n%y = mix.matmul %A, %i : <[M, N], head>, <[N, N], constant>",
     "<[M, N], head>"},
    {"mix.fill", "%y = mix.fill %s : <[], head> -> <[N], head>", "<[N], head>"},
    {"mix.fill", "%y = mix.fill %s : <[], head> -> <[M, N], head>", "<[M, N], head>"},
    {"mix.unary", "%y = mix.unary neg %A : <[M, N], head>", "<[M, N], head>"},
    {"mix.binary", "%y = mix.binary mul %A, %E : <[M, N], head>, <[M, N], head>", "<[M, N], head>"},
    {"mix.select", "%y = mix.select %E, %A, %s : <[M, N], head>, <[M, N], head>, <[], head>", "<[M, N], head>"},
    {"mix.select", "%y = mix.select %x, %w, %p : <[N], head>, <[N], head>, <[N], head>", "<[N], head>"},
    {"mix.transpose", "%y = mix.transpose %A : <[M, N], head>", "<[N, M], head>"},
    {"mix.column", "%y = mix.column 1 of %C : <[M, 3], head>", "<[M], head>"},
    {"mix.diag", "%y = mix.diag %x : <[N], head>", "<[N, N], head>"},
    {"mix.matmul", "%y = mix.matmul %A, %B : <[M, N], head>, <[N, M], head>", "<[M, M], head>"},
    {"mix.matmul", "%y = mix.matmul %A, %x : <[M, N], head>, <[N], head>", "<[M], head>"},
    {"mix.dot", "%y = mix.dot %x, %w : <[N], head>, <[N], head>", "<[], head>"},
    {"mix.dot", "%y = mix.dot %x, %x : <[N], head>, <[N], head>", "<[], head>"},
    {"mix.outer", "%y = mix.outer %z, %x : <[M], head>, <[N], head>", "<[M, N], head>"},
    {"mix.reduce", "%y = mix.reduce sum %A : <[M, N], head>", "<[], head>"},
    {"mix.reduce", "%y = mix.reduce sum %x : <[N], head>", "<[], head>"},
    {"mix.reduce", "%y = mix.reduce max %x : <[N], head>", "<[], head>"},
    {"mix.reduce", "%y = mix.reduce max %A : <[M, N], head>", "<[], head>"},
    {"mix.concat",
     "%y = mix.concat %x, %s, %z, %x : !mix.t<[N], head>, !mix.t<[], head>, !mix.t<[M], head>, !mix.t<[N], head>",
     "<[1+M+2*N], head>"},
    {"mix.slice", "%y = mix.slice %x from \"1\" : <[N], head> -> <[-1+N], head>", "<[-1+N], head>"},
    {"mix.roll", "%y = mix.roll %x by 1 : <[N], head>", "<[N], head>"},
    {"mix.roll", "%y = mix.roll %x by -5 : <[N], head>", "<[N], head>"},
    {"mix.kron", "%y = mix.kron %x, %z : <[N], head>, <[M], head>", "<[M*N], head>"},
    {"mix.reshape",
     "%k = mix.kron %z, %x : <[M], head>, <[N], head>\n%y = mix.reshape %k : <[M*N], head> -> <[M, N], head>",
     "<[M, N], head>"},
    {"mix.reshape", "%y = mix.reshape %A : <[M, N], head> -> <[M*N], head>", "<[M*N], head>"},
    {"mix.lag", "%y = mix.lag %x by 1 : <[N], head>", "<[N], head>"},
    {"mix.end", "%e = mix.end \"H\" : <[M, N], head>\n%y = mix.matmul %e, %x : <[M, N], head>, <[N], head>",
     "<[M], head>"},
};

std::string text(const std::string &lines, const std::string &type) {
  return R"(
mix.mixer @m dims ["N", "M"] {
  %x = mix.input "x" {mix.history = 1 : i64} : <[N], head>
  %w = mix.input "w" : <[N], head>
  %p = mix.input "p" in [0.5, 2.0] : <[N], head>
  %z = mix.input "z" : <[M], head>
  %s = mix.input "s" in [0.25, 2.0] : <[], head>
  %A = mix.input "A" : <[M, N], head>
  %E = mix.input "E" : <[M, N], head>
  %B = mix.input "B" : <[N, M], head>
  %C = mix.input "C" : <[M, 3], head>
  %g = mix.param "g" : <[N], param>
  %H = mix.state "H" : <[M, N], head>
  %write = mix.outer %z, %w : <[M], head>, <[N], head>
  %kept = mix.binary add %H, %write : <[M, N], head>, <[M, N], head>
  mix.next "H", %kept : <[M, N], head>
)" + lines +
         "\n  mix.output \"y\", %y : " + type + "\n}\n";
}

Call callOf(TestMixer &test) { return sample(test.mixer, {{"N", 4}, {"M", 3}}, 1, 2, 1, 1, 3); }

void check(const std::string &lines, const std::string &type) {
  SCOPED_TRACE(lines);
  TestMixer test(text(lines, type));
  ASSERT_TRUE(test.mixer) << "does not parse";
  expectDifferences(test.mixer, callOf(test));
}

void checkSlope(const std::string &lines, const std::string &type) {
  SCOPED_TRACE(lines);
  TestMixer test(text(lines, type));
  ASSERT_TRUE(test.mixer) << "does not parse";
  expectSlope(test.mixer, callOf(test));
}

TEST(BackwardOps, AgreeWithDifferences) {
  for (const Example &example : kExamples)
    check(example.lines, example.type);
}

/// The mixers of Mixers.h have the component.
TEST(BackwardOps, EveryOpOfTheDialectHasAnExample) {
  std::set<std::string> covered = {"mix.component", "mix.yield"};
  TestMixer test(text("%y = mix.unary neg %x : <[N], head>", "<[N], head>"));
  test.module->walk([&](mlir::Operation *op) { covered.insert(op->getName().getStringRef().str()); });
  for (const Example &example : kExamples) {
    EXPECT_NE(example.lines.find(example.op), std::string::npos);
    covered.insert(example.op);
  }
  for (mlir::RegisteredOperationName op : test.context.getRegisteredOperationsByDialect("mix"))
    EXPECT_TRUE(covered.count(op.getStringRef().str())) << op.getStringRef().str();
}

TEST(BackwardOps, FunctionsOfOneNumber) {
  for (uint64_t kind = 0; kind <= getMaxEnumValForUnaryKind(); ++kind) {
    std::string f = stringifyUnaryKind(*symbolizeUnaryKind(kind)).str();
    if (f == "stop") // has none, whatever its slope: StopHasNoGradient
      continue;
    bool positive = f == "log" || f == "sqrt" || f == "rsqrt";
    check("%y = mix.unary " + f + (positive ? " %p" : " %w") + " : <[N], head>", "<[N], head>");
    check("%y = mix.unary " + f + " %s : <[], head>", "<[], head>");
    if (!positive)
      check("%y = mix.unary " + f + " %A : <[M, N], head>", "<[M, N], head>");
  }
}

TEST(BackwardOps, StopHasNoGradient) {
  TestMixer test(text("%y = mix.unary stop %w : <[N], head>", "<[N], head>"));
  ASSERT_TRUE(test.mixer);
  const Call call = callOf(test);
  Cotangents cotangents = sampleCotangents(test.mixer, call, 1);
  for (auto &[name, cotangent] : cotangents.final)
    std::fill(cotangent.data.begin(), cotangent.data.end(), 0);
  llvm::Expected<Gradients> gradients = interpretBackward(test.mixer, call, cotangents);
  ASSERT_TRUE(bool(gradients)) << llvm::toString(gradients.takeError());
  for (double value : gradients->inputs.at("w").data)
    EXPECT_EQ(value, 0);
}

TEST(BackwardOps, FunctionsOfTwoNumbers) {
  for (uint64_t kind = 0; kind <= getMaxEnumValForBinaryKind(); ++kind) {
    std::string f = "%y = mix.binary " + stringifyBinaryKind(*symbolizeBinaryKind(kind)).str();
    check(f + " %p, %w : <[N], head>, <[N], head>", "<[N], head>");
    check(f + " %p, %s : <[N], head>, <[], head>", "<[N], head>");
    check(f + " %s, %p : <[], head>, <[N], head>", "<[N], head>");
    check(f + " %p, %p : <[N], head>, <[N], head>", "<[N], head>");
    check(f + " %s, %s : <[], head>, <[], head>", "<[], head>");
    std::string positive = "%P = mix.outer %p, %p : <[N], head>, <[N], head>\n";
    check(positive + f + " %P, %s : <[N, N], head>, <[], head>", "<[N, N], head>");
    check(positive + f + " %s, %P : <[], head>, <[N, N], head>", "<[N, N], head>");
    check(positive +
              "%F = mix.matmul %B, %A : <[N, M], head>, <[M, N], head>\n"
              "%Q = mix.unary exp %F : <[N, N], head>\n" +
              f + " %P, %Q : <[N, N], head>, <[N, N], head>",
          "<[N, N], head>");
  }
}

/// Matrices that are sums of an identity, a diagonal, outer products and a dense part, where products of them are
/// taken, transposed and scaled.
TEST(BackwardOps, StructuredMatrices) {
  const std::string parts = "%I = mix.identity : <[N, N], constant>\n"
                            "%D = mix.diag %p : <[N], head>\n"
                            "%O = mix.outer %x, %w : <[N], head>, <[N], head>\n"
                            "%F = mix.matmul %B, %A : <[N, M], head>, <[M, N], head>\n";
  const std::string type = "<[N, N], head>", both = " : <[N, N], head>, <[N, N], head>\n";
  std::vector<std::string> names = {"%I", "%D", "%O", "%F"}, matrices;
  std::string lines = parts;
  for (int subset = 1; subset < 16; ++subset) {
    std::string sum;
    for (int part = 0; part < 4; ++part)
      if (subset >> part & 1) {
        std::string next = "%s" + std::to_string(subset) + names[part].substr(1);
        std::string by =
            names[part] == "%I" ? " : <[], head>, <[N, N], constant>\n" : " : <[], head>, <[N, N], head>\n";
        lines += next + " = mix.binary mul %s, " + names[part] + by;
        if (!sum.empty())
          lines += next + "sum = mix.binary sub " + sum + ", " + next + both;
        sum = sum.empty() ? next : next + "sum";
      }
    matrices.push_back(sum);
  }
  for (const std::string &x : matrices)
    for (const std::string &y : matrices) {
      std::string product = lines + "%m = mix.matmul " + x + ", " + y + both;
      checkSlope(product + "%t = mix.transpose %m : " + type + "\n%u = mix.binary div %t, %s : " + type +
                     ", <[], head>\n%n = mix.unary neg %u : " + type + "\n%y = mix.binary add %n, " + y + both,
                 type);
    }
  for (const std::string &x : matrices) // the cotangent of F is a product that is not multiplied out
    checkSlope(lines + "%m = mix.matmul %F, " + x + both + "%n = mix.matmul %F, %m" + both +
                   "%y = mix.matmul %n, %w : <[N, N], head>, <[N], head>",
               "<[N], head>");
}

} // namespace
} // namespace mixc::mix
