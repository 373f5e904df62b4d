#include "frontend/oracle/NotFinite.h"
#include "frontend/explain/ComponentText.h"
#include "lowering/normalize/Formula.h"
#include "llvm/ADT/StringExtras.h"
#include <cmath>
#include <fmt/format.h>

using namespace llvm;

namespace mixc {
namespace {

std::string spell(double x) {
  return std::isnan(x) ? "nan" : std::isinf(x) ? (x < 0 ? "-inf" : "inf") : fmt::format("{:.3g}", x);
}

/// What it takes for an op to leave the finite numbers, as far as its operands tell.
std::string causeOf(const mix::FirstNotFinite &first) {
  auto any = [&](auto test) { return any_of(first.operands, test); };
  if (auto binary = dyn_cast<mix::BinaryOp>(first.op)) {
    if (binary.getKind() == mix::BinaryKind::Div && first.operands[1] == 0)
      return "a division by 0";
    if (binary.getKind() == mix::BinaryKind::Sub && any([](double x) { return std::isinf(x); }))
      return "a difference of infinities";
  }
  if (std::isnan(first.value) && any([](double x) { return std::isinf(x); }))
    return "of an infinity";
  std::vector<std::string> numbers;
  numbers.reserve(first.operands.size());
  for (double operand : first.operands)
    numbers.push_back(spell(operand));
  if (std::isnan(first.value) || numbers.size() == 1)
    return "of " + join(numbers, " and ");
  return fmt::format("beyond float32, of numbers as large as {}", join(numbers, " and "));
}

/// Which entries of a tensor come after a value that was not finite.
class Behind {
public:
  Behind(Per per, const mix::Array &array, const mix::Call &call, const mix::NotFinite &found)
      : per(per), call(call), found(found), rows(array.shape[per == Per::Head       ? 0
                                                             : per == Per::Sequence ? 1
                                                                                    : 2]),
        inner(array.size() / std::max<int64_t>(1, rows * (per == Per::Head       ? 1
                                                          : per == Per::Sequence ? call.sequences()
                                                                                 : call.batch * call.time))) {}

  bool operator()(int64_t entry) const {
    const int64_t row = entry / inner % rows, outer = entry / inner / rows;
    if (per == Per::Sequence)
      return isBehind(outer, row, 0);
    if (per != Per::Head)
      return isBehind(sequenceOf(outer), row, outer - firstOf(sequenceOf(outer)));
    for (int64_t sequence = 0; sequence < call.sequences(); ++sequence)
      if (isBehind(sequence, row, 0))
        return true;
    return false;
  }

private:
  bool isBehind(int64_t sequence, int64_t row, int64_t token) const {
    const int64_t heads = call.heads / rows;
    for (int64_t head = row * heads; head < (row + 1) * heads; ++head)
      if (int64_t from = found.from[sequence * call.heads + head];
          from >= 0 && (per != Per::OutputToken || token >= from))
        return true;
    return false;
  }
  int64_t sequenceOf(int64_t token) const {
    if (call.cuSeqlens.empty())
      return token / call.time;
    return std::upper_bound(call.cuSeqlens.begin(), call.cuSeqlens.end(), token) - call.cuSeqlens.begin() - 1;
  }
  int64_t firstOf(int64_t sequence) const {
    return call.cuSeqlens.empty() ? sequence * call.time : call.cuSeqlens[sequence];
  }

  Per per;
  const mix::Call &call;
  const mix::NotFinite &found;
  int64_t rows, inner;
};

} // namespace

void describeReference(TensorError &error, Per per, const mix::Array *y, const mix::Array &reference,
                       const mix::Call &call, function_ref<const mix::NotFinite &()> found) {
  error.shape = reference.shape;
  error.isZero = reference.size() > 0 && all_of(reference.data, [](double x) { return x == 0; });
  auto first = find_if(reference.data, mix::isBeyondFloat32);
  if (first == reference.data.end())
    return;
  error.notFinite = TensorError::Entry{first - reference.data.begin(), *first};
  error.elsewhere = std::nan("");
  if (!y || y->shape != reference.shape)
    return;
  mix::Array wanted = reference, values = *y;
  const Behind isBehind(per, reference, call, found());
  for (int64_t i = 0; i < wanted.size(); ++i)
    if (mix::isBeyondFloat32(wanted.data[i]) || isBehind(i))
      wanted.data[i] = values.data[i] = 0;
  error.elsewhere = relativeError(values, wanted);
}

std::string placeOfNotFinite(const TensorError &tensor) {
  const bool isPerToken = !StringRef(tensor.name).contains(".final") && !StringRef(tensor.name).contains(".initial") &&
                          tensor.shape.size() >= 3;
  std::vector<std::string> words(tensor.shape.size());
  const std::vector<std::string> axes = isPerToken ? std::vector<std::string>{"batch ", "token ", "head "}
                                                   : std::vector<std::string>{"sequence ", "head "};
  int64_t at = tensor.notFinite->at;
  for (size_t axis = tensor.shape.size(); axis-- > 0; at /= tensor.shape[axis])
    words[axis] = (axis < axes.size() ? axes[axis] : "") + std::to_string(at % tensor.shape[axis]);
  return fmt::format("`{}` is {} at [{}]", tensor.name, spell(tensor.notFinite->value), join(words, ", "));
}

std::string reasonOfNotFinite(const TensorError &tensor, const mix::NotFinite &found) {
  if (!found.first && !StringRef(tensor.name).ends_with(".grad"))
    return "";
  if (!found.first)
    return "all values of the forward pass are finite: it is a derivative that is not, as that of `sqrt`, `log` or a "
           "quotient at 0";
  const mix::FirstNotFinite &first = *found.first;
  const std::string where = fmt::format("token {} of sequence {}, head {}", first.token, first.sequence, first.head);
  if (isa<mix::ConstantOp>(first.op))
    return fmt::format("the constant {} is beyond float32, whose largest number is 3.4e+38", spell(first.value));
  if (first.operands.empty()) {
    auto name = first.op->getAttrOfType<mlir::StringAttr>("name");
    const char *what = isa<mix::InputOp>(first.op) ? "input" : isa<mix::ParamOp>(first.op) ? "param" : "initial state";
    return fmt::format("the {} `{}` is {} at {}", what, name ? name.str() : "", spell(first.value), where);
  }
  const unsigned line = lineOf(first.op);
  return fmt::format("it begins at {}{}: {} is {}, {}", where, line ? fmt::format(", in line {}", line) : "",
                     normalize::quotedFormula(first.op->getResult(0)), spell(first.value), causeOf(first));
}

} // namespace mixc
