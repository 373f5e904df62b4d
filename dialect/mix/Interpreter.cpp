// Runs a mixer: for every head and sequence, from the initial states, the program of one token after the other.
#include "dialect/mix/Interpreter.h"
#include "dialect/mix/Execution.h"

using llvm::Error;
using llvm::Expected;

namespace mixc::mix {
namespace {

class Run : public Execution {
public:
  using Execution::Execution;

  Answer run();

private:
  void runToken(int64_t head, int64_t sequence, int64_t token);
  void runSequence(int64_t head, int64_t sequence);
  void storeStates(int64_t head, int64_t sequence);
  void storeHistories(int64_t head, int64_t sequence);

  Answer answer;
  /// The states before the token (read through the slot of a matrix), and room for those after it.
  States before, after;
  States last; // by end: its state after the last token
};

void Run::runToken(int64_t head, int64_t sequence, int64_t token) {
  evaluate(head, sequence, token, before, last);
  for (const Declared &output : program.outputs)
    frame[output.slot].write(answer.outputs[output.tensor].data.data() + outputPlace(output, head, token),
                             call.roundToFloat32);
  advance(after);
  before.swap(after);
}

/// Where an output reads the end of a state, every token is run twice: once to know the end.
void Run::runSequence(int64_t head, int64_t sequence) {
  auto [first, count] = tokensOf(sequence);
  last.resize(program.ends.size());
  for (auto [i, end] : llvm::enumerate(program.ends))
    last[i].assign(program.states[end.state].shape.size(), 0);
  for (bool endIsKnown = program.ends.empty();; endIsKnown = true) {
    startStates(head, sequence, before);
    for (int64_t token = first; token < first + count; ++token)
      runToken(head, sequence, token);
    if (endIsKnown)
      break;
    for (auto [i, end] : llvm::enumerate(program.ends))
      last[i] = before[end.state];
  }
  storeStates(head, sequence);
  storeHistories(head, sequence);
}

void Run::storeStates(int64_t head, int64_t sequence) {
  for (auto [i, state] : llvm::enumerate(program.states))
    llvm::copy(before[i], answer.final[state.tensor].data.begin() + statePlace(state, rowOf(state, head), sequence));
}

/// The last tokens that were seen; of a short sequence, some are from before it.
void Run::storeHistories(int64_t head, int64_t sequence) {
  auto [first, count] = tokensOf(sequence);
  for (const Declared &input : program.inputs)
    for (int64_t before = input.history; before > 0; --before) {
      int64_t at = count - before, row = rowOf(input, head);
      std::copy_n(at >= 0 ? inputAt(input, row, first + at) : pastInput(input, row, sequence, -at), input.shape.size(),
                  answer.final[historyName(input)].data.data() + pastPlace(input, row, sequence, before));
    }
}

Answer Run::run() {
  answer = emptyAnswer();
  for (int64_t head = 0; head < call.heads; ++head) {
    startHead(head);
    for (int64_t sequence = 0; sequence < call.sequences(); ++sequence)
      runSequence(head, sequence);
  }
  return std::move(answer);
}

} // namespace

Expected<Answer> interpret(MixerOp mixer, const Call &call) {
  Expected<Program> program = Program::compile(mixer, call.dims);
  if (!program)
    return program.takeError();
  Run run(*program, call);
  if (Error error = run.check())
    return std::move(error);
  return run.run();
}

} // namespace mixc::mix
