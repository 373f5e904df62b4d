#include "test/e2e/Compare.h"

namespace mixc::test {

void expectAllPass(llvm::Expected<std::vector<TensorError>> errors, const std::string &what) {
  if (!errors) {
    ADD_FAILURE() << what << ": " << llvm::toString(errors.takeError());
    return;
  }
  for (const TensorError &tensor : *errors) {
    const std::string found = what + ": " + tensor.name + " is off by " + std::to_string(tensor.error) + ", at most " +
                              std::to_string(tensor.tolerance.bound) + " for " + nameOf(tensor.tolerance.reason).str();
    EXPECT_NE(tensor.finding(), Finding::Disagrees) << found;
    if (tensor.finding() == Finding::SaysNothing) // skipped, and what disagrees fails all the same
      [&] { GTEST_SKIP() << found << ": chaos says nothing"; }();
  }
}

static mix::Call stored(mix::MixerOp equations, mix::Call call) {
  roundToStorage(equations, call);
  return call;
}

static mix::Cotangents cotangentsOf(mix::MixerOp equations, const mix::Call &call, uint64_t seed, bool ofFinal) {
  mix::Cotangents cotangents = mix::sampleCotangents(equations, call, seed);
  if (!ofFinal)
    cotangents.final.clear();
  roundToStorage(equations, cotangents);
  return cotangents;
}

Oracle::Oracle(mix::MixerOp equations, mix::Call call, const TokenFilter &filter)
    : arguments(stored(equations, std::move(call))), reference(equations, arguments, filter) {}

void Oracle::expectAgreement(const std::string &what, const mix::Answer &got, bool tokenByToken) {
  expectAllPass(reference.compare(got, tokenByToken), what);
}

void Oracle::expectAgreement(const Library &library, const std::string &kernel, const std::string &what,
                             int64_t threads) {
  if (std::optional<mix::Answer> got = runKernel(library, kernel, arguments, threads))
    expectAgreement(kernel + ", " + what, *got, kernel == "recurrent");
}

GradientOracle::GradientOracle(mix::MixerOp equations, mix::Call call, uint64_t seed, bool ofFinal)
    : arguments(stored(equations, std::move(call))), given(cotangentsOf(equations, arguments, seed, ofFinal)),
      reference(equations, arguments, given) {}

void GradientOracle::expectAgreement(const std::string &what, const mix::Gradients &got) {
  expectAllPass(reference.compare(got), what);
}

void GradientOracle::expectAgreement(const Library &library, bool withSaved, const std::string &what, int64_t threads) {
  const std::string how = withSaved ? "backward, saved, " : "backward, replayed, ";
  llvm::Expected<mix::Gradients> got = library.loaded->runBackward(arguments, given, withSaved, threads);
  if (got)
    expectAgreement(how + what, *got);
  else
    ADD_FAILURE() << how << what << ": " << llvm::toString(got.takeError());
}

void EveryKernel::expectAnswersAgree(const Library &library, const std::string &what, int64_t threads) {
  for (const char *kernel : {"chunked", "recurrent"})
    if (library.loaded->has(kernel))
      answer.expectAgreement(library, kernel, what, threads);
}

void EveryKernel::expectGradientsAgree(const Library &library, const std::string &what, int64_t threads) {
  for (bool withSaved : {true, false})
    gradients.expectAgreement(library, withSaved, what, threads);
}

} // namespace mixc::test
