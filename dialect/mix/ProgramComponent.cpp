// mix.component -> steps: its reads, the steps of its phi, and for each state an update
//
//     r_i = sum_j S_j p_ij                                  before phi
//     S_i <- e . (sum_j S_j diag(a_ij)) + sum_m w_m u_mi'   when the token's other values are known, so that all states
//                                                           are still those before the token
#include "dialect/mix/Program.h"

using namespace mlir;
using llvm::Error;
using llvm::Expected;

namespace mixc::mix {
namespace {

/// Slots of a state S_j and of what it is multiplied with. A turned state is declared key x value: its transpose is S_j.
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
};

/// S_i after the token, in its declared shape.
struct Update {
  Shape shape;
  bool turned;
  std::vector<OfState> kept;                          // (S_j, a_ij)
  std::vector<std::pair<unsigned, unsigned>> written; // (w_m, u_mi)
  std::optional<unsigned> gate;

  const Quantity &operator()(Frame &frame) const {
    Algebra &algebra = frame.algebra;
    Quantity *sum = &frame.temporary();
    sum->reset(shape.rank, turned ? shape.cols : shape.rows, turned ? shape.rows : shape.cols);
    auto add = [&](const Quantity &term) {
      Quantity &total = frame.temporary();
      algebra.binary(BinaryKind::Add, *sum, term, total);
      sum = &total;
    };
    for (const OfState &term : kept)
      add(scaled(frame, term));
    if (gate) {
      Quantity &gated = frame.temporary();
      algebra.scaleRows(frame[*gate], *sum, gated);
      sum = &gated;
    }
    for (auto [value, direction] : written) {
      Quantity &term = frame.temporary();
      if (shape.rank == 2)
        algebra.outer(frame[value], frame[direction], term);
      else
        algebra.binary(BinaryKind::Mul, frame[value], frame[direction], term);
      add(term);
    }
    return turned ? transposed(frame, *sum) : *sum;
  }

private:
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
    varies[read.result] = true;
    slotOf[op.getResult(i)] = read.result;
    perToken.push_back(read);
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
  }
  return Error::success();
}

} // namespace mixc::mix
