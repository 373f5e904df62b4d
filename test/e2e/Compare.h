// Holds a kernel's answer against the float64 interpreter's. The error |y - ref| / |ref| of a tensor may be at most
// 1e-5, or four times that of the interpreter rounding every op to float32, where that is larger.
#ifndef MIXC_TEST_E2E_COMPARE_H
#define MIXC_TEST_E2E_COMPARE_H

#include "dialect/mix/Interpreter.h"
#include <functional>
#include <optional>

namespace mixc::test {

/// Which tokens count: (batch, token, head); null: all.
using TokenFilter = std::function<bool(int64_t batch, int64_t token, int64_t head)>;

/// The interpreter's answer to a call; computed once, and rounded to float32 only if it is asked for.
class Oracle {
public:
  Oracle(mix::MixerOp equations, mix::Call call);

  const mix::Call &call() const { return arguments; }
  const mix::Answer &answer() const { return exact; }
  bool failed() const { return hasFailed; }

  /// Fails the test unless every output and final state is within the tolerance.
  void expectAgreement(const std::string &what, const mix::Answer &got);
  /// The same of the outputs at some tokens.
  void expectOutputsAgree(const std::string &what, const mix::Answer &got, const TokenFilter &filter);

private:
  void expectTensor(const std::string &what, const std::string &name, const mix::Arrays &got, bool isOutput,
                    const TokenFilter &filter);
  const mix::Answer &roundedAnswer();

  mix::MixerOp equations;
  mix::Call arguments;
  mix::Answer exact;
  std::optional<mix::Answer> rounded;
  bool hasFailed = false;
};

} // namespace mixc::test

#endif
