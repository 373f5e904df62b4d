// Holds kernels against the float64 interpreter. What the interpreter makes of a call is found once, whatever the
// number of kernels, threads, targets and chunk sizes that are held against it.
#ifndef MIXC_TEST_E2E_COMPARE_H
#define MIXC_TEST_E2E_COMPARE_H

#include "frontend/oracle/Compare.h"
#include "frontend/oracle/Rounding.h"
#include "test/e2e/Library.h"

namespace mixc::test {

/// Fails the test for every tensor that is not shown to be right.
void expectAllPass(llvm::Expected<std::vector<TensorError>> errors, const std::string &what);

/// A call, rounded to what its arrays hold, and what the interpreter makes of it.
class Oracle {
public:
  /// `filter`: whose outputs count.
  Oracle(mix::MixerOp equations, mix::Call call, const TokenFilter &filter = nullptr);

  const mix::Call &call() const { return arguments; }

  /// `tokenByToken`: see Reference.
  void expectAgreement(const std::string &what, const mix::Answer &got, bool tokenByToken = false);
  /// Runs an entry of a library, `chunked` or `recurrent`.
  void expectAgreement(const Library &library, const std::string &kernel, const std::string &what = "",
                       int64_t threads = 1);

private:
  mix::Call arguments;
  Reference reference;
};

/// A call with cotangents of its outputs and, unless it is said otherwise, of its final states.
class GradientOracle {
public:
  GradientOracle(mix::MixerOp equations, mix::Call call, uint64_t seed, bool ofFinal = true);

  const mix::Call &call() const { return arguments; }
  const mix::Cotangents &cotangents() const { return given; }

  void expectAgreement(const std::string &what, const mix::Gradients &got);
  /// Runs the library's backward entry, with what forward saved or without.
  void expectAgreement(const Library &library, bool withSaved, const std::string &what = "", int64_t threads = 1);

private:
  mix::Call arguments;
  mix::Cotangents given;
  GradientReference reference;
};

/// Whatever a library has: forward, decode, and backward from what forward saves and from a replay.
class EveryKernel {
public:
  EveryKernel(mix::MixerOp equations, const mix::Call &call, uint64_t seed)
      : answer(equations, call), gradients(equations, call, seed) {}
  void expectAgreement(const Library &library, const std::string &what = "", int64_t threads = 1) {
    expectAnswersAgree(library, what, threads);
    expectGradientsAgree(library, what, threads);
  }
  void expectAnswersAgree(const Library &library, const std::string &what = "", int64_t threads = 1);
  void expectGradientsAgree(const Library &library, const std::string &what = "", int64_t threads = 1);

private:
  Oracle answer;
  GradientOracle gradients;
};

} // namespace mixc::test

#endif
