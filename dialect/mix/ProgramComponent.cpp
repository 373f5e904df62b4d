// mix.component -> steps: its reads, the steps of its phi, and for each state an update
//
//     r_i = sum_j S_j p_ij                                  before phi
//     S_i <- e . (sum_j S_j diag(a_ij)) + sum_m w_m u_mi'   when the token's other values are known, so that all states
//                                                           are still those before the token
//
// and their adjoints, the last of them first. With N the cotangent of S_i after the token:
//
//     w_m' += N u_mi   u_mi' += N^T w_m   e' += rows of N .* sum_j S_j diag(a_ij)   S_j' += e . N diag(a_ij)
//     a_ij' += columns of S_j .* (e . N), summed where a_ij is a scalar
//     S_j' += r_i' p_ij^T                 p_ij' += S_j^T r_i'
#include "dialect/mix/Reverse.h"

using namespace mlir;
using llvm::Error;
using llvm::Expected;

namespace mixc::mix {
namespace {

/// Slots of a state S_j and of what it is multiplied with. A turned state is declared key x value: its transpose is
/// S_j.
struct OfState {
  unsigned state;
  bool turned;
  unsigned factor;
};

/// r_i, of a state before the token.
struct Read {
  unsigned result;
  Shape shape;
  std::vector<OfState> along; // (S_j, p_ij)

  void operator()(Frame &frame) const {
    Quantity &sum = frame[result], &term = frame.temporary();
    sum.reset(shape.rank, shape.rows, 1);
    for (auto [state, turned, direction] : along) {
      term.reset(shape.rank, shape.rows, 1);
      if (frame[state].isMatrix())
        frame[state].multiply(frame[direction].storage.data(), term.storage.data(), turned);
      else
        term.storage[0] = frame.algebra.dot(frame[state], frame[direction]);
      frame.algebra.finish(term);
      for (int64_t v = 0; v < shape.rows; ++v)
        sum.storage[v] += term.storage[v];
      frame.algebra.finish(sum);
    }
  }

  void adjoint(Reverse &reverse, Cotangent &bar) const {
    for (auto [state, turned, direction] : along) {
      const Quantity &matrix = reverse.value(state), &vector = reverse.value(direction);
      if (!matrix.isMatrix()) {
        reverse.dot(bar, state, direction);
        continue;
      }
      reverse.add(state, turned ? reverse.outerProduct(vector, *bar.sum) : reverse.outerProduct(*bar.sum, vector));
      if (reverse.wants(direction))
        reverse.add(direction, reverse.multiply({&matrix, {}}, *bar.sum, /*byTranspose=*/!turned));
    }
  }
};

/// S_i after the token, in its declared shape.
struct Update {
  Shape shape;
  bool turned;
  std::vector<OfState> kept;                          // (S_j, a_ij)
  std::vector<std::pair<unsigned, unsigned>> written; // (w_m, u_mi)
  std::optional<unsigned> gate;

  const Quantity &operator()(Frame &frame) const {
    const Quantity *sum = &keptSum(frame);
    if (gate) {
      Quantity &gated = frame.temporary();
      frame.algebra.scaleRows(frame[*gate], *sum, gated);
      sum = &gated;
    }
    for (auto [value, direction] : written) {
      Quantity &term = frame.temporary();
      if (shape.rank == 2)
        frame.algebra.outer(frame[value], frame[direction], term);
      else
        frame.algebra.binary(BinaryKind::Mul, frame[value], frame[direction], term);
      sum = &added(frame, *sum, term);
    }
    return turned ? transposed(frame, *sum) : *sum;
  }

  /// Takes the cotangent of S_i after the token, in its declared shape.
  void adjoint(Reverse &reverse, const Quantity &declared) const {
    Cotangent bar{turned ? &reverse.transposed(declared) : &declared, {}};
    for (auto [value, direction] : written) {
      if (shape.rank == 2)
        reverse.outer(bar, value, direction);
      else
        reverse.binary(BinaryKind::Mul, bar, value, direction);
    }
    if (gate) {
      const Quantity &turnedSum = reverse.transposed(keptSum(reverse.frame)), &turnedBar = reverse.transposed(*bar.sum);
      reverse.add(*gate, reverse.columnSums(turnedSum, turnedBar));
      Quantity &gated = reverse.frame.temporary();
      reverse.frame.algebra.scaleRows(reverse.value(*gate), *bar.sum, gated);
      bar.sum = &gated;
    }
    for (const OfState &term : kept)
      adjointOfScaled(reverse, term, bar);
  }

private:
  /// sum_j S_j diag(a_ij)
  const Quantity &keptSum(Frame &frame) const {
    Quantity &zero = frame.temporary();
    zero.reset(shape.rank, turned ? shape.cols : shape.rows, turned ? shape.rows : shape.cols);
    const Quantity *sum = &zero;
    for (const OfState &term : kept)
      sum = &added(frame, *sum, scaled(frame, term));
    return *sum;
  }

  static const Quantity &added(Frame &frame, const Quantity &x, const Quantity &y) {
    Quantity &sum = frame.temporary();
    frame.algebra.binary(BinaryKind::Add, x, y, sum);
    return sum;
  }

  static void adjointOfScaled(Reverse &reverse, const OfState &term, Cotangent &bar) {
    const Quantity &state = reverse.value(term.state), &factor = reverse.value(term.factor);
    if (!state.isMatrix())
      return reverse.binary(BinaryKind::Mul, bar, term.state, term.factor);
    const Quantity &source = term.turned ? reverse.transposed(state) : state;
    Quantity &toState = reverse.frame.temporary();
    if (factor.isScalar()) {
      reverse.frame.algebra.binary(BinaryKind::Mul, *bar.sum, factor, toState);
      if (reverse.wants(term.factor))
        reverse.add(term.factor, reverse.scalar(reverse.inner(source, bar)));
    } else {
      reverse.frame.algebra.scaleColumns(*bar.sum, factor, toState);
      if (reverse.wants(term.factor))
        reverse.add(term.factor, reverse.columnSums(source, *bar.sum));
    }
    reverse.add(term.state, term.turned ? reverse.transposed(toState) : toState);
  }

  /// S_j diag(a_ij), or a_ij S_j for a scalar.
  static const Quantity &scaled(Frame &frame, const OfState &term) {
    const Quantity &source = term.turned ? transposed(frame, frame[term.state]) : frame[term.state];
    Quantity &result = frame.temporary();
    if (frame[term.factor].isScalar())
      frame.algebra.binary(BinaryKind::Mul, source, frame[term.factor], result);
    else
      frame.algebra.scaleColumns(source, frame[term.factor], result);
    return result;
  }

  static const Quantity &transposed(Frame &frame, const Quantity &matrix) {
    Quantity &result = frame.temporary();
    frame.algebra.transpose(matrix, result);
    return result;
  }
};

} // namespace

Error Program::addComponent(ComponentOp op) {
  std::vector<unsigned> stateSlots;
  for (Value state : op.getStates())
    stateSlots.push_back(slot(state));
  auto ofState = [&](int64_t j, Value factor) { return OfState{stateSlots[j], op.isTurned(j), slot(factor)}; };

  Block &phi = op.getPhi().front();
  for (auto [i, argument] : llvm::enumerate(phi.getArguments())) {
    Expected<Shape> shape = shapeOf(cast<TensorType>(argument.getType()));
    if (!shape)
      return shape.takeError();
    Read read{slot(argument), *shape, {}};
    for (auto [x, direction] : llvm::enumerate(op.getReadDirs()))
      if (op.getReadIndex()[2 * x] == static_cast<int64_t>(i))
        read.along.push_back(ofState(op.getReadIndex()[2 * x + 1], direction));
    varies[read.result] = active[read.result] = true;
    slotOf[op.getResult(i)] = read.result;
    perToken.push_back({read, read.result, [read](Reverse &reverse, Cotangent &bar) { read.adjoint(reverse, bar); }});
  }

  for (Operation &inner : phi.without_terminator())
    if (Error error = add(inner))
      return error;
  std::vector<unsigned> writes;
  for (auto [m, value] : llvm::enumerate(phi.getTerminator()->getOperands())) {
    writes.push_back(slot(value));
    slotOf[op.getResult(phi.getNumArguments() + m)] = writes.back();
  }

  for (auto [i, stateSlot] : llvm::enumerate(stateSlots)) {
    auto state = llvm::find_if(states, [&](DeclaredState &known) { return known.slot == stateSlot; });
    Update update{state->shape, op.isTurned(i), {}, {}, {}};
    for (auto [x, factor] : llvm::enumerate(op.getTransition()))
      if (op.getTransitionIndex()[2 * x] == static_cast<int64_t>(i))
        update.kept.push_back(ofState(op.getTransitionIndex()[2 * x + 1], factor));
    for (auto [x, direction] : llvm::enumerate(op.getWriteDirs()))
      if (op.getWriteIndex()[2 * x + 1] == static_cast<int64_t>(i))
        update.written.push_back({writes[op.getWriteIndex()[2 * x]], slot(direction)});
    if (!op.getGate().empty())
      update.gate = slot(op.getGate()[0]);
    state->advance = update;
    state->advanceAdjoint = [update](Reverse &reverse, const Quantity &next) { update.adjoint(reverse, next); };
  }
  return Error::success();
}

} // namespace mixc::mix
