// A mixer's program on the arrays of a call: where the numbers of each head, sequence and token lie, and the values of
// one token. The heads of a group read the same per-group arrays: head h is of group h / (heads / groups). A family is
// one array, its members side by side in each row.
#ifndef MIXC_DIALECT_MIX_EXECUTION_H
#define MIXC_DIALECT_MIX_EXECUTION_H

#include "dialect/mix/Interpreter.h"
#include "dialect/mix/Program.h"

namespace mixc::mix {

/// An array of a call: its name and the shape that it is to have.
struct ArrayShape {
  std::string name;
  std::vector<int64_t> shape;
};

class Execution {
public:
  Execution(const Program &program, const Call &call)
      : program(program), call(call), frame(program.slots, call.roundToFloat32) {}

  /// Does the call give the arrays that the mixer reads?
  llvm::Error check() const;
  /// What the call writes, in its shapes, zero everywhere.
  Answer emptyAnswer() const;

protected:
  /// The numbers of each state at one time.
  using States = std::vector<std::vector<double>>;

  llvm::Error checkArrays(const char *kind, const Arrays &arrays, llvm::ArrayRef<ArrayShape> expected,
                          bool optional) const;
  std::vector<ArrayShape> inputShapes() const { return shapesOf(program.inputs, {call.batch, call.time}); }
  std::vector<ArrayShape> paramShapes() const { return shapesOf(program.params, {}); }
  std::vector<ArrayShape> outputShapes() const;
  std::vector<ArrayShape> statesAndHistories() const;

  int64_t rowsOf(const Declared &declared) const { return declared.perGroup ? call.groups : call.heads; }
  int64_t rowOf(const Declared &declared, int64_t head) const {
    return declared.perGroup ? head / (call.heads / call.groups) : head;
  }
  /// The first token of a sequence, counted over the batch, and how many it has.
  std::pair<int64_t, int64_t> tokensOf(int64_t sequence) const {
    if (call.cuSeqlens.empty())
      return {sequence * call.time, call.time};
    return {call.cuSeqlens[sequence], call.cuSeqlens[sequence + 1] - call.cuSeqlens[sequence]};
  }

  /// Where in its array a value lies, by row (rowOf) and token or sequence.
  int64_t inputPlace(const Declared &input, int64_t row, int64_t token) const {
    return (token * rowsOf(input) + row) * input.rowSize() + input.offset();
  }
  int64_t statePlace(const Declared &state, int64_t row, int64_t sequence) const {
    return (sequence * rowsOf(state) + row) * state.rowSize() + state.offset();
  }
  int64_t outputPlace(const Declared &output, int64_t head, int64_t token) const {
    return (token * call.heads + head) * output.rowSize() + output.offset();
  }
  static int64_t paramPlace(const Declared &param, int64_t row) { return row * param.rowSize() + param.offset(); }
  /// Of the history of an input, `before` tokens before the sequence: the newest is the last.
  int64_t pastPlace(const Declared &input, int64_t row, int64_t sequence, int64_t before) const;

  const double *inputAt(const Declared &input, int64_t row, int64_t token) const {
    return call.inputs.at(input.tensor).data.data() + inputPlace(input, row, token);
  }
  /// An input `before` tokens before the sequence.
  const double *pastInput(const Declared &input, int64_t row, int64_t sequence, int64_t before) const;
  /// The param that a state starts from; null if it starts from none.
  const Declared *startParamOf(const DeclaredState &state) const;

  /// Computes what depends on a head's params alone.
  void startHead(int64_t head);
  void startStates(int64_t head, int64_t sequence, States &states) const;
  /// Computes all values at a token, from the states before it and, where an output reads one, the end of a state.
  void evaluate(int64_t head, int64_t sequence, int64_t token, const States &before, const States &last);
  /// The states after the token of `evaluate`. All advance together: each from the values before the token.
  void advance(States &after);

  const Program &program;
  const Call &call;
  Frame frame;

private:
  std::vector<ArrayShape> shapesOf(llvm::ArrayRef<Declared> declared, const std::vector<int64_t> &leading) const;
  void load(unsigned slot, const Shape &shape, const double *data);

  std::vector<double> zeros; // what an input was before the first token
};

inline std::string historyName(const Declared &input) { return input.tensor + ".history"; }

} // namespace mixc::mix

#endif
