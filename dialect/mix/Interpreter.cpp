// Runs a mixer: for every head and sequence, from the initial states, the program of one token after the other. The
// heads of a group read the same per-group arrays: head h is of group h / (heads / groups).
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

std::vector<int64_t> joined(std::vector<int64_t> leading, const Shape &shape) {
  std::vector<int64_t> dims = shape.dims();
  leading.insert(leading.end(), dims.begin(), dims.end());
  return leading;
}

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
  Error checkArrays(const char *kind, const Arrays &arrays, llvm::ArrayRef<Declared> declared,
                    std::vector<int64_t> leading, bool optional) const;
  /// The first token of a sequence, counted over the batch, and how many it has.
  std::pair<int64_t, int64_t> tokensOf(int64_t sequence) const {
    if (call.cuSeqlens.empty())
      return {sequence * call.time, call.time};
    return {call.cuSeqlens[sequence], call.cuSeqlens[sequence + 1] - call.cuSeqlens[sequence]};
  }

  void load(const Declared &declared, const double *data);
  void startStates(int64_t head, int64_t sequence);
  void runToken(int64_t head, int64_t token);
  void storeStates(int64_t head, int64_t sequence);

  const Program &program;
  const Call &call;
  Frame frame;
  Answer answer;
  /// Each state's numbers before the token (read through the slot of a matrix), and room for those after it.
  std::vector<std::vector<double>> before, after;
};

Error Run::checkArrays(const char *kind, const Arrays &arrays, llvm::ArrayRef<Declared> declared,
                       std::vector<int64_t> leading, bool optional) const {
  for (const auto &[name, array] : arrays)
    if (llvm::none_of(declared, [&](const Declared &known) { return known.name == name; }))
      return createStringError("the mixer has no " + std::string(kind) + " `" + name + "`");
  for (const Declared &known : declared) {
    auto array = arrays.find(known.name);
    if (array == arrays.end()) {
      if (optional)
        continue;
      return createStringError(std::string(kind) + " `" + known.name + "` is missing");
    }
    std::vector<int64_t> shape = leading;
    shape.push_back(rowsOf(known));
    shape = joined(shape, known.shape);
    if (array->second.shape != shape || array->second.size() != Array(shape).size())
      return createStringError(std::string(kind) + " `" + known.name + "` has shape " + text(array->second.shape) +
                               ", expected " + text(shape));
  }
  return Error::success();
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
  if (Error error = checkArrays("input", call.inputs, program.inputs, {call.batch, call.time}, false))
    return error;
  if (Error error = checkArrays("param", call.params, program.params, {}, false))
    return error;
  std::vector<Declared> states(program.states.begin(), program.states.end());
  return checkArrays("initial state", call.initial, states, {call.sequences()}, true);
}

void Run::load(const Declared &declared, const double *data) {
  Quantity &value = frame[declared.slot];
  if (declared.shape.rank == 2)
    return value.view(declared.shape.rows, declared.shape.cols, data);
  value.reset(declared.shape.rank, declared.shape.rows, declared.shape.cols);
  std::copy_n(data, declared.shape.size(), value.storage.begin());
}

void Run::startStates(int64_t head, int64_t sequence) {
  for (auto [i, state] : llvm::enumerate(program.states)) {
    int64_t size = state.shape.size();
    before[i].assign(size, state.start);
    if (auto given = call.initial.find(state.name); given != call.initial.end())
      std::copy_n(given->second.data.begin() + (sequence * rowsOf(state) + rowOf(state, head)) * size, size,
                  before[i].begin());
    else if (state.identityStart)
      for (int64_t row = 0; row < state.shape.rows; ++row)
        before[i][row * state.shape.cols + row] = 1;
    after[i].resize(size);
  }
}

void Run::runToken(int64_t head, int64_t token) {
  frame.beginToken();
  for (const Declared &input : program.inputs)
    load(input,
         call.inputs.at(input.name).data.data() + (token * rowsOf(input) + rowOf(input, head)) * input.shape.size());
  for (auto [i, state] : llvm::enumerate(program.states))
    load(state, before[i].data());
  for (const Step &step : program.perToken)
    step(frame);
  for (const Declared &output : program.outputs)
    frame[output.slot].write(answer.outputs[output.name].data.data() +
                                 (token * call.heads + head) * output.shape.size(),
                             call.roundToFloat32);
  // All states advance together: each from the values before the token.
  for (auto [i, state] : llvm::enumerate(program.states)) {
    const Quantity &next = state.advance ? state.advance(frame) : frame[state.next];
    next.write(after[i].data(), call.roundToFloat32);
  }
  before.swap(after);
}

void Run::storeStates(int64_t head, int64_t sequence) {
  for (auto [i, state] : llvm::enumerate(program.states))
    llvm::copy(before[i], answer.final[state.name].data.begin() +
                              (sequence * rowsOf(state) + rowOf(state, head)) * state.shape.size());
}

Answer Run::run() {
  for (const Declared &output : program.outputs)
    answer.outputs[output.name] = Array(joined({call.batch, call.time, call.heads}, output.shape));
  for (const DeclaredState &state : program.states)
    answer.final[state.name] = Array(joined({call.sequences(), rowsOf(state)}, state.shape));
  before.resize(program.states.size());
  after.resize(program.states.size());
  for (int64_t head = 0; head < call.heads; ++head) {
    for (const Declared &param : program.params)
      load(param, call.params.at(param.name).data.data() + rowOf(param, head) * param.shape.size());
    for (const Step &step : program.perHead)
      step(frame);
    for (int64_t sequence = 0; sequence < call.sequences(); ++sequence) {
      startStates(head, sequence);
      auto [first, count] = tokensOf(sequence);
      for (int64_t token = first; token < first + count; ++token)
        runToken(head, token);
      storeStates(head, sequence);
    }
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
