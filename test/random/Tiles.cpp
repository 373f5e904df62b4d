#include "test/random/Tiles.h"
#include "dialect/tile/Interpreter.h"
#include <cmath>
#include <random>

using namespace mlir;

namespace mixc::random {
namespace {

mix::TensorType typeOf(Operation *declaration) { return cast<mix::TensorType>(declaration->getResult(0).getType()); }

/// Declarations by the names that their tensors have in kernels; histories by those of their inputs.
class Declarations {
public:
  explicit Declarations(mix::MixerOp equations) {
    for (Operation &op : equations.step())
      if (isa<mix::InputOp, mix::ParamOp, mix::StateOp, mix::OutputOp>(op))
        byName[op.getAttrOfType<StringAttr>("name").getValue()] = &op;
  }

  Operation *find(StringRef name) const { return byName.lookup(name); }

private:
  llvm::StringMap<Operation *> byName;
};

/// What one head sees of an array [1, time,] heads or groups, [members,] dims...: its name outside, and its part.
class Part {
public:
  Part(Operation *op, bool isHistory, tile::ViewType view, const mix::Call &call, int64_t head) {
    mix::Home home = mix::homeOf(op);
    tensor = home.tensor.str() + (isHistory ? ".history" : "");
    members = std::max<int64_t>(home.count, 1);
    member = home.member;
    columns = !isa<mix::OutputOp>(op) && mix::isPerGroup(typeOf(op)) ? call.groups : call.heads;
    column = head / (call.heads / columns);
    rows = view.getPer() == tile::Per::Token ? call.time : 1;
    leading = {1};
    if (view.getPer() == tile::Per::Token)
      leading.push_back(call.time);
    leading.push_back(columns);
    if (home.isFamily())
      leading.push_back(home.count);
    llvm::append_range(leading, view.getShape());
    for (int64_t extent : view.getShape())
      size *= extent;
  }

  std::vector<double> read(const mix::Array &array) const {
    std::vector<double> data;
    for (int64_t row = 0; row < rows; ++row)
      data.insert(data.end(), array.data.begin() + at(row), array.data.begin() + at(row) + size);
    return data;
  }
  void write(mix::Arrays &arrays, const std::vector<double> &data) const {
    auto [array, isNew] = arrays.try_emplace(tensor);
    if (isNew)
      array->second = mix::Array(leading, std::nan(""));
    for (int64_t row = 0; row < rows; ++row)
      std::copy_n(data.begin() + row * size, size, array->second.data.begin() + at(row));
  }
  /// Adds to an array that is 0 where it is new.
  void add(mix::Arrays &arrays, const std::vector<double> &data) const {
    auto [array, isNew] = arrays.try_emplace(tensor);
    if (isNew)
      array->second = mix::Array(leading);
    for (int64_t i = 0; i < total(); ++i)
      array->second.data[at(i / size) + i % size] += data[i];
  }
  int64_t total() const { return rows * size; }
  /// The last head of those that share this part.
  bool isLastOf(int64_t head, const mix::Call &call) const { return (head + 1) % (call.heads / columns) == 0; }

  std::string tensor;

private:
  int64_t at(int64_t row) const { return ((row * columns + column) * members + member) * size; }

  std::vector<int64_t> leading;
  int64_t members, member, columns, column, rows, size = 1;
};

/// What a state starts from where no initial one is passed: its kernel takes it from the caller when it is in place.
std::vector<double> startOf(const Declarations &declarations, tile::ArgumentAttr argument, tile::ViewType view,
                            const mix::Call &call, int64_t head) {
  int64_t size = 1;
  for (int64_t extent : view.getShape())
    size *= extent;
  std::vector<double> data(size);
  auto state = dyn_cast<mix::StateOp>(declarations.find(argument.getName()));
  if (!state)
    return data;
  if (state.getStartParam()) {
    Part param(declarations.find(*state.getStartParam()), /*isHistory=*/false, view, call, head);
    return param.read(call.params.at(param.tensor));
  }
  if (state.getStart())
    data.assign(size, state.getStart()->convertToDouble());
  if (state.getIdentityStart())
    for (int64_t i = 0, n = view.getShape().back(); i < n; ++i)
      data[i * n + i] = 1;
  return data;
}

} // namespace

tile::KernelOp findKernel(ModuleOp tiles, tile::Entry entry, int64_t sequences) {
  for (auto kernel : tiles.getOps<tile::KernelOp>())
    if (kernel.getEntry() == entry && static_cast<int64_t>(kernel.getSequences()) == sequences)
      return kernel;
  return {};
}

namespace {

/// The tensors of a kernel for one head, and a walk over them.
class Work {
public:
  Work(tile::KernelOp kernel, const Declarations &declarations, const mix::Call &call, int64_t head)
      : kernel(kernel), declarations(declarations), call(call), head(head) {}

  void forEach(llvm::function_ref<void(size_t, tile::ArgumentAttr, tile::ViewType)> use) {
    for (auto [i, type] : llvm::enumerate(kernel.getBody().front().getArgumentTypes()))
      use(i, kernel.argument(i), cast<tile::ViewType>(type));
  }
  Part part(tile::ArgumentAttr argument, tile::ViewType view) const {
    return {declarations.find(argument.getName()), argument.getHistory(), view, call, head};
  }

  /// What the caller passes in; what the kernel writes is NaN first.
  void fill(bool saves) {
    forEach([&](size_t, tile::ArgumentAttr argument, tile::ViewType view) {
      const tile::Role role = argument.getRole();
      tile::Buffer &buffer = tensors.emplace_back();
      if (role == tile::Role::Saved) {
        buffer.present = saves;
        if (view.getPer() != tile::Per::Segment) // they come one by one
          buffer.data.assign((view.getPer() == tile::Per::Token ? call.time : 1) *
                                 ShapedType::getNumElements(view.getShape()),
                             std::nan(""));
        return;
      }
      Part part = this->part(argument, view);
      if (role == tile::Role::Input || role == tile::Role::Param) {
        buffer.data = part.read((role == tile::Role::Input ? call.inputs : call.params).at(part.tensor));
      } else if (role == tile::Role::Initial || role == tile::Role::State) {
        auto given = call.initial.find(part.tensor);
        bool isGiven = given != call.initial.end();
        buffer.data = isGiven ? part.read(given->second) : startOf(declarations, argument, view, call, head);
        buffer.present = isGiven || role == tile::Role::State;
      } else {
        buffer.data.assign(part.total(), std::nan(""));
      }
    });
  }
  llvm::Error run() { return tile::interpret(kernel, call.time, tensors); }

  std::vector<tile::Buffer> tensors;

private:
  tile::KernelOp kernel;
  const Declarations &declarations;
  const mix::Call &call;
  int64_t head;
};

} // namespace

llvm::Expected<mix::Answer> interpretTiles(tile::KernelOp kernel, mix::MixerOp equations, const mix::Call &call) {
  mix::Answer answer;
  Declarations declarations(equations);
  for (int64_t head = 0; head < call.heads; ++head) {
    Work work(kernel, declarations, call, head);
    work.fill(/*saves=*/false);
    if (llvm::Error error = work.run())
      return std::move(error);
    work.forEach([&](size_t i, tile::ArgumentAttr argument, tile::ViewType view) {
      const tile::Role role = argument.getRole();
      if (role == tile::Role::Output)
        work.part(argument, view).write(answer.outputs, work.tensors[i].data);
      if (role == tile::Role::Final || role == tile::Role::State)
        work.part(argument, view).write(answer.final, work.tensors[i].data);
    });
  }
  return answer;
}

llvm::Expected<mix::Gradients> interpretTilesBackward(tile::KernelOp saving, tile::KernelOp backward,
                                                      mix::MixerOp equations, const mix::Call &call,
                                                      const mix::Cotangents &cotangents) {
  mix::Gradients gradients;
  Declarations declarations(equations);
  for (int64_t head = 0; head < call.heads; ++head) {
    Work before(saving, declarations, call, head);
    before.fill(/*saves=*/true);
    if (llvm::Error error = before.run())
      return std::move(error);
    std::map<std::string, tile::Buffer> saved;
    before.forEach([&](size_t i, tile::ArgumentAttr argument, tile::ViewType) {
      if (argument.getRole() == tile::Role::Saved)
        saved[argument.getName().str()] = std::move(before.tensors[i]);
    });

    Work work(backward, declarations, call, head);
    work.fill(/*saves=*/true);
    work.forEach([&](size_t i, tile::ArgumentAttr argument, tile::ViewType view) {
      const tile::Role role = argument.getRole();
      tile::Buffer &buffer = work.tensors[i];
      if (role == tile::Role::Saved) {
        buffer = saved[argument.getName().str()];
      } else if (role == tile::Role::OutputGrad || role == tile::Role::FinalGrad) {
        const Part part = work.part(argument, view);
        const mix::Arrays &given = role == tile::Role::OutputGrad ? cotangents.outputs : cotangents.final;
        auto found = given.find(part.tensor);
        // The last head of a group writes what they share.
        buffer.present = found != given.end() && (role == tile::Role::OutputGrad || part.isLastOf(head, call));
        if (buffer.present)
          buffer.data = part.read(found->second);
      } else if (argument.getPartial()) {
        buffer.data.assign(buffer.data.size(), 0);
      }
    });
    if (llvm::Error error = work.run())
      return std::move(error);
    work.forEach([&](size_t i, tile::ArgumentAttr argument, tile::ViewType view) {
      const tile::Role role = argument.getRole();
      mix::Arrays *arrays = role == tile::Role::InputGrad     ? &gradients.inputs
                            : role == tile::Role::ParamGrad   ? &gradients.params
                            : role == tile::Role::InitialGrad ? &gradients.initial
                                                              : nullptr;
      if (arrays)
        work.part(argument, view).add(*arrays, work.tensors[i].data);
    });
  }
  return gradients;
}

llvm::Expected<std::string> differenceInBlock(tile::KernelOp block, tile::KernelOp one, int64_t length, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> numbers(0, 1); // legal for most gates
  const auto count = static_cast<int64_t>(block.getSequences());
  std::vector<int64_t> lengths(count, length);
  for (int64_t s = 1; s < count; s += 2)
    lengths[s] = s % 4 == 1 ? 0 : static_cast<int64_t>(random() % (length + 1));
  std::vector<std::vector<tile::Buffer>> alone(count);
  std::vector<tile::Buffer> together;
  for (auto [i, type] : llvm::enumerate(one.getBody().front().getArgumentTypes())) {
    auto view = cast<tile::ViewType>(type);
    const tile::Role role = one.argument(i).getRole();
    if (role == tile::Role::Saved) { // a block saves nothing
      for (int64_t s = 0; s < count; ++s)
        alone[s].push_back({{}, /*present=*/false});
      continue;
    }
    for (int64_t s = 0; s < count; ++s) {
      int64_t size = view.getPer() == tile::Per::Token ? lengths[s] : 1;
      for (int64_t extent : view.getShape())
        size *= extent;
      tile::Buffer buffer;
      buffer.data.resize(size);
      for (double &number : buffer.data)
        number = numbers(random);
      buffer.present = role != tile::Role::Initial || s % 3 != 0;
      if (role == tile::Role::Param && s > 0)
        buffer = alone[0].back();
      alone[s].push_back(buffer);
      together.push_back(buffer);
    }
  }
  if (llvm::Error error = tile::interpret(block, lengths, together))
    return std::move(error);
  for (int64_t s = 0; s < count; ++s) {
    if (llvm::Error error = tile::interpret(one, lengths[s], alone[s]))
      return std::move(error);
    for (size_t i = 0; i < together.size() / count; ++i) {
      const std::vector<double> &got = together[i * count + s].data, &wanted = alone[s][i].data;
      auto isSame = [](double x, double y) { return x == y || (std::isnan(x) && std::isnan(y)); };
      if (!llvm::equal(got, wanted, isSame))
        return "tensor " + one.argument(i).getName().str() + " of sequence " + std::to_string(s) + ", " +
               std::to_string(lengths[s]) + " tokens";
    }
  }
  return "";
}

} // namespace mixc::random
