// One stratum after the other: normal form, rewriting of all that uses its states, or why there is none.
//
// A stratum succeeds if its updates have a normal form in one of the two orientations and every later use of its
// states, in outputs, later updates and the directions of other components, becomes a read. Where a later state takes a
// whole state (momentum: M[t] = a M[t-1] + S[t]), the two strata and all between them are tried as one component.
#include "lowering/normalize/Plan.h"
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

  SmallVector<NormalForm> run() {
    llvm::BitVector solved(strata.states.size());
    unsigned ordinal = 0;
    for (SmallVector<unsigned> group : strata.groups) {
      if (solved.test(group[0]))
        continue;
      if (std::optional<Obstacle> obstacle = solve(group))
        markSequential(group, *obstacle, ordinal);
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
      if (next.size() == grown.size() || !sameShape(next))
        break;
      grown = next;
      obstacle = attempt(grown, taker);
    }
    if (!obstacle)
      group = grown;
    return obstacle ? first : std::nullopt;
  }

  ArrayRef<unsigned> groupOf(unsigned state) const {
    return *llvm::find_if(strata.groups, [&](ArrayRef<unsigned> group) { return llvm::is_contained(group, state); });
  }

  bool sameShape(ArrayRef<unsigned> group) const {
    return llvm::all_equal(llvm::map_range(group, [&](unsigned s) { return typeOf(state(s).getResult()).getDims(); }));
  }

  StateOp state(unsigned s) const { return strata.states[s]; }

  std::optional<Obstacle> attempt(ArrayRef<unsigned> group, std::optional<unsigned> &taker) {
    taker.reset();
    StateOp head = state(group[0]);
    TensorType type = typeOf(head.getResult());
    if (!sameShape(group))
      return Obstacle{Obstacle::Other, "`" + head.getName().str() + "` and states of other shapes need each other",
                      head};
    if (type.isScalar())
      return Obstacle{Obstacle::Other,
                      "`" + head.getName().str() + "` is a scalar, not a memory that is read along vectors", head};
    std::optional<Obstacle> why = attempt(group, /*turned=*/false, taker);
    if (!why || type.isVector())
      return why;
    std::optional<unsigned> turnedTaker;
    std::optional<Obstacle> turnedWhy = attempt(group, /*turned=*/true, turnedTaker);
    // An orientation that is wrong throughout says nothing about what is wrong with the right one.
    bool turnedSaysMore = !turnedWhy || (why->kind == Obstacle::Axis && turnedWhy->kind != Obstacle::Axis);
    if (turnedSaysMore)
      taker = turnedTaker;
    return turnedSaysMore ? turnedWhy : why;
  }

  std::optional<Obstacle> attempt(ArrayRef<unsigned> group, bool turned, std::optional<unsigned> &taker) {
    SmallVector<StateOp> states;
    SmallVector<NextOp> nexts;
    for (unsigned s : group) {
      states.push_back(strata.states[s]);
      nexts.push_back(strata.nexts[s]);
    }
    Linearity linearity(e, states, turned);
    Outcome<NormalForm> form = normalForm(linearity, nexts);
    if (!form)
      return form.obstacle();

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
    for (auto [user, value] : llvm::zip_equal(users, after))
      user.set(value);
    components.push_back(*form);
    if (std::optional<Obstacle> circle = findCircle()) {
      components.pop_back();
      for (auto [user, value] : llvm::zip_equal(users, before))
        user.set(value);
      return circle;
    }
    for (NextOp next : nexts)
      next.erase();
    for (unsigned s : group)
      strata.nexts[s] = {};
    return std::nullopt;
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
      return {Obstacle::Whole, linearity.takesWhole(quoted(user.op), *state), user.op};
    return obstacle;
  }

  /// Directions, gates and transitions must be known before the component's states are read, at this token and at
  /// earlier ones: does anything that enters the last component depend on it, through others or through time?
  std::optional<Obstacle> findCircle() {
    llvm::DenseMap<Value, unsigned> componentOf, stateOf;
    for (auto [index, component] : llvm::enumerate(components)) {
      for (Read &read : component.reads)
        componentOf[read.node] = index;
      for (StateOp state : component.states)
        componentOf[state.getResult()] = index;
    }
    for (auto [index, state] : llvm::enumerate(strata.states))
      stateOf[state.getResult()] = index;

    unsigned last = components.size() - 1;
    llvm::DenseSet<Value> seen;
    SmallVector<Value> pending;
    for (Value *slot : components[last].operands(/*withWrites=*/false))
      pending.push_back(*slot);
    while (!pending.empty()) {
      Value value = pending.pop_back_val();
      if (!seen.insert(value).second)
        continue;
      if (auto component = componentOf.find(value); component != componentOf.end()) {
        if (component->second == last) {
          StateOp state = components[last].states[0];
          return Obstacle{Obstacle::Other,
                          "`" + state.getName().str() + "` is read along a vector that depends on what is read from it",
                          state};
        }
        for (Value *slot : components[component->second].operands(/*withWrites=*/true))
          pending.push_back(*slot);
      } else if (auto state = stateOf.find(value); state != stateOf.end()) {
        if (NextOp next = strata.nexts[state->second])
          pending.push_back(next.getValue());
      } else if (Operation *op = value.getDefiningOp()) {
        llvm::append_range(pending, op->getOperands());
      }
    }
    return std::nullopt;
  }

  void markSequential(ArrayRef<unsigned> group, const Obstacle &obstacle, unsigned ordinal) {
    Builder builder(mixer.getContext());
    for (unsigned s : group) {
      NextOp next = strata.nexts[s];
      next->setAttr("mix.sequential", builder.getStringAttr(obstacle.reason + inside(obstacle.culprit)));
      next->setAttr("mix.culprit", builder.getStringAttr(place(obstacle.culprit)));
      next->setAttr("mix.stratum", builder.getI64IntegerAttr(ordinal));
    }
  }

  /// The function that the culprit stands in, if it is what keeps the mixing from being affine.
  static std::string inside(Operation *culprit) {
    Operation *op = culprit;
    while (op->getNumResults() == 1 && !op->getResult(0).use_empty()) {
      op = *op->getResult(0).user_begin();
      if (auto unary = dyn_cast<UnaryOp>(op); unary && unary.getKind() != UnaryKind::Neg)
        return isa<MatmulOp>(culprit) ? " inside `" + stringifyUnaryKind(unary.getKind()).str() + "`" : "";
      if (!isa<BinaryOp, UnaryOp>(op))
        break;
    }
    return "";
  }

  MixerOp mixer;
  Expressions &e;
  Strata strata;
  SmallVector<NormalForm> components;
};

} // namespace

SmallVector<NormalForm> planComponents(MixerOp mixer, Expressions &expressions) {
  return Planner(mixer, expressions).run();
}

} // namespace mixc::normalize
