#include "test/conformance/Items.h"
#include "frontend/oracle/Storage.h"
#include "llvm/ADT/APFloat.h"
#include <cstring>

using namespace mlir;
using mixc::tile::Role;

namespace mixc::conformance {
namespace {

double poison() { return llvm::bit_cast<double>(~uint64_t(0)); }
bool isSame(double x, double y) { return llvm::bit_cast<uint64_t>(x) == llvm::bit_cast<uint64_t>(y); }

double decode(const char *from, StringRef type) {
  if (type == "f32") {
    float number;
    std::memcpy(&number, from, 4);
    return number;
  }
  uint16_t bits;
  std::memcpy(&bits, from, 2);
  llvm::APFloat number(type == "f16" ? llvm::APFloat::IEEEhalf() : llvm::APFloat::BFloat(), llvm::APInt(16, bits));
  bool isInexact;
  number.convert(llvm::APFloat::IEEEdouble(), llvm::APFloat::rmNearestTiesToEven, &isInexact);
  return number.convertToDouble();
}

/// What one sequence and head see of an argument: some rows of a column.
class Part {
public:
  Part(const Call &call, const Argument &argument, tile::Per per, int64_t sequence, int64_t head)
      : argument(argument), per(per), columns(argument.isPerGroup ? call.groups : call.heads) {
    const bool isParam = argument.role == Role::Param || argument.role == Role::ParamGrad;
    auto firstOf = [&](int64_t s) {
      const int64_t token = call.firstToken(s);
      return per == tile::Per::Token ? token : per == tile::Per::Segment ? token / argument.every + s : s;
    };
    column = head / (call.heads / columns);
    isMissing = sequence >= static_cast<int64_t>(call.lengths.size()); // the block is not full
    first = isMissing || isParam ? 0 : firstOf(sequence);
    rows = isMissing ? 0 : per == tile::Per::Head ? 1 : firstOf(sequence + 1) - first;
    // Of what a group shares the last head takes the end's cotangent, and writes what comes after.
    isLast = !argument.isPerGroup || (head + 1) % (call.heads / call.groups) == 0;
    const bool isTheLasts = llvm::is_contained({Role::Final, Role::Kept, Role::FinalGrad}, argument.role);
    isPresent = argument.data && (isLast || !isTheLasts) && !(isMissing && tile::isOptional(argument.role));
  }

  tile::Buffer read() const {
    tile::Buffer buffer;
    buffer.present = isPresent;
    if (isMissing)
      buffer.data.assign(per == tile::Per::Token ? 0 : argument.elements, poison());
    for (int64_t i = 0; i < rows * argument.elements; ++i)
      buffer.data.push_back(argument.isPartial || !argument.data ? 0 : decode(at(i), argument.elementType));
    return buffer;
  }

  /// What was written; of a sum, added.
  void write(const tile::Buffer &before, const tile::Buffer &after) const {
    if (!isPresent || (argument.role == Role::State && !isLast))
      return;
    for (int64_t i = 0; i < rows * argument.elements; ++i) {
      if (isSame(before.data[i], after.data[i]))
        continue;
      const double number = after.data[i] + (argument.isPartial ? decode(at(i), argument.elementType) : 0);
      std::memcpy(at(i), Storage(argument.elementType, ArrayRef<double>(number)).at(0), width());
    }
  }

private:
  int64_t width() const { return argument.elementType == "f32" ? 4 : 2; }
  char *at(int64_t i) const {
    const int64_t row = first + i / argument.elements;
    return argument.data + ((row * columns + column) * argument.elements + i % argument.elements) * width();
  }

  const Argument &argument;
  tile::Per per;
  int64_t columns, column = 0, first = 0, rows = 0;
  bool isMissing = false, isLast = false, isPresent = false;
};

} // namespace

llvm::Error ItemKernels::run(StringRef name, const Call &call) {
  auto kernel = module.lookupSymbol<tile::KernelOp>(name);
  if (!kernel)
    return llvm::createStringError("there is no kernel " + name);
  for (const Argument &argument : call.arguments)
    if (argument.isPartial && argument.data)
      std::memset(argument.data, 0, argument.bytes);
  const auto block = static_cast<int64_t>(kernel.getSequences()), sequences = static_cast<int64_t>(call.lengths.size());
  for (int64_t s = 0; s < sequences; s += block)
    for (int64_t head = 0; head < call.heads; ++head) {
      std::vector<int64_t> lengths(block, 0);
      std::copy_n(call.lengths.begin() + s, std::min(block, sequences - s), lengths.begin());
      std::vector<Part> parts;
      std::vector<tile::Buffer> before;
      for (auto [argument, tensor] : llvm::zip(call.arguments, kernel.getBody().getArguments()))
        for (int64_t i = 0; i < block; ++i) {
          parts.emplace_back(call, argument, cast<tile::ViewType>(tensor.getType()).getPer(), s + i, head);
          before.push_back(parts.back().read());
        }
      std::vector<tile::Buffer> after = before;
      if (llvm::Error error = runItem(kernel, lengths, after))
        return error;
      for (auto [part, old, now] : llvm::zip(parts, before, after))
        part.write(old, now);
    }
  return llvm::Error::success();
}

} // namespace mixc::conformance
