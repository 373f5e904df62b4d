#include "frontend/compile/Sequential.h"
#include "frontend/compile/PassErrors.h"
#include "llvm/ADT/StringExtras.h"
#include <fmt/format.h>

using namespace mlir;

namespace mixc {
namespace {

/// The term that keeps an update from a normal form, as BuildComponents found it.
std::optional<Range> culpritOf(mix::NextOp next, const Source &source) {
  auto place = next->getAttrOfType<LocationAttr>("mix.culprit");
  return place ? rangeOf(place, source) : std::nullopt;
}

std::string reasonOf(mix::NextOp next) {
  auto reason = next->getAttrOfType<StringAttr>("mix.sequential");
  return reason ? reason.str() : "";
}

Range placeOf(Operation *op, const Source &source) { return rangeOf(op->getLoc(), source).value_or(Range{}); }

/// The updates without a normal form; of a stratum of several states, the first.
SmallVector<mix::NextOp> sequentialUpdates(mix::MixerOp mixer) {
  SmallVector<mix::NextOp> updates;
  for (auto next : mixer.step().getOps<mix::NextOp>()) {
    Attribute stratum = next->getAttr("mix.stratum");
    if (llvm::none_of(updates, [&](mix::NextOp other) { return stratum && other->getAttr("mix.stratum") == stratum; }))
      updates.push_back(next);
  }
  return updates;
}

} // namespace

void checkRequireChunked(ModuleOp module, const Source &source, DiagnosticList &diagnostics) {
  for (auto mixer : module.getOps<mix::MixerOp>()) {
    if (!mixer.getRequireChunked())
      continue;
    for (mix::NextOp next : sequentialUpdates(mixer)) {
      Diagnostic &diagnostic = diagnostics.add(
          Code::NotChunked, culpritOf(next, source).value_or(placeOf(next, source)),
          fmt::format("`{}` cannot be chunked, and the mixer says `require chunked`", next.getName().str()));
      if (std::string reason = reasonOf(next); !reason.empty())
        diagnostic.note(reason);
    }
  }
}

void warnSequential(ModuleOp module, const Source &source, DiagnosticList &diagnostics) {
  for (auto mixer : module.getOps<mix::MixerOp>()) {
    std::vector<std::string> states;
    mix::NextOp first;
    for (mix::NextOp next : mixer.step().getOps<mix::NextOp>()) {
      if (next->hasAttr("mix.scan"))
        continue;
      states.push_back("`" + next.getName().str() + "`");
      if (!first)
        first = next;
    }
    if (states.empty() || mixer.getRequireChunked()) // that is an error
      continue;
    Diagnostic &diagnostic =
        diagnostics.add(Code::Sequential, culpritOf(first, source).value_or(placeOf(mixer, source)),
                        fmt::format("{} of `{}` run{} token by token", llvm::join(states, ", "),
                                    mixer.getSymName().str(), states.size() == 1 ? "s" : ""));
    if (std::string reason = reasonOf(first); !reason.empty())
      diagnostic.note(reason);
    diagnostic.help("`require chunked` in the mixer makes this an error");
  }
}

} // namespace mixc
