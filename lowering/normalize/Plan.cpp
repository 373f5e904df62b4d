// One stratum after the other: normal form, rewriting of all that uses its states, or why there is none.
//
// A stratum succeeds if its updates have a normal form in one of its orientations and every later use of its states, in
// outputs, later updates and the directions of other components, becomes a read, early or late; the orientation with
// the fewest directions of late reads is taken, then that with the fewest writes and decays along the key axis. Where a
// later state takes a whole state (momentum: M[t] = a M[t-1] + S[t]), the two strata and all between them are tried as
// one component.
#include "lowering/normalize/Plan.h"
#include "lowering/Limits.h"
#include "lowering/Refusal.h"
#include "lowering/Rules.h"
#include "lowering/Slices.h"
#include "lowering/normalize/Expansion.h"
#include "lowering/normalize/Formula.h"
#include "llvm/ADT/DenseSet.h"

using namespace mlir;

namespace mixc::normalize {
using namespace mix;

namespace {

/// A place that holds a value over states: an operand of an output or update, or a slot of a planned component.
struct Root {
  Operation *op = nullptr; // mix.output or mix.next
  Value *slot = nullptr;   // or of a component

  Value get() const { return op ? op->getOperand(0) : *slot; }
  void set(Value value) const {
    if (op)
      op->setOperand(0, value);
    else
      *slot = value;
  }
};

class Planner {
public:
  Planner(MixerOp mixer, Expressions &expressions) : mixer(mixer), e(expressions), strata(findStrata(mixer)) {}

  FailureOr<std::vector<NormalForm>> run() {
    components.reserve(strata.states.size() + 1); // roots point into them
    llvm::BitVector solved(strata.states.size());
    unsigned ordinal = 0;
    for (SmallVector<unsigned> group : strata.groups) {
      if (solved.test(group[0]))
        continue;
      if (std::optional<Obstacle> obstacle = solve(group)) {
        if (obstacle->kind == Obstacle::Number)
          return needsNumber(*obstacle);
        markSequential(group, *obstacle, ordinal);
      }
      for (unsigned s : group)
        solved.set(s);
      ++ordinal;
    }
    return std::move(components);
  }

private:
  /// Solves `group`, and grows it by the states that take its own whole. Returns why it cannot be solved.
  std::optional<Obstacle> solve(SmallVector<unsigned> &group) {
    std::optional<unsigned> taker;
    std::optional<Obstacle> first = attempt(group, taker), obstacle = first;
    SmallVector<unsigned> grown = group;
    while (obstacle && taker) {
      SmallVector<unsigned> next = strata.joined(grown, groupOf(*taker));
      if (next.size() == grown.size() || orientations(next).empty())
        break;
      grown = next;
      obstacle = attempt(grown, taker);
      if (!obstacle)
        countRule("states that take each other whole are one component");
    }
    if (!obstacle)
      group = grown;
    return obstacle ? first : std::nullopt;
  }

  ArrayRef<unsigned> groupOf(unsigned state) const {
    return *llvm::find_if(strata.groups, [&](ArrayRef<unsigned> group) { return llvm::is_contained(group, state); });
  }

  StateOp state(unsigned s) const { return strata.states[s]; }

  /// The dim of the value axis of state s, turned or not; a vector state has none.
  ArrayRef<Dim> valueOf(unsigned s, bool turned) const {
    ArrayRef<Dim> dims = typeOf(state(s).getResult()).getDims();
    return dims.size() < 2 ? ArrayRef<Dim>() : turned ? dims.drop_front() : dims.drop_back();
  }

  /// Which of the states to turn so that they share the value axis: none, all, or, of a few, some.
  SmallVector<llvm::BitVector> orientations(ArrayRef<unsigned> group) const {
    constexpr unsigned few = 4;
    unsigned n = group.size();
    SmallVector<llvm::BitVector> all = {llvm::BitVector(n), llvm::BitVector(n, true)};
    for (unsigned mask = 1; n <= few && mask + 1 < 1u << n; ++mask) {
      all.emplace_back(n);
      for (unsigned i = 0; i < n; ++i)
        all.back()[i] = mask >> i & 1;
    }
    bool isVector = typeOf(state(group[0]).getResult()).isVector();
    llvm::erase_if(all, [&](const llvm::BitVector &turned) {
      if (isVector && turned.any())
        return true;
      for (auto [i, s] : llvm::enumerate(group))
        if (typeOf(state(s).getResult()).isScalar() || valueOf(s, turned[i]) != valueOf(group[0], turned[0]))
          return true;
      return false;
    });
    return all;
  }

  /// A way to solve a stratum.
  struct Solution {
    NormalForm form;
    SmallVector<Value> users; // the roots, rewritten
  };

  std::optional<Obstacle> attempt(ArrayRef<unsigned> group, std::optional<unsigned> &taker) {
    taker.reset();
    StateOp head = state(group[0]);
    if (group.size() > limits::mixed)
      return Obstacle{Obstacle::Other,
                      std::to_string(group.size()) + " states take each other, `" + head.getName().str() +
                          "` among them: more than " + std::to_string(limits::mixed) + " have no chunk form",
                      head, "fewer states that take each other can be chunked"};
    if (typeOf(head.getResult()).isScalar())
      return Obstacle{Obstacle::Other,
                      "`" + head.getName().str() + "` is a scalar, not a memory that is read along vectors", head};
    std::optional<Obstacle> why;
    std::optional<Solution> best;
    for (const llvm::BitVector &turned : orientations(group)) {
      bool isMixed = turned.any() && !turned.all();
      if (best && isMixed && (best->form.turned.none() || best->form.turned.all()))
        break;
      std::optional<unsigned> takes;
      Outcome<Solution> solution = attempt(group, turned, takes);
      if (solution) {
        if (!best || solution->form.cost() < best->form.cost())
          best = *solution;
      } else if (!why || (!isMixed && why->kind == Obstacle::Axis && solution.obstacle().kind != Obstacle::Axis)) {
        // An orientation that is wrong throughout says nothing about what is wrong with the right one.
        why = solution.obstacle();
      }
      if (!solution && !takes && solution.obstacle().added)
        takes = openStateIn(solution.obstacle().added);
      if (!taker)
        taker = takes;
    }
    if (best) {
      commit(group, *best);
      return std::nullopt;
    }
    if (!why)
      return Obstacle{Obstacle::Other, "`" + head.getName().str() + "` and states of other shapes need each other",
                      head};
    return why;
  }

  /// A matrix state that is not solved yet and that this matrix is a sum of, among others.
  std::optional<unsigned> openStateIn(Value matrix) const {
    SmallVector<Value> pending = {matrix};
    llvm::DenseSet<Value> seen;
    while (!pending.empty()) {
      Value value = pending.pop_back_val();
      Operation *op = value.getDefiningOp();
      if (!typeOf(value).isMatrix() || !seen.insert(value).second)
        continue;
      for (unsigned s = 0; s < strata.states.size(); ++s)
        if (state(s) == op && strata.nexts[s])
          return s;
      llvm::append_range(pending, op->getOperands());
    }
    return std::nullopt;
  }

  Outcome<Solution> attempt(ArrayRef<unsigned> group, const llvm::BitVector &turned, std::optional<unsigned> &taker) {
    SmallVector<StateOp> states;
    SmallVector<NextOp> nexts;
    for (unsigned s : group) {
      states.push_back(strata.states[s]);
      nexts.push_back(strata.nexts[s]);
    }
    Linearity linearity(e, states, turned, dependents(states));
    Outcome<NormalForm> form = normalForm(linearity, nexts, components);
    if (!form)
      return form.obstacle();

    linearity.allowLate();
    SmallVector<Root> users = roots(nexts);
    SmallVector<Value> before, after;
    for (Root user : users) {
      Outcome<Value> lifted = linearity.local(user.get());
      if (!lifted)
        return userObstacle(user, lifted.obstacle(), linearity, taker);
      before.push_back(user.get());
      after.push_back(*lifted);
    }
    form->reads.assign(linearity.reads().begin(), linearity.reads().end());
    form->late = usedIn(linearity.lateReads(), after);
    form->lateDirections = Expansion(linearity, components).lateDirections(form->late);
    setAll(users, after);
    for (const auto &[other, read] : form->fromOthers)
      components[other].reads.push_back(read);
    components.push_back(*form);
    std::optional<Obstacle> circle = findCircle();
    components.pop_back();
    for (const auto &[other, read] : llvm::reverse(form->fromOthers))
      components[other].reads.pop_back();
    setAll(users, before);
    if (circle)
      return *circle;
    return Solution{*form, after};
  }

  void commit(ArrayRef<unsigned> group, const Solution &solution) {
    SmallVector<NextOp> nexts;
    for (unsigned s : group)
      nexts.push_back(strata.nexts[s]);
    setAll(roots(nexts), solution.users);
    for (const auto &[other, read] : solution.form.fromOthers)
      components[other].reads.push_back(read);
    components.push_back(solution.form);
    for (NextOp next : nexts)
      next.erase();
    for (unsigned s : group)
      strata.nexts[s] = {};
  }

  static void setAll(ArrayRef<Root> roots, ArrayRef<Value> values) {
    for (auto [root, value] : llvm::zip_equal(roots, values))
      root.set(value);
  }

  /// Those of `values` that occur in `roots`.
  static SmallVector<Value> usedIn(ArrayRef<Value> values, ArrayRef<Value> roots) {
    const llvm::DenseSet<Value> slice = backwardSlice(SmallVector<Value>(roots));
    SmallVector<Value> used(values);
    llvm::erase_if(used, [&](Value value) { return !slice.contains(value); });
    return used;
  }

  SmallVector<Root> roots(ArrayRef<NextOp> except) {
    SmallVector<Root> result;
    for (Operation &op : mixer.step())
      if (isa<OutputOp>(op) || (isa<NextOp>(op) && !llvm::is_contained(except, cast<NextOp>(op))))
        result.push_back({.op = &op});
    for (NormalForm &component : components)
      for (Value *slot : component.operands(/*withWrites=*/true))
        result.push_back({.slot = slot});
    return result;
  }

  /// Why a user of the states cannot do with reads; `taker` is the later state that takes one whole, if that is it.
  Obstacle userObstacle(Root user, Obstacle obstacle, Linearity &linearity, std::optional<unsigned> &taker) {
    auto next = dyn_cast_or_null<NextOp>(user.op);
    if (next && obstacle.kind == Obstacle::Whole)
      taker = std::distance(strata.nexts.begin(), llvm::find(strata.nexts, next));
    // A sum that is linear in the state is as it should be; what takes it whole is not.
    if (std::optional<std::string> state = user.op ? linearity.wholeState(user.get()) : std::nullopt)
      return {Obstacle::Whole, linearity.takesWhole(quoted(user.op), *state), user.op, kProducts};
    return obstacle;
  }

  /// The components that reads and states belong to.
  using Owners = llvm::DenseMap<Value, unsigned>;
  Owners owners() const {
    Owners result;
    for (auto [index, component] : llvm::enumerate(components)) {
      for (const Read &read : component.reads)
        result.try_emplace(read.node, index);
      for (StateOp state : component.states)
        result.try_emplace(state->getResult(0), index);
    }
    return result;
  }

  /// Is what `isGoal` names among what these values are computed from, through components and through time?
  bool reaches(const Owners &owners, SmallVector<Value> pending, llvm::function_ref<bool(Value)> isGoal) {
    llvm::DenseSet<Value> seen;
    while (!pending.empty()) {
      Value value = pending.pop_back_val();
      if (!seen.insert(value).second)
        continue;
      if (isGoal(value))
        return true;
      Operation *op = value.getDefiningOp();
      if (isa<StateOp, UnrealizedConversionCastOp>(op)) {
        if (auto owner = owners.find(value); owner != owners.end()) {
          for (Value *slot : components[owner->second].operands(/*withWrites=*/true))
            pending.push_back(*slot);
          continue;
        }
        if (auto known = llvm::find(strata.states, op); known != strata.states.end())
          if (NextOp next = strata.nexts[std::distance(strata.states.begin(), known)])
            pending.push_back(next.getValue());
      }
      llvm::append_range(pending, op->getOperands());
    }
    return false;
  }

  /// Other states, and reads of other components, that depend on these states.
  SmallVector<Value> dependents(ArrayRef<StateOp> states) {
    llvm::DenseMap<Value, SmallVector<unsigned, 1>> takers; // components whose slots hold a value
    for (auto [index, component] : llvm::enumerate(components))
      for (Value *slot : component.operands(/*withWrites=*/true))
        takers[*slot].push_back(index);
    llvm::DenseMap<Operation *, unsigned> stateOf; // by what updates it
    for (auto [s, next] : llvm::enumerate(strata.nexts))
      if (next)
        stateOf[next] = s;
    llvm::DenseSet<Value> reached;
    SmallVector<Value> pending;
    for (StateOp own : states)
      pending.push_back(own.getResult());
    while (!pending.empty()) {
      Value value = pending.pop_back_val();
      if (!reached.insert(value).second)
        continue;
      if (auto taking = takers.find(value); taking != takers.end())
        for (unsigned index : taking->second) {
          for (StateOp state : components[index].states)
            pending.push_back(state.getResult());
          for (const Read &read : components[index].reads)
            pending.push_back(read.node);
        }
      for (Operation *user : value.getUsers()) {
        llvm::append_range(pending, user->getResults());
        if (auto next = stateOf.find(user); next != stateOf.end())
          pending.push_back(state(next->second).getResult());
      }
    }
    SmallVector<Value> leaves;
    for (StateOp other : strata.states)
      if (!llvm::is_contained(states, other) && reached.contains(other.getResult()))
        leaves.push_back(other.getResult());
    for (NormalForm &component : components)
      for (Read &read : component.reads)
        if (reached.contains(read.node))
          leaves.push_back(read.node);
    return leaves;
  }

  /// What must be known before something of the last component is, at this token and at earlier ones, must not depend
  /// on it: directions, gates and transitions before its states are read, its write values other than by its own reads,
  /// the vectors of late reads before these.
  std::optional<Obstacle> findCircle() {
    unsigned last = components.size() - 1;
    NormalForm &form = components[last];
    const Owners owners = this->owners();
    auto isOwn = [&](Value value) {
      auto owner = owners.find(value);
      return owner != owners.end() && owner->second == last;
    };
    SmallVector<Value> before;
    for (Value *slot : form.operands(/*withWrites=*/false))
      before.push_back(*slot);
    llvm::DenseSet<Value> seen;
    SmallVector<Value> pending;
    for (Write &write : form.writes)
      pending.push_back(write.value);
    while (!pending.empty()) {
      Value value = pending.pop_back_val();
      Operation *op = value.getDefiningOp();
      if (isa<StateOp, UnrealizedConversionCastOp>(op) && !isOwn(value))
        before.push_back(value); // what other components and states give to the writes
      if (seen.insert(value).second)
        llvm::append_range(pending, op->getOperands());
    }
    bool circle = reaches(owners, before, isOwn);
    for (Value late : form.late)
      for (Value operand : late.getDefiningOp()->getOperands())
        circle |= !isOwn(operand) && !operand.getDefiningOp<TransposeOp>() &&
                  reaches(owners, {operand}, [&](Value value) { return value == late; });
    if (!circle)
      return std::nullopt;
    StateOp state = form.states[0];
    return Obstacle{Obstacle::Other,
                    "`" + state.getName().str() + "` is read along a vector that depends on what is read from it",
                    state, kFreeReads};
  }

  /// Reports a product over a dim without a number.
  static LogicalResult needsNumber(const Obstacle &obstacle) {
    InFlightDiagnostic error = refuse(obstacle.culprit->getLoc(), "MIX0119")
                               << "`" << obstacle.reason << "` has no number, and " << quoted(obstacle.culprit)
                               << " is so many reads or writes";
    helpOf(error) << "say `-D " << obstacle.reason << "=2`, for instance, or give the dim a default";
    return error;
  }

  void markSequential(ArrayRef<unsigned> group, const Obstacle &obstacle, unsigned ordinal) {
    Builder builder(mixer.getContext());
    std::string function = inside(obstacle.culprit);
    std::string help = function.empty() ? obstacle.help : "gates that depend on the inputs alone would make it a scan";
    for (unsigned s : group) {
      NextOp next = strata.nexts[s];
      next->setAttr("mix.sequential", builder.getStringAttr(obstacle.reason + function));
      if (auto place = obstacle.culprit->getLoc()->findInstanceOf<FileLineColRange>())
        next->setAttr("mix.culprit", place);
      if (!help.empty())
        next->setAttr("mix.help", builder.getStringAttr(help));
      next->setAttr(stratumAttr, builder.getI64IntegerAttr(ordinal));
    }
  }

  /// The function that the culprit stands in, if it is what keeps the mixing from being affine.
  static std::string inside(Operation *culprit) {
    Operation *op = culprit;
    while (op->getNumResults() == 1 && !op->getResult(0).use_empty()) {
      op = *op->getResult(0).user_begin();
      if (auto unary = dyn_cast<UnaryOp>(op); unary && unary.getKind() != UnaryKind::Neg)
        return isa<MatmulOp>(culprit) ? " inside `" + stringifyUnaryKind(unary.getKind()).str() + "`" : "";
      if (!isa<BinaryOp, UnaryOp, SelectOp>(op))
        break;
    }
    return "";
  }

  MixerOp mixer;
  Expressions &e;
  Strata strata;
  std::vector<NormalForm> components;
};

} // namespace

FailureOr<std::vector<NormalForm>> planComponents(MixerOp mixer, Expressions &expressions) {
  return Planner(mixer, expressions).run();
}

} // namespace mixc::normalize
