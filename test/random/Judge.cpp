// What is asked of a mixer, in this order:
//     it is read, and normalised; the interpreter of the components gives the numbers of the equations
//     every state has the class that its construction promises, or a better one, and no more writes
//     forward and decode, interpreted as tile programs, give the numbers of the equations
//     gradients of the tile programs, from what forward saves and from a replay, are those of the interpreter's reverse
//     mode
//     compiled, they do within what float32 allows: of the mixer as it is spelt or, the kernel being the same, respelt
// How exact they are: Exact.cpp in float64, JudgeLibrary.cpp in float32.
#include "test/random/Judge.h"
#include "dialect/mix/Sample.h"
#include "frontend/compile/Compilation.h"
#include "frontend/oracle/Compare.h"
#include "frontend/oracle/Rounding.h"
#include "frontend/oracle/Run.h"
#include "lowering/Passes.h"
#include "lowering/normalize/Classify.h"
#include "mlir/Pass/PassManager.h"
#include "test/random/Exact.h"
#include "test/random/Isolate.h"
#include "test/random/JudgeLibrary.h"
#include "test/random/Random.h"
#include "test/random/Rewrite.h"
#include "test/random/Tiles.h"
#include "llvm/ADT/StringExtras.h"
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

CompileOptions optionsOf(const Trial &trial) {
  CompileOptions options;
  options.dims = trial.dims();
  options.chunk = trial.chunk;
  options.backward = true;
  return options;
}

Verdict refusal(const std::string &what, Error error) {
  std::string message = toString(std::move(error));
  StringRef first = StringRef(message).split('\n').first;
  size_t code = first.find("[MIX");
  return {.kind =
              what + (code == StringRef::npos ? ": " + first.take_front(60).str() : " " + first.substr(code, 9).str()),
          .message = message};
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
  // A few keys span all there are, and what erases along them leaves nothing: of K = 1 the epsilon of a norm, of K = 2
  // a half of the state at every token. A sum over a chunk has the digits of the state before it, the equations those
  // of the rest.
  if (compiled && mixer.isErasing())
    trial.K = std::max<int64_t>(trial.K, 5);
  // A norm of one entry is its sign, and the gradient is a rounding error. Exact arithmetic is held to all of these
  // sizes.
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

class Judge {
public:
  Judge(const Mixer &mixer, const Trial &trial) : mixer(mixer), trial(trial) {}

  Verdict run() {
    context = makeContext();
    bool good = read() && checkComponents() && checkPromises() && checkTiles() &&
                (!trial.compiled || take(judgeLibrary(mixer, trial, *context, calls(mixerOf(*equations)))));
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
      all.push_back(mix::sample(op, trial.dims(), 1, length, 2, groups, trial.seed + length, options));
    }
    return all;
  }

  /// Does an answer agree with the reference?
  bool agrees(const std::string &kind, mix::MixerOp op, const mix::Call &call, const mix::Answer &reference,
              Expected<mix::Answer> answer) {
    return take(holdAnswer(kind, op, call, reference, std::move(answer)));
  }

  bool fail(const std::string &kind, const std::string &message) {
    verdict.kind = kind;
    verdict.message = message;
    return false;
  }
  bool refuse(const std::string &what, Error error) { return take(refusal(what, std::move(error))); }

private:
  void mark(const std::string &what) { verdict.marks.push_back(what); }

  /// Goes on with what was found in a part.
  bool take(Verdict part) {
    append_range(verdict.marks, part.marks);
    return part.kind.empty() || fail(part.kind, part.message);
  }

  CompileOptions options() const { return optionsOf(trial); }

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
      // Where no write reads, the reads alone say which axis is the keys': a gate may be of either. So it may where a
      // write is no affine function of the reads: of v f(v' S k) k' either axis is read, and substitution takes a gate
      // on either.
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
    for (tile::Entry entry : {tile::Entry::Forward, tile::Entry::Decode}) {
      if (entry == tile::Entry::Decode && !op.step().getOps<mix::EndOp>().empty())
        continue; // no output is known before the last token
      tile::KernelOp kernel = findKernel(compilation->module(), entry);
      if (!kernel)
        return fail("no tile program", stringifyEntry(entry).str());
      if (entry == tile::Entry::Forward) {
        const tile::Form form = *kernel.getForm();
        mark("form: " + stringifyForm(form).str());
        if (mixer.isChunkable() && trial.chunk != 1 && form != tile::Form::Chunked)
          return fail("not chunked", verdict.findings);
      }
      size_t i = 0;
      for (const mix::Call &call : calls(op))
        if (!agrees("tile program, " + stringifyEntry(entry).str(), op, call, references[i++],
                    interpretTiles(kernel, op, call)))
          return false;
    }
    return checkGradients(op) && checkBlocks();
  }

  /// From what the forward kernel saves, and from what replaying does.
  bool checkGradients(mix::MixerOp op) {
    tile::KernelOp backward = findKernel(compilation->module(), tile::Entry::Backward);
    if (!backward)
      return fail("no tile program", "backward");
    for (const mix::Call &call : calls(op)) {
      const mix::Cotangents cotangents = mix::sampleCotangents(op, call, trial.seed);
      Expected<mix::Gradients> reference = mix::interpretBackward(op, call, cotangents);
      if (!reference)
        return fail("no gradients", toString(reference.takeError()));
      for (tile::Entry saving : {tile::Entry::Forward, tile::Entry::Replay})
        if (!take(holdGradients(
                "gradients from " + stringifyEntry(saving).str(), op, call, cotangents, *reference,
                interpretTilesBackward(findKernel(compilation->module(), saving), backward, op, call, cotangents))))
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
    for (tile::Entry entry : {tile::Entry::Forward, tile::Entry::Decode}) {
      tile::KernelOp one = findKernel(compilation->module(), entry);
      tile::KernelOp block = findKernel(compilation->module(), entry, 8);
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
