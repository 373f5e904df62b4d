// grad(loss, X) against central differences of the interpreter, for every function and every place that X can stand in.
#include "dialect/mix/Interpreter.h"
#include "frontend/gen/Import.h"
#include <cmath>
#include <gtest/gtest.h>

using namespace mixc;

namespace {

const std::map<std::string, std::vector<int64_t>> shapes = {{"a", {}},  {"x", {4}},    {"w", {4}},
                                                            {"p", {3}}, {"M", {3, 4}}, {"N", {4, 4}}};

/// A mixer that outputs `loss` and its derivative by `variable`; the states a, x, p, M and N stand for anything.
std::string mixerOf(const std::string &loss, const std::string &variable, const std::string &type,
                    const std::string &lets) {
  return "mixer m<K = 4, V = 3, n = 1> {\n"
         "  input w : vector<K>\n"
         "  state a : scalar\n  state x : vector<K>\n  state p : vector<V>\n  state M : matrix<V, K>\n"
         "  state N : matrix<K, K>\n"
         "  output y : scalar\n  output d : " +
         type + "\n" + lets + "  y[t] = " + loss + "\n  d[t] = grad(" + loss + ", " + variable +
         ")\n"
         "  a[t] = a[t-1] + 1\n  x[t] = 2 * x[t-1] + w\n  p[t] = p[t-1] + M[t] * x[t]\n  M[t] = M[t-1] + p[t-1] * w'\n"
         "  N[t] = N[t-1]\n}\n";
}

class Evaluator {
public:
  explicit Evaluator(const std::string &text) : text(text) {
    module = importMix(&context, Source("t.mix", text), {}, diagnostics);
  }
  bool good() const { return bool(module); }
  std::string codes() const {
    std::string out;
    for (const Diagnostic &diagnostic : diagnostics.all())
      out += diagnostic.code + " " + diagnostic.message + "\n";
    return out;
  }
  mix::Answer run(const mix::Call &call) {
    llvm::Expected<mix::Answer> answer = mix::interpret(*module->getOps<mix::MixerOp>().begin(), call);
    if (answer)
      return std::move(*answer);
    ADD_FAILURE() << llvm::toString(answer.takeError()) << text;
    return {};
  }

private:
  std::string text;
  mlir::MLIRContext context;
  DiagnosticList diagnostics;
  mlir::OwningOpRef<mlir::ModuleOp> module;
};

mix::Call someCall() {
  mix::Call call;
  call.time = 1;
  double phase = 0;
  for (auto &[name, shape] : shapes) {
    std::vector<int64_t> all = name == "w" ? std::vector<int64_t>{1, 1, 1} : std::vector<int64_t>{1, 1};
    all.insert(all.end(), shape.begin(), shape.end());
    mix::Array array(all);
    for (double &value : array.data)
      value = 0.9 * std::sin(phase += 1.7) + 0.05;
    (name == "w" ? call.inputs : call.initial)[name] = array;
  }
  return call;
}

std::string typeOf(const std::string &state) {
  return state == "a"   ? "scalar"
         : state == "x" ? "vector<K>"
         : state == "p" ? "vector<V>"
         : state == "M" ? "matrix<V, K>"
                        : "matrix<K, K>";
}

/// Holds grad(loss, X[t-1]) against differences of `loss` by the initial X.
void check(const std::string &loss, const std::string &state, const std::string &lets = "") {
  Evaluator mixer(mixerOf(loss, state + "[t-1]", typeOf(state), lets));
  ASSERT_TRUE(mixer.good()) << loss << "\n" << mixer.codes();
  mix::Call call = someCall();
  mix::Array d = mixer.run(call).outputs["d"];
  double worst = 0, size = 0;
  for (size_t i = 0; i < d.data.size(); ++i) {
    constexpr double step = 1e-5;
    auto at = [&](double by) {
      mix::Call moved = call;
      moved.initial[state].data[i] += by;
      return mixer.run(moved).outputs["y"].data[0];
    };
    double difference = (8 * (at(step) - at(-step)) - (at(2 * step) - at(-2 * step))) / (12 * step);
    worst = std::max(worst, std::abs(difference - d.data[i]));
    size = std::max(size, std::abs(difference));
  }
  EXPECT_LE(worst, 1e-9 * std::max(1.0, size)) << loss << " by " << state;
  EXPECT_FALSE(std::isnan(worst)) << loss << " by " << state;
}

/// The value of grad(loss, X[t-1]) where X is `value` everywhere.
std::vector<double> gradientAt(const std::string &loss, const std::string &state, double value,
                               const std::string &lets = "") {
  Evaluator mixer(mixerOf(loss, state + "[t-1]", typeOf(state), lets));
  EXPECT_TRUE(mixer.good()) << mixer.codes();
  mix::Call call = someCall();
  for (double &entry : call.initial[state].data)
    entry = value;
  return mixer.run(call).outputs["d"].data;
}

} // namespace

TEST(Gradient, FunctionsByElements) {
  for (const char *f : {"exp", "sigmoid", "tanh", "relu", "silu", "gelu", "softplus", "elu", "abs", "sin", "cos",
                        "expm1", "erf", "erfc", "gelu_erf", "logsigmoid"}) {
    check(std::string("dot(w, ") + f + "(x[t-1]))", "x");
    check(std::string(f) + "(a[t-1])", "a");
    check(std::string("sum(") + f + "(M[t-1] * w) .* p[t-1])", "M");
  }
  for (const char *f : {"log", "log1p", "sqrt", "rsqrt"})
    check(std::string("dot(w, ") + f + "(2 + x[t-1]))", "x");
  check("dot(w, sign(x[t-1]) .* x[t-1])", "x");
}

TEST(Gradient, WhereClampAndMean) {
  check("sum(where(x[t-1] < w, x[t-1] .* x[t-1], 3 * w .* x[t-1]))", "x");
  check("sum(where(w > 0.2 and not w > 1, x[t-1], a[t-1]))", "x");
  check("sum(where(w > 0.2 or w == 0, x[t-1], a[t-1]))", "a");
  check("sum(clamp(x[t-1], -0.1, 0.3) .* w)", "x");
  check("sum(clamp(w, x[t-1], a[t-1] + 2))", "x");
  check("mean(x[t-1] .* w) + mean(M[t-1] * w)", "x");
  check("mean(M[t-1])", "M");
}

TEST(Gradient, OfWhatIsNotTaken) {
  EXPECT_EQ(gradientAt("sum(where(x[t-1] > 0, log(x[t-1]), 0))", "x", 0), std::vector<double>(4, 0));
  EXPECT_EQ(gradientAt("sum(where(x[t-1] > 0, u, 0))", "x", 0, "  let u = sqrt(x[t-1])\n"), std::vector<double>(4, 0));
  EXPECT_EQ(gradientAt("sum(where(x[t-1] != 0, 1 ./ x[t-1], x[t-1]))", "x", 0), std::vector<double>(4, 1));
}

// At a bound x is inside.
TEST(Gradient, OfAClampAtItsBounds) {
  EXPECT_EQ(gradientAt("sum(clamp(x[t-1], -1, 1))", "x", 1), std::vector<double>(4, 1));
  EXPECT_EQ(gradientAt("sum(clamp(x[t-1], -1, 1))", "x", 1.5), std::vector<double>(4, 0));
  EXPECT_EQ(gradientAt("sum(clamp(1, -2, x[t-1]))", "x", 1), std::vector<double>(4, 0));
}

TEST(Gradient, StopsAtAStop) {
  EXPECT_EQ(gradientAt("sum(stop(x[t-1]) .* x[t-1])", "x", 3), std::vector<double>(4, 3));
  EXPECT_EQ(gradientAt("sum(stop(x[t-1]))", "x", 3), std::vector<double>(4, 0));
}

TEST(Gradient, Operators) {
  check("sum(x[t-1] + a[t-1])", "a");
  check("norm(w - a[t-1] * x[t-1])^2", "a");
  check("norm(w - a[t-1] * x[t-1])^2", "x");
  check("norm(w .* x[t-1] ./ (2 + x[t-1]))^2", "x");
  check("sum(w / (2 + a[t-1]))", "a");
  check("sum(a[t-1] ./ (3 + w .* x[t-1]))", "x");
  check("sum((2 + x[t-1]) .^ 3)", "x");
  check("sum((2 + x[t-1]) .^ 0.5) + (2 + a[t-1])^-1.5", "x");
  check("sum((2 + x[t-1]) .^ w)", "x");
  check("sum((2 + w) .^ x[t-1])", "x");
  check("sum((2 + w) .^ a[t-1]) + sum(2 .^ x[t-1])", "a");
  check("(2 + a[t-1])^a[t-1]", "a");
  check("sum(min(w, x[t-1]) .* max(x[t-1], 0.1)) - sum(max(a[t-1], x[t-1]))", "x");
  check("sum(logaddexp(w, x[t-1])) + sum(logaddexp(x[t-1], a[t-1]))", "x");
  check("sum(logaddexp(x[t-1], a[t-1]))", "a");
  check("-a[t-1]^2", "a");
  check("sum(j in 1..3, j * norm(x[t-1] + j)^2 + a[t-1])", "x");
}

TEST(Gradient, ProductsOfRowsColumnsAndMatrices) {
  check("norm(M[t-1] * w - p[t-1])^2", "M");
  check("norm(M[t-1] * w - p[t-1])^2", "p");
  check("norm(p[t-1]' * M[t-1])^2", "M");
  check("norm(p[t-1]' * M[t-1])^2", "p");
  check("p[t-1]' * M[t-1] * N[t-1] * w", "N");
  check("norm(M[t-1] * N[t-1] * M[t-1]' * p[t-1])^2", "M");
  check("norm((p[t-1] * x[t-1]') * N[t-1])", "x");
  check("norm(N[t-1]' * x[t-1] - (w' * N[t-1])')^2", "N");
  check("w' * (I - 0.5 * x[t-1] * x[t-1]') * N[t-1] * x[t-1]", "x");
  check("dot(outer(x[t-1], w) * x[t-1], w)", "x");
  check("sum(a[t-1] * M[t-1]) + norm(M[t-1] / (2 + a[t-1]))", "a");
  check("sum(M[t-1]) * norm(M[t-1])", "M");
}

TEST(Gradient, Norms) {
  check("norm(x[t-1])", "x");
  check("norm(x[t-1])^3 + norm(x[t-1] - w)^2", "x");
  check("dot(w, l2norm(x[t-1]))", "x");
  check("norm(l2norm(x[t-1], 0.1) - w)^2", "x");
  check("dot(w, l2norm(w + x[t-1], 2 + a[t-1]))", "a");
  check("norm(rmsnorm(x[t-1]) - w)^2", "x");
  check("norm(layernorm(N[t-1] * w) - w)^2", "N");
  check("dot(w, softmax(x[t-1]))", "x");
  check("norm(softmax(3 * x[t-1] .* w) - w)^2", "x");
  std::string named = "  let s = r\n  let r = norm(x[t-1] - w)\n";
  check("s^2 + s * r + s^3.5 + s", "x", named);
}

TEST(Gradient, PartsOfVectors) {
  check("norm(concat(a[t-1], x[t-1], 1, p[t-1]))^2 * sum(concat(x[t-1], a[t-1]))", "a");
  check("norm(concat(a[t-1], x[t-1], 1, p[t-1]) .* concat(p[t-1], 2, x[t-1], 3))^2", "x");
  check("norm(slice(x[t-1], 1, 3))^2 + sum(slice(x[t-1], 0, 2) .^ 3)", "x");
  check("sum(slice(x[t-1], 0, n + 3) .^ 3)", "x"); // K - n - 3 is 0
  check("dot(w, roll(x[t-1] .* x[t-1], 1)) + dot(roll(x[t-1], -2), w)", "x");
  check("norm(kron(x[t-1], p[t-1]) - kron(w, p[t-1]))^2", "x");
  check("norm(kron(x[t-1], p[t-1]) - kron(w, p[t-1]))^2", "p");
  check("norm(kron(x[t-1], x[t-1]))^2", "x");
  check("norm(diag(x[t-1]) * N[t-1] * w)^2", "x");
  check("norm(N[t-1] * diag(x[t-1] .* x[t-1]))^2", "x");
  check("sum(diag(x[t-1]) + diag(x[t-1])')", "x");
}

TEST(Gradient, AtKinks) {
  using Values = std::vector<double>;
  EXPECT_EQ(gradientAt("norm(x[t-1])", "x", 0), Values(4, 0.0));
  EXPECT_EQ(gradientAt("norm(x[t-1])^2", "x", 0), Values(4, 0.0));
  EXPECT_EQ(gradientAt("s^2 + s * s + s^4", "x", 0, "  let s = norm(x[t-1])\n"), Values(4, 0.0));
  EXPECT_EQ(gradientAt("sum(abs(x[t-1]))", "x", 0), Values(4, 0.0));
  EXPECT_EQ(gradientAt("sum(relu(x[t-1]))", "x", 0), Values(4, 0.0));
  EXPECT_EQ(gradientAt("sum(elu(x[t-1]))", "x", 0), Values(4, 1.0));
  EXPECT_EQ(gradientAt("sum(max(x[t-1], 1))", "x", 1), Values(4, 0.5));
  EXPECT_EQ(gradientAt("sum(min(1, x[t-1]))", "x", 1), Values(4, 0.5));
  EXPECT_EQ(gradientAt("sum(max(x[t-1], x[t-1]))", "x", 1), Values(4, 1.0));
  for (double infinity : {INFINITY, -INFINITY}) // the same infinity twice is a tie
    for (const char *loss : {"sum(max(x[t-1], x[t]))", "sum(min(x[t-1], x[t]))", "sum(logaddexp(x[t-1], x[t]))"})
      EXPECT_EQ(gradientAt(loss, "x", infinity), Values(4, 0.5)) << loss;
  EXPECT_EQ(gradientAt("a[t-1]^0 + a[t-1]^1", "a", 0), Values(1, 1.0));
  EXPECT_EQ(gradientAt("a[t-1]^(a[t-1] - a[t-1])", "a", 0), Values(1, 0.0));
  EXPECT_EQ(gradientAt("sum(gelu(x[t-1]))", "x", 1e200), Values(4, 1.0));
  EXPECT_EQ(gradientAt("sum(gelu(x[t-1]))", "x", -1e200), Values(4, 0.0));
}

TEST(Gradient, IsTakenByName) {
  using Values = std::vector<double>;
  // A let that names X is differentiated through; another name for the same value is not X.
  check("norm(u)^2 + dot(u, x[t-1])", "x", "  let u = tanh(z)\n  let z = 2 * x[t-1]\n");
  std::string lets = "  let u = a[t-1]\n  let s = a[t-1] * u\n";
  Evaluator byLet(mixerOf("s * a[t-1] * u", "u", "scalar", lets));
  ASSERT_TRUE(byLet.good()) << byLet.codes();
  mix::Call call = someCall();
  call.initial["a"].data = {3};
  EXPECT_DOUBLE_EQ(byLet.run(call).outputs["d"].data[0], 2 * 27.0);                // a^2 u^2, by u
  Evaluator ofNorm(mixerOf("s^2", "s", "scalar", "  let s = norm(a[t-1] * w)\n")); // a norm that is X itself: 2 X
  ASSERT_TRUE(ofNorm.good()) << ofNorm.codes();
  mix::Answer answer = ofNorm.run(call);
  EXPECT_DOUBLE_EQ(std::pow(answer.outputs["d"].data[0], 2), 4 * answer.outputs["y"].data[0]);
  // H[t] and other states are held.
  EXPECT_EQ(gradientAt("dot(x[t], x[t-1]) - dot(x[t], x[t-1])", "x", 1), Values(4, 0.0));
  EXPECT_EQ(gradientAt("norm(x[t])^2 + a[t-1]", "x", 1), Values(4, 0.0));
  check("a[t-1] * a[t-1]", "a");
}

TEST(Gradient, HasGradientsItself) {
  check("norm(grad(sum(x[t-1] .^ 4) + dot(x[t-1], w)^2, x[t-1]))^2", "x");
  check("norm(g)^2", "x",
        "  let s = x[t-1] - 0.1 * grad(norm(N[t-1] * x[t-1] - w)^2, x[t-1])\n  let g = s - 0.1 * grad(norm(tanh(s) - "
        "w)^2, "
        "s)\n");
}

TEST(Gradient, DeltaNetFromItsLoss) {
  std::string text = "mixer d<K, V> {\n  input k : vector<K>\n  input v : vector<V>\n  input b : scalar\n"
                     "  state H : matrix<V, K>\n  output y : vector<V>\n"
                     "  H[t] = H[t-1] - b * grad(0.5 * norm(H[t-1] * k - v)^2, H[t-1])\n  y[t] = H[t] * k\n}\n";
  mlir::MLIRContext context;
  DiagnosticList diagnostics;
  mlir::OwningOpRef<mlir::ModuleOp> module = importMix(&context, Source("t.mix", text), {}, diagnostics);
  ASSERT_TRUE(module);
  // H - b (H k - v) k': one outer product, and no factor of 2 or 1/2 is left.
  unsigned outers = 0;
  module->walk([&](mix::OuterOp op) {
    ++outers;
    EXPECT_TRUE(op.getX().getDefiningOp<mix::BinaryOp>());
  });
  module->walk([&](mix::NextOp op) {
    auto update = op.getValue().getDefiningOp<mix::BinaryOp>();
    ASSERT_TRUE(update && update.getKind() == mix::BinaryKind::Sub);
    auto scaled = update.getY().getDefiningOp<mix::BinaryOp>();
    EXPECT_TRUE(scaled && scaled.getY().getDefiningOp<mix::OuterOp>());
  });
  EXPECT_EQ(outers, 1u);
}
