// Strongly connected components by transitive closure, on bits; of those that are ready the one with the first state is
// next.
#include "lowering/normalize/Strata.h"
#include "lowering/Slices.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/StringMap.h"

using namespace mlir;

namespace mixc::normalize {
using namespace mix;

Strata findStrata(MixerOp mixer) {
  Strata strata;
  llvm::StringMap<NextOp> nextOf;
  for (NextOp next : mixer.getOps<NextOp>())
    nextOf[next.getName()] = next;
  llvm::DenseMap<Value, unsigned> index;
  for (StateOp state : mixer.getOps<StateOp>()) {
    NextOp next = nextOf.lookup(state.getName());
    if (!next)
      continue;
    index[state.getResult()] = strata.states.size();
    strata.states.push_back(state);
    strata.nexts.push_back(next);
  }
  unsigned count = strata.states.size();

  for (NextOp next : strata.nexts) {
    llvm::BitVector needs(count);
    walkBack({next.getValue()}, [&](Value value) {
      auto state = index.find(value);
      if (state != index.end())
        needs.set(state->second);
      return state == index.end();
    });
    strata.needs.push_back(needs);
  }
  for (unsigned through = 0; through < count; ++through)
    for (unsigned s = 0; s < count; ++s)
      if (strata.needs[s].test(through))
        strata.needs[s] |= strata.needs[through];

  // The groups, by their first state; of each, what it needs besides itself.
  SmallVector<SmallVector<unsigned>> groups;
  SmallVector<llvm::BitVector> open;
  llvm::BitVector placed(count);
  for (unsigned s = 0; s < count; ++s) {
    if (placed.test(s))
      continue;
    SmallVector<unsigned> group;
    open.push_back(strata.needs[s]);
    for (unsigned r = s; r < count; ++r)
      if (r == s || (strata.needs[s].test(r) && strata.needs[r].test(s))) {
        group.push_back(r);
        placed.set(r);
        open.back().reset(r);
      }
    groups.push_back(std::move(group));
  }
  llvm::BitVector done(count), isTaken(groups.size());
  while (strata.groups.size() < groups.size())
    for (auto [g, group] : llvm::enumerate(groups)) {
      if (isTaken.test(g) || open[g].test(done)) // something that it needs is not done
        continue;
      isTaken.set(g);
      for (unsigned r : group)
        done.set(r);
      strata.groups.push_back(group);
      break;
    }
  return strata;
}

std::optional<int64_t> stratumOf(NextOp next) {
  auto number = next->getAttrOfType<IntegerAttr>(stratumAttr);
  return number ? std::optional(number.getInt()) : std::nullopt;
}

SmallVector<unsigned> Strata::joined(ArrayRef<unsigned> first, ArrayRef<unsigned> second) const {
  SmallVector<unsigned> all(first);
  for (unsigned s = 0; s < states.size(); ++s) {
    bool after = llvm::any_of(first, [&](unsigned f) { return needs[s].test(f); });
    bool before = llvm::any_of(second, [&](unsigned l) { return needs[l].test(s); });
    if (llvm::is_contained(second, s) || (after && before))
      if (!llvm::is_contained(all, s))
        all.push_back(s);
  }
  llvm::sort(all);
  return all;
}

} // namespace mixc::normalize
