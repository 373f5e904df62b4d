#include "lowering/emit/Sizes.h"
#include "runtime/abi.h"
#include "llvm/Support/MathExtras.h"
#include <fmt/format.h>

using namespace llvm;
using mixc::tile::Role;

namespace mixc {
namespace {

const char *sequencesOf(const EntryInfo &entry) { return entry.kind == tile::Entry::Decode ? "batch" : "sequences"; }

/// A multiple of 64: what lies behind another begins at a cache line.
std::string toLine(const std::string &bytes) { return fmt::format("({} + 63) / 64 * 64", bytes); }

int64_t lineOf(int64_t bytes) { return static_cast<int64_t>(alignTo(bytes, 64)); }

void addTerm(std::string &sum, const std::string &term) { sum += (sum.empty() ? "" : " + ") + term; }

std::string rowsSaved(const TensorInfo &saved) {
  if (saved.segmentTokens == MIXRT_WHOLE_SEQUENCE)
    return "sequences";
  return saved.segmentTokens ? fmt::format("(batch * time / {} + sequences)", saved.segmentTokens) : "batch * time";
}

/// Of the states of a group that are updated in place, a copy for a thread.
int64_t copyBytes(const EntryInfo &entry) {
  int64_t bytes = 0;
  for (const TensorInfo &tensor : entry.tensors)
    if (tensor.perGroup && tensor.role == Role::State)
      bytes += lineOf(tensor.elements() * tensor.elementBytes());
  return bytes;
}

std::string replayedBytes(const TensorInfo &saved) {
  const int64_t row = 4 * saved.ownElements();
  if (saved.segmentTokens == MIXRT_WHOLE_SEQUENCE)
    return std::to_string(lineOf(row));
  const int64_t every = std::max<int64_t>(saved.segmentTokens, 1);
  return toLine(fmt::format("{} * ((longest + {}) / {})", row, every - 1, every));
}

} // namespace

std::string tensorBytes(const TensorInfo &tensor) {
  std::string text = std::to_string(tensor.elements() * tensor.elementBytes());
  if (tensor.isPerToken())
    text += " * batch * time";
  else if (!tensor.isParam())
    text += tensor.role == Role::State ? " * batch" : " * sequences";
  return text + (tensor.perGroup ? " * groups" : " * heads");
}

std::string savedBytes(const MixerInterface &mixer) {
  const EntryInfo *forward = mixer.entry(tile::Entry::Forward);
  if (!forward || !mixer.entry(tile::Entry::Backward))
    return "0";
  std::string sum;
  for (const TensorInfo &saved : forward->saved()) {
    if (sum.empty())
      sum = "64";
    addTerm(sum, toLine(fmt::format("{} * {} * heads", 4 * saved.ownElements(), rowsSaved(saved))));
  }
  return sum.empty() ? "0" : sum;
}

std::string workspaceBytes(const EntryInfo &entry, bool replays) {
  const int64_t scratch = replays ? std::max(entry.scratchBytes, entry.replay.scratchBytes) : entry.scratchBytes;
  std::string thread = std::to_string(lineOf(scratch) + copyBytes(entry)), sum;
  if (replays)
    for (const TensorInfo &saved : entry.saved())
      addTerm(thread, replayedBytes(saved));
  addTerm(sum, fmt::format("threads * ({})", thread));
  for (const TensorInfo &tensor : entry.tensors)
    if (tensor.isPartial)
      addTerm(sum, toLine(fmt::format("{} * {} * heads", 4 * tensor.ownElements(),
                                      tensor.isPerToken() ? "batch * time" : sequencesOf(entry))));
  return sum + " + 63";
}

} // namespace mixc
