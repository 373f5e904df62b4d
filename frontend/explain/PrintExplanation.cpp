// An explanation as aligned text, and as JSON.
#include "frontend/compile/Memory.h"
#include "frontend/explain/Explanation.h"
#include "llvm/ADT/StringExtras.h"
#include <fmt/format.h>

using namespace llvm;

namespace mixc {
namespace {

/// 172 k, 1.2 M
std::string rounded(double number) {
  static constexpr const char *units[] = {"", " k", " M", " G"};
  unsigned unit = 0;
  for (; number >= 1000 && unit < 3; ++unit)
    number /= 1000;
  return fmt::format("{:.{}f}{}", number, unit && number < 10 ? 1 : 0, units[unit]);
}

constexpr size_t indent = 18, textWidth = 54, longest = 110;

void printStratum(std::string &out, const Explanation::Stratum &stratum, size_t number, bool isWhole) {
  auto cut = [&](const std::string &text) {
    return text.size() > longest && !isWhole ? text.substr(0, longest - 4) + " ..." : text;
  };
  auto put = [&](const std::string &text) { out += StringRef(fmt::format("{:16}{}", "", text)).rtrim().str() + "\n"; };
  auto lines = [&](const char *what, const std::vector<Explanation::Line> &all) {
    for (auto [i, line] : enumerate(all))
      put(fmt::format("{:8}{:{}}{}", i ? "" : what, cut(line.text), textWidth,
                      line.line ? fmt::format("  line {}", line.line) : ""));
  };
  out += fmt::format("  {}  {:8}   {}\n", number, "{" + join(stratum.states, ", ") + "}", stratum.description);
  if (!stratum.reason.empty())
    put(cut(stratum.reason) + (stratum.place.empty() ? "" : "   " + stratum.place));
  if (!stratum.help.empty())
    put("help: " + stratum.help);
  if (!stratum.joined.empty())
    put("shares decay and keys with " + stratum.joined);
  lines("reads", stratum.reads);
  lines("writes", stratum.writes);
  lines("update", stratum.updates);
  lines("late", stratum.lateReads);
  for (auto [i, line] : enumerate(stratum.chunkForm))
    put(fmt::format("{:8}{}", i ? "" : "chunk", cut(line)));
}

/// `K = V = 128, n = 2`
std::string spell(const std::map<std::string, int64_t> &numbers, const std::vector<std::string> &dims) {
  std::vector<std::string> parts;
  for (size_t i = 0; i < dims.size(); ++i) {
    std::string part = dims[i];
    while (i + 1 < dims.size() && numbers.at(dims[i + 1]) == numbers.at(dims[i]))
      part += " = " + dims[++i];
    parts.push_back(part + fmt::format(" = {}", numbers.at(dims[i])));
  }
  return join(parts, ", ");
}

/// A line with a cell for each of some columns.
template <typename Column, typename Cell>
std::string tableRow(StringRef what, const std::vector<Column> &columns, Cell cell) {
  std::string line = fmt::format("{:{}}", what.str(), textWidth - 4);
  for (const Column &column : columns)
    line += fmt::format("{:14}", cell(column));
  return StringRef(line).rtrim().str() + "\n";
}

void printKernels(std::string &out, const Explanation &explanation) {
  std::string dims = explanation.dims.empty() ? "" : ", " + spell(explanation.numbers, explanation.dims);
  auto row = [&](StringRef what, auto cell) { out += tableRow(what, explanation.kernels, cell); };
  out += fmt::format("{:{}}", "kernel", indent);
  row("per token and head" + dims, [](const Explanation::Kernel &kernel) { return kernel.name; });
  std::string margin(indent, ' ');
  auto fact = [&](StringRef what, auto cell) { out += margin, row(what, cell); };
  fact("FLOPs", [](const Explanation::Kernel &kernel) { return rounded(kernel.cost.flopsPerToken); });
  fact("bytes of state moved",
       [](const Explanation::Kernel &kernel) { return spellBytes(kernel.cost.stateBytesPerToken); });
  fact("tokens per chunk", [](const Explanation::Kernel &kernel) { return std::to_string(kernel.chunk); });
  std::vector<std::string> stepped;
  for (const Explanation::Stratum &stratum : explanation.strata)
    if (!stratum.isComponent())
      stepped.insert(stepped.end(), stratum.states.begin(), stratum.states.end());
  if (!stepped.empty())
    out += margin + "chunked runs " + join(stepped, ", ") + " token by token\n";
}

/// FLOPs and memory of gradients, a column for each choice of what is kept.
void printGradient(std::string &out, const Explanation::Gradient &gradient) {
  std::string margin(indent, ' ');
  auto row = [&](StringRef what, auto cell) { out += tableRow(what, gradient.choices, cell); };
  using Kept = Explanation::Gradient::Kept;
  out += fmt::format("{:{}}", "gradient", indent);
  row("per token and head, where forward keeps", [](const Kept &kept) { return kept.what; });
  out += margin, row("FLOPs of backward", [](const Kept &kept) { return rounded(kept.flopsPerToken); });
  out += margin, row("bytes kept", [](const Kept &kept) { return spellBytes(kept.bytesPerToken); });
  if (any_of(gradient.choices, [](const Kept &kept) { return kept.bytesPerSequence > 0; }))
    out += margin, row("and once a sequence", [](const Kept &kept) { return spellBytes(kept.bytesPerSequence); });
  out += margin + fmt::format("{:{}}{}\n", "tokens per chunk", textWidth - 4, gradient.chunk);
  out += margin + gradient.adjoint + "\n";
}

} // namespace

std::string printExplanation(const Explanation &explanation, bool isWhole) {
  std::string out =
      explanation.mixer + (explanation.dims.empty() ? "" : "<" + join(explanation.dims, ", ") + ">") + "\n";
  out += "strata\n";
  for (auto [i, stratum] : enumerate(explanation.strata))
    printStratum(out, stratum, i + 1, isWhole);
  if (explanation.strata.empty())
    out += "  " + explanation.withoutState + "\n";
  std::string size = explanation.stateSize + " numbers a head";
  if (explanation.stateNumbers)
    size += fmt::format(", {}", spellBytes(4.0 * *explanation.stateNumbers));
  out += fmt::format("{:{}}{}\n", "state", indent, size);
  if (explanation.window > 1)
    out += fmt::format("{:{}}{} tokens of inputs\n", "window", indent, explanation.window);
  if (!explanation.kernels.empty())
    printKernels(out, explanation);
  if (explanation.gradient)
    printGradient(out, *explanation.gradient);
  return out;
}

static json::Value jsonOf(const Explanation::Gradient &gradient) {
  json::Array choices;
  for (const Explanation::Gradient::Kept &kept : gradient.choices) {
    json::Object choice{
        {"keeps", kept.what}, {"flops_per_token", kept.flopsPerToken}, {"bytes_per_token", kept.bytesPerToken}};
    if (kept.bytesPerSequence > 0)
      choice["bytes_per_sequence"] = kept.bytesPerSequence;
    choices.push_back(std::move(choice));
  }
  return json::Object{{"choices", std::move(choices)},
                      {"chunk", gradient.chunk},
                      {"segment", gradient.segment},
                      {"adjoint", gradient.adjoint}};
}

json::Value jsonOf(const Explanation &explanation) {
  auto lines = [](const std::vector<Explanation::Line> &all) {
    json::Array out;
    for (const Explanation::Line &line : all) {
      json::Object object{{"formula", line.text}};
      if (line.line)
        object["line"] = line.line;
      out.push_back(std::move(object));
    }
    return out;
  };
  json::Array strata, kernels;
  for (const Explanation::Stratum &stratum : explanation.strata) {
    json::Object object{{"states", json::Array(stratum.states)},
                        {"class", stratum.kind},
                        {"value_gate", stratum.valueGate},
                        {"mixing", static_cast<int64_t>(stratum.states.size())},
                        {"description", stratum.description},
                        {"transition", stratum.transition},
                        {"reason", stratum.reason},
                        {"updates", lines(stratum.updates)},
                        {"late_reads", lines(stratum.lateReads)},
                        {"chunk_form", json::Array(stratum.chunkForm)},
                        {"state_size", stratum.stateSize}};
    if (stratum.isComponent()) {
      object["write_kind"] = stratum.writeKind;
      object["reads"] = lines(stratum.reads);
      object["writes"] = lines(stratum.writes);
    } else {
      object["place"] = stratum.place;
    }
    for (auto [name, text] : {std::pair("scan", &stratum.scan), {"help", &stratum.help}, {"joined", &stratum.joined}})
      if (!text->empty())
        object[name] = *text;
    strata.push_back(std::move(object));
  }
  for (const Explanation::Kernel &kernel : explanation.kernels) {
    json::Object object{{"kernel", kernel.name},
                        {"flops_per_token", kernel.cost.flopsPerToken},
                        {"state_bytes_per_token", kernel.cost.stateBytesPerToken},
                        {"chunk", kernel.chunk}};
    if (!kernel.why.empty())
      object["token_by_token"] = kernel.why;
    kernels.push_back(std::move(object));
  }
  json::Object dims;
  for (const auto &[dim, number] : explanation.numbers)
    dims[dim] = number;
  json::Object out{{"mixer", explanation.mixer},          {"dims", json::Array(explanation.dims)},
                   {"numbers", std::move(dims)},          {"strata", std::move(strata)},
                   {"state_size", explanation.stateSize}, {"kernels", std::move(kernels)},
                   {"window", explanation.window}};
  if (explanation.strata.empty())
    out["without_state"] = explanation.withoutState;
  if (explanation.stateNumbers)
    out["state_bytes"] = 4 * *explanation.stateNumbers;
  if (explanation.gradient)
    out["gradient"] = jsonOf(*explanation.gradient);
  return out;
}

} // namespace mixc
