// What is asked of a mixer, in this order:
//     it is read, and normalised; the interpreter of the components gives the numbers of the equations
//     every state has the class that its construction promises, or a better one, and no more writes
//     forward and decode, interpreted as tile programs, give the numbers of the equations
//     gradients of the tile programs, from what forward saves and from a replay, are those of the interpreter's reverse
//     mode
//     compiled, they do within what float32 allows: of the mixer as it is spelt or, the kernel being the same, respelt
// The tolerance in float64 is 1e-11 (of gradients 1e-9), or ten times the change that a relative 1e-15 of the arguments makes, where
// that is more. That change is one draw of a random variable, so where it is exceeded it is drawn again, and the largest of nine counts.
// An output or a state may also be off by four times what the float32 interpreter is, times 2^-29: what is left of terms that cancel.
// What should be zero is rounding noise of arguments of size 1: entries that differ by 1e-15 are equal.
#include "test/random/Judge.h"
#include "dialect/mix/Sample.h"
#include "frontend/compile/Compilation.h"
#include "frontend/oracle/Compare.h"
#include "frontend/oracle/Rounding.h"
#include "frontend/oracle/Run.h"
#include "lowering/Passes.h"
#include "lowering/normalize/Classify.h"
#include "mlir/Pass/PassManager.h"
#include "test/random/Isolate.h"
#include "test/random/Random.h"
#include "test/random/Rewrite.h"
#include "test/random/Tiles.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include <cmath>
#include <fmt/format.h>

using namespace llvm;

namespace mixc::random {

static constexpr int secondsEach = 60, secondsCompiled = 300; // of CPU time

std::string Trial::text() const {
  std::string joined;
  for (int64_t length : lengths)
    joined += (joined.empty() ? "" : ",") + std::to_string(length);
  return fmt::format("K={} V={} chunk={} lengths={} arguments' seed={}{}{}", K, V, chunk, joined, seed,
                     compiled ? " compiled" : "", repeated ? fmt::format(" repeated={}", repeated) : "");
}

Trial drawTrial(uint64_t seed, bool compiled, const Mixer &mixer) {
  Random random(seed ^ 0x7472);
  Trial trial;
  trial.K = random.pick({1, 2, 5, 5, 16, 33});
  trial.V = random.pick({1, 3, 5, 7, 16, 33});
  if (mixer.isWide)
    trial.K = std::min<int64_t>(trial.K, 5);
  // With K = 1 what is read is erased to its rounding error, whose sign decides between the slopes of a kink.
  if (mixer.isErasing() && mixer.hasKink())
    trial.K = std::max<int64_t>(trial.K, 2);
  // A few keys span all there are, and what erases along them leaves nothing: of K = 1 the epsilon of a norm, of K = 2 a half
  // of the state at every token. A sum over a chunk has the digits of the state before it, the equations those of the rest.
  if (compiled && mixer.isErasing())
    trial.K = std::max<int64_t>(trial.K, 5);
  // A norm of one entry is its sign, and the gradient is a rounding error. Exact arithmetic is held to all of these sizes.
  if (compiled && mixer.hasNorm()) {
    trial.K = std::max<int64_t>(trial.K, 2);
    trial.V = std::max<int64_t>(trial.V, 2);
  }
  trial.chunk = random.pick({0, 0, 0, 1, 3, 4, 8});
  trial.lengths = {random.pick({1, 2, 5}), random.pick({15, 16, 17}), random.pick({31, 33, 40})};
  if (compiled)
    trial.lengths.push_back(random.pick({63, 64, 130}));
  else if (random.chance(15)) // gradients go by segments of 128 tokens
    trial.lengths.push_back(random.pick({128, 129, 150, 261}));
  trial.seed = random.below(1000000);
  trial.compiled = compiled;
  return trial;
}

namespace {

mix::MixerOp mixerOf(mlir::ModuleOp module) { return *module.getOps<mix::MixerOp>().begin(); }

mix::WriteKind kindOf(Writes writes) {
  switch (writes) {
  case Writes::Free: return mix::WriteKind::Free;
  case Writes::Affine: return mix::WriteKind::Affine;
  case Writes::Channel: return mix::WriteKind::Channel;
  case Writes::Nonlinear: return mix::WriteKind::Nonlinear;
  }
  llvm_unreachable("every kind is above");
}

/// Class and number of writes of each component, and the states without one; one a line, sorted.
std::string findingsOf(mix::MixerOp mixer) {
  std::vector<std::string> lines;
  for (mlir::Operation &op : mixer.step()) {
    if (auto component = mlir::dyn_cast<mix::ComponentOp>(op)) {
      std::vector<std::string> states;
      for (mlir::Value state : component.getStates())
        states.push_back(state.getDefiningOp<mix::StateOp>().getName().str());
      sort(states);
      mix::ClassAttr found = component.getClassAttrAttr();
      lines.push_back(fmt::format("{}: {}, {}{}, {} writes", join(states, " "),
                                  stringifyTransitionKind(found.getTransition()).str(),
                                  stringifyWriteKind(found.getWrites()).str(),
                                  found.getValueGate() ? ", value gate" : "", component.getNumWrites()));
    }
    if (auto next = mlir::dyn_cast<mix::NextOp>(op))
      lines.push_back(next.getName().str() + ": no normal form");
  }
  sort(lines);
  return join(lines, "\n");
}

/// A message without what it quotes: the same for the same fault of another mixer.
std::string unquoted(StringRef message) {
  std::string kept;
  bool isQuoted = false;
  for (StringRef part : split(message, '`')) {
    kept += isQuoted ? "_" : part.str();
    isQuoted = !isQuoted;
  }
  return kept;
}

bool isNoise(const mix::Array &x, const mix::Array &y, double size = 1e-15) {
  return x.data.size() == y.data.size() && all_of(zip(x.data, y.data), [size](auto pair) {
           auto [a, b] = pair;
           return std::fabs(a - b) <= size;
         });
}

class Judge {
public:
  Judge(const Mixer &mixer, const Trial &trial) : mixer(mixer), trial(trial) {}

  Verdict run() {
    context = makeContext();
    bool good = read() && checkComponents() && checkPromises() && checkTiles() && (!trial.compiled || checkCompiled());
    static_cast<void>(good);
    return std::move(verdict);
  }

  /// As far as the components alone.
  bool readOnly() {
    context = makeContext();
    return read();
  }
  Verdict verdict;
  std::unique_ptr<mlir::MLIRContext> context; // dies after what lives in it
  mlir::OwningOpRef<mlir::ModuleOp> equations, components;

  std::vector<mix::Call> calls(mix::MixerOp op) {
    std::vector<mix::Call> all;
    Random random(trial.seed);
    for (int64_t length : trial.lengths) {
      mix::SampleOptions options;
      options.decay = random.pick({mix::Decay::Uniform, mix::Decay::NearHigh, mix::Decay::Mild, mix::Decay::Strong,
                                   mix::Decay::Resets, mix::Decay::High, mix::Decay::Alike, mix::Decay::Mixed});
      options.initialStates = random.chance(50);
      int64_t groups = random.chance(50) ? 1 : 2;
      all.push_back(mix::sample(op, dims(), 1, length, 2, groups, trial.seed + length, options));
    }
    return all;
  }

  /// Does an answer agree with the reference?
  bool agrees(const std::string &kind, mix::MixerOp op, const mix::Call &call, const mix::Answer &reference,
              Expected<mix::Answer> answer) {
    std::string where =
        fmt::format("{} tokens, {} groups{}", call.time, call.groups, call.initial.empty() ? "" : ", initial states");
    if (!answer)
      return fail(kind + " fails", where + ": " + toString(answer.takeError()));
    std::vector<mix::Answer> moved;
    auto hold = [&](const mix::Arrays &wanted, const mix::Arrays &got, bool isOutput) {
      for (const auto &[name, array] : wanted) {
        auto found = got.find(name);
        if (found == got.end())
          return fail(kind + " disagrees", fmt::format("{}: no {}", where, name));
        double error = relativeError(found->second, array);
        if (error <= 1e-11 || isNoise(found->second, array))
          continue;
        double change = 0;
        for (size_t draw = 0; draw < draws && !(error <= 10 * change); ++draw) {
          if (draw == moved.size()) {
            Expected<mix::Answer> other = mix::interpret(op, perturbed(call, draw));
            if (!other)
              return fail("not interpreted", toString(other.takeError()));
            moved.push_back(std::move(*other));
          }
          change = std::max(change, relativeError((isOutput ? moved[draw].outputs : moved[draw].final)[name], array));
        }
        if (error <= 10 * change) {
          mark("tolerance by perturbation");
          continue;
        }
        // What is left of terms that cancel is their rounding: as for float32, with the digits that float64 has more.
        Expected<std::map<std::string, double>> rounding = roundingErrors(op, call);
        if (!rounding)
          return fail("not interpreted", toString(rounding.takeError()));
        if (!(error <= roundingAllowance * 0x1p-29 * (*rounding)[name + (isOutput ? "" : ".final")]))
          return fail(kind + (error < 1e-6 ? " disagrees a little" : " disagrees"),
                      fmt::format("{}: {} {} is off by {:.2g}, where a perturbed input moves it by {:.2g}", where,
                                  isOutput ? "output" : "state", name, error, change));
        mark("tolerance by rounding");
      }
      return true;
    };
    return hold(reference.outputs, answer->outputs, true) && hold(reference.final, answer->final, false);
  }

  std::map<std::string, int64_t> dims() const { return {{"K", trial.K}, {"V", trial.V}}; }
  bool fail(const std::string &kind, const std::string &message) {
    verdict.kind = kind;
    verdict.message = message;
    return false;
  }
  /// The kind is that of the diagnostic: its code, or what is said in its first line.
  bool refuse(const std::string &what, Error error) {
    std::string message = toString(std::move(error));
    StringRef first = StringRef(message).split('\n').first;
    size_t code = first.find("[MIX");
    return fail(what +
                    (code == StringRef::npos ? ": " + first.take_front(60).str() : " " + first.substr(code, 9).str()),
                message);
  }

private:
  void mark(const std::string &what) { verdict.marks.push_back(what); }

  CompileOptions options() const {
    CompileOptions options;
    options.dims = dims();
    options.chunk = trial.chunk;
    options.backward = true;
    return options;
  }

  bool read() {
    compilation.emplace(*context, Source("random.mix", mixer.text()), options());
    if (Error error = compilation->read())
      return refuse("refused", std::move(error));
    equations = compilation->module().clone();
    if (Error error = compilation->advance("component"))
      return refuse("not normalised", std::move(error));
    components = compilation->module().clone();
    verdict.findings = findingsOf(mixerOf(*components));
    return true;
  }

  static constexpr size_t draws = 9;
  static mix::Call perturbed(mix::Call call, size_t draw) {
    Random random(1 + draw);
    for (mix::Arrays *arrays : {&call.inputs, &call.params, &call.initial})
      for (auto &[name, array] : *arrays)
        for (double &x : array.data)
          x *= 1 + 1e-15 * random.centred();
    return call;
  }

  bool checkComponents() {
    mix::MixerOp op = mixerOf(*equations);
    for (const mix::Call &call : calls(op)) {
      Expected<mix::Answer> reference = mix::interpret(op, call);
      if (!reference)
        return fail("not interpreted", toString(reference.takeError()));
      for (const auto &[name, array] : reference->outputs)
        for (double x : array.data)
          if (!std::isfinite(x))
            return fail("not finite", fmt::format("output {} of the equations themselves", name));
      if (!agrees("normal form", op, call, *reference, mix::interpret(mixerOf(*components), call)))
        return false;
      references.push_back(std::move(*reference));
    }
    return true;
  }

  bool checkPromises() {
    for (mlir::Operation &inner : mixerOf(*components).step()) {
      if (auto next = mlir::dyn_cast<mix::NextOp>(inner)) {
        mark("class: none");
        auto promise = mixer.promises.find(next.getName().str());
        if (promise != mixer.promises.end() && promise->second.normal) {
          auto why = next->getAttrOfType<mlir::StringAttr>("mix.sequential");
          return fail("no normal form: " + unquoted(why ? why.getValue() : ""),
                      fmt::format("{}: {}", next.getName().str(), why ? why.getValue().str() : ""));
        }
        continue;
      }
      auto component = mlir::dyn_cast<mix::ComponentOp>(inner);
      if (!component)
        continue;
      mix::ClassAttr found = component.getClassAttrAttr();
      mark(fmt::format("class: {} x {}{}{}", stringifyTransitionKind(found.getTransition()).str(),
                       stringifyWriteKind(found.getWrites()).str(), found.getValueGate() ? ", value gate" : "",
                       component.getStates().size() > 1 ? ", mixing" : ""));
      mark(fmt::format("writes: {}", component.getNumWrites()));
      int64_t allowed = 0;
      bool isPromised = true, gated = false;
      auto transition = mix::TransitionKind::Scalar;
      auto writes = mix::WriteKind::Free;
      for (mlir::Value value : component.getStates()) {
        auto known = mixer.promises.find(value.getDefiningOp<mix::StateOp>().getName().str());
        isPromised &= known != mixer.promises.end() && known->second.normal;
        if (!isPromised)
          break;
        const Promise &promise = known->second;
        allowed += promise.count;
        gated |= promise.valueGate;
        if (promise.transition == Transition::Diagonal)
          transition = mix::TransitionKind::Diagonal;
        writes = std::max(writes, kindOf(promise.writes));
      }
      if (!isPromised)
        continue;
      if (gated && writes == mix::WriteKind::Affine)
        writes = mix::WriteKind::Channel;
      if (static_cast<int64_t>(component.getNumWrites()) > allowed)
        return fail("too many writes", fmt::format("{}; {} were written", verdict.findings, allowed));
      // Where no write reads, the reads alone say which axis is the keys': a gate may be of either. So it may where a write is
      // no affine function of the reads: of v f(v' S k) k' either axis is read, and substitution takes a gate on either.
      bool isEither = found.getWrites() == mix::WriteKind::Free || found.getWrites() == mix::WriteKind::Nonlinear;
      if (isEither && gated != (transition == mix::TransitionKind::Diagonal) && gated != found.getValueGate()) {
        gated = found.getValueGate();
        transition = gated ? mix::TransitionKind::Scalar : mix::TransitionKind::Diagonal;
      }
      if (found.getTransition() > transition || found.getWrites() > writes || (found.getValueGate() && !gated))
        return fail("slower class", fmt::format("{}; promised were {}, {}{}", verdict.findings,
                                                stringifyTransitionKind(transition).str(),
                                                stringifyWriteKind(writes).str(), gated ? ", value gate" : ""));
    }
    return true;
  }

  bool checkTiles() {
    if (Error error = compilation->advance("tile"))
      return refuse("no tile program", std::move(error));
    mix::MixerOp op = mixerOf(*equations);
    for (StringRef suffix : {"_forward", "_decode"}) {
      if (suffix == "_decode" && !op.step().getOps<mix::EndOp>().empty())
        continue; // no output is known before the last token
      tile::KernelOp kernel = findKernel(compilation->module(), suffix);
      if (!kernel)
        return fail("no tile program", suffix.str());
      if (suffix == "_forward") {
        const tile::Form form = *kernel.getForm();
        mark("form: " + stringifyForm(form).str());
        if (mixer.isChunkable() && trial.chunk != 1 && form != tile::Form::Chunked)
          return fail("not chunked", verdict.findings);
      }
      size_t i = 0;
      for (const mix::Call &call : calls(op))
        if (!agrees("tile program" + suffix.str(), op, call, references[i++], interpretTiles(kernel, op, call)))
          return false;
    }
    return checkGradients(op) && checkBlocks();
  }

  /// From what the forward kernel saves, and from what replaying does.
  bool checkGradients(mix::MixerOp op) {
    tile::KernelOp backward = findKernel(compilation->module(), "_backward");
    if (!backward)
      return fail("no tile program", "_backward");
    for (const mix::Call &call : calls(op)) {
      const mix::Cotangents cotangents = mix::sampleCotangents(op, call, trial.seed);
      Expected<mix::Gradients> reference = mix::interpretBackward(op, call, cotangents);
      if (!reference)
        return fail("no gradients", toString(reference.takeError()));
      for (StringRef saving : {"_forward", "_replay"})
        if (!gradientsAgree(
                "gradients from" + saving.str(), op, call, cotangents, *reference,
                interpretTilesBackward(findKernel(compilation->module(), saving), backward, op, call, cotangents)))
          return false;
    }
    return true;
  }

  /// A block of sequences gives each what it gets by itself, worth it or not.
  bool checkBlocks() {
    mlir::PassManager passes(context.get());
    passes.addPass(createBuildBatched({/*sequences=*/8, /*all=*/true}));
    if (failed(passes.run(compilation->module())))
      return fail("no block of sequences", "");
    for (StringRef suffix : {"_forward", "_decode"}) {
      tile::KernelOp one = findKernel(compilation->module(), suffix);
      tile::KernelOp block = findKernel(compilation->module(), (suffix + "_8").str());
      if (!one || !block)
        continue;
      mark("a block of sequences");
      Expected<std::string> difference = differenceInBlock(block, one, 21, trial.seed);
      if (!difference)
        return fail("block of sequences fails", toString(difference.takeError()));
      if (!difference->empty())
        return fail("a block of sequences is not its sequences", *difference);
    }
    return true;
  }

  bool gradientsAgree(const std::string &kind, mix::MixerOp op, const mix::Call &call,
                      const mix::Cotangents &cotangents, const mix::Gradients &reference,
                      Expected<mix::Gradients> gradients) {
    std::string where =
        fmt::format("{} tokens, {} groups{}", call.time, call.groups, call.initial.empty() ? "" : ", initial states");
    if (!gradients)
      return fail(kind + " fail", where + ": " + toString(gradients.takeError()));
    std::vector<mix::Gradients> moved;
    // What is small beside the others is held against the largest.
    double largest = 0;
    auto norm = [](const mix::Array &array) {
      double sum = 0;
      for (double x : array.data)
        sum += x * x;
      return std::sqrt(sum);
    };
    for (const mix::Arrays *arrays : {&reference.inputs, &reference.params, &reference.initial})
      for (const auto &[name, array] : *arrays)
        largest = std::max(largest, norm(array));
    auto hold = [&](mix::Arrays mix::Gradients::*group) {
      for (const auto &[name, array] : reference.*group) {
        auto found = ((*gradients).*group).find(name);
        if (found == ((*gradients).*group).end())
          return fail(kind + " disagree", fmt::format("{}: none of {}", where, name));
        auto errorOf = [&](const mix::Array &other) {
          mix::Array difference = array;
          for (auto [x, y] : zip(difference.data, other.data))
            x -= y;
          return norm(difference) / std::max({norm(array), 1e-6 * largest, 1e-300});
        };
        double error = errorOf(found->second);
        // What is left of large terms is off by their rounding.
        bool isRounding = error * std::max(norm(array), 1e-6 * largest) <= 1e-14 * largest;
        if (error <= 1e-9 || isRounding || isNoise(found->second, array))
          continue;
        double change = 0;
        for (size_t draw = 0; draw < draws && !(error <= 10 * change); ++draw) {
          if (draw == moved.size()) {
            Expected<mix::Gradients> other = mix::interpretBackward(op, perturbed(call, draw), cotangents);
            if (!other)
              return fail("no gradients", toString(other.takeError()));
            moved.push_back(std::move(*other));
          }
          change = std::max(change, errorOf((moved[draw].*group)[name]));
        }
        if (!(error <= 10 * change) || !std::isfinite(error))
          return fail(kind + (error < 1e-6 ? " disagree a little" : " disagree"),
                      fmt::format("{}: that of {} is off by {:.2g}, where a perturbed input moves it by {:.2g}", where,
                                  name, error, change));
        mark("gradient tolerance by perturbation");
      }
      return true;
    };
    return hold(&mix::Gradients::inputs) && hold(&mix::Gradients::params) && hold(&mix::Gradients::initial);
  }

  bool checkCompiled() {
    compilation.emplace(*context, Source("random.mix", mixer.text()), options());
    if (Error error = compilation->read())
      return fail("refused", toString(std::move(error)));
    Expected<Compiled> compiled = finish(*compilation);
    if (!compiled)
      return refuse("not compiled", compiled.takeError());
    SmallString<128> path;
    if (std::error_code error = sys::fs::createTemporaryFile("mix-random", "so", path))
      return fail("no temporary file", error.message());
    FileRemover remover(path);
    SmallString<128> header(path);
    header.pop_back_n(2);
    header += "h";
    FileRemover headerRemover(header);
    if (Error error = writeLibrary(*compiled, path.str().str()))
      return fail("not linked", toString(std::move(error)));
    Expected<std::unique_ptr<LoadedLibrary>> library = LoadedLibrary::open(path.str().str(), compiled->mixers.front());
    if (!library)
      return fail("not loaded", toString(library.takeError()));
    mix::MixerOp op = compiled->equations("m");
    std::vector<mix::Call> all = calls(op);
    if (const int64_t block = compiled->mixers.front().entries.front().block; block > 1)
      all.push_back(mix::sample(op, dims(), block + block / 2, 19, 2, 1, trial.seed, {.initialStates = true}));
    if (trial.repeated) {
      const mix::Decay decay = trial.seed % 2 ? mix::Decay::Alike : mix::Decay::Mixed;
      mix::Call call = mix::sample(op, dims(), 1, trial.repeated, 1, 1, trial.seed, {.decay = decay});
      if (fitsFloat32(op, call))
        all.push_back(std::move(call));
      else
        mark("grows beyond float32 where gates repeat");
    }
    for (mix::Call call : all) {
      roundToFloat32(call);
      for (StringRef kernel : {"chunked", "recurrent"})
        if ((kernel == "chunked" || op.step().getOps<mix::EndOp>().empty()) &&
            !checkKernel(**library, kernel, op, call))
          return false;
      for (bool withSaved : {true, false})
        if (!checkCompiledGradients(**library, withSaved, op, call))
          return false;
    }
    mark("compiled");
    return true;
  }

  /// Some mixers grow without end (a momentum that overshoots): their numbers say nothing of a kernel in float32.
  static bool fitsFloat32(mix::MixerOp op, const mix::Call &call) {
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

  bool checkCompiledGradients(const LoadedLibrary &library, bool withSaved, mix::MixerOp op, const mix::Call &call) {
    const std::string kind = withSaved ? "compiled gradients from saved" : "compiled gradients";
    mix::Cotangents cotangents = mix::sampleCotangents(op, call, trial.seed);
    roundToStorage(op, cotangents);
    Expected<mix::Gradients> gradients = library.runBackward(call, cotangents, withSaved, 1);
    if (!gradients)
      return fail(kind + " fail", toString(gradients.takeError()));
    Expected<std::vector<TensorError>> errors = compareGradients(op, call, cotangents, *gradients);
    if (!errors)
      return fail("no gradients", toString(errors.takeError()));
    for (const TensorError &error : *errors)
      if (!error.passes() && !isRespeltNoise(error, call, &cotangents))
        return fail(kind + (error.error < 1e-3 ? " disagree a little" : " disagree"),
                    fmt::format("{} tokens: {} is off by {:.2g}, at most {:.2g} is allowed", call.time, error.name,
                                error.error, error.bound));
    return true;
  }

  bool checkKernel(const LoadedLibrary &library, StringRef kernel, mix::MixerOp op, const mix::Call &call) {
    Expected<mix::Answer> answer = library.run(kernel, call, 1);
    if (!answer)
      return fail("compiled " + kernel.str() + " fails", toString(answer.takeError()));
    Expected<std::vector<TensorError>> errors = compare(op, call, *answer);
    if (!errors)
      return fail("not interpreted", toString(errors.takeError()));
    for (const TensorError &error : *errors)
      if (!error.passes() && !isFloatNoise(error, *answer, op, call) && !isRespeltNoise(error, call))
        return fail("compiled " + kernel.str() + (error.error < 1e-3 ? " disagrees a little" : " disagrees"),
                    fmt::format("{} tokens: {} is off by {:.2g}, at most {:.2g} is allowed", call.time, error.name,
                                error.error, error.bound));
    return true;
  }

  /// A kernel is the same however its mixer is spelt (judgeRewrites), so it is held against float32 in all spellings.
  /// `(I - k k') S` of one key, a number near 0 times S, is as exact as its factors; `S - k (k' S)` is not.
  /// `cotangents`: the error is that of a gradient.
  bool isRespeltNoise(const TensorError &error, const mix::Call &call, const mix::Cotangents *cotangents = nullptr) {
    constexpr size_t most = 16;
    for (const char *rule : {"distribute", "factor", "associate"}) {
      std::vector<Mixer> others = rewritten(mixer, rule);
      others.resize(std::min(others.size(), most));
      for (const Mixer &other : others) {
        Compilation respelt(*context, Source("respelt.mix", other.text()), options());
        if (Error refused = respelt.read()) {
          consumeError(std::move(refused));
          continue;
        }
        mix::MixerOp op = mixerOf(respelt.module());
        Expected<std::map<std::string, double>> rounding =
            cotangents ? gradientRoundingErrors(op, call, *cotangents) : roundingErrors(op, call);
        if (!rounding) {
          consumeError(rounding.takeError());
          continue;
        }
        if (error.error <= roundingAllowance * (*rounding)[error.name]) {
          mark("tolerance by another spelling");
          return true;
        }
      }
    }
    return false;
  }

  /// What should be zero: float32 gets not one digit of it, the interpreter rounding to float32 no more than the kernel.
  static bool isFloatNoise(const TensorError &error, const mix::Answer &answer, mix::MixerOp op,
                           const mix::Call &call) {
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
    return error.bound > 4 && isNoise(tensor(answer), tensor(*reference), 5e-7);
  }

  const Mixer &mixer;
  const Trial &trial;
  std::optional<Compilation> compilation;
  std::vector<mix::Answer> references;
};

/// States that are declared the other way round.
std::vector<std::string> turnedStates(const Mixer &one, const Mixer &other) {
  std::vector<std::string> names;
  for (const State &state : one.states)
    for (const State &known : other.states)
      if (known.name == state.name && known.shape != state.shape)
        names.push_back(state.name);
  return names;
}

/// Transposes states of [1, heads, rows, cols].
void turn(mix::Arrays &arrays, const std::vector<std::string> &names) {
  for (const std::string &name : names) {
    auto found = arrays.find(name);
    if (found == arrays.end())
      continue;
    const mix::Array from = found->second;
    int64_t rows = from.shape[2], cols = from.shape[3];
    std::swap(found->second.shape[2], found->second.shape[3]);
    for (int64_t i = 0; i < from.size(); ++i) {
      int64_t head = i / (rows * cols), row = i / cols % rows, col = i % cols;
      found->second.data[(head * cols + col) * rows + row] = from.data[i];
    }
  }
}

Verdict compareRewrites(const Mixer &mixer, const std::string &rule, const Trial &trial, std::optional<size_t> use) {
  std::vector<Mixer> others = rewritten(mixer, rule);
  if (others.empty())
    return {};
  if (use)
    others = {others[*use % others.size()]};
  Judge before(mixer, trial);
  if (!before.readOnly())
    return before.verdict;
  mix::MixerOp op = mixerOf(*before.equations);
  mix::Call call = before.calls(op).back();
  Expected<mix::Answer> reference = mix::interpret(op, call);
  if (!reference)
    return {.kind = "not interpreted", .message = toString(reference.takeError())};
  for (const Mixer &other : others) {
    Judge after(other, trial);
    std::string text = fmt::format("after `{}`:\n{}", rule, other.text());
    if (!after.readOnly())
      return {.kind = after.verdict.kind + " when rewritten", .message = after.verdict.message + text};
    std::vector<std::string> turned = turnedStates(mixer, other);
    mix::Call turnedCall = call;
    turn(turnedCall.initial, turned);
    auto agree = [&](const std::string &kind, mlir::ModuleOp module) {
      Expected<mix::Answer> answer = mix::interpret(mixerOf(module), turnedCall);
      if (answer)
        turn(answer->final, turned);
      return after.agrees(kind, op, call, *reference, std::move(answer));
    };
    if (!agree("rewritten", *after.equations) || !agree("normal form of what is rewritten", *after.components))
      return {.kind = after.verdict.kind, .message = after.verdict.message + "\n" + text};
    if (after.verdict.findings != before.verdict.findings)
      return {.kind = "class changes under a rewrite",
              .message =
                  fmt::format("before:\n{}\nafter:\n{}\n{}", before.verdict.findings, after.verdict.findings, text)};
  }
  return {.marks = {"rewrite: " + rule}};
}

} // namespace

Verdict judge(const Mixer &mixer, const Trial &trial) {
  return isolate([&] { return Judge(mixer, trial).run(); }, trial.compiled ? secondsCompiled : secondsEach);
}

Verdict judgeRewrites(const Mixer &mixer, const std::string &rule, const Trial &trial, std::optional<size_t> use) {
  return isolate([&] { return compareRewrites(mixer, rule, trial, use); }, secondsEach);
}

} // namespace mixc::random
