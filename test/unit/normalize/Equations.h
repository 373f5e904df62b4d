// Writes mixers as equations in C++, and holds them against their normal form.
//
//     Equations m("retention", {"K", "V"});
//     auto H = m.state("H", {"V", "K"});
//     auto next = m.param("gamma") * H + outer(m.input("v", {"V"}), m.input("k", {"K"}));
#ifndef MIXC_TEST_UNIT_NORMALIZE_EQUATIONS_H
#define MIXC_TEST_UNIT_NORMALIZE_EQUATIONS_H

#include "dialect/mix/Interpreter.h"
#include "dialect/mix/Sample.h"
#include "lowering/Passes.h"
#include "mlir/IR/Verifier.h"
#include "gtest/gtest.h"
#include <cmath>

namespace mixc::normalize {

using mix::Rate;

/// A value with the language's operators: `*` is the product of its types, `%` is `.*`.
struct Expr {
  mlir::Value value;
  mlir::OpBuilder *builder;

  mix::TensorType type() const { return mlir::cast<mix::TensorType>(value.getType()); }
  template <typename Op, typename... Args> Expr make(Args... args) const {
    return {Op::create(*builder, builder->getUnknownLoc(), args...)->getResult(0), builder};
  }
  Expr binary(mix::BinaryKind kind, Expr y) const { return make<mix::BinaryOp>(kind, value, y.value); }
  Expr number(double x) const { return make<mix::ConstantOp>(x); }
};

inline Expr operator+(Expr x, Expr y) { return x.binary(mix::BinaryKind::Add, y); }
inline Expr operator-(Expr x, Expr y) { return x.binary(mix::BinaryKind::Sub, y); }
inline Expr operator%(Expr x, Expr y) { return x.binary(mix::BinaryKind::Mul, y); }
inline Expr operator/(Expr x, Expr y) { return x.binary(mix::BinaryKind::Div, y); }
inline Expr operator-(Expr x) { return x.make<mix::UnaryOp>(mix::UnaryKind::Neg, x.value); }
inline Expr operator*(Expr x, Expr y) {
  return x.type().isMatrix() && !y.type().isScalar() ? x.make<mix::MatmulOp>(x.value, y.value)
                                                     : x.binary(mix::BinaryKind::Mul, y);
}
inline Expr operator*(double x, Expr y) { return y.number(x) * y; }
inline Expr operator+(Expr x, double y) { return x + x.number(y); }
inline Expr operator-(double x, Expr y) { return y.number(x) - y; }
inline Expr operator/(double x, Expr y) { return y.number(x) / y; }
inline Expr outer(Expr x, Expr y) { return x.make<mix::OuterOp>(x.value, y.value); }
inline Expr dot(Expr x, Expr y) { return x.make<mix::DotOp>(x.value, y.value); }
inline Expr tr(Expr x) { return x.make<mix::TransposeOp>(x.value); }
inline Expr diag(Expr x) { return x.make<mix::DiagOp>(x.value); }
inline Expr sum(Expr x) { return x.make<mix::ReduceOp>(mix::ReduceKind::Sum, x.value); }
inline Expr apply(mix::UnaryKind kind, Expr x) { return x.make<mix::UnaryOp>(kind, x.value); }
inline Expr exp(Expr x) { return apply(mix::UnaryKind::Exp, x); }
inline Expr sigmoid(Expr x) { return apply(mix::UnaryKind::Sigmoid, x); }
inline Expr tanh(Expr x) { return apply(mix::UnaryKind::Tanh, x); }
inline Expr softplus(Expr x) { return apply(mix::UnaryKind::Softplus, x); }
inline Expr elu(Expr x) { return apply(mix::UnaryKind::Elu, x); }
inline Expr abs(Expr x) { return apply(mix::UnaryKind::Abs, x); }
inline Expr max(Expr x, Expr y) { return x.binary(mix::BinaryKind::Max, y); }
inline Expr l2norm(Expr x) { return apply(mix::UnaryKind::Rsqrt, sum(x % x) + 1e-6) * x; }
inline Expr eye(Expr like) {
  mix::Dim n = like.type().getDims()[0];
  return like.make<mix::IdentityOp>(mix::TensorType::get(like.value.getContext(), {n, n}, Rate::Constant));
}

class Equations {
public:
  using Dims = std::vector<const char *>;

  explicit Equations(std::vector<const char *> dims) : builder(&context) {
    context.loadDialect<mix::MixDialect>();
    module = mlir::ModuleOp::create(builder.getUnknownLoc());
    builder.setInsertionPointToEnd(module->getBody());
    llvm::SmallVector<llvm::StringRef> names(dims.begin(), dims.end());
    mixer = mix::MixerOp::create(builder, builder.getUnknownLoc(), builder.getStringAttr("m"),
                                 builder.getStrArrayAttr(names), mlir::DictionaryAttr(), mlir::UnitAttr());
    builder.setInsertionPointToEnd(&mixer.getBody().emplaceBlock());
  }

  Expr input(const char *name, Dims dims = {}, Rate rate = Rate::Head) {
    return {mix::InputOp::create(builder, builder.getUnknownLoc(), type(dims, rate), name, {}, {}), &builder};
  }
  Expr gate(const char *name, Dims dims = {}) { // in [0, 1]
    return {mix::InputOp::create(builder, builder.getUnknownLoc(), type(dims, Rate::Head), builder.getStringAttr(name),
                                 builder.getF64FloatAttr(0), builder.getF64FloatAttr(1)),
            &builder};
  }
  Expr param(const char *name, Dims dims = {}) {
    return {mix::ParamOp::create(builder, builder.getUnknownLoc(), type(dims, Rate::Param), builder.getStringAttr(name),
                                 builder.getF64FloatAttr(0), builder.getF64FloatAttr(1), mlir::UnitAttr()),
            &builder};
  }
  Expr state(const char *name, Dims dims) {
    return {mix::StateOp::create(builder, builder.getUnknownLoc(), type(dims, Rate::Head), builder.getStringAttr(name),
                                 mlir::FloatAttr(), mlir::UnitAttr(), mlir::StringAttr()),
            &builder};
  }
  void next(const char *name, Expr value) { mix::NextOp::create(builder, builder.getUnknownLoc(), name, value.value); }
  void output(const char *name, Expr value) {
    mix::OutputOp::create(builder, builder.getUnknownLoc(), name, value.value);
  }
  Expr number(double x) { return {mix::ConstantOp::create(builder, builder.getUnknownLoc(), x), &builder}; }

  /// Builds components and checks that the interpreter gives the same numbers as before, from random states on.
  void normalize(std::map<std::string, int64_t> dims = {{"K", 4}, {"V", 5}}, double tolerance = 1e-12) {
    ASSERT_TRUE(succeeded(mlir::verify(*module))) << text();
    mix::SampleOptions options;
    options.initialStates = true;
    mix::Call call = mix::sample(mixer, dims, 2, 7, 4, 2, 3, options);
    llvm::Expected<mix::Answer> before = mix::interpret(mixer, call);
    ASSERT_TRUE(bool(before)) << llvm::toString(before.takeError());
    mlir::PassManager passes(&context);
    passes.addPass(createBuildComponents());
    passes.addPass(createClassifyComponents());
    ASSERT_TRUE(succeeded(passes.run(*module))) << text();
    ASSERT_TRUE(succeeded(mlir::verify(*module))) << text();
    llvm::Expected<mix::Answer> after = mix::interpret(mixer, call);
    ASSERT_TRUE(bool(after)) << llvm::toString(after.takeError()) << text();
    for (const auto &[name, reference] : before->outputs)
      EXPECT_LE(error(after->outputs.at(name), reference), tolerance) << "output " << name << text();
    for (const auto &[name, reference] : before->final)
      EXPECT_LE(error(after->final.at(name), reference), tolerance) << "state " << name << text();
  }

  /// "2 reads, 1 writes, scalar, affine" of each component, sequential states as "H: reason", one a line.
  std::string summary() {
    std::string result;
    for (mlir::Operation &op : mixer.step()) {
      if (auto component = mlir::dyn_cast<mix::ComponentOp>(op)) {
        mix::ClassAttr found = component.getClassAttrAttr();
        if (component.getStates().size() > 1)
          result += std::to_string(component.getStates().size()) + " states, ";
        result += std::to_string(component.getNumReads()) + " reads, " + std::to_string(component.getNumWrites()) +
                  " writes, " + stringifyTransitionKind(found.getTransition()).str() + ", " +
                  stringifyWriteKind(found.getWrites()).str() + (found.getValueGate() ? ", value gate" : "") +
                  turned(component) + late(component) + "\n";
      }
      if (auto next = mlir::dyn_cast<mix::NextOp>(op))
        result += next.getName().str() + ": " +
                  next->getAttrOfType<mlir::StringAttr>("mix.sequential").getValue().str() + "\n";
    }
    return result;
  }

  /// ", turned" if all states are, ", turned 1" if the second is.
  static std::string turned(mix::ComponentOp component) {
    std::string which;
    for (auto [state, flag] : llvm::enumerate(component.getTurned()))
      which += flag ? " " + std::to_string(state) : "";
    bool all = !llvm::is_contained(component.getTurned(), false);
    return which.empty() ? "" : ", turned" + (all ? "" : which);
  }

  /// ", 2 late" of a component whose states are read late twice.
  static std::string late(mix::ComponentOp component) {
    llvm::DenseSet<mlir::Operation *> reads;
    for (mlir::Value state : component.getStates())
      for (mlir::Operation *user : state.getUsers()) {
        if (mlir::isa<mix::TransposeOp>(user))
          reads.insert(user->user_begin(), user->user_end());
        else if (user != component)
          reads.insert(user);
      }
    return reads.empty() ? "" : ", " + std::to_string(reads.size()) + " late";
  }

  std::string text() {
    std::string result = "\n";
    llvm::raw_string_ostream os(result);
    module->print(os);
    return result;
  }

  mlir::MLIRContext context;
  mlir::OpBuilder builder;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  mix::MixerOp mixer;

private:
  mix::TensorType type(const Dims &dims, Rate rate) {
    llvm::SmallVector<mix::Dim> parsed;
    for (const char *dim : dims)
      parsed.push_back(*mix::Dim::parse(dim));
    return mix::TensorType::get(&context, parsed, rate);
  }

  static double error(const mix::Array &x, const mix::Array &reference) {
    double difference = 0, size = 0;
    for (size_t i = 0; i < reference.data.size(); ++i) {
      difference += std::pow(x.data[i] - reference.data[i], 2);
      size += std::pow(reference.data[i], 2);
    }
    EXPECT_TRUE(std::isfinite(size)); // an update without writes leaves a zero state at zero
    return std::sqrt(size > 0 ? difference / size : difference);
  }
};

} // namespace mixc::normalize

#endif
