#include "frontend/driver/Sequential.h"
#include "dialect/tile/Tile.h"
#include "frontend/driver/PassErrors.h"
#include <fmt/format.h>

using namespace mlir;

namespace mixc {
namespace {

/// The term that keeps an update from a normal form, as BuildComponents found it: "file:line:column".
std::optional<Range> culpritOf(mix::NextOp next, const Source &source) {
  auto place = next->getAttrOfType<StringAttr>("mix.culprit");
  if (!place)
    return std::nullopt;
  auto [rest, columnText] = place.getValue().rsplit(':');
  auto [file, lineText] = rest.rsplit(':');
  unsigned line, column;
  if (file != source.name || lineText.getAsInteger(10, line) || columnText.getAsInteger(10, column) || line == 0)
    return std::nullopt;
  return rangeAt(source, line, column, line, column);
}

std::string reasonOf(mix::NextOp next) {
  auto reason = next->getAttrOfType<StringAttr>("mix.sequential");
  return reason ? reason.str() : "";
}

Range rangeOf(Operation *op, const Source &source) {
  auto place = op->getLoc()->findInstanceOf<FileLineColRange>();
  return place ? rangeAt(source, place.getStartLine(), place.getStartColumn(), place.getEndLine(), place.getEndColumn())
               : Range{};
}

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
          Code::NotChunked, culpritOf(next, source).value_or(rangeOf(next, source)),
          fmt::format("`{}` cannot be chunked, and the mixer says `require chunked`", next.getName().str()));
      if (std::string reason = reasonOf(next); !reason.empty())
        diagnostic.note(reason);
    }
  }
}

void warnSequential(ModuleOp module, const Source &source, DiagnosticList &diagnostics) {
  for (auto kernel : module.getOps<tile::KernelOp>()) {
    auto why = kernel->getAttrOfType<StringAttr>("why");
    auto mixer = module.lookupSymbol<mix::MixerOp>(kernel.getMixer());
    if (!why || !mixer)
      continue;
    std::optional<Range> place;
    std::string reason = why.str();
    if (SmallVector<mix::NextOp> updates = sequentialUpdates(mixer); !updates.empty()) {
      place = culpritOf(updates.front(), source);
      if (std::string found = reasonOf(updates.front()); !found.empty())
        reason = found;
    }
    diagnostics
        .add(Code::Sequential, place.value_or(rangeOf(mixer, source)),
             fmt::format("`{}` runs token by token", kernel.getMixer().str()))
        .note(reason)
        .help("`require chunked` in the mixer makes this an error");
  }
}

} // namespace mixc
