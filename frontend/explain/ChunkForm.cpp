// The chunk form of a component, as text: tokens 1 .. C that start from S_0,
//
//     r_t = S_0 D(0,t-1]' p_t + sum_{s<t} (p_t' D(s,t-1] u_s) w_s         w_t = phi_t(r_t)
//     S_C = S_0 D(0,C]' + sum_s w_s (D(s,C] u_s)'
//
// where D(s,t] is the product of the transitions of tokens s+1 .. t: absent where they are the identity, a scalar that
// stands in front, a diagonal of the key axis, or, of states that mix, a product of small matrices A over [S M ...]. A
// gate on the value axis stands outside the sums: E(s,t]. What is no name of the user's is given one first,
// `p0 = l2norm(k)`.
#include "frontend/explain/ComponentText.h"
#include "lowering/normalize/Formula.h"
#include <fmt/format.h>
#include <map>
#include <set>

using namespace mlir;

namespace mixc {

using normalize::formula;

namespace {

constexpr size_t longestPhi = 72; // characters of a write's value; beyond them it is `phi0(r0)`

class ChunkFormText {
public:
  explicit ChunkFormText(mix::ComponentOp op)
      : op(op), n(op.getStates().size()), isRow(tensorOf(op.getStates()[0]).isVector()),
        transition(n, std::vector<Value>(n)), p(op.getNumReads(), std::vector<Value>(n)),
        u(op.getNumWrites(), std::vector<Value>(n)) {
    fill(op.getTransition(), op.getTransitionIndex(), transition);
    fill(op.getReadDirs(), op.getReadIndex(), p);
    for (auto [x, value] : llvm::enumerate(op.getWriteDirs()))
      u[op.getWriteIndex()[2 * x]][op.getWriteIndex()[2 * x + 1]] = value;
    for (unsigned i = 0; i < n; ++i)
      for (unsigned j = 0; j < n; ++j)
        mixes |= (i == j) != (transition[i][j] != nullptr);
    auto mixer = op->getParentOfType<mix::MixerOp>();
    for (Operation &declared : mixer.step())
      if (auto name = declared.getAttrOfType<StringAttr>("name"))
        used.insert(name.str());
    end = unused({"C", "L", "T"});
    product = unused({"D", "P", "Q"});
    gateProduct = unused({"E", "F", "Z"});
    matrix = unused({"A", "B", "M"});
  }

  std::vector<std::string> lines() {
    for (unsigned i = 0; i < op.getNumReads(); ++i)
      main.push_back(read(i));
    addWrites();
    if (mixes)
      main.push_back(nextOfAll());
    for (unsigned i = 0; i < n && !mixes; ++i)
      main.push_back(next(i));
    std::vector<std::string> all{fmt::format("tokens 1 .. {} of a chunk, from {} before it", end, starts())};
    all.insert(all.end(), definitions.begin(), definitions.end());
    all.insert(all.end(), main.begin(), main.end());
    return all;
  }

private:
  static void fill(ValueRange values, ArrayRef<int64_t> index, std::vector<std::vector<Value>> &into) {
    for (auto [x, value] : llvm::enumerate(values))
      into[index[2 * x]][index[2 * x + 1]] = value;
  }

  //===-- Names -------------------------------------------------------------------------------------------------===//

  std::string unused(std::initializer_list<const char *> names) {
    for (const char *name : names)
      if (used.insert(name).second)
        return name;
    std::string name = std::string(*names.begin()) + "_";
    used.insert(name);
    return name;
  }

  std::string stateName(unsigned j) { return op.getStates()[j].getDefiningOp<mix::StateOp>().getName().str(); }
  /// State j as V x K: turned ones and rows are declared the other way round.
  std::string state(unsigned j, StringRef when) {
    return stateName(j) + "_" + when.str() + (isRow || op.isTurned(j) ? "'" : "");
  }
  std::string starts() {
    std::string names;
    for (unsigned j = 0; j < n; ++j)
      names += (j ? ", " : "") + stateName(j) + "_0";
    return names;
  }

  /// The name of a value, one of the user's or a new one with this letter, and its subscript.
  std::string at(Value value, const char *letter, StringRef when) {
    std::string text = formula(value);
    bool isName =
        llvm::all_of(text, [](char c) { return llvm::isAlnum(c) || c == '_' || c == '[' || c == ']' || c == '.'; });
    if (!isName) {
      std::string &known = named[text];
      if (known.empty()) {
        for (unsigned i = 0; !used.insert(known = letter + std::to_string(i)).second; ++i) {
        }
        definitions.push_back(known + " = " + text);
      }
      text = known;
    }
    return mix::isPerToken(tensorOf(value)) ? text + "_" + when.str() : text;
  }

  //===-- Products of transitions ------------------------------------------------------------------------------===//

  /// D(from,to] of state j; empty for the identity.
  std::string decay(unsigned j, StringRef from, StringRef to) {
    Value a = transition[j][j];
    if (isOne(a))
      return "";
    std::string &name = decays[formula(a)];
    if (name.empty()) {
      name = decays.size() == 1 ? product : product + "_" + stateName(j);
      bool isVector = tensorOf(a).isVector();
      std::string one = at(a, "a", "t");
      std::string text = !mix::isPerToken(tensorOf(a))
                             ? one + (isVector ? " .^ (t-s)" : "^(t-s)")
                             : at(a, "a", "{s+1}") + (isVector ? " .* ... .* " : " ... ") + one;
      definitions.push_back(name + "(s,t] = " + (isVector ? "diag(" + text + ")" : text));
    }
    return fmt::format("{}({},{}]", name, from.str(), to.str());
  }
  bool isDiagonal(unsigned j) { return tensorOf(transition[j][j]).isVector(); }

  /// E(from,to] and a space; empty without a gate.
  std::string gate(StringRef from, StringRef to) {
    if (op.getGate().empty())
      return "";
    if (!gateDefined) {
      Value e = op.getGate()[0];
      std::string one = at(e, "e", "t");
      definitions.push_back(
          fmt::format("{}(s,t] = diag({})", gateProduct,
                      mix::isPerToken(tensorOf(e)) ? at(e, "e", "{s+1}") + " .* ... .* " + one : one + " .^ (t-s)"));
      gateDefined = true;
    }
    return fmt::format("{}({},{}] ", gateProduct, from.str(), to.str());
  }

  /// The small matrix A of states that mix, and what D means there.
  void defineMatrix() {
    if (matrixDefined)
      return;
    matrixDefined = true;
    std::vector<std::vector<std::string>> text(n, std::vector<std::string>(n, "0"));
    std::vector<size_t> width(n, 1);
    for (unsigned i = 0; i < n; ++i)
      for (unsigned j = 0; j < n; ++j)
        if (Value a = transition[i][j]) {
          std::string entry = formula(a);
          entry = entry.size() > 24 ? at(a, "a", "t") : entry;
          text[i][j] = tensorOf(a).isVector() ? "diag(" + entry + ")" : entry;
          width[j] = std::max(width[j], text[i][j].size());
        }
    for (unsigned i = 0; i < n; ++i) {
      std::string row;
      for (unsigned j = 0; j < n; ++j)
        row += fmt::format("{}{:>{}}", j ? "  " : "", text[i][j], width[j]);
      definitions.push_back(fmt::format("{:{}}[{}]", i ? "" : matrix + " = ", matrix.size() + 3, row));
    }
    definitions.push_back(fmt::format("{0}(s,t] = {1}_t ... {1}_{{s+1}}", product, matrix));
  }

  //===-- Lines ------------------------------------------------------------------------------------------------===//

  /// [p_0; p_1; ...], 0 where there is none
  std::string column(const std::vector<Value> &parts, StringRef when) {
    std::string entries;
    for (auto [j, part] : llvm::enumerate(parts))
      entries += (j ? "; " : "") + (part ? at(part, "p", when) : "0");
    return "[" + entries + "]";
  }
  std::string allStates(StringRef when) {
    std::string entries;
    for (unsigned j = 0; j < n; ++j)
      entries += (j ? " " : "") + stateName(j) + (isRow || op.isTurned(j) ? "'" : "");
    return "[" + entries + "]_" + when.str();
  }

  /// p_t' D(s,t-1] u_s in brackets, scalars in front; empty if they do not meet
  std::string pair(unsigned i, unsigned m) {
    if (mixes)
      return fmt::format("({}' {}(s,t-1] {})", column(p[i], "t"), product, column(u[m], "s"));
    std::vector<std::string> terms;
    for (unsigned j = 0; j < n; ++j) {
      if (!p[i][j] || !u[m][j])
        continue;
      std::string along = at(p[i][j], "p", "t"), key = at(u[m][j], "p", "s"), d = decay(j, "s", "t-1");
      terms.push_back(d.empty()       ? fmt::format("({}' {})", along, key)
                      : isDiagonal(j) ? fmt::format("({}' {} {})", along, d, key)
                                      : fmt::format("{} ({}' {})", d, along, key));
    }
    return terms.size() > 1 ? "(" + llvm::join(terms, " + ") + ")" : llvm::join(terms, "");
  }

  /// r_t = S_0 D(0,t-1]' p_t + sum_{s<t} (p_t' D(s,t-1] u_s) w_s
  std::string read(unsigned i) {
    std::vector<std::string> terms;
    if (mixes) {
      defineMatrix();
      terms.push_back(fmt::format("{}{} {}(0,t-1]' {}", gate("0", "t-1"), allStates("0"), product, column(p[i], "t")));
    }
    for (unsigned j = 0; j < n && !mixes; ++j)
      if (p[i][j]) {
        std::string d = decay(j, "0", "t-1"), along = at(p[i][j], "p", "t"), start = state(j, "0");
        d += d.empty() ? "" : " ";
        terms.push_back(gate("0", "t-1") + (isDiagonal(j) ? start + " " + d : d + start + " ") + along);
      }
    for (unsigned m = 0; m < op.getNumWrites(); ++m)
      if (std::string both = pair(i, m); !both.empty())
        terms.push_back(fmt::format("sum_{{s<t}} {} {}{}_s", both, gate("s", "t-1"), formula(op.write(m))));
    return formula(op.read(i)) + "_t = " + llvm::join(terms, " + ");
  }

  void addWrites() {
    std::vector<std::string> names, reads;
    for (BlockArgument argument : op.getPhi().getArguments())
      if (!argument.use_empty())
        reads.push_back(formula(argument));
    for (auto [m, value] : llvm::enumerate(op.getPhi().front().getTerminator()->getOperands())) {
      names.push_back(formula(op.write(m)));
      std::string text = formula(value);
      main.push_back(
          names.back() + " = " +
          (text.size() <= longestPhi ? text : "phi" + std::to_string(m) + "(" + llvm::join(reads, ", ") + ")"));
    }
    const char *how = nullptr;
    switch (op.getClassAttrAttr() ? op.getClassAttrAttr().getWrites() : mix::WriteKind::Free) {
    case mix::WriteKind::Free: return;
    case mix::WriteKind::Affine: how = "for all t at once: one unit lower triangular solve"; break;
    case mix::WriteKind::Channel: how = "by substitution, t after t: a triangle for each value"; break;
    case mix::WriteKind::Nonlinear: how = "by substitution, t after t"; break;
    }
    main.push_back(llvm::join(names, ", ") + " " + how);
  }

  /// S_C = S_0 D(0,C]' + sum_s w_s (D(s,C] u_s)'
  std::string next(unsigned i) {
    std::string d = decay(i, "0", end), through = decay(i, "s", end), turn = isRow ? "" : "'";
    bool diagonal = isDiagonal(i);
    // A row is the column that the user declared.
    std::string start = isRow ? stateName(i) + "_0" : state(i, "0");
    std::string text = gate("0", end) + (d.empty() ? start : diagonal && !isRow ? start + " " + d : d + " " + start);
    for (unsigned m = 0; m < op.getNumWrites(); ++m) {
      if (!u[m][i])
        continue;
      std::string w = gate("s", end) + formula(op.write(m)) + "_s", key = at(u[m][i], "p", "s");
      text += " + sum_s " + (through.empty() ? w + " " + key + turn
                             : diagonal      ? w + " (" + through + " " + key + ")" + turn
                                             : through + " " + w + " " + key + turn);
    }
    return (isRow ? stateName(i) + "_" + end : state(i, end)) + " = " + text;
  }

  std::string nextOfAll() {
    defineMatrix();
    std::string text = fmt::format("{} = {}{} {}(0,{}]'", allStates(end), gate("0", end), allStates("0"), product, end);
    for (unsigned m = 0; m < op.getNumWrites(); ++m)
      text += fmt::format(" + sum_s {}{}_s ({}(s,{}] {})'", gate("s", end), formula(op.write(m)), product, end,
                          column(u[m], "s"));
    return text;
  }

  mix::ComponentOp op;
  unsigned n;
  bool isRow, mixes = false, gateDefined = false, matrixDefined = false;
  std::vector<std::vector<Value>> transition, p, u; // a_ij, p_ij, u_mi
  std::set<std::string> used;                       // names
  std::map<std::string, std::string> named, decays; // by formula
  std::string end, product, gateProduct, matrix;
  std::vector<std::string> definitions, main;
};

} // namespace

std::vector<std::string> chunkForm(mix::ComponentOp component) { return ChunkFormText(component).lines(); }

} // namespace mixc
