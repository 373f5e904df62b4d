// Undoes the tokens of every head and sequence from the last to the first. The states before a token are needed to undo
// it: they are kept at the beginning of each segment of about sqrt(T) tokens, and a segment is run again before it is
// undone. What depends on params alone gathers its cotangent over the tokens, and is undone once a head.
#include "dialect/mix/Backward.h"
#include "dialect/mix/Execution.h"
#include "dialect/mix/Reverse.h"
#include <cmath>

using llvm::Error;
using llvm::Expected;

namespace mixc::mix {
namespace {

class Backward : public Execution {
public:
  Backward(const Program &program, const Call &call, const Cotangents &cotangents)
      : Execution(program, call), cotangents(cotangents), reverse(frame, program) {}

  Error check() const;
  Gradients run();

private:
  void allocate();
  void undoHead(int64_t head);
  void undoSequence(int64_t head, int64_t sequence);
  void undoToken(int64_t head, int64_t sequence, int64_t token, const States &before);
  void undoSteps(llvm::ArrayRef<Step> steps);
  void undoStarts(int64_t head, int64_t sequence);
  void undoHistories();

  std::vector<States> runToSegments(int64_t head, int64_t sequence, int64_t length);
  void addEnds(int64_t head, int64_t sequence);
  void startCotangents(int64_t head, int64_t sequence);
  void addOutputs(int64_t head, int64_t token);
  void gatherToken(int64_t head, int64_t sequence, int64_t token);

  void gather(double *to, const double *terms, int64_t size) const;
  void gather(unsigned slot, double *to);

  const Cotangents &cotangents;
  Reverse reverse;
  Gradients gradients;
  States last;          // by end: its state after the last token
  States after, before; // by state: the cotangents after the token, and before it
  States held;          // by slot, of what depends on params alone: its cotangent at the tokens so far
};

Error Backward::check() const {
  if (Error error = Execution::check())
    return error;
  if (Error error = checkArrays("output", cotangents.outputs, outputShapes(), true))
    return error;
  return checkArrays("final state", cotangents.final, statesAndHistories(), true);
}

void Backward::allocate() {
  auto allocate = [](Arrays &arrays, const std::vector<ArrayShape> &shapes) {
    for (const ArrayShape &known : shapes)
      arrays[known.name] = Array(known.shape);
  };
  allocate(gradients.inputs, inputShapes());
  allocate(gradients.params, paramShapes());
  allocate(gradients.initial, statesAndHistories());
}

void Backward::gather(double *to, const double *terms, int64_t size) const {
  for (int64_t i = 0; i < size; ++i)
    to[i] += terms[i];
  if (call.roundToFloat32)
    roundToFloat(to, size);
}

/// Adds the cotangent of a slot to numbers elsewhere.
void Backward::gather(unsigned slot, double *to) {
  if (Cotangent &bar = reverse[slot]; !bar.isZero()) {
    const double *entries = reverse.entries(bar);
    gather(to, entries, bar.sum->size());
  }
}

//===-- A token -------------------------------------------------------------------------------------------------===//

void Backward::undoSteps(llvm::ArrayRef<Step> steps) {
  for (const Step &step : llvm::reverse(steps))
    if (Cotangent &bar = reverse[step.result]; !bar.isZero())
      step.adjoint(reverse, bar);
}

void Backward::addOutputs(int64_t head, int64_t token) {
  for (const Declared &output : program.outputs) {
    auto given = cotangents.outputs.find(output.tensor);
    if (given == cotangents.outputs.end())
      continue;
    const double *from = given->second.data.data() + outputPlace(output, head, token);
    reverse.addEntries(output.slot, std::vector<double>(from, from + output.shape.size()));
  }
}

void Backward::undoToken(int64_t head, int64_t sequence, int64_t token, const States &states) {
  evaluate(head, sequence, token, states, last);
  reverse.clear();
  addOutputs(head, token);
  for (auto [i, state] : llvm::enumerate(program.states)) {
    Quantity &next = frame.temporary();
    if (state.shape.rank == 2)
      next.view(state.shape.rows, state.shape.cols, after[i].data());
    else {
      next.reset(state.shape.rank, state.shape.rows, state.shape.cols);
      next.storage = after[i];
    }
    if (state.advanceAdjoint)
      state.advanceAdjoint(reverse, next);
    else
      reverse.add(state.next, next);
  }
  undoSteps(program.perToken);
  gatherToken(head, sequence, token);
  after.swap(before);
}

/// The cotangents of what the token reads: inputs, earlier inputs, states, and what depends on params alone.
void Backward::gatherToken(int64_t head, int64_t sequence, int64_t token) {
  int64_t first = tokensOf(sequence).first;
  for (const Declared &input : program.inputs)
    gather(input.slot, gradients.inputs[input.tensor].data.data() + inputPlace(input, rowOf(input, head), token));
  for (const Lag &lag : program.lags) {
    const Declared &input = program.inputs[lag.input];
    int64_t at = token - lag.by, row = rowOf(input, head);
    if (at >= first)
      gather(lag.slot, gradients.inputs[input.tensor].data.data() + inputPlace(input, row, at));
    else
      gather(lag.slot, gradients.initial[historyName(input)].data.data() + pastPlace(input, row, sequence, first - at));
  }
  for (auto [i, state] : llvm::enumerate(program.states)) {
    before[i].assign(state.shape.size(), 0);
    gather(state.slot, before[i].data());
  }
  for (unsigned slot = 0; slot < program.slots; ++slot)
    if (!program.varies[slot] && !reverse[slot].isZero()) {
      held[slot].resize(frame[slot].size());
      gather(slot, held[slot].data());
    }
}

//===-- A sequence ----------------------------------------------------------------------------------------------===//

/// The states at the beginning of each segment of `length` tokens; the ends, if an output reads one.
std::vector<Execution::States> Backward::runToSegments(int64_t head, int64_t sequence, int64_t length) {
  auto [first, count] = tokensOf(sequence);
  last.resize(program.ends.size());
  for (auto [i, end] : llvm::enumerate(program.ends))
    last[i].assign(program.states[end.state].shape.size(), 0);
  std::vector<States> segments;
  States states, next;
  startStates(head, sequence, states);
  for (int64_t at = 0; at < count; ++at) {
    if (at % length == 0)
      segments.push_back(states);
    if (program.ends.empty() && at - at % length + length >= count)
      break; // nothing is needed of the last segment
    evaluate(head, sequence, first + at, states, last);
    advance(next);
    states.swap(next);
  }
  for (auto [i, end] : llvm::enumerate(program.ends))
    last[i] = states[end.state];
  return segments;
}

/// The cotangents of the final states.
void Backward::startCotangents(int64_t head, int64_t sequence) {
  after.resize(program.states.size());
  before.resize(program.states.size());
  for (auto [i, state] : llvm::enumerate(program.states)) {
    after[i].assign(state.shape.size(), 0);
    int64_t row = rowOf(state, head);
    // All heads of a group hold a per-group state; it is written once.
    bool isFirst = !state.perGroup || head == row * (call.heads / call.groups);
    if (auto given = cotangents.final.find(state.tensor); given != cotangents.final.end() && isFirst)
      std::copy_n(given->second.data.begin() + statePlace(state, row, sequence), state.shape.size(), after[i].begin());
  }
}

/// Adds to the final states what the outputs of all tokens ask of them: no state needs the end of one, so outputs
/// alone.
void Backward::addEnds(int64_t head, int64_t sequence) {
  auto [first, count] = tokensOf(sequence);
  States states, next;
  startStates(head, sequence, states);
  for (int64_t token = first; token < first + count; ++token) {
    evaluate(head, sequence, token, states, last);
    reverse.clear();
    addOutputs(head, token);
    undoSteps(program.perToken);
    for (const End &end : program.ends)
      gather(end.slot, after[end.state].data());
    advance(next);
    states.swap(next);
  }
}

void Backward::undoSequence(int64_t head, int64_t sequence) {
  auto [first, count] = tokensOf(sequence);
  auto length = std::max<int64_t>(64, std::ceil(std::sqrt(count)));
  std::vector<States> segments = runToSegments(head, sequence, length);
  startCotangents(head, sequence);
  if (!program.ends.empty())
    addEnds(head, sequence);
  for (int64_t from = (static_cast<int64_t>(segments.size()) - 1) * length; from >= 0; from -= length) {
    int64_t to = std::min(count, from + length);
    std::vector<States> states = {std::move(segments[from / length])}; // before each token of the segment
    for (int64_t at = from; at + 1 < to; ++at) {
      evaluate(head, sequence, first + at, states.back(), last);
      advance(states.emplace_back());
    }
    for (int64_t at = to - 1; at >= from; --at)
      undoToken(head, sequence, first + at, states[at - from]);
  }
  undoStarts(head, sequence);
}

void Backward::undoStarts(int64_t head, int64_t sequence) {
  for (auto [i, state] : llvm::enumerate(program.states)) {
    int64_t size = state.shape.size();
    gather(gradients.initial[state.tensor].data.data() + statePlace(state, rowOf(state, head), sequence),
           after[i].data(), size);
    const Declared *param = startParamOf(state);
    if (!param || call.initial.count(state.tensor))
      continue;
    held[param->slot].resize(size);
    gather(held[param->slot].data(), after[i].data(), size);
  }
}

//===-- A head, and all -----------------------------------------------------------------------------------------===//

void Backward::undoHead(int64_t head) {
  startHead(head);
  held.assign(program.slots, {});
  for (int64_t sequence = 0; sequence < call.sequences(); ++sequence)
    undoSequence(head, sequence);
  frame.beginToken();
  reverse.clear();
  for (unsigned slot = 0; slot < program.slots; ++slot)
    if (!held[slot].empty())
      reverse.addEntries(slot, std::move(held[slot]));
  undoSteps(program.perHead);
  for (const Declared &param : program.params)
    gather(param.slot, gradients.params[param.tensor].data.data() + paramPlace(param, rowOf(param, head)));
}

/// The last tokens that were seen are a final state: they, or what was before them, get its cotangent.
void Backward::undoHistories() {
  for (const Declared &input : program.inputs) {
    auto given = cotangents.final.find(historyName(input));
    if (given == cotangents.final.end())
      continue;
    for (int64_t sequence = 0; sequence < call.sequences(); ++sequence)
      for (int64_t row = 0; row < rowsOf(input); ++row)
        for (int64_t back = input.history; back > 0; --back) {
          auto [first, count] = tokensOf(sequence);
          const double *from = given->second.data.data() + pastPlace(input, row, sequence, back);
          double *to =
              back <= count
                  ? gradients.inputs[input.tensor].data.data() + inputPlace(input, row, first + count - back)
                  : gradients.initial[historyName(input)].data.data() + pastPlace(input, row, sequence, back - count);
          gather(to, from, input.shape.size());
        }
  }
}

Gradients Backward::run() {
  allocate();
  for (int64_t head = 0; head < call.heads; ++head)
    undoHead(head);
  undoHistories();
  return std::move(gradients);
}

} // namespace

Expected<Gradients> interpretBackward(MixerOp mixer, const Call &call, const Cotangents &cotangents) {
  Expected<Program> program = Program::compile(mixer, call.dims);
  if (!program)
    return program.takeError();
  Backward backward(*program, call, cotangents);
  if (Error error = backward.check())
    return std::move(error);
  return backward.run();
}

} // namespace mixc::mix
