// The normal form of a component, written as the language would write it.
#include "frontend/explain/ComponentText.h"
#include "lowering/normalize/Formula.h"
#include <set>

using namespace mlir;

namespace mixc {

using normalize::formula;
using normalize::quotedFormula;

unsigned lineOf(Operation *op) {
  bool isTerm = op && !isa<mix::InputOp, mix::ParamOp, mix::StateOp>(op);
  auto place = isTerm ? op->getLoc()->findInstanceOf<FileLineColRange>() : FileLineColRange();
  return place ? place.getStartLine() : 0;
}

bool isOne(Value value) {
  auto constant = value.getDefiningOp<mix::ConstantOp>();
  return constant && constant.getValue().convertToDouble() == 1;
}

/// Whether one of these operators stands outside all brackets.
static bool hasOperator(StringRef text, ArrayRef<StringRef> operators) {
  int depth = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    depth += text[i] == '(' || text[i] == '[';
    depth -= text[i] == ')' || text[i] == ']';
    if (depth == 0 && llvm::any_of(operators, [&](StringRef op) { return text.substr(i).starts_with(op); }))
      return true;
  }
  return false;
}

std::string factor(Value value, bool first) {
  std::string text = formula(value);
  bool needs = StringRef(text).starts_with("-") || hasOperator(text, {" + ", " - "}) ||
               (!first && hasOperator(text, {" * ", " .* ", " / ", " ./ "}));
  return needs ? "(" + text + ")" : text;
}

NormalFormText::NormalFormText(mix::ComponentOp component)
    : component(component), isRow(tensorOf(component.getStates()[0]).isVector()) {
  for (Value state : component.getStates())
    names.push_back(state.getDefiningOp<mix::StateOp>().getName().str());
}

std::vector<Explanation::Line> NormalFormText::reads() {
  std::vector<Explanation::Line> lines(component.getNumReads());
  for (auto [i, line] : llvm::enumerate(lines))
    line = read(i);
  return lines;
}

std::vector<Explanation::Line> NormalFormText::writes() {
  std::vector<Explanation::Line> lines(component.getNumWrites());
  Operation *yield = component.getPhi().front().getTerminator();
  for (auto [m, line] : llvm::enumerate(lines)) {
    Value value = yield->getOperand(m);
    line = {formula(component.write(m)) + " = " + formula(value), lineOf(value.getDefiningOp())};
  }
  return lines;
}

Explanation::Line NormalFormText::read(unsigned i) {
  std::string text = formula(component.read(i)) + " = ";
  ArrayRef<int64_t> index = component.getReadIndex();
  unsigned line = 0, terms = 0;
  for (auto [x, along] : llvm::enumerate(component.getReadDirs())) {
    if (index[2 * x] != i)
      continue;
    std::string state = names[index[2 * x + 1]] + "[t-1]" + (component.isTurned(index[2 * x + 1]) || isRow ? "'" : "");
    text += (terms++ ? " + " : "") + state + " * " + factor(along);
    line = line ? line : lineOf(along.getDefiningOp());
  }
  return {text, line};
}

std::vector<Explanation::Line> NormalFormText::updates() {
  std::vector<Explanation::Line> lines;
  ArrayRef<int64_t> transition = component.getTransitionIndex(), write = component.getWriteIndex();
  for (unsigned i = 0; i < names.size(); ++i) {
    std::vector<std::string> terms;
    for (auto [x, a] : llvm::enumerate(component.getTransition()))
      if (transition[2 * x] == i)
        terms.push_back(gated(i, transition[2 * x + 1], a));
    for (auto [x, u] : llvm::enumerate(component.getWriteDirs()))
      if (write[2 * x + 1] == i)
        terms.push_back(outer(i, component.write(write[2 * x]), u));
    lines.push_back({names[i] + "[t] = " + (terms.empty() ? "0" : llvm::join(terms, " + ")), 0});
  }
  return lines;
}

/// e . S_j diag(a), as it enters state i
std::string NormalFormText::gated(unsigned i, unsigned j, Value a) {
  bool turned = component.isTurned(i);
  std::string state = names[j] + "[t-1]" + (turned != component.isTurned(j) ? "'" : "");
  if (!isOne(a))
    state = !tensorOf(a).isVector() ? factor(a, /*first=*/true) + " * " + state
            : isRow                 ? factor(a, /*first=*/true) + " .* " + state
            : turned                ? "diag(" + formula(a) + ") * " + state
                                    : state + " * diag(" + formula(a) + ")";
  for (Value gate : component.getGate())
    state = turned ? state + " * diag(" + formula(gate) + ")" : "diag(" + formula(gate) + ") * " + state;
  return state;
}

std::string NormalFormText::outer(unsigned i, Value w, Value u) {
  if (isRow)
    return formula(w) + " * " + factor(u);
  return component.isTurned(i) ? factor(u, /*first=*/true) + " * " + formula(w) + "'"
                               : formula(w) + " * " + factor(u) + "'";
}

std::string NormalFormText::reason() {
  mix::ClassAttr found = component.getClassAttrAttr();
  std::vector<std::string> parts;
  ArrayRef<int64_t> index = component.getTransitionIndex();
  bool mixes = false;
  for (size_t x = 0; x < index.size(); x += 2)
    mixes |= index[x] != index[x + 1];
  if (names.size() > 1)
    parts.push_back(llvm::join(names, " and ") + (mixes ? " need each other" : " are written together"));
  std::set<std::string> said;
  for (auto [x, a] : llvm::enumerate(component.getTransition())) {
    bool isVector = tensorOf(a).isVector();
    if (isOne(a) || !said.insert(formula(a)).second)
      continue;
    parts.push_back(quotedFormula(a) + (mix::isPerToken(tensorOf(a)) ? "" : ", constant over time,") +
                    (isVector ? " scales the keys of " : " scales ") + names[index[2 * x + 1]]);
  }
  if (said.empty() && !component.getTransition().empty())
    parts.push_back("nothing scales " + llvm::join(names, " or "));
  for (Value gate : component.getGate())
    parts.push_back(quotedFormula(gate) + " scales the values");
  switch (found ? found.getWrites() : mix::WriteKind::Free) {
  case mix::WriteKind::Free: parts.push_back("no write uses a read"); break;
  case mix::WriteKind::Affine: parts.push_back("writes are affine in reads, with scalars"); break;
  case mix::WriteKind::Channel: parts.push_back("writes are affine in reads, each value by itself"); break;
  case mix::WriteKind::Nonlinear: parts.push_back("writes are no affine function of reads"); break;
  }
  return llvm::join(parts, "; ");
}

} // namespace mixc
