#include "test/e2e/Compare.h"
#include "frontend/oracle/Compare.h"
#include <gtest/gtest.h>

namespace mixc::test {

using mix::Answer;
using mix::Array;

/// The numbers of [batch, time, heads, ...] at the tokens that count, as a vector.
static Array selected(const Array &array, const TokenFilter &filter) {
  if (!filter)
    return array;
  const int64_t time = array.shape[1], heads = array.shape[2];
  const int64_t row = array.size() / std::max<int64_t>(1, array.shape[0] * time * heads);
  Array kept;
  for (int64_t column = 0; column * row < array.size(); ++column)
    if (filter(column / heads / time, column / heads % time, column % heads))
      kept.data.insert(kept.data.end(), array.data.begin() + column * row, array.data.begin() + (column + 1) * row);
  return kept;
}

Oracle::Oracle(mix::MixerOp equations, mix::Call call) : equations(equations), arguments(std::move(call)) {
  llvm::Expected<Answer> answer = mix::interpret(equations, arguments);
  if (answer) {
    exact = std::move(*answer);
    return;
  }
  hasFailed = true;
  ADD_FAILURE() << "the interpreter: " << llvm::toString(answer.takeError());
}

const Answer &Oracle::roundedAnswer() {
  if (!rounded) {
    mix::Call call = arguments;
    call.roundToFloat32 = true;
    rounded = cantFail(mix::interpret(equations, call)); // it could without rounding
  }
  return *rounded;
}

void Oracle::expectTensor(const std::string &what, const std::string &name, const mix::Arrays &got, bool isOutput,
                          const TokenFilter &filter) {
  auto found = got.find(name);
  if (found == got.end()) {
    ADD_FAILURE() << what << ": no " << name;
    return;
  }
  const Array &want = (isOutput ? exact.outputs : exact.final).at(name);
  ASSERT_EQ(found->second.shape, want.shape) << what << ": " << name;
  double error = relativeError(selected(found->second, filter), selected(want, filter));
  if (error <= 1e-5) // false for NaN
    return;
  const Answer &yardstick = roundedAnswer();
  const Array &inFloat32 = (isOutput ? yardstick.outputs : yardstick.final).at(name);
  double tolerance = 4 * relativeError(selected(inFloat32, filter), selected(want, filter));
  EXPECT_LE(error, std::max(1e-5, tolerance)) << what << ": " << name;
}

void Oracle::expectAgreement(const std::string &what, const Answer &got) {
  for (const auto &[name, array] : exact.outputs)
    expectTensor(what, name, got.outputs, true, nullptr);
  for (const auto &[name, array] : exact.final)
    expectTensor(what, name, got.final, false, nullptr);
}

void Oracle::expectOutputsAgree(const std::string &what, const Answer &got, const TokenFilter &filter) {
  for (const auto &[name, array] : exact.outputs)
    expectTensor(what, name, got.outputs, true, filter);
}

} // namespace mixc::test
