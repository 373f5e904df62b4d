// What `saved` says of itself: 8 words before its tensors, so that backward works with what forward left for a call
// like its own, or not at all. Forward erases them before its first item and writes them after its last.
#include "runtime/call/Call.h"
#include "runtime/call/Status.h"
#include <inttypes.h>

using namespace mixrt;

namespace {

struct Head {
  uint64_t mark, fingerprint;
  int64_t batch, time, heads, groups, sequences;
  uint64_t starts; // of sequences, in one number; 0: there is no cu_seqlens
};
static_assert(sizeof(Head) == savedHeadBytes);

constexpr uint64_t mark = 0x646576617378696d; // "mixsaved"

uint64_t startsOf(const Call &call) {
  if (!call.cuSeqlens)
    return 0;
  uint64_t hash = 0xcbf29ce484222325; // FNV-1a, by words
  for (int64_t i = 0; i <= call.sequences; ++i) {
    hash = (hash ^ static_cast<uint64_t>(call.cuSeqlens[i])) * 0x100000001b3;
    hash ^= hash >> 32;
  }
  return hash | 1;
}

Head headOf(const Call &call) {
  return {mark,        call.entry.fingerprint, call.arguments.batch(), call.time, call.heads,
          call.groups, call.sequences,         startsOf(call)};
}

} // namespace

bool mixrt::usesSaved(const Call &call) { return call.savedBytes && call.arguments.saved(); }

void mixrt::eraseSavedHead(const Call &call) { __builtin_memset(call.arguments.saved(), 0, savedHeadBytes); }

void mixrt::writeSavedHead(const Call &call) {
  const Head head = headOf(call);
  __builtin_memcpy(call.arguments.saved(), &head, savedHeadBytes);
}

mix_status mixrt::checkSavedHead(const Call &call) {
  Head found;
  __builtin_memcpy(&found, call.arguments.saved(), savedHeadBytes);
  const Head wanted = headOf(call);
  if (found.mark != mark)
    return fail(MIX_BAD_SAVED, "saved holds nothing that a forward left");
  if (found.fingerprint != wanted.fingerprint)
    return fail(MIX_BAD_SAVED,
                "saved is of another mixer, or of one that was compiled with other dims, types or --keep");
  const struct {
    const char *name;
    int64_t found, wanted;
  } counts[] = {{"batch", found.batch, wanted.batch},
                {"time", found.time, wanted.time},
                {"heads", found.heads, wanted.heads},
                {"groups", found.groups, wanted.groups},
                {"sequences", found.sequences, wanted.sequences}};
  for (const auto &count : counts)
    if (count.found != count.wanted)
      return fail(MIX_BAD_SAVED, "saved is of a call with %s %" PRId64 ", and here it is %" PRId64, count.name,
                  count.found, count.wanted);
  if (found.starts != wanted.starts)
    return fail(MIX_BAD_SAVED, "saved is of a call %s cu_seqlens", found.starts ? "with other" : "without");
  return nullptr;
}
