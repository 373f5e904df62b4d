#include "frontend/gen/Import.h"
#include "Mixer.h"
#include "mlir/IR/Verifier.h"
#include <gtest/gtest.h>

using namespace mixc;

namespace {

struct Imported {
  std::unique_ptr<mlir::MLIRContext> context = std::make_unique<mlir::MLIRContext>();
  DiagnosticList diagnostics;
  mlir::OwningOpRef<mlir::ModuleOp> module;

  std::string text() const {
    std::string out;
    llvm::raw_string_ostream stream(out);
    if (module)
      module.get().print(stream);
    return out;
  }
  std::string codes() const {
    std::string out;
    for (const Diagnostic &diagnostic : diagnostics.all())
      out += (out.empty() ? "" : " ") + diagnostic.code;
    return out;
  }
  bool has(const std::string &part) const { return text().find(part) != std::string::npos; }
};

Imported import(const std::string &text, std::map<std::string, int64_t> dims = {}) {
  Imported result;
  result.module = importMix(result.context.get(), Source("t.mix", text), {std::move(dims)}, result.diagnostics);
  return result;
}

} // namespace

TEST(Import, RowsAreTheVectorsThemselves) {
  Imported m = import(goodMixerWith("v * k'", "(k' * q) * v * k' + v * (k' * (q * k'))"));
  EXPECT_EQ(m.codes(), "");
  EXPECT_TRUE(m.has("mix.dot")) << m.text();
  EXPECT_TRUE(m.has("mix.outer"));
  EXPECT_TRUE(m.has("mix.transpose"));
}

TEST(Import, TheOrderOfStatementsMeansNothing) {
  std::string text = "mixer m<K> { y[t] = w * H[t] H[t] = H[t-1] + w * k let w = sum(g) let g = k .* k output y : "
                     "vector<K> state H : vector<K> input k : vector<K> }";
  EXPECT_EQ(import(text).codes(), "");
}

TEST(Import, LetFamiliesAndSumsUnroll) {
  Imported m = import(
      goodMixerWith(
          "  H[t] = H[t-1] + v * k'",
          "  let S[0] = H[t-1]\n  let S[j in 1..n] = S[j-1] * (I - j * k * k')\n  H[t] = S[n] + sum(j in 1..n, v * k')")
          .replace(0, 13, "mixer m<K, V, n = 3>"));
  EXPECT_EQ(m.codes(), "");
  EXPECT_TRUE(m.has("bindings = {n = 3 : i64}")) << m.text();
}

TEST(Import, TheIdentityTakesItsSizeFromWhatItMeets) {
  EXPECT_TRUE(import(goodMixerWith("v * k'", "H[t-1] * (2 * I - I * 0.5)")).has("mix.identity : <[K, K], constant>"));
  EXPECT_EQ(import(goodMixerWith("v * k'", "I")).codes(), "MIX0203");
}

TEST(Import, OpsKnowWhereTheyComeFrom) {
  Imported m = import(goodMixerWith("  H[t]", "  let key = l2norm(k)\n  H[t]"));
  m.module->walk([](mlir::Operation *op) {
    if (mlir::isa<mix::OuterOp>(op)) {
      auto place = op->getLoc()->findInstanceOf<mlir::FileLineColRange>();
      EXPECT_EQ(place.getStartLine(), 7u);
      EXPECT_EQ(place.getStartColumn(), 19u);
      EXPECT_EQ(place.getEndColumn(), 25u);
    }
    if (auto binary = mlir::dyn_cast<mix::BinaryOp>(op); binary && binary->getLoc()->findInstanceOf<mlir::NameLoc>())
      EXPECT_EQ(binary->getLoc()->findInstanceOf<mlir::NameLoc>().getName(), "key");
  });
}

TEST(Import, AFamilyIsCheckedOnce) {
  EXPECT_EQ(import(goodMixerWith("  H[t]", "  let w[j in 1..9] = j * unknown\n  H[t]")).codes(), "MIX0107");
}

TEST(Import, MistakesDoNotBreedOthers) {
  EXPECT_EQ(import(goodMixerWith("matrix<V, K>", "matrix<V, Z>")).codes(), "MIX0106");
  EXPECT_EQ(import(goodMixerWith("  H[t]", "  let w = nothing\n  let u = w + w\n  H[t]")).codes(), "MIX0107");
}

TEST(Import, AllFunctionsOfTheLanguage) {
  for (const char *e : {"exp(v)",
                        "log(v)",
                        "sigmoid(v)",
                        "tanh(v)",
                        "relu(v)",
                        "silu(v)",
                        "gelu(v)",
                        "softplus(v)",
                        "elu(v)",
                        "sqrt(v)",
                        "rsqrt(v)",
                        "abs(v)",
                        "sign(v)",
                        "sin(v)",
                        "cos(v)",
                        "expm1(v)",
                        "log1p(v)",
                        "erf(v)",
                        "erfc(v)",
                        "gelu_erf(v)",
                        "logsigmoid(v)",
                        "stop(v)",
                        "clamp(v, -1, 1)",
                        "clamp(0, v, sum(v))",
                        "where(v < 1, v, 0)",
                        "where(sum(v) != 0 and V > 3, v, 0)",
                        "where(not v >= 0, 0, 1)",
                        "mean(v) * v",
                        "min(v, 0)",
                        "max(0, v)",
                        "logaddexp(v, v)",
                        "sum(v) * v",
                        "dot(v, v) * v",
                        "outer(v, v) * v",
                        "diag(v) * v",
                        "slice(concat(1, v), 0, V)",
                        "slice(kron(v, v), V, V + V)",
                        "norm(v) * v",
                        "norm(v)^2 * v",
                        "l2norm(v)",
                        "l2norm(v, 1e-3)",
                        "rmsnorm(v)",
                        "layernorm(v)",
                        "softmax(v)",
                        "roll(v, -1)",
                        "2.*v",
                        "v ./ 2",
                        "1 ./ v",
                        "v .^ 2",
                        "2 .^ v",
                        "sqrt(V) * v",
                        "v^1'"})
    EXPECT_EQ(import(goodMixerWith("v * k'", std::string("(") + e + ") * k'")).codes(),
              std::string(e) == "v^1'" ? "MIX0206" : "")
        << e;
}

TEST(Import, ConditionsAreNoNumbers) {
  auto codes = [](const std::string &e) { return import(goodMixerWith("v * k'", "(" + e + ") * k'")).codes(); };
  EXPECT_EQ(codes("(v < 1) .* v"), "MIX0220");
  EXPECT_EQ(codes("where(v, v, 0)"), "MIX0221");
  EXPECT_EQ(codes("where(v < 1 and v, v, 0)"), "MIX0221");
  EXPECT_EQ(codes("where(not v, v, 0)"), "MIX0221");
  EXPECT_EQ(codes("where((v < 1) < 1, v, 0)"), "MIX0220");
  EXPECT_EQ(codes("where(0 < v < 1, v, 0)"), "MIX0222");
  EXPECT_EQ(codes("where(v < k, v, 0)"), "MIX0203");
  EXPECT_EQ(codes("where(k < 1, v, 0)"), "MIX0203");
  EXPECT_EQ(codes("where(1 < 2, v, k)"), "MIX0203");
  EXPECT_EQ(codes("where(v < 1, v)"), "MIX0204");
  EXPECT_EQ(codes("clamp(v, 1)"), "MIX0204");
  EXPECT_EQ(codes("clamp(v, k, 1)"), "MIX0203");
  EXPECT_EQ(codes("clamp(v, 1, 0)"), "MIX0223");
  EXPECT_EQ(codes("stop(v < 1)"), "MIX0220");
  EXPECT_EQ(import(goodMixerWith("  H[t]", "  let on = v > 0\n  let w = where(on, v, 0)\n  H[t]")).codes(), "MIX0111");
}

TEST(Import, FamiliesAreTensorsWithAnAxisMore) {
  std::string text =
      "mixer m<K, n = 3> { input k[0..n-1] : vector<K> param p[1..2] : scalar state s[1..2] : vector<K> = 1 "
      "output y[1..2] : vector<K> s[j in 1..2][t] = s[j][t-1] + p[j] * k[j] y[j in 1..2] = s[j][t] + k[0] }";
  Imported m = import(text);
  EXPECT_EQ(m.codes(), "");
  EXPECT_TRUE(m.has("mix.input \"k[2]\" {mix.family = #mix.family<\"k\", 2 of 3>}")) << m.text();
  EXPECT_TRUE(m.has("mix.param \"p[2]\" {mix.family = #mix.family<\"p\", 1 of 2>}"));
  EXPECT_TRUE(m.has("mix.state \"s[1]\" start 1.000000e+00 {mix.family = #mix.family<\"s\", 0 of 2>}"));
  EXPECT_TRUE(m.has("{mix.family = #mix.family<\"y\", 1 of 2>}"));
  Imported empty = import(text.replace(text.find("n = 3"), 5, "n = 1") + "", {});
  EXPECT_EQ(empty.codes(), "MIX0114");
}

TEST(Import, EarlierTokensAreHistories) {
  Imported m = import(goodMixerWith("v * k'", "v[t-2] * (k[t-1] + u[t-1])'")
                          .replace(goodMixer().find("  state"), 0, "  let u = exp(k[t-2])\n"));
  EXPECT_EQ(m.codes(), "");
  EXPECT_TRUE(m.has("\"k\" {mix.history = 3 : i64}")) << m.text();
  EXPECT_TRUE(m.has("\"v\" {mix.history = 2 : i64}"));
  EXPECT_TRUE(m.has("mix.input \"q\" : "));
  EXPECT_TRUE(m.has("by 3"));
}

TEST(Import, TheEndOfAState) {
  EXPECT_TRUE(import(goodMixerWith("H[t] * q", "H[end] * q")).has("mix.end \"H\" : <[V, K], head>"));
}

TEST(Import, StartsAreKept) {
  std::string params = "  param W : matrix<V, K>\n  param G : matrix<V, K> per group\n  state H";
  auto startingAt = [&](const std::string &start) {
    return import(goodMixerWith("  state H : matrix<V, K>", params + " : matrix<V, K> = " + start));
  };
  EXPECT_TRUE(startingAt("W").has("mix.state \"H\" from \"W\""));
  EXPECT_TRUE(startingAt("G").has("mix.state \"H\" from \"G\""));
  EXPECT_TRUE(startingAt("-inf").has("mix.state \"H\" start 0xFFF0000000000000"));
  EXPECT_TRUE(import(goodMixerWith("  state H", "  state M : matrix<K, K> = I\n  M[t] = M[t-1]\n  state H"))
                  .has("identity_start"));
}

TEST(Import, WhatAGroupSharesIsOfTheGroup) {
  std::string text =
      "mixer m<K> { input k : vector<K> per group param g : scalar per group state z : vector<K> per group "
      "output y : vector<K> z[t] = g * z[t-1] + k y[t] = z[t] }";
  Imported m = import(text);
  EXPECT_EQ(m.codes(), "");
  EXPECT_TRUE(m.has("mix.next \"z\", %1 : <[K], group>")) << m.text();
  EXPECT_EQ(import(text.replace(text.find("scalar per group"), 16, "scalar")).codes(), "MIX0213");
}
