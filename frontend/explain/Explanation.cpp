// The strata of a mixer at stage `component`: those in normal form are mix.component ops, the others keep their
// mix.next.
#include "frontend/explain/Explanation.h"
#include "frontend/explain/ComponentText.h"
#include "lowering/normalize/Classify.h"
#include "lowering/normalize/Formula.h"
#include "lowering/normalize/Scans.h"
#include "lowering/normalize/Strata.h"
#include <fmt/format.h>

using namespace mlir;

namespace mixc {

using normalize::formula;

namespace {

std::string textAttr(Operation *op, StringRef name) {
  auto text = op->getAttrOfType<StringAttr>(name);
  return text ? text.str() : "";
}

mix::Dim sizeOf(mix::StateOp state) {
  mix::Dim product(1);
  for (const mix::Dim &dim : state.getType().getDims())
    product = product * dim;
  return product;
}

class Explainer {
public:
  explicit Explainer(mix::MixerOp mixer) : mixer(mixer) {
    for (mix::StateOp state : mixer.step().getOps<mix::StateOp>())
      states[state.getName()] = state;
  }

  std::vector<Explanation::Stratum> strata() {
    for (Operation &op : mixer.step()) {
      if (auto component = dyn_cast<mix::ComponentOp>(op))
        all.push_back(inNormalForm(component));
      else if (auto next = dyn_cast<mix::NextOp>(op))
        addStepped(next);
    }
    for (Explanation::Stratum &stratum : all) {
      mix::Dim size;
      for (const std::string &name : stratum.states) {
        size = size + sizeOf(states[name]);
        addLateReads(stratum, name);
      }
      // Users come last one first.
      std::reverse(stratum.lateReads.begin(), stratum.lateReads.end());
      stratum.stateSize = size.str();
      if (!stratum.isComponent())
        stratum.chunkForm = stepping(stratum);
    }
    return std::move(all);
  }

private:
  Explanation::Stratum inNormalForm(mix::ComponentOp component) {
    Explanation::Stratum out;
    for (Value state : component.getStates())
      out.states.push_back(state.getDefiningOp<mix::StateOp>().getName().str());
    out.description = normalize::describeClass(component);
    if (mix::ClassAttr found = component.getClassAttrAttr()) {
      out.kind = out.transition = stringifyTransitionKind(found.getTransition());
      out.writeKind = stringifyWriteKind(found.getWrites());
      out.valueGate = found.getValueGate();
    }
    NormalFormText text(component);
    out.reason = text.reason();
    out.reads = text.reads();
    out.writes = text.writes();
    out.updates = text.updates();
    out.chunkForm = chunkForm(component);
    if (mix::StateOp memory = normalize::joinedTo(component))
      out.joined = memory.getName().str();
    return out;
  }

  /// States without a normal form keep their update; those of one stratum say the same of it.
  void addStepped(mix::NextOp next) {
    std::optional<int64_t> ordinal = normalize::stratumOf(next);
    Explanation::Line update{next.getName().str() + "[t] = " + formula(next.getValue()),
                             lineOf(next.getValue().getDefiningOp())};
    if (!all.empty() && ordinal && lastOrdinal == *ordinal && !all.back().isComponent()) {
      all.back().states.push_back(next.getName().str());
      all.back().updates.push_back(update);
      return;
    }
    lastOrdinal = ordinal.value_or(-1);
    Explanation::Stratum out;
    out.scan = textAttr(next, "mix.scan");
    bool isAffine = out.scan == "affine";
    out.states = {next.getName().str()};
    out.transition = "sequential";
    out.kind = out.scan.empty() ? "sequential" : isAffine ? "scan" : "semiring";
    out.description = isAffine           ? "elementwise scan"
                      : out.scan.empty() ? "sequential"
                                         : "scan over (" + out.scan + ", +)";
    out.reason = textAttr(next, "mix.sequential");
    if (auto place = next->getAttrOfType<FileLineColRange>("mix.culprit"))
      out.place = fmt::format("{}:{}:{}", place.getFilename().str(), place.getStartLine(), place.getStartColumn());
    out.help = textAttr(next, "mix.help");
    out.updates = {update};
    all.push_back(std::move(out));
  }

  /// Products of a component's state with a vector that no write needs, and reads at the end of the sequence.
  void addLateReads(Explanation::Stratum &stratum, const std::string &name) {
    auto addProducts = [&](Value state, bool always) {
      SmallVector<Value> forms{state};
      for (Operation *user : state.getUsers())
        if (isa<mix::TransposeOp>(user))
          forms.push_back(user->getResult(0));
      for (Value form : forms)
        for (Operation *user : form.getUsers())
          if (isa<mix::MatmulOp, mix::DotOp>(user) || (always && !isa<mix::TransposeOp>(user)))
            stratum.lateReads.push_back(
                {formula(user->getNumResults() == 1 ? user->getResult(0) : form), lineOf(user)});
    };
    if (stratum.isComponent())
      addProducts(states[name].getResult(), /*always=*/false);
    for (mix::EndOp end : mixer.step().getOps<mix::EndOp>())
      if (end.getName() == name)
        addProducts(end.getResult(), /*always=*/true);
  }

  /// A scan is affine in its states over one of three semirings, every entry by itself; g and b are free of them.
  static std::vector<std::string> stepping(const Explanation::Stratum &stratum) {
    std::string names = llvm::join(stratum.states, ", "), h = stratum.states[0],
                starts = llvm::join(stratum.states, "_0, ") + "_0";
    std::vector<std::string> lines{"tokens of a chunk one after another, from " + starts + " before it"};
    if (stratum.states.size() > 1)
      h = "[" + llvm::join(stratum.states, "; ") + "]";
    if (stratum.scan == "affine")
      lines.push_back(h + "_t = g_t .* " + h + "_{t-1} + b_t, every entry by itself");
    else if (!stratum.scan.empty())
      lines.push_back(fmt::format("{0}_t = {1}({0}_{{t-1}} + g_t, b_t), every entry by itself", h,
                                  stratum.scan == "max" ? "max" : "logaddexp"));
    else
      lines.push_back("what does not need " + names + " is computed for the whole chunk at once");
    return lines;
  }

  mix::MixerOp mixer;
  std::map<StringRef, mix::StateOp> states;
  std::vector<Explanation::Stratum> all;
  int64_t lastOrdinal = -1;
};

} // namespace

Explanation explain(mix::MixerOp mixer, const std::map<std::string, int64_t> &numbers) {
  Explanation out;
  out.mixer = mixer.getSymName().str();
  for (auto dim : mixer.getDims().getAsRange<StringAttr>()) {
    out.dims.push_back(dim.str());
    if (auto found = numbers.find(dim.str()); found != numbers.end())
      out.numbers.insert(*found);
  }
  mix::Dim size;
  for (mix::StateOp state : mixer.step().getOps<mix::StateOp>())
    size = size + sizeOf(state);
  out.stateSize = size.str();
  out.stateNumbers = size.evaluate(numbers);
  out.strata = Explainer(mixer).strata();
  for (mix::InputOp input : mixer.step().getOps<mix::InputOp>())
    out.window = std::max(out.window, 1 + mix::historyOf(input));
  if (out.strata.empty())
    out.withoutState = out.window > 1 ? fmt::format("no state, a window of {} tokens: all at once", out.window)
                                      : "no state: every token by itself";
  return out;
}

void addCosts(Explanation &explanation, ModuleOp tiles) {
  for (auto [entry, name] : {std::pair(tile::Entry::Forward, "chunked"), {tile::Entry::Decode, "recurrent"}}) {
    tile::KernelOp kernel = tile::kernelOf(tiles, explanation.mixer, entry);
    if (!kernel)
      continue;
    Explanation::Kernel out;
    out.name = name;
    out.cost = cost(kernel);
    out.why = kernel.getWhy().value_or("").str();
    kernel.walk([&](tile::ChunksOp chunks) { out.chunk = chunks.getSize(); });
    explanation.kernels.push_back(std::move(out));
  }
}

/// A chunk of the backward kernel is one of its innermost loops.
static int64_t backwardChunk(tile::KernelOp backward) {
  int64_t chunk = 0;
  backward.walk<WalkOrder::PreOrder>([&](tile::ChunksOp loop) {
    if (loop.getReverse())
      chunk = loop.getSize();
  });
  return chunk;
}

static std::string describeAdjoint(const Explanation &explanation) {
  if (explanation.strata.empty())
    return explanation.window > 1 ? "the adjoint of a window is a window of the tokens after"
                                  : "the adjoint of a token takes that token alone";
  if (llvm::any_of(explanation.strata, [](const auto &stratum) { return stratum.isComponent(); }))
    return "the adjoint of a stratum is one of its class, from the last token to the first, reads and writes swapped";
  return "the adjoint of a stratum steps as it does, from the last token to the first";
}

void addGradientCosts(Explanation &explanation, ModuleOp keepingWrites, ModuleOp keepingStates) {
  tile::KernelOp backward = tile::kernelOf(keepingWrites, explanation.mixer, tile::Entry::Backward),
                 ofStates = tile::kernelOf(keepingStates, explanation.mixer, tile::Entry::Backward),
                 replay = tile::kernelOf(keepingWrites, explanation.mixer, tile::Entry::Replay);
  if (!backward || !ofStates || !replay)
    return;
  Explanation::Gradient &out = explanation.gradient.emplace();
  auto choice = [](const char *keeps, tile::KernelOp kernel) {
    return Explanation::Gradient::Kept{keeps, cost(kernel).flopsPerToken, savedBytesPerToken(kernel),
                                       savedBytesPerSequence(kernel)};
  };
  const Explanation::Gradient::Kept writes = choice("writes", backward), states = choice("states", ofStates);
  if (writes.bytesPerToken != states.bytesPerToken)
    out.choices.push_back(writes);
  if (!explanation.strata.empty()) // else there is nothing to keep
    out.choices.push_back(states);
  out.choices.push_back({"nothing", writes.flopsPerToken + cost(replay).flopsPerToken});
  out.chunk = backwardChunk(backward);
  out.segment = (*backward.getBody().getOps<tile::ChunksOp>().begin()).getSize();
  out.adjoint = describeAdjoint(explanation);
}

} // namespace mixc
