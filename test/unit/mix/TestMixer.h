// A mixer parsed from text, with what tests do to it.
#ifndef MIXC_TEST_UNIT_MIX_TESTMIXER_H
#define MIXC_TEST_UNIT_MIX_TESTMIXER_H

#include "dialect/mix/Interpreter.h"
#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"
#include <cmath>

namespace mixc::mix {

class TestMixer {
public:
  explicit TestMixer(llvm::StringRef text) {
    context.loadDialect<MixDialect>();
    module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
    if (module)
      mixer = *module->getBody()->getOps<MixerOp>().begin();
  }

  /// Interprets; a test failure and an empty answer if that is refused.
  Answer run(const Call &call) {
    llvm::Expected<Answer> answer = interpret(mixer, call);
    if (answer)
      return std::move(*answer);
    ADD_FAILURE() << llvm::toString(answer.takeError());
    return {};
  }

  /// What the interpreter says when it refuses the call; empty if it does not.
  std::string refusal(const Call &call) {
    llvm::Expected<Answer> answer = interpret(mixer, call);
    return answer ? "" : llvm::toString(answer.takeError());
  }

  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  MixerOp mixer;
};

inline Array array(std::vector<int64_t> shape, std::vector<double> data) {
  Array result(std::move(shape));
  EXPECT_EQ(result.data.size(), data.size());
  result.data = std::move(data);
  return result;
}

/// |x - reference| / |reference|
inline double error(const std::vector<double> &x, const std::vector<double> &reference) {
  EXPECT_EQ(x.size(), reference.size());
  double difference = 0, size = 0;
  for (size_t i = 0; i < std::min(x.size(), reference.size()); ++i) {
    difference += (x[i] - reference[i]) * (x[i] - reference[i]);
    size += reference[i] * reference[i];
  }
  return size == 0 ? std::sqrt(difference) : std::sqrt(difference / size);
}

inline void expectNear(const Answer &x, const Answer &reference, double tolerance) {
  for (const auto &[name, values] : reference.outputs)
    EXPECT_LE(error(x.outputs.at(name).data, values.data), tolerance) << "output " << name;
  for (const auto &[name, values] : reference.final)
    EXPECT_LE(error(x.final.at(name).data, values.data), tolerance) << "final " << name;
}

} // namespace mixc::mix

#endif
