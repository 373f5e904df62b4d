#include "test/random/Tiles.h"
#include "dialect/tile/Interpreter.h"
#include <cmath>

using namespace mlir;

namespace mixc::random {
namespace {

/// Of [1, time, columns, dims...] the column that a head sees, or that it writes.
class Column {
public:
  Column(const mix::Array &array, const mix::Call &call, int64_t head)
      : columns(array.shape[2]), at(head / (call.heads / columns)),
        size(call.time ? array.size() / (call.time * columns) : 0), time(call.time) {}

  std::vector<double> read(const mix::Array &array) const {
    std::vector<double> data;
    for (int64_t t = 0; t < time; ++t)
      data.insert(data.end(), array.data.begin() + (t * columns + at) * size,
                  array.data.begin() + (t * columns + at + 1) * size);
    return data;
  }
  void write(mix::Array &array, const std::vector<double> &data) const {
    for (int64_t t = 0; t < time; ++t)
      std::copy_n(data.begin() + t * size, size, array.data.begin() + (t * columns + at) * size);
  }

private:
  int64_t columns, at, size, time;
};

/// Of [heads or groups, dims...] (a leading 1 aside) what a head sees.
std::vector<double> rowOf(const mix::Array &array, int64_t rows, int64_t heads, int64_t head) {
  int64_t size = array.size() / rows, at = head / (heads / rows);
  return {array.data.begin() + at * size, array.data.begin() + (at + 1) * size};
}

/// What a state starts from where no initial one is passed: its kernel takes it from the caller when it is in place.
std::vector<double> startOf(mix::StateOp state, tile::ViewType view) {
  int64_t size = 1;
  for (int64_t extent : view.getShape())
    size *= extent;
  std::vector<double> data(size, state.getStart() ? state.getStart()->convertToDouble() : 0.0);
  if (state.getIdentityStart())
    for (int64_t i = 0, n = view.getShape().back(); i < n; ++i)
      data[i * n + i] = 1;
  return data;
}

} // namespace

tile::KernelOp findKernel(ModuleOp tiles, StringRef suffix) {
  for (auto kernel : tiles.getOps<tile::KernelOp>())
    if (kernel.getSymName().ends_with(suffix))
      return kernel;
  return {};
}

llvm::Expected<mix::Answer> interpretTiles(tile::KernelOp kernel, mix::MixerOp equations, const mix::Call &call) {
  mix::Answer answer;
  llvm::StringMap<mix::StateOp> states;
  for (auto state : equations.step().getOps<mix::StateOp>())
    states[state.getName()] = state;
  for (int64_t head = 0; head < call.heads; ++head) {
    std::vector<tile::Buffer> tensors;
    for (auto [i, type] : llvm::enumerate(kernel.getBody().front().getArgumentTypes())) {
      std::string name = cast<StringAttr>(kernel.getNames()[i]).getValue().str();
      StringRef role = cast<StringAttr>(kernel.getRoles()[i]).getValue();
      tile::Buffer &buffer = tensors.emplace_back();
      auto view = cast<tile::ViewType>(type);
      int64_t size = view.getPer() == tile::Per::Token ? call.time : 1;
      for (int64_t extent : view.getShape())
        size *= extent;
      if (role == "input") {
        const mix::Array &array = call.inputs.at(name);
        buffer.data = Column(array, call, head).read(array);
      } else if (role == "param") {
        const mix::Array &array = call.params.at(name);
        buffer.data = rowOf(array, array.shape[0], call.heads, head);
      } else if (role == "initial" || role == "state") {
        auto given = call.initial.find(name);
        bool isGiven = given != call.initial.end();
        buffer.data = isGiven ? rowOf(given->second, call.heads, call.heads, head) : startOf(states.lookup(name), view);
        buffer.present = isGiven || role == "state";
      } else {
        buffer.data.assign(size, std::nan(""));
      }
    }
    if (llvm::Error error = tile::interpret(kernel, call.time, tensors))
      return std::move(error);
    for (auto [i, type] : llvm::enumerate(kernel.getBody().front().getArgumentTypes())) {
      std::string name = cast<StringAttr>(kernel.getNames()[i]).getValue().str();
      StringRef role = cast<StringAttr>(kernel.getRoles()[i]).getValue();
      bool isOutput = role == "output";
      if (!isOutput && role != "final" && role != "state")
        continue;
      mix::Array &array = (isOutput ? answer.outputs : answer.final)[name];
      if (head == 0) {
        std::vector<int64_t> shape =
            isOutput ? std::vector<int64_t>{1, call.time, call.heads} : std::vector<int64_t>{1, call.heads};
        llvm::append_range(shape, cast<tile::ViewType>(type).getShape());
        array = mix::Array(shape);
      }
      if (isOutput)
        Column(array, call, head).write(array, tensors[i].data);
      else
        std::copy(tensors[i].data.begin(), tensors[i].data.end(), array.data.begin() + head * tensors[i].data.size());
    }
  }
  return answer;
}

} // namespace mixc::random
