// "did you mean": the known name nearest to an unknown one.
#ifndef MIXC_FRONTEND_SEMA_SUGGEST_H
#define MIXC_FRONTEND_SEMA_SUGGEST_H

#include "llvm/ADT/StringRef.h"
#include <string>
#include <vector>

namespace mixc {

/// Empty if none is near: at most a third of the letters may differ.
inline std::string nearest(llvm::StringRef name, const std::vector<std::string> &known) {
  std::string best;
  unsigned bestDistance = std::max<unsigned>(1, name.size() / 3) + 1;
  if (name.size() > 64)
    return best;
  for (const std::string &candidate : known) {
    if (candidate.size() > 64)
      continue;
    // A different case is the nearest of all, also for names of one letter.
    unsigned distance = name.equals_insensitive(candidate) ? 0 : name.edit_distance(candidate, true, bestDistance);
    if (distance >= bestDistance || (distance > 0 && distance >= std::max(name.size(), candidate.size())))
      continue;
    best = candidate, bestDistance = distance;
  }
  return best;
}

} // namespace mixc

#endif
