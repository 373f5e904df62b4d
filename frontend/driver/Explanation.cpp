// The normal form of every component, written as the language would write it.
#include "frontend/driver/Explanation.h"
#include "lowering/normalize/Classify.h"
#include "lowering/normalize/Formula.h"

using namespace mlir;

namespace mixc {
namespace {

using normalize::formula;

/// Where the term stands; a declaration is no term.
unsigned lineOf(Operation *op) {
  bool isTerm = op && !isa<mix::InputOp, mix::ParamOp, mix::StateOp>(op);
  auto place = isTerm ? op->getLoc()->findInstanceOf<FileLineColRange>() : FileLineColRange();
  return place ? place.getStartLine() : 0;
}

/// Whether one of these operators stands outside all brackets.
bool hasOperator(StringRef text, ArrayRef<StringRef> operators) {
  int depth = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    depth += text[i] == '(' || text[i] == '[';
    depth -= text[i] == ')' || text[i] == ']';
    if (depth == 0 && llvm::any_of(operators, [&](StringRef op) { return text.substr(i).starts_with(op); }))
      return true;
  }
  return false;
}

/// A factor of a product, in brackets where it needs them: sums do, products behind another factor too.
std::string factor(Value value, bool first = false) {
  std::string text = formula(value);
  bool needs = StringRef(text).starts_with("-") || hasOperator(text, {" + ", " - "}) ||
               (!first && hasOperator(text, {" * ", " .* ", " / ", " ./ "}));
  return needs ? "(" + text + ")" : text;
}

/// One component's normal form, in the language.
class Words {
public:
  explicit Words(mix::ComponentOp component) : component(component) {
    for (Value state : component.getStates())
      names.push_back(state.getDefiningOp<mix::StateOp>().getName().str());
  }

  Explanation::Stratum stratum() {
    Explanation::Stratum out;
    out.states = names;
    out.description = normalize::describeClass(component);
    if (mix::ClassAttr found = component.getClassAttrAttr()) {
      out.transition = stringifyTransitionKind(found.getTransition());
      out.writeKind = stringifyWriteKind(found.getWrites());
    }
    for (unsigned i = 0; i < component.getNumReads(); ++i)
      out.reads.push_back(read(i));
    Operation *yield = component.getPhi().front().getTerminator();
    for (unsigned m = 0; m < component.getNumWrites(); ++m)
      out.writes.push_back({formula(component.write(m)) + " = " + formula(yield->getOperand(m)),
                            lineOf(yield->getOperand(m).getDefiningOp())});
    for (unsigned i = 0; i < names.size(); ++i)
      out.updates.push_back(update(i));
    return out;
  }

private:
  bool isRow() { return cast<mix::TensorType>(component.getStates()[0].getType()).isVector(); }

  /// r_i = sum_j S_j p_ij
  Explanation::Line read(unsigned i) {
    std::string text = formula(component.read(i)) + " = ";
    ArrayRef<int64_t> index = component.getReadIndex();
    unsigned line = 0, terms = 0;
    for (auto [x, along] : llvm::enumerate(component.getReadDirs())) {
      if (index[2 * x] != i)
        continue;
      std::string state =
          names[index[2 * x + 1]] + "[t-1]" + (component.isTurned(index[2 * x + 1]) || isRow() ? "'" : "");
      text += (terms++ ? " + " : "") + state + " * " + factor(along);
      line = line ? line : lineOf(along.getDefiningOp());
    }
    return {text, line};
  }

  /// S_i <- e . sum_j S_j diag(a_ij) + sum_m w_m u_mi', as the user declared S
  Explanation::Line update(unsigned i) {
    std::vector<std::string> terms;
    ArrayRef<int64_t> transition = component.getTransitionIndex(), write = component.getWriteIndex();
    for (auto [x, a] : llvm::enumerate(component.getTransition()))
      if (transition[2 * x] == i)
        terms.push_back(gated(i, transition[2 * x + 1], a));
    for (auto [x, u] : llvm::enumerate(component.getWriteDirs()))
      if (write[2 * x + 1] == i)
        terms.push_back(outer(i, component.write(write[2 * x]), u));
    return {names[i] + "[t] = " + (terms.empty() ? "0" : llvm::join(terms, " + ")), 0};
  }

  /// e . S_j diag(a), as it enters state i
  std::string gated(unsigned i, unsigned j, Value a) {
    bool turned = component.isTurned(i);
    std::string state = names[j] + "[t-1]" + (turned != component.isTurned(j) ? "'" : "");
    bool isOne = false;
    if (auto constant = a.getDefiningOp<mix::ConstantOp>())
      isOne = constant.getValue().convertToDouble() == 1;
    if (!isOne) {
      bool onAxis = cast<mix::TensorType>(a.getType()).isVector();
      state = !onAxis   ? factor(a, /*first=*/true) + " * " + state
              : isRow() ? factor(a, /*first=*/true) + " .* " + state
              : turned  ? "diag(" + formula(a) + ") * " + state
                        : state + " * diag(" + formula(a) + ")";
    }
    for (Value gate : component.getGate())
      state = turned ? state + " * diag(" + formula(gate) + ")" : "diag(" + formula(gate) + ") * " + state;
    return state;
  }

  std::string outer(unsigned i, Value w, Value u) {
    if (isRow())
      return formula(w) + " * " + factor(u);
    return component.isTurned(i) ? factor(u, /*first=*/true) + " * " + formula(w) + "'"
                                 : formula(w) + " * " + factor(u) + "'";
  }

  mix::ComponentOp component;
  std::vector<std::string> names;
};

std::string textAttr(Operation *op, StringRef name) {
  auto text = op->getAttrOfType<StringAttr>(name);
  return text ? text.str() : "";
}

/// States without a normal form keep their update; those of one stratum say the same of it.
void addSequential(Explanation &out, mix::NextOp next) {
  std::string reason = textAttr(next, "mix.sequential"), place = textAttr(next, "mix.culprit");
  if (!out.strata.empty() && out.strata.back().reason == reason && out.strata.back().place == place &&
      !reason.empty()) {
    out.strata.back().states.push_back(next.getName().str());
    return;
  }
  Explanation::Stratum stratum;
  stratum.states = {next.getName().str()};
  stratum.description = stratum.transition = "sequential";
  stratum.reason = reason;
  stratum.place = place;
  out.strata.push_back(std::move(stratum));
}

} // namespace

Explanation explain(mix::MixerOp mixer, const std::map<std::string, int64_t> &numbers) {
  Explanation out;
  out.mixer = mixer.getSymName().str();
  for (auto dim : mixer.getDims().getAsRange<StringAttr>()) {
    out.dims.push_back(dim.str());
    if (auto found = numbers.find(dim.str()); found != numbers.end())
      out.numbers.insert(*found);
  }
  mix::Dim size;
  for (mix::StateOp state : mixer.step().getOps<mix::StateOp>()) {
    mix::Dim product(1);
    for (const mix::Dim &dim : state.getType().getDims())
      product = product * dim;
    size = size + product;
  }
  out.stateSize = size.str();
  out.stateNumbers = size.evaluate(numbers);
  for (Operation &op : mixer.step()) {
    if (auto component = dyn_cast<mix::ComponentOp>(op))
      out.strata.push_back(Words(component).stratum());
    else if (auto next = dyn_cast<mix::NextOp>(op))
      addSequential(out, next);
  }
  return out;
}

void addCosts(Explanation &explanation, ModuleOp tiles) {
  for (auto kernel : tiles.getOps<tile::KernelOp>()) {
    if (kernel.getMixer() != explanation.mixer)
      continue;
    Explanation::Kernel out;
    out.name = kernel.getSymName().ends_with("_decode") ? "recurrent" : "chunked";
    out.cost = cost(kernel);
    out.why = textAttr(kernel, "why");
    kernel.walk([&](tile::ChunksOp chunks) { out.chunk = chunks.getSize(); });
    explanation.kernels.push_back(std::move(out));
  }
}

} // namespace mixc
