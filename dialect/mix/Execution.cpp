#include "dialect/mix/Execution.h"
#include <numeric>

using llvm::createStringError;
using llvm::Error;

namespace mixc::mix {

Array::Array(std::vector<int64_t> shape, double fill) : shape(std::move(shape)) {
  int64_t size = std::accumulate(this->shape.begin(), this->shape.end(), int64_t(1), std::multiplies<int64_t>());
  data.assign(size, fill);
}

//===-- Shapes --------------------------------------------------------------------------------------------------===//

static std::string text(const std::vector<int64_t> &shape) {
  std::string result = "[";
  for (int64_t extent : shape)
    result += (result.size() > 1 ? ", " : "") + std::to_string(extent);
  return result + "]";
}

static std::vector<int64_t> joined(std::vector<int64_t> leading, const std::vector<int64_t> &dims) {
  leading.insert(leading.end(), dims.begin(), dims.end());
  return leading;
}

Error Execution::checkArrays(const char *kind, const Arrays &arrays, llvm::ArrayRef<ArrayShape> expected,
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
std::vector<ArrayShape> Execution::shapesOf(llvm::ArrayRef<Declared> declared,
                                            const std::vector<int64_t> &leading) const {
  std::vector<ArrayShape> result;
  for (const Declared &known : declared)
    if (known.member == 0)
      result.push_back({known.tensor, joined(joined(leading, {rowsOf(known)}), known.rowDims())});
  return result;
}

std::vector<ArrayShape> Execution::statesAndHistories() const {
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

std::vector<ArrayShape> Execution::outputShapes() const {
  std::vector<ArrayShape> result; // an output has a row for every head
  for (const Declared &output : program.outputs)
    if (output.member == 0)
      result.push_back({output.tensor, joined({call.batch, call.time, call.heads}, output.rowDims())});
  return result;
}

Answer Execution::emptyAnswer() const {
  Answer answer;
  for (const ArrayShape &output : outputShapes())
    answer.outputs[output.name] = Array(output.shape);
  for (const ArrayShape &state : statesAndHistories())
    answer.final[state.name] = Array(state.shape);
  return answer;
}

Error Execution::check() const {
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
  if (Error error = checkArrays("input", call.inputs, inputShapes(), false))
    return error;
  if (Error error = checkArrays("param", call.params, paramShapes(), false))
    return error;
  return checkArrays("initial state", call.initial, statesAndHistories(), true);
}

//===-- Places --------------------------------------------------------------------------------------------------===//

int64_t Execution::pastPlace(const Declared &input, int64_t row, int64_t sequence, int64_t before) const {
  int64_t member = (sequence * rowsOf(input) + row) * std::max<int64_t>(input.count, 1) + input.member;
  return (member * input.history + input.history - before) * input.shape.size();
}

const double *Execution::pastInput(const Declared &input, int64_t row, int64_t sequence, int64_t before) const {
  auto given = call.initial.find(historyName(input));
  return given == call.initial.end() ? zeros.data()
                                     : given->second.data.data() + pastPlace(input, row, sequence, before);
}

const Declared *Execution::startParamOf(const DeclaredState &state) const {
  auto param = llvm::find_if(program.params, [&](const Declared &known) { return known.name == state.startParam; });
  return state.startParam.empty() ? nullptr : &*param;
}

//===-- Values --------------------------------------------------------------------------------------------------===//

void Execution::load(unsigned slot, const Shape &shape, const double *data) {
  Quantity &value = frame[slot];
  if (shape.rank == 2)
    return value.view(shape.rows, shape.cols, data);
  value.reset(shape.rank, shape.rows, shape.cols);
  std::copy_n(data, shape.size(), value.storage.begin());
}

void Execution::startHead(int64_t head) {
  for (const Declared &input : program.inputs)
    zeros.resize(std::max<size_t>(zeros.size(), input.shape.size()));
  for (const Declared &param : program.params)
    load(param.slot, param.shape, call.params.at(param.tensor).data.data() + paramPlace(param, rowOf(param, head)));
  for (const Step &step : program.perHead)
    step.run(frame);
}

void Execution::startStates(int64_t head, int64_t sequence, States &states) const {
  states.resize(program.states.size());
  for (auto [i, state] : llvm::enumerate(program.states)) {
    int64_t size = state.shape.size();
    states[i].assign(size, state.start);
    auto take = [&](const Array &array, int64_t place) {
      std::copy_n(array.data.begin() + place, size, states[i].begin());
    };
    if (auto given = call.initial.find(state.tensor); given != call.initial.end())
      take(given->second, statePlace(state, rowOf(state, head), sequence));
    else if (const Declared *param = startParamOf(state))
      take(call.params.at(param->tensor), paramPlace(*param, rowOf(*param, head)));
    else if (state.identityStart)
      for (int64_t row = 0; row < state.shape.rows; ++row)
        states[i][row * state.shape.cols + row] = 1;
  }
}

void Execution::evaluate(int64_t head, int64_t sequence, int64_t token, const States &before, const States &last) {
  int64_t first = tokensOf(sequence).first;
  frame.beginToken();
  for (const Declared &input : program.inputs)
    load(input.slot, input.shape, inputAt(input, rowOf(input, head), token));
  for (const Lag &lag : program.lags) {
    const Declared &input = program.inputs[lag.input];
    int64_t at = token - lag.by, row = rowOf(input, head);
    load(lag.slot, input.shape, at >= first ? inputAt(input, row, at) : pastInput(input, row, sequence, first - at));
  }
  for (auto [i, end] : llvm::enumerate(program.ends))
    load(end.slot, program.states[end.state].shape, last[i].data());
  for (auto [i, state] : llvm::enumerate(program.states))
    load(state.slot, state.shape, before[i].data());
  for (const Step &step : program.perToken)
    step.run(frame);
}

void Execution::advance(States &after) {
  after.resize(program.states.size());
  for (auto [i, state] : llvm::enumerate(program.states)) {
    const Quantity &next = state.advance ? state.advance(frame) : frame[state.next];
    after[i].resize(state.shape.size());
    next.write(after[i].data(), call.roundToFloat32);
  }
}

} // namespace mixc::mix
