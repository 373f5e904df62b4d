// What a kernel may be off by is what `compare` allows, for the mixer as it is spelt or, the kernel being the same,
// respelt.
#include "test/random/JudgeLibrary.h"
#include "dialect/mix/Sample.h"
#include "frontend/oracle/Compare.h"
#include "frontend/oracle/Rounding.h"
#include "frontend/oracle/Run.h"
#include "test/random/Exact.h"
#include "test/random/Rewrite.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include <cmath>
#include <fmt/format.h>

using namespace llvm;

namespace mixc::random {
namespace {

/// Some mixers grow without end (a momentum that overshoots): their numbers say nothing of a kernel in float32.
bool fitsFloat32(mix::MixerOp op, const mix::Call &call) {
  Expected<mix::Answer> answer = mix::interpret(op, call);
  if (!answer) {
    consumeError(answer.takeError()); // the same error meets the comparison
    return true;
  }
  return all_of(std::array{&answer->outputs, &answer->final}, [](const mix::Arrays *arrays) {
    return all_of(*arrays, [](const auto &named) {
      return all_of(named.second.data, [](double x) { return std::fabs(x) < 1e30; });
    });
  });
}

/// What should be zero: float32 gets not one digit of it, the interpreter rounding to float32 no more than the kernel.
bool isFloatNoise(const TensorError &error, const mix::Answer &answer, mix::MixerOp op, const mix::Call &call) {
  Expected<mix::Answer> reference = mix::interpret(op, call);
  if (!reference) {
    consumeError(reference.takeError());
    return false;
  }
  StringRef name = error.name;
  bool isState = name.consume_back(".final");
  auto tensor = [&](const mix::Answer &of) -> const mix::Array & {
    return (isState ? of.final : of.outputs).at(name.str());
  };
  return error.tolerance.bound > 4 && isNoise(tensor(answer), tensor(*reference), 5e-7);
}

class LibraryJudge {
public:
  LibraryJudge(const Mixer &mixer, const Trial &trial, mlir::MLIRContext &context)
      : mixer(mixer), trial(trial), context(context) {}

  Verdict run(std::vector<mix::Call> calls);

private:
  bool checkCall(const LoadedLibrary &library, mix::MixerOp op, const mix::Call &call);
  bool checkKernel(const LoadedLibrary &library, StringRef kernel, mix::MixerOp op, const mix::Call &call,
                   Reference &reference);
  bool checkGradients(const LoadedLibrary &library, bool withSaved, const mix::Call &call,
                      const mix::Cotangents &cotangents, GradientReference &reference);
  bool holds(const std::string &kind, const char *verb, TensorError error, const mix::Call &call,
             const mix::Cotangents *cotangents);
  void allowSpellings(TensorError &error, const mix::Call &call, const mix::Cotangents *cotangents);
  bool fail(const std::string &kind, const std::string &message) {
    verdict.kind = kind;
    verdict.message = message;
    return false;
  }
  void mark(const std::string &what) { verdict.marks.push_back(what); }

  const Mixer &mixer;
  const Trial &trial;
  mlir::MLIRContext &context;
  Verdict verdict;
  bool isChaos = false; // at the call at hand float32 says nothing of outputs and states
};

/// A kernel is the same however its mixer is spelt (judgeRewrites), so it is held against float32 in all spellings.
/// `(I - k k') S` of one key, a number near 0 times S, is as exact as its factors; `S - k (k' S)` is not.
/// `cotangents`: the error is that of a gradient.
void LibraryJudge::allowSpellings(TensorError &error, const mix::Call &call, const mix::Cotangents *cotangents) {
  constexpr size_t most = 16;
  for (const char *rule : {"distribute", "factor", "associate"}) {
    std::vector<Mixer> others = rewritten(mixer, rule);
    others.resize(std::min(others.size(), most));
    for (const Mixer &other : others) {
      Compilation respelt(context, Source("respelt.mix", other.text()), optionsOf(trial));
      if (Error refused = respelt.read()) {
        consumeError(std::move(refused));
        continue;
      }
      mix::MixerOp op = *respelt.module().getOps<mix::MixerOp>().begin();
      Expected<Yardstick::Errors> rounding =
          cotangents ? gradientRoundingErrors(op, call, *cotangents) : roundingErrors(op, call);
      if (!rounding) {
        consumeError(rounding.takeError());
        continue;
      }
      error.tolerance.allowRounding((*rounding)[error.name], Reason::Respelt);
      if (error.finding() != Finding::Disagrees)
        return;
    }
  }
}

bool LibraryJudge::holds(const std::string &kind, const char *verb, TensorError error, const mix::Call &call,
                         const mix::Cotangents *cotangents) {
  if (error.finding() == Finding::Disagrees)
    allowSpellings(error, call, cotangents);
  if (error.finding() == Finding::Disagrees)
    return fail(kind + " " + verb + (error.error < 1e-3 ? " a little" : ""),
                fmt::format("{} tokens: {} is off by {:.2g}, at most {:.2g} is allowed by {}", call.time, error.name,
                            error.error, error.tolerance.bound, nameOf(error.tolerance.reason).str()));
  isChaos |= error.finding() == Finding::SaysNothing && !cotangents;
  if (std::optional<std::string> said = markOf(error.tolerance, error.error, Reason::Float32))
    mark(*said + (cotangents ? ", of compiled gradients" : ", compiled"));
  return true;
}

bool LibraryJudge::checkKernel(const LoadedLibrary &library, StringRef kernel, mix::MixerOp op, const mix::Call &call,
                               Reference &reference) {
  Expected<mix::Answer> answer = library.run(kernel, call, 1);
  if (!answer)
    return fail("compiled " + kernel.str() + " fails", toString(answer.takeError()));
  Expected<std::vector<TensorError>> errors = reference.compare(*answer);
  if (!errors)
    return fail("not interpreted", toString(errors.takeError()));
  for (const TensorError &error : *errors) {
    if (error.finding() == Finding::Disagrees && isFloatNoise(error, *answer, op, call))
      mark("tolerance: " + nameOf(Reason::Noise).str() + ", compiled");
    else if (!holds("compiled " + kernel.str(), "disagrees", error, call, nullptr))
      return false;
  }
  return true;
}

bool LibraryJudge::checkGradients(const LoadedLibrary &library, bool withSaved, const mix::Call &call,
                                  const mix::Cotangents &cotangents, GradientReference &reference) {
  const std::string kind = withSaved ? "compiled gradients from saved" : "compiled gradients";
  Expected<mix::Gradients> gradients = library.runBackward(call, cotangents, withSaved, 1);
  if (!gradients)
    return fail(kind + " fail", toString(gradients.takeError()));
  Expected<std::vector<TensorError>> errors = reference.compare(*gradients);
  if (!errors)
    return fail("no gradients", toString(errors.takeError()));
  return all_of(*errors, [&](const TensorError &error) { return holds(kind, "disagree", error, call, &cotangents); });
}

bool LibraryJudge::checkCall(const LoadedLibrary &library, mix::MixerOp op, const mix::Call &call) {
  Reference reference(op, call);
  isChaos = false;
  for (StringRef kernel : {"chunked", "recurrent"})
    if ((kernel == "chunked" || op.step().getOps<mix::EndOp>().empty()) &&
        !checkKernel(library, kernel, op, call, reference))
      return false;
  // Gradients at other states than those of the reference: cotangents grow as the states' errors did, beyond float32.
  if (isChaos)
    return true;
  mix::Cotangents cotangents = mix::sampleCotangents(op, call, trial.seed);
  roundToStorage(op, cotangents);
  GradientReference gradients(op, call, cotangents);
  return checkGradients(library, true, call, cotangents, gradients) &&
         checkGradients(library, false, call, cotangents, gradients);
}

Verdict LibraryJudge::run(std::vector<mix::Call> calls) {
  Compilation compilation(context, Source("random.mix", mixer.text()), optionsOf(trial));
  if (Error error = compilation.read())
    return {.kind = "refused", .message = toString(std::move(error))};
  Expected<Compiled> compiled = finish(compilation);
  if (!compiled)
    return refusal("not compiled", compiled.takeError());
  SmallString<128> path;
  if (std::error_code error = sys::fs::createTemporaryFile("mix-random", "so", path))
    return {.kind = "no temporary file", .message = error.message()};
  FileRemover remover(path);
  SmallString<128> header(path);
  header.pop_back_n(2);
  header += "h";
  FileRemover headerRemover(header);
  if (Error error = writeLibrary(*compiled, path.str().str()))
    return {.kind = "not linked", .message = toString(std::move(error))};
  Expected<std::unique_ptr<LoadedLibrary>> library = LoadedLibrary::open(path.str().str(), compiled->mixers.front());
  if (!library)
    return {.kind = "not loaded", .message = toString(library.takeError())};
  mix::MixerOp op = compiled->equations("m");
  if (const int64_t block = compiled->mixers.front().entries.front().block; block > 1)
    calls.push_back(mix::sample(op, trial.dims(), block + block / 2, 19, 2, 1, trial.seed, {.initialStates = true}));
  if (trial.repeated) {
    const mix::Decay decay = trial.seed % 2 ? mix::Decay::Alike : mix::Decay::Mixed;
    mix::Call call = mix::sample(op, trial.dims(), 1, trial.repeated, 1, 1, trial.seed, {.decay = decay});
    if (fitsFloat32(op, call))
      calls.push_back(std::move(call));
    else
      mark(std::string(saysNothing) + "grows beyond float32 where gates repeat");
  }
  for (mix::Call &call : calls) {
    roundToFloat32(call);
    if (!checkCall(**library, op, call))
      return std::move(verdict);
  }
  mark("compiled");
  return std::move(verdict);
}

} // namespace

Verdict judgeLibrary(const Mixer &mixer, const Trial &trial, mlir::MLIRContext &context, std::vector<mix::Call> calls) {
  return LibraryJudge(mixer, trial, context).run(std::move(calls));
}

} // namespace mixc::random
