#include "test/conformance/Trial.h"
#include "frontend/oracle/Storage.h"
#include <cmath>
#include <cstring>
#include <random>

using namespace mlir;
using mixc::tile::Role;

namespace mixc::conformance {
namespace {

/// What nothing was written to: in memory, and in what the interpreter works on. Both are NaN.
constexpr char poisonByte = '\xff';
double poison() { return llvm::bit_cast<double>(~uint64_t(0)); }
bool isPoison(double number) { return llvm::bit_cast<uint64_t>(number) == ~uint64_t(0); }

/// Bytes before and after an array, which nothing may touch.
constexpr int64_t guard = 256;

std::string nameOf(Type elementType) { return elementType.isF32() ? "f32" : elementType.isBF16() ? "bf16" : "f16"; }

} // namespace

std::vector<Shape> shapesFor(tile::KernelOp kernel) {
  const bool isDecode = (kernel.has(Role::State) || kernel.has(Role::Kept)); // all sequences have as many tokens
  std::vector<Shape> shapes;
  if (kernel.getSequences() > 1) // blocks that are more than half full, so that they run as such; 0 tokens among them
    shapes = {{"packed", {33, 20, 16, 0, 17, 33, 31, 1, 40, 5, 40, 39, 16, 40, 0}, true, 3, 1, false, -1},
              {"half absent", std::vector<int64_t>(13, 21), false, 2, 1, false, 0},
              {"other half absent", std::vector<int64_t>(8, 32), false, 1, 1, false, 1},
              {"grouped", std::vector<int64_t>(8, 3), false, 4, 2, true, -1}};
  else if (isDecode)
    shapes = {{"one token", {1, 1}, false, 3, 1, false, -1},
              {"no token", {0, 0}, false, 2, 1, false, -1},
              {"half absent", {16, 16}, false, 1, 1, false, 0},
              {"other half absent", {37}, false, 2, 1, false, 1},
              {"grouped", {21, 21}, false, 4, 2, true, -1}};
  else
    shapes = {{"packed", {0, 1, 15, 16, 17, 40, 32}, true, 3, 1, false, -1},
              {"half absent", {37, 37}, false, 2, 1, false, 0},
              {"other half absent", {16}, false, 1, 1, false, 1},
              {"grouped", {21, 21}, false, 4, 2, true, -1}};
  llvm::erase_if(shapes, [&](const Shape &shape) { return isDecode && shape.isPacked; });
  return shapes;
}

//===-- What goes in --------------------------------------------------------------------------------------------===//

Trial::Trial(tile::KernelOp kernel, const Shape &shape)
    : kernel(kernel), name(kernel.getSymName().str()), shape(shape) {
  call.lengths = shape.lengths;
  call.isPacked = shape.isPacked;
  call.heads = shape.heads;
  call.groups = shape.groups;
  for (unsigned i = 0; i < kernel.getBody().getNumArguments(); ++i)
    addTensor(i);
}

bool Trial::Tensor::isWritten() const {
  return llvm::is_contained({Role::Output, Role::Final, Role::State, Role::Kept}, argument.role) ||
         isGradient(argument.role);
}

void Trial::addTensor(unsigned index) {
  Tensor &tensor = tensors.emplace_back();
  Argument &argument = tensor.argument;
  auto view = cast<tile::ViewType>(kernel.getBody().getArgument(index).getType());
  const tile::ArgumentAttr said = kernel.argument(index);
  const Role role = said.getRole();
  const bool isBackward = (kernel.has(Role::OutputGrad) || kernel.has(Role::FinalGrad));
  argument.name = said.getName().str();
  argument.role = role;
  argument.elementType = nameOf(view.getElementType());
  argument.elements = ShapedType::getNumElements(view.getShape());
  argument.isPartial = said.getPartial();
  argument.isPerGroup = shape.isGrouped && role != Role::Output && role != Role::OutputGrad && role != Role::Saved &&
                        (!isGradient(role) || argument.isPartial) &&
                        (kernel.getSequences() == 1 || !llvm::is_contained({Role::Final, Role::State, Role::Kept},
                                                                           role)); // a block has no states of groups
  tensor.per = view.getPer();
  if (role == Role::Saved)
    argument.every = tensor.per == tile::Per::Segment ? said.getEvery()
                     : tensor.per == tile::Per::Head  ? Argument::wholeSequence
                                                      : 0;
  const auto sequences = static_cast<int64_t>(call.lengths.size());
  tensor.columns = argument.isPerGroup ? call.groups : call.heads;
  tensor.rows = tensor.per == tile::Per::Token     ? call.tokens()
                : tensor.per == tile::Per::Segment ? call.tokens() / argument.every + sequences
                : tensor.isParam()                 ? 1
                                                   : sequences;
  const int64_t before =
      llvm::count_if(ArrayRef(tensors).drop_back(), [](const Tensor &t) { return tile::isOptional(t.argument.role); });
  const bool isAbsent = tile::isOptional(role) && (role != Role::Saved || !isBackward) &&
                        (role == Role::Saved ? 0 : before % 2) == shape.absent;

  std::vector<double> &numbers = tensor.numbers;
  numbers.assign(tensor.rows * tensor.columns * argument.elements, poison());
  if (!tensor.isWritten() || role == Role::State) {
    std::mt19937_64 random(7919 * index + call.tokens());
    std::uniform_real_distribution<double> draw(-1, 1);
    for (double &number : numbers)
      number = draw(random);
    numbers = Storage(argument.elementType, numbers).numbers();
  }
  if (role == Role::Saved && !isBackward)
    llvm::fill(numbers, poison());
  argument.bytes = static_cast<int64_t>(numbers.size()) * (argument.elementType == "f32" ? 4 : 2);
  static char somewhere;
  argument.data = isAbsent ? nullptr : &somewhere;
}

//===-- What must come out --------------------------------------------------------------------------------------===//

int64_t Trial::firstRow(const Tensor &tensor, int64_t sequence) const {
  if (tensor.per == tile::Per::Token)
    return call.firstToken(sequence);
  if (tensor.per == tile::Per::Segment)
    return call.firstToken(sequence) / tensor.argument.every + sequence;
  return tensor.isParam() ? 0 : sequence;
}

int64_t Trial::rowsOf(const Tensor &tensor, int64_t sequence) const {
  if (tensor.per == tile::Per::Token)
    return call.lengths[sequence];
  return tensor.per == tile::Per::Segment ? firstRow(tensor, sequence + 1) - firstRow(tensor, sequence) : 1;
}

/// What one work item sees of it.
tile::Buffer Trial::read(Tensor &tensor, int64_t sequence, int64_t head) {
  tile::Buffer buffer;
  const Argument &argument = tensor.argument;
  const bool isMissing = sequence >= static_cast<int64_t>(call.lengths.size()); // the block is not full
  // Of what a group shares the last head takes the end's cotangent and writes what comes after.
  const bool isTheLasts =
      argument.isPerGroup && llvm::is_contained({Role::Final, Role::Kept, Role::FinalGrad}, argument.role);
  buffer.present =
      argument.data && !(isTheLasts && !isLastOfGroup(head)) && !(isMissing && tile::isOptional(argument.role));
  if (isMissing) {
    buffer.data.assign(tensor.per == tile::Per::Token ? 0 : argument.elements, poison());
    return buffer;
  }
  const int64_t first = firstRow(tensor, sequence), column = head / (call.heads / tensor.columns);
  for (int64_t row = first; row < first + rowsOf(tensor, sequence); ++row)
    buffer.data.insert(buffer.data.end(), tensor.at(row, column), tensor.at(row, column) + argument.elements);
  if (argument.isPartial)
    llvm::fill(buffer.data, 0.0);
  return buffer;
}

llvm::Error Trial::write(Tensor &tensor, const tile::Buffer &buffer, int64_t sequence, int64_t head) {
  const Argument &argument = tensor.argument;
  const int64_t first = firstRow(tensor, sequence), column = head / (call.heads / tensor.columns);
  if (!buffer.present || (argument.role == Role::State && argument.isPerGroup && !isLastOfGroup(head)))
    return llvm::Error::success();
  const int64_t rows = static_cast<int64_t>(buffer.data.size()) / argument.elements;
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t i = 0; i < argument.elements; ++i) {
      const double number = buffer.data[row * argument.elements + i];
      if (row >= rowsOf(tensor, sequence)) {
        if (!isPoison(number))
          return llvm::createStringError("the program writes segments past the end of a sequence");
        continue;
      }
      double &sum = tensor.at(first + row, column)[i];
      sum = argument.isPartial && !isPoison(sum) ? sum + number : number;
    }
  return llvm::Error::success();
}

/// One work item, of as many sequences as the kernel works on.
llvm::Error Trial::interpret(int64_t firstSequence, int64_t head, std::vector<Tensor> &results) {
  const auto block = static_cast<int64_t>(kernel.getSequences());
  const auto present = std::min(block, static_cast<int64_t>(call.lengths.size()) - firstSequence);
  std::vector<int64_t> lengths(block, 0);
  std::copy_n(call.lengths.begin() + firstSequence, present, lengths.begin());
  std::vector<tile::Buffer> buffers;
  for (Tensor &tensor : tensors)
    for (int64_t s = 0; s < block; ++s)
      buffers.push_back(read(tensor, firstSequence + s, head));
  if (llvm::Error error = tile::interpret(kernel, lengths, buffers))
    return error;
  for (auto [i, result] : llvm::enumerate(results))
    for (int64_t s = 0; s < present; ++s)
      if (result.isWritten() || result.argument.role == Role::Saved)
        if (llvm::Error error = write(result, buffers[i * block + s], firstSequence + s, head))
          return error;
  return llvm::Error::success();
}

llvm::Expected<Trial> Trial::make(tile::KernelOp kernel, const Shape &shape) {
  Trial trial(kernel, shape);
  std::vector<Tensor> results = trial.tensors;
  const auto sequences = static_cast<int64_t>(trial.call.lengths.size());
  for (Tensor &tensor : results) // the empty sum
    if (tensor.argument.isPartial && tensor.argument.data && sequences == 0)
      llvm::fill(tensor.numbers, 0.0);
  for (int64_t s = 0; s < sequences; s += static_cast<int64_t>(kernel.getSequences()))
    for (int64_t head = 0; head < trial.call.heads; ++head)
      if (llvm::Error error = trial.interpret(s, head, results))
        return std::move(error);
  trial.expected = std::move(results);
  return trial;
}

//===-- What does come out --------------------------------------------------------------------------------------===//

/// The array in memory, guards around it. What nobody wrote is poison.
static std::vector<char> inMemory(const std::string &elementType, const std::vector<double> &numbers) {
  Storage storage(elementType, numbers);
  const int64_t width = elementType == "f32" ? 4 : 2;
  std::vector<char> bytes(storage.size() * width + 2 * guard, poisonByte);
  for (int64_t i = 0; i < storage.size(); ++i)
    if (!isPoison(numbers[i]))
      std::memcpy(bytes.data() + guard + i * width, storage.at(i), width);
  return bytes;
}

static std::vector<double> fromMemory(const std::string &elementType, const std::vector<char> &bytes, int64_t size) {
  const int64_t width = elementType == "f32" ? 4 : 2;
  Storage storage(elementType, size);
  std::memcpy(const_cast<void *>(storage.at(0)), bytes.data() + guard, size * width);
  return storage.numbers();
}

/// Numbers are the roundings of ones that are within 1e-5 of the tensor's largest; what is not written stays as it was,
/// to the bit.
std::string Trial::Tensor::difference(const std::vector<char> &before, const std::vector<char> &after) const {
  const int64_t width = argument.elementType == "f32" ? 4 : 2, size = static_cast<int64_t>(numbers.size());
  auto touched = [&](int64_t from, int64_t count) {
    return !std::equal(before.begin() + from, before.begin() + from + count, after.begin() + from);
  };
  if (touched(0, guard) || touched(guard + size * width, guard))
    return "something was written outside of the array";
  const bool mayChange = isWritten() || argument.role == Role::Saved;
  if (!mayChange || !argument.data)
    return touched(0, static_cast<int64_t>(before.size())) ? "was written to" : "";

  double scale = 0;
  for (double number : numbers)
    if (std::isfinite(number))
      scale = std::max(scale, std::fabs(number));
  std::vector<double> least, most;
  for (double number : numbers) {
    least.push_back(number - 1e-5 * scale);
    most.push_back(number + 1e-5 * scale);
  }
  least = Storage(argument.elementType, least).numbers();
  most = Storage(argument.elementType, most).numbers();
  const std::vector<double> found = fromMemory(argument.elementType, after, size);
  for (int64_t i = 0; i < size; ++i) {
    bool isRight;
    if (isPoison(numbers[i]))
      isRight = !touched(guard + i * width, width);
    else if (std::isnan(numbers[i]))
      isRight = std::isnan(found[i]);
    else
      isRight = least[i] <= found[i] && found[i] <= most[i];
    if (!isRight)
      return "row " + std::to_string(i / argument.elements / columns) + ", column " +
             std::to_string(i / argument.elements % columns) + ", entry " + std::to_string(i % argument.elements) +
             " is " + std::to_string(found[i]) + ", expected " +
             (isPoison(numbers[i]) ? "nothing to be written" : std::to_string(numbers[i]));
  }
  return "";
}

std::string Trial::run(Kernels &kernels) {
  std::vector<std::vector<char>> before, after;
  for (const Tensor &tensor : tensors)
    before.push_back(inMemory(tensor.argument.elementType, tensor.numbers));
  after = before;
  call.arguments.clear();
  for (auto [tensor, bytes] : llvm::zip(tensors, after)) {
    Argument &argument = call.arguments.emplace_back(tensor.argument);
    argument.data = argument.data ? bytes.data() + guard : nullptr;
  }
  const std::string where = "@" + name + ", " + shape.name;
  if (llvm::Error error = kernels.run(name, call))
    return where + ": " + llvm::toString(std::move(error)) + "\n";
  std::string said;
  for (auto [tensor, old, bytes] : llvm::zip(expected, before, after))
    if (std::string difference = tensor.difference(old, bytes); !difference.empty())
      said += where + ": " + tile::stringifyRole(tensor.argument.role).str() + " `" + tensor.argument.name +
              "`: " + difference + "\n";
  return said;
}

} // namespace mixc::conformance
