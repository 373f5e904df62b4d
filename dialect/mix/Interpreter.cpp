// Runs a mixer: for every head and sequence, from the initial states, the program of one token after the other. The
// heads of a group read the same per-group arrays: head h is of group h / (heads / groups). A family is one array, its
// members side by side in each row.
#include "dialect/mix/Interpreter.h"
#include "dialect/mix/Program.h"
#include <numeric>

using llvm::createStringError;
using llvm::Error;
using llvm::Expected;

namespace mixc::mix {

Array::Array(std::vector<int64_t> shape, double fill) : shape(std::move(shape)) {
  int64_t size = std::accumulate(this->shape.begin(), this->shape.end(), int64_t(1), std::multiplies<int64_t>());
  data.assign(size, fill);
}

namespace {

std::string text(const std::vector<int64_t> &shape) {
  std::string result = "[";
  for (int64_t extent : shape)
    result += (result.size() > 1 ? ", " : "") + std::to_string(extent);
  return result + "]";
}

std::vector<int64_t> joined(std::vector<int64_t> leading, const std::vector<int64_t> &dims) {
  leading.insert(leading.end(), dims.begin(), dims.end());
  return leading;
}

std::string historyName(const Declared &input) { return input.tensor + ".history"; }

/// An array of a call: its name and the shape that it is to have.
struct ArrayShape {
  std::string name;
  std::vector<int64_t> shape;
};

/// Where the numbers of the arguments lie, and which tokens are a sequence.
class Run {
public:
  Run(const Program &program, const Call &call)
      : program(program), call(call), frame(program.slots, call.roundToFloat32) {}

  Error check();
  Answer run();

private:
  int64_t rowsOf(const Declared &declared) const { return declared.perGroup ? call.groups : call.heads; }
  int64_t rowOf(const Declared &declared, int64_t head) const {
    return declared.perGroup ? head / (call.heads / call.groups) : head;
  }
  Error checkArrays(const char *kind, const Arrays &arrays, llvm::ArrayRef<ArrayShape> expected, bool optional) const;
  /// The first token of a sequence, counted over the batch, and how many it has.
  std::pair<int64_t, int64_t> tokensOf(int64_t sequence) const {
    if (call.cuSeqlens.empty())
      return {sequence * call.time, call.time};
    return {call.cuSeqlens[sequence], call.cuSeqlens[sequence + 1] - call.cuSeqlens[sequence]};
  }

  std::vector<ArrayShape> shapesOf(llvm::ArrayRef<Declared> declared, const std::vector<int64_t> &leading) const;
  std::vector<ArrayShape> statesAndHistories() const;

  void load(unsigned slot, const Shape &shape, const double *data);
  const double *inputAt(const Declared &input, int64_t head, int64_t token) const;
  const double *pastInput(const Declared &input, int64_t head, int64_t sequence, int64_t before) const;
  void startStates(int64_t head, int64_t sequence);
  void runToken(int64_t head, int64_t sequence, int64_t first, int64_t token);
  void runSequence(int64_t head, int64_t sequence);
  void storeStates(int64_t head, int64_t sequence);
  void storeHistories(int64_t head, int64_t sequence);

  const Program &program;
  const Call &call;
  Frame frame;
  Answer answer;
  /// Each state's numbers before the token (read through the slot of a matrix), and room for those after it.
  std::vector<std::vector<double>> before, after;
  std::vector<std::vector<double>> last; // by end: its state's numbers after the last token
  std::vector<double> zeros;             // what an input was before the first token
};

Error Run::checkArrays(const char *kind, const Arrays &arrays, llvm::ArrayRef<ArrayShape> expected,
                       bool optional) const {
  for (const auto &[name, array] : arrays)
    if (llvm::none_of(expected, [&](const ArrayShape &known) { return known.name == name; }))
      return createStringError("the mixer has no " + std::string(kind) + " `" + name + "`");
  for (const ArrayShape &known : expected) {
    auto array = arrays.find(known.name);
    if (array == arrays.end()) {
      if (optional)
        continue;
      return createStringError(std::string(kind) + " `" + known.name + "` is missing");
    }
    if (array->second.shape != known.shape || array->second.size() != Array(known.shape).size())
      return createStringError(std::string(kind) + " `" + known.name + "` has shape " + text(array->second.shape) +
                               ", expected " + text(known.shape));
  }
  return Error::success();
}

/// One array for each declaration, and one for each family.
std::vector<ArrayShape> Run::shapesOf(llvm::ArrayRef<Declared> declared, const std::vector<int64_t> &leading) const {
  std::vector<ArrayShape> result;
  for (const Declared &known : declared)
    if (known.member == 0)
      result.push_back({known.tensor, joined(joined(leading, {rowsOf(known)}), known.rowDims())});
  return result;
}

std::vector<ArrayShape> Run::statesAndHistories() const {
  std::vector<Declared> states(program.states.begin(), program.states.end());
  std::vector<ArrayShape> result = shapesOf(states, {call.sequences()});
  for (const Declared &input : program.inputs) {
    if (!input.history || input.member != 0)
      continue;
    std::vector<int64_t> shape = {call.sequences(), rowsOf(input)};
    if (input.count)
      shape.push_back(input.count);
    shape.push_back(input.history);
    result.push_back({historyName(input), joined(shape, input.shape.dims())});
  }
  return result;
}

Error Run::check() {
  if (call.batch < 0 || call.time < 0 || call.heads < 1 || call.groups < 1)
    return createStringError("batch and time are at least 0, heads and groups at least 1");
  if (call.heads % call.groups)
    return createStringError(std::to_string(call.heads) + " heads cannot share " + std::to_string(call.groups) +
                             " groups evenly");
  if (const std::vector<int64_t> &ends = call.cuSeqlens; !ends.empty()) {
    if (call.batch != 1)
      return createStringError("with cu_seqlens the batch is 1, not " + std::to_string(call.batch));
    if (ends.front() != 0 || ends.back() != call.time)
      return createStringError("cu_seqlens goes from 0 to the number of tokens");
    for (size_t i = 1; i < ends.size(); ++i)
      if (ends[i] < ends[i - 1])
        return createStringError("cu_seqlens decreases at index " + std::to_string(i));
  }
  if (Error error = checkArrays("input", call.inputs, shapesOf(program.inputs, {call.batch, call.time}), false))
    return error;
  if (Error error = checkArrays("param", call.params, shapesOf(program.params, {}), false))
    return error;
  return checkArrays("initial state", call.initial, statesAndHistories(), true);
}

void Run::load(unsigned slot, const Shape &shape, const double *data) {
  Quantity &value = frame[slot];
  if (shape.rank == 2)
    return value.view(shape.rows, shape.cols, data);
  value.reset(shape.rank, shape.rows, shape.cols);
  std::copy_n(data, shape.size(), value.storage.begin());
}

const double *Run::inputAt(const Declared &input, int64_t head, int64_t token) const {
  int64_t row = token * rowsOf(input) + rowOf(input, head);
  return call.inputs.at(input.tensor).data.data() + row * input.rowSize() + input.offset();
}

/// An input `before` tokens before the sequence: the newest is the last of its history.
const double *Run::pastInput(const Declared &input, int64_t head, int64_t sequence, int64_t before) const {
  auto given = call.initial.find(historyName(input));
  if (given == call.initial.end())
    return zeros.data();
  int64_t row = sequence * rowsOf(input) + rowOf(input, head);
  int64_t member = row * std::max<int64_t>(input.count, 1) + input.member;
  return given->second.data.data() + (member * input.history + input.history - before) * input.shape.size();
}

void Run::startStates(int64_t head, int64_t sequence) {
  for (auto [i, state] : llvm::enumerate(program.states)) {
    int64_t size = state.shape.size();
    before[i].assign(size, state.start);
    auto take = [&](const Declared &from, const Array &array, int64_t row) {
      std::copy_n(array.data.begin() + row * from.rowSize() + from.offset(), size, before[i].begin());
    };
    if (auto given = call.initial.find(state.tensor); given != call.initial.end()) {
      take(state, given->second, sequence * rowsOf(state) + rowOf(state, head));
    } else if (state.identityStart) {
      for (int64_t row = 0; row < state.shape.rows; ++row)
        before[i][row * state.shape.cols + row] = 1;
    } else if (!state.startParam.empty()) {
      const Declared &param =
          *llvm::find_if(program.params, [&](const Declared &known) { return known.name == state.startParam; });
      take(param, call.params.at(param.tensor), rowOf(param, head));
    }
    after[i].resize(size);
  }
}

void Run::runToken(int64_t head, int64_t sequence, int64_t first, int64_t token) {
  frame.beginToken();
  for (const Declared &input : program.inputs)
    load(input.slot, input.shape, inputAt(input, head, token));
  for (const Lag &lag : program.lags) {
    const Declared &input = program.inputs[lag.input];
    int64_t at = token - lag.by;
    load(lag.slot, input.shape, at >= first ? inputAt(input, head, at) : pastInput(input, head, sequence, first - at));
  }
  for (auto [i, end] : llvm::enumerate(program.ends))
    load(end.slot, program.states[end.state].shape, last[i].data());
  for (auto [i, state] : llvm::enumerate(program.states))
    load(state.slot, state.shape, before[i].data());
  for (const Step &step : program.perToken)
    step(frame);
  for (const Declared &output : program.outputs)
    frame[output.slot].write(answer.outputs[output.tensor].data.data() +
                                 (token * call.heads + head) * output.rowSize() + output.offset(),
                             call.roundToFloat32);
  // All states advance together: each from the values before the token.
  for (auto [i, state] : llvm::enumerate(program.states)) {
    const Quantity &next = state.advance ? state.advance(frame) : frame[state.next];
    next.write(after[i].data(), call.roundToFloat32);
  }
  before.swap(after);
}

/// Where an output reads the end of a state, every token is run twice: once to know the end.
void Run::runSequence(int64_t head, int64_t sequence) {
  auto [first, count] = tokensOf(sequence);
  for (auto [i, end] : llvm::enumerate(program.ends))
    last[i].assign(program.states[end.state].shape.size(), 0);
  for (bool endIsKnown = program.ends.empty();; endIsKnown = true) {
    startStates(head, sequence);
    for (int64_t token = first; token < first + count; ++token)
      runToken(head, sequence, first, token);
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
    llvm::copy(before[i], answer.final[state.tensor].data.begin() +
                              (sequence * rowsOf(state) + rowOf(state, head)) * state.rowSize() + state.offset());
}

/// The last tokens that were seen; of a short sequence, some are from before it.
void Run::storeHistories(int64_t head, int64_t sequence) {
  auto [first, count] = tokensOf(sequence);
  for (const Declared &input : program.inputs) {
    if (!input.history)
      continue;
    int64_t row = sequence * rowsOf(input) + rowOf(input, head), size = input.shape.size();
    int64_t member = row * std::max<int64_t>(input.count, 1) + input.member;
    double *to = answer.final[historyName(input)].data.data() + member * input.history * size;
    for (int64_t before = input.history; before > 0; --before, to += size) {
      int64_t at = count - before;
      std::copy_n(at >= 0 ? inputAt(input, head, first + at) : pastInput(input, head, sequence, -at), size, to);
    }
  }
}

Answer Run::run() {
  for (const Declared &output : program.outputs)
    answer.outputs[output.tensor] = Array(joined({call.batch, call.time, call.heads}, output.rowDims()));
  for (const ArrayShape &state : statesAndHistories())
    answer.final[state.name] = Array(state.shape);
  before.resize(program.states.size());
  after.resize(program.states.size());
  last.resize(program.ends.size());
  for (const Declared &input : program.inputs)
    zeros.resize(std::max<size_t>(zeros.size(), input.shape.size()));
  for (int64_t head = 0; head < call.heads; ++head) {
    for (const Declared &param : program.params)
      load(param.slot, param.shape,
           call.params.at(param.tensor).data.data() + rowOf(param, head) * param.rowSize() + param.offset());
    for (const Step &step : program.perHead)
      step(frame);
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
