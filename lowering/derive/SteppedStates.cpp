// What of a mixer's token stands inside the steps, what leaves them, and the steps.
#include "lowering/derive/SteppedStates.h"
#include "lowering/Rules.h"
#include "lowering/Slices.h"
#include "lowering/derive/StepScope.h"
#include "lowering/normalize/Strata.h"

using namespace mlir;
using namespace mixc;
using namespace mixc::derive;

static mix::TensorType typeOf(Value value) { return cast<mix::TensorType>(value.getType()); }

SteppedStates::SteppedStates(mix::MixerOp mixer, SmallVector<Member> all, ArrayRef<Value> later)
    : members(std::move(all)), beyond(later.begin(), later.end()) {
  findDependents(mixer.step());
  findInside(mixer.step());
  findCuts(mixer.step());
}

void SteppedStates::findDependents(Block &step) {
  for (const Member &member : members)
    dependent.insert(member.state);
  auto isIn = [](const DenseSet<Value> &set) { return [&set](Value x) { return set.contains(x); }; };
  // A component takes values by its operands and in its region.
  auto takes = [&](Operation &op, const DenseSet<Value> &set) {
    bool found = llvm::any_of(op.getOperands(), isIn(set));
    op.walk([&](Operation *inner) { found |= llvm::any_of(inner->getOperands(), isIn(set)); });
    return found;
  };
  auto nextOf = [&](mix::StateOp state) {
    for (auto next : step.getOps<mix::NextOp>())
      if (next.getName() == state.getName())
        return next;
    return mix::NextOp();
  };
  std::pair<size_t, size_t> before;
  auto sizes = [&] { return std::pair<size_t, size_t>(dependent.size(), beyond.size()); };
  do {
    before = sizes();
    for (Operation &op : step) {
      bool isBeyond = takes(op, beyond), depends = takes(op, dependent);
      if (isa<mix::ComponentOp>(op))
        isBeyond |= depends;
      if (auto state = dyn_cast<mix::StateOp>(op); state && !dependent.contains(state.getResult()))
        if (mix::NextOp next = nextOf(state))
          isBeyond = dependent.contains(next.getValue()) || beyond.contains(next.getValue());
      for (Value result : op.getResults())
        if (isBeyond)
          beyond.insert(result), dependent.erase(result);
        else if (depends)
          dependent.insert(result);
    }
  } while (sizes() != before);
}

void SteppedStates::findInside(Block &step) {
  SmallVector<Value> pending;
  for (const Member &member : members)
    pending.push_back(member.next->getOperand(0));
  auto isMatrix = [&](Value x) { return dependent.contains(x) && typeOf(x).isMatrix(); };
  for (Operation &op : step)
    if (op.getNumResults() == 1 && dependent.contains(op.getResult(0)) && llvm::any_of(op.getOperands(), isMatrix))
      pending.push_back(op.getResult(0));
  walkBack(std::move(pending), [&](Value value) {
    return dependent.contains(value) && !value.getDefiningOp<mix::StateOp>() && inside.insert(value).second;
  });
}

void SteppedStates::findCuts(Block &step) {
  auto isOurs = [&](Operation *user) {
    return llvm::any_of(members, [&](const Member &member) { return member.next == user; }) ||
           (user->getNumResults() == 1 && inside.contains(user->getResult(0)));
  };
  for (Operation &op : step)
    for (Value value : op.getResults()) {
      bool isHere = inside.contains(value) || llvm::any_of(members, [&](const Member &m) { return m.state == value; });
      if (isHere &&
          llvm::any_of(value.getUsers(), [&](Operation *user) { return !isOurs(step.findAncestorOpInBlock(*user)); }))
        cuts.insert(value);
    }
}

bool SteppedStates::takesMatrixOf(const SteppedStates &other) const {
  if (llvm::none_of(other.cuts, [](Value cut) { return typeOf(cut).isMatrix(); }))
    return false;
  SmallVector<Value> roots(inside.begin(), inside.end());
  for (const Member &member : members)
    roots.push_back(member.next->getOperand(0));
  return reachesBack(
      std::move(roots), [&](Value value) { return other.cuts.contains(value) && typeOf(value).isMatrix(); },
      [](Value value) { return !value.getDefiningOp<mix::ComponentOp>(); });
}

bool SteppedStates::takes(const SteppedStates &other) const {
  auto isOthers = [&](Value value) { return other.dependent.contains(value); };
  return dependOn(other) || llvm::any_of(inside, [&](Value value) {
           return llvm::any_of(value.getDefiningOp()->getOperands(), isOthers);
         });
}

bool SteppedStates::dependOn(const SteppedStates &other) const {
  return llvm::any_of(members, [&](const Member &member) {
    Value next = member.next->getOperand(0);
    return other.dependent.contains(next) || other.beyond.contains(next);
  });
}

bool SteppedStates::canStep() const {
  return llvm::none_of(members, [&](const Member &member) { return beyond.contains(member.next->getOperand(0)); });
}

Axes SteppedStates::axesOf(Value value, TokenLocal &local) const {
  for (const Member &member : members)
    if (value == member.state || value == member.next->getOperand(0))
      return member.axes;
  if (typeOf(value).isMatrix())
    return local.axesOfMatrix(value);
  return typeOf(value).isVector() ? Axes{local.axisOf(value)} : Axes{};
}

void SteppedStates::build(ProgramParts parts) {
  countRule(members.size() == 1 ? "one state, stepped" : "states that need each other, stepped");
  if (!beyond.empty())
    countRule("a component that reads stepped states");
  StepScope scope(parts, [this](Value value) { return dependent.contains(value); });
  for (const Member &member : members)
    scope.bind(member.state, scope.carry(member.before), member.axes);
  for (auto [i, member] : llvm::enumerate(members)) {
    parts.tiles.setLoc(member.next.getLoc());
    scope.setNext(i, scope.emit(member.next->getOperand(0), member.axes));
  }
  SmallVector<unsigned> numbers;
  for (Value value : cuts)
    numbers.push_back(scope.stack(scope.emit(value, axesOf(value, parts.local))));
  steps = scope.build();
  for (auto [value, number] : llvm::zip(cuts, numbers))
    results[value] = {steps.getResult(number), axesOf(value, parts.local)};
}

std::pair<Value, Axes> SteppedStates::stacked(Value value, ProgramParts parts) {
  if (!steps)
    build(parts);
  return results.lookup(value);
}

Value SteppedStates::next(unsigned i, ProgramParts parts) {
  if (!steps)
    build(parts);
  return steps.getResult(i);
}

//===-- Which states step together ------------------------------------------------------------------------------===//

namespace {

using Units = SmallVector<std::unique_ptr<SteppedStates>>;

/// Steps all of `numbers` together, if they can; then they stand where the first of them stood.
bool stepTogether(mix::MixerOp mixer, Units &units, SmallVector<unsigned> numbers) {
  llvm::sort(numbers);
  SmallVector<SteppedStates::Member> members;
  for (unsigned u : numbers)
    llvm::append_range(members, units[u]->getMembers());
  auto together = std::make_unique<SteppedStates>(mixer, std::move(members));
  if (!together->canStep())
    return false;
  units[numbers.front()] = std::move(together);
  for (unsigned u : llvm::reverse(ArrayRef(numbers).drop_front()))
    units.erase(units.begin() + u);
  return true;
}

/// Finds two units that had better be one, and makes them one.
bool joinTwo(mix::MixerOp mixer, Units &units) {
  for (unsigned i = 0; i < units.size(); ++i)
    for (unsigned j = 0; j < units.size(); ++j) {
      bool isEither = i < j && units[i]->takes(*units[j]) && units[j]->takes(*units[i]);
      if (i == j || !(isEither || units[i]->takesMatrixOf(*units[j])))
        continue;
      SmallVector<unsigned> both{i, j}, all{i, j};
      for (unsigned k = 0; k < units.size(); ++k)
        if (k != i && k != j && units[k]->dependOn(*units[j]) && units[i]->dependOn(*units[k]))
          all.push_back(k);
      if (!stepTogether(mixer, units, both) && !stepTogether(mixer, units, all))
        continue;
      countRule("a state that takes another's matrix steps with it");
      return true;
    }
  return false;
}

/// An order in which each unit takes of those before it alone; false if there is none.
bool canFollow(const Units &units) {
  llvm::BitVector done(units.size());
  for (unsigned round = 0; round < units.size() && !done.all(); ++round)
    for (unsigned u = 0; u < units.size(); ++u) {
      bool waits = llvm::any_of(llvm::seq<unsigned>(0, units.size()), [&](unsigned other) {
        return other != u && !done.test(other) && units[u]->takes(*units[other]);
      });
      if (!waits)
        done.set(u);
    }
  return done.all();
}

/// The same units, in an order of their states in which what takes several of them is for the last.
void leaveToLast(mix::MixerOp mixer, Units &units) {
  Units ordered;
  while (!units.empty())
    for (unsigned u = 0; u < units.size(); ++u) {
      if (llvm::any_of(units, [&](const auto &other) { return other != units[u] && units[u]->dependOn(*other); }))
        continue;
      ordered.push_back(std::move(units[u]));
      units.erase(units.begin() + u);
      break;
    }
  SmallVector<Value> later;
  for (auto &unit : llvm::reverse(ordered)) {
    unit = std::make_unique<SteppedStates>(mixer, SmallVector<SteppedStates::Member>(unit->getMembers()), later);
    for (const SteppedStates::Member &member : unit->getMembers())
      later.push_back(member.state);
  }
  units = std::move(ordered);
}

} // namespace

SmallVector<std::unique_ptr<SteppedStates>>
derive::findSteppedStates(mix::MixerOp mixer, function_ref<SteppedStates::Member(mix::NextOp)> memberOf) {
  std::map<int64_t, SmallVector<SteppedStates::Member>> strata; // in the order of solving
  for (auto state : mixer.step().getOps<mix::StateOp>())
    for (auto next : mixer.step().getOps<mix::NextOp>())
      if (next.getName() == state.getName())
        strata[*normalize::stratumOf(next)].push_back(memberOf(next));
  Units units;
  for (auto &[number, members] : strata)
    units.push_back(std::make_unique<SteppedStates>(mixer, std::move(members)));
  while (joinTwo(mixer, units)) {
  }
  if (!canFollow(units))
    leaveToLast(mixer, units);
  return units;
}
