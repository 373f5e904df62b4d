// Collects the terms of every state's update into transition, gate and writes, with the fewest writes.
//
//     w x' + v x'  -> (w + v) x'                 one write a direction (done where terms merge)
//     w x' + w y'  -> w (x + y)'                 one write a value
//     S_0 += w x', S_1 += (c w) x'  -> one write along x into S_0 and along c x into S_1, c free of reads
//     z' += c x' + d y'  -> 1 (c x + d y)'       all that a one-row memory takes without reading
//
// Sums in values and directions are taken apart where that leaves fewer writes:
//
//     a x' + b y' - (c a + d b) z'  -> a (x - c z)' + b (y - d z)'
//
// All of this leaves the expressions as they are spelt. Where multiplying them out (Expansion.h, OuterSum.h) shows
// fewer writes, a faster class, or gates of one form e s', what that gives is taken instead: so the class and the
// number of writes do not depend on the spelling. A scalar decay in front of a gate on the value axis belongs to the
// gate.
#include "lowering/normalize/NormalForm.h"
#include "lowering/Rules.h"
#include "lowering/normalize/Classify.h"
#include "lowering/normalize/Expansion.h"
#include "lowering/normalize/Formula.h"
#include "lowering/normalize/OuterSum.h"
#include "llvm/ADT/MapVector.h"

using namespace mlir;

namespace mixc::normalize {
using namespace mix;

std::tuple<size_t, size_t, size_t> NormalForm::cost() const {
  size_t diagonals = llvm::count_if(transition, [](const auto &entry) { return typeOf(entry.second).isVector(); });
  return {lateDirections, writes.size(), diagonals};
}

SmallVector<Value *> NormalForm::operands(bool withWrites) {
  SmallVector<Value *> slots;
  for (Read &read : reads)
    for (auto &[state, p] : read.along)
      slots.push_back(&p);
  for (auto &[index, a] : transition)
    slots.push_back(&a);
  if (gate)
    slots.push_back(&gate);
  for (Write &write : writes) {
    for (auto &[state, u] : write.along)
      slots.push_back(&u);
    if (withWrites)
      slots.push_back(&write.value);
  }
  return slots;
}

namespace {

class Collector {
public:
  Collector(Linearity &linearity, ArrayRef<NormalForm> others)
      : linearity(linearity), e(linearity.expressions()), expansion(linearity, others) {}

  Outcome<NormalForm> run(ArrayRef<NextOp> nexts) {
    form.states.assign(linearity.states().begin(), linearity.states().end());
    form.turned = linearity.turnedStates();
    for (auto [index, next] : llvm::enumerate(nexts)) {
      Outcome<Terms> terms = linearity.terms(next->getOperand(0));
      if (!terms)
        return terms.obstacle();
      e.setOrigin(next);
      for (const Term &term : *terms)
        if (std::optional<Obstacle> obstacle = collect(index, form.turned[index] ? linearity.turn(term) : term, next))
          return *obstacle;
    }
    if (std::optional<Obstacle> obstacle = collectTransition(nexts))
      return *obstacle;
    collectWrites();
    llvm::append_range(form.fromOthers, expansion.readsOfOthers());
    return form;
  }

private:
  /// A term of the update of state i, or of its transpose if that is turned: values left, keys right.
  std::optional<Obstacle> collect(unsigned i, const Term &term, NextOp next) {
    auto obstacle = [&](const std::string &what, const std::string &help) { return obstacleOf(next, what, help); };
    switch (term.kind) {
    case Term::Gate: {
      if (term.flipped != form.turned[term.state])
        return obstacle("takes a transposed state", "states that keep their axes can be chunked");
      gates.push_back({{i, term.state}, term.left, e.mul(term.factor, term.right)});
      return std::nullopt;
    }
    case Term::Outer: {
      if (linearity.touches(term.right))
        return obstacle("writes along a vector that depends on what is read",
                        "a write along a vector of the inputs can be chunked");
      outers.push_back({i, term.left, term.right});
      return std::nullopt;
    }
    case Term::Diag:
    case Term::Eye: return obstacle("adds a diagonal matrix, which is no outer product", kOuter);
    case Term::Full:
      if (std::optional<Obstacle> lacking = linearity.lacksNumber(term.left))
        return lacking;
      {
        Obstacle whole = obstacle("adds a matrix that is no outer product: " + quotedFormula(term.left), kOuter);
        whole.added = term.left;
        return whole;
      }
    }
    llvm_unreachable("every kind of term is collected");
  }

  struct Gate {
    std::pair<unsigned, unsigned> index; // (i, j)
    Value left, right;                   // of diag(left) S_j diag(right); null is 1
  };
  using Transition = std::map<std::pair<unsigned, unsigned>, Value>;

  /// Gates as they are spelt, if all have one left side.
  std::optional<std::pair<Value, Transition>> transitionAsSpelt() {
    Transition transition;
    for (const Gate &gate : gates) {
      if (gate.left != gates.front().left)
        return std::nullopt;
      Value entry = gate.right, &a = transition[gate.index];
      a = e.add(a, entry ? entry : e.constant(1));
    }
    return std::pair(gates.empty() ? Value() : gates.front().left, transition);
  }

  /// The same multiplied out, as one gate e and a_ij. A scalar that every state decays by belongs to the gate.
  struct Multiplied {
    Polynomial gate = 1;
    std::map<std::pair<unsigned, unsigned>, Polynomial> transition;
  };
  std::optional<Multiplied> transitionMultipliedOut() {
    unsigned n = form.states.size();
    OuterSum sum([](Atom) { return false; });
    for (const Gate &gate : gates)
      sum.add(gate.left ? expansion.of(gate.left) : 1, gate.index.first * n + gate.index.second,
              gate.right ? expansion.of(gate.right) : 1);
    std::optional<std::vector<OuterSum::Product>> products = sum.fewest();
    if (!products || products->size() > 1)
      return std::nullopt;
    Multiplied result;
    if (products->empty())
      return result;
    const auto &[gate, along] = products->front();
    const Polynomial &first = along.begin()->second;
    bool isScalar = along.size() == n;
    for (const auto &[index, a] : along)
      isScalar &= index / n == index % n && a == first && !a.hasVectors();
    bool hasGate = gate.hasVectors();
    result.gate = !hasGate ? Polynomial(1) : isScalar ? gate * first : gate;
    for (const auto &[index, a] : along)
      result.transition[{index / n, index % n}] = !hasGate ? gate * a : isScalar ? Polynomial(1) : a;
    return result;
  }

  std::optional<Obstacle> collectTransition(ArrayRef<NextOp> nexts) {
    std::optional<std::pair<Value, Transition>> spelt = transitionAsSpelt();
    std::optional<Multiplied> multiplied = transitionMultipliedOut();
    if (!spelt && !multiplied)
      return obstacleOf(nexts[gates.front().index.first], "has different gates on the value axis in different terms",
                        "one gate for all terms can be chunked");
    size_t n = form.states.size();
    if (spelt)
      std::tie(form.gate, form.transition) = *spelt;
    if (!multiplied)
      return std::nullopt;
    Value gate;
    Transition transition;
    auto dims = [&](unsigned i) { return typeOf(form.states[i]->getResult(0)).getDims(); };
    if (multiplied->gate.hasVectors())
      gate = expansion.build(multiplied->gate, form.turned[0] ? dims(0).back() : dims(0).front());
    for (const auto &[index, a] : multiplied->transition) {
      unsigned j = index.second;
      std::optional<Dim> length = form.turned[j] ? dims(j).front() : dims(j).back();
      transition[index] = expansion.build(a, a.hasVectors() ? length : std::nullopt);
    }
    auto cost = [&](Value gate, const Transition &transition) {
      return std::tuple(
          transitionKind(n, llvm::to_vector_of<std::pair<std::pair<unsigned, unsigned>, Value>>(transition)),
          static_cast<bool>(gate), transition.size());
    };
    if (spelt && cost(form.gate, form.transition) <= cost(gate, transition))
      return std::nullopt;
    countRule("one gate, multiplied out");
    form.gate = gate;
    form.transition = transition;
    return std::nullopt;
  }

  static Obstacle obstacleOf(NextOp next, const std::string &what, const std::string &help) {
    return {Obstacle::Other, "the update of `" + next.getName().str() + "` " + what, culpritOf(next), help};
  }

  /// Different scalars free of reads: they move into one direction.
  void joinFreeRows() {
    auto isFree = [&](const Outer &outer) { return !linearity.touches(outer.value); };
    auto free = llvm::make_filter_range(outers, isFree);
    if (!linearity.hasRows() || llvm::all_equal(llvm::map_range(free, [](const Outer &outer) { return outer.value; })))
      return;
    countRule("z += c x + d y: one write of 1");
    std::map<unsigned, Value> sums;
    for (const Outer &outer : free) {
      Value &sum = sums[outer.state];
      sum = e.add(sum, e.mul(outer.value, outer.along));
    }
    llvm::erase_if(outers, isFree);
    for (auto [state, sum] : sums)
      outers.push_back({state, e.constant(1), sum});
  }

  void collectWrites() {
    SmallVector<Outer> all = outers;
    form.writes = writesAsSpelt();
    outers = std::move(all);
    if (std::optional<Products> products = productsMultipliedOut()) {
      WriteKind kind = WriteKind::Free;
      for (const OuterSum::Product &product : *products)
        kind = std::max(kind, expansion.kind(product.value));
      if (std::tuple(products->size(), kind) < std::tuple(form.writes.size(), kindAsSpelt(form.writes))) {
        countRule("fewest writes, multiplied out");
        form.writes = written(*products);
      }
    }
    orderWrites();
  }

  SmallVector<Write> writesAsSpelt() {
    SmallVector<Write> writes;
    joinFreeRows();
    Groups best = byValue(outers);
    for (bool apartByValue : {true, false})
      if (std::optional<SmallVector<Outer>> apart = takenApart(apartByValue))
        if (Groups groups = byValue(*apart); groups.size() < best.size())
          best = std::move(groups);
    for (auto &[value, group] : best) {
      bool sameFactor = llvm::all_equal(llvm::map_range(group, [](const Outer &outer) { return outer.whole; }));
      Write write{sameFactor ? group.front().whole : value, {}};
      for (const Outer &outer : group) {
        Value &u = write.along[outer.state];
        u = e.add(u, sameFactor ? outer.along : e.mul(outer.factor, outer.along));
      }
      writes.push_back(write);
    }
    return writes;
  }

  WriteKind kindAsSpelt(ArrayRef<Write> writes) {
    WriteKind kind = WriteKind::Free;
    for (const Write &write : writes)
      kind = std::max(kind, expansion.kindAsSpelt(write.value));
    return kind;
  }

  using Products = std::vector<OuterSum::Product>;
  std::optional<Products> productsMultipliedOut() {
    OuterSum sum([&](Atom atom) { return expansion.touches(atom); });
    for (const Outer &outer : outers)
      sum.add(expansion.of(outer.value), outer.state, expansion.of(outer.along));
    return sum.fewest();
  }

  SmallVector<Write> written(const Products &products) {
    auto length = [](Value value) {
      ArrayRef<Dim> dims = typeOf(value).getDims();
      return dims.empty() ? std::nullopt : std::optional(dims[0]);
    };
    std::map<unsigned, Dim> keys;
    for (const Outer &outer : outers)
      keys[outer.state] = *length(outer.along);
    SmallVector<Write> writes;
    for (const OuterSum::Product &product : products) {
      Write write{expansion.build(product.value, length(outers.front().value)), {}};
      for (const auto &[state, along] : product.along)
        write.along[state] = expansion.build(along, keys.at(state));
      writes.push_back(write);
    }
    return writes;
  }

  struct Outer {
    unsigned state;
    Value value, along;
    Value factor = {}, whole = {}; // value without its factor, and with it
  };
  using Groups = llvm::MapVector<Value, SmallVector<Outer, 2>>;

  /// Outer products of one value: scalars that need no read may stand on either side.
  Groups byValue(ArrayRef<Outer> from) {
    Groups groups;
    for (Outer outer : from) {
      outer.whole = outer.value;
      auto [c, value] = strip(e, outer.value);
      if (c && !linearity.touches(c)) {
        outer.factor = c;
        outer.value = value;
      }
      groups[outer.value].push_back(outer);
    }
    return groups;
  }

  /// Adds the parts of c v = sum_i c_i x_i, as far as sums go, to `to`; false if they are too many.
  bool takeApart(Value c, Value v, SmallVectorImpl<Scaled> &to) {
    constexpr unsigned many = 32;
    if (to.size() > many)
      return false;
    if (auto unary = v.getDefiningOp<UnaryOp>(); unary && unary.getKind() == UnaryKind::Neg)
      return takeApart(e.mul(e.constant(-1), c), unary.getX(), to);
    if (auto binary = v.getDefiningOp<BinaryOp>(); binary && !typeOf(v).isScalar()) {
      Value x = binary.getX(), y = binary.getY();
      bool isSum = binary.getKind() == BinaryKind::Add || binary.getKind() == BinaryKind::Sub;
      if (isSum && typeOf(x).sameShape(typeOf(y)))
        return takeApart(c, x, to) &&
               takeApart(binary.getKind() == BinaryKind::Sub ? e.mul(e.constant(-1), c) : c, y, to);
      if (binary.getKind() == BinaryKind::Mul && typeOf(x).isScalar())
        return takeApart(e.mul(c, x), y, to);
      if (binary.getKind() == BinaryKind::Mul && typeOf(y).isScalar())
        return takeApart(e.mul(c, y), x, to);
    }
    auto [d, x] = core(e, v);
    to.push_back({e.mul(c, d), x});
    return true;
  }

  /// The same sum of outer products, one for each vector that values (or directions) are sums of.
  std::optional<SmallVector<Outer>> takenApart(bool values) {
    llvm::MapVector<std::pair<Value, unsigned>, Value> sums;
    for (const Outer &outer : outers) {
      SmallVector<Scaled> all;
      if (!takeApart({}, values ? outer.value : outer.along, all))
        return std::nullopt;
      for (Scaled part : all) {
        if (values && part.factor && linearity.touches(part.factor)) // it cannot move to the direction
          return std::nullopt;
        Value &sum = sums[{part.vector, outer.state}];
        sum = e.add(sum, e.mul(part.factor, values ? outer.along : outer.value));
      }
    }
    SmallVector<Outer> apart;
    for (auto &[key, sum] : sums)
      apart.push_back({key.second, values ? key.first : sum, values ? sum : key.first});
    return apart;
  }

  /// A write comes after those that it reads: of n factors of one token, the first first.
  void orderWrites() {
    if (form.writes.size() > 1)
      countRule("a write after those that it reads");
    SmallVector<llvm::BitVector> sources = writesIn(form.writes);
    SmallVector<Write> all = std::move(form.writes);
    form.writes.clear();
    llvm::BitVector done(all.size());
    while (form.writes.size() < all.size())
      for (auto [m, write] : llvm::enumerate(all)) {
        if (done.test(m) || sources[m].test(done)) // one that it is computed from is not there yet
          continue;
        done.set(m);
        form.writes.push_back(write);
        break;
      }
  }

  /// Which other writes each is computed from: bits that go from values to what takes them.
  static SmallVector<llvm::BitVector> writesIn(ArrayRef<Write> writes) {
    llvm::DenseMap<Value, llvm::BitVector> own,
        in; // the writes that a value is; those that stand in it, itself among them
    for (auto [m, write] : llvm::enumerate(writes))
      own.try_emplace(write.value, writes.size()).first->second.set(m);
    SmallVector<std::pair<Value, bool>> pending; // true once the operands are known
    for (const Write &write : writes)
      pending.push_back({write.value, false});
    while (!pending.empty()) {
      auto [value, isReady] = pending.pop_back_val();
      if (in.contains(value))
        continue;
      Operation *op = value.getDefiningOp();
      if (!isReady) {
        pending.push_back({value, true});
        for (Value operand : op->getOperands())
          pending.push_back({operand, false});
        continue;
      }
      llvm::BitVector bits = own.contains(value) ? own[value] : llvm::BitVector(writes.size());
      for (Value operand : op->getOperands())
        bits |= in[operand];
      in[value] = std::move(bits);
    }
    SmallVector<llvm::BitVector> result;
    for (const Write &write : writes) {
      result.push_back(in[write.value]);
      result.back().reset(own[write.value]);
    }
    return result;
  }

  static Operation *culpritOf(NextOp next) {
    Operation *by = next.getValue().getDefiningOp();
    return by ? by : next.getOperation();
  }

  Linearity &linearity;
  Expressions &e;
  Expansion expansion;
  NormalForm form;
  SmallVector<Gate> gates;
  SmallVector<Outer> outers;
};

} // namespace

Outcome<NormalForm> normalForm(Linearity &linearity, ArrayRef<NextOp> nexts, ArrayRef<NormalForm> others) {
  return Collector(linearity, others).run(nexts);
}

} // namespace mixc::normalize
