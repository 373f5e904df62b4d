#include "test/random/Mixer.h"
#include <algorithm>
#include <fmt/format.h>
#include <regex>
#include <set>

namespace mixc::random {

bool Mixer::isChunkable() const {
  return std::all_of(states.begin(), states.end(), [&](const State &state) {
    auto promise = promises.find(state.name);
    return promise != promises.end() && promise->second.normal;
  });
}

bool Mixer::isErasing() const {
  return std::any_of(promises.begin(), promises.end(),
                     [](const auto &known) { return known.second.writes != Writes::Free; });
}

bool Mixer::hasNorm() const { return text().find("norm(") != std::string::npos; }

bool Mixer::hasKink() const {
  static const std::regex kinks("\\b(abs|max|min|relu)\\(");
  return std::regex_search(text(), kinks);
}

std::string Mixer::text() const {
  auto any = [&](auto has) { return std::any_of(arguments.begin(), arguments.end(), has); };
  bool isFamily = any([](const Argument &x) { return x.members.find('n') != std::string::npos; });
  bool isRanked = any([](const Argument &x) { return x.shape.rows == "P" || x.shape.cols == "P"; });
  std::string text = fmt::format("mixer m<K, V{}{}> {{\n", isFamily ? fmt::format(", n = {}", count) : "",
                                 isRanked ? fmt::format(", P = {}", rank) : "");
  for (const Argument &argument : arguments) {
    text += fmt::format("  {} {}{} : {}", argument.isParam ? "param" : "input", argument.name,
                        argument.members.empty() ? "" : "[" + argument.members + "]", argument.shape.text());
    if (argument.perGroup)
      text += " per group";
    if (argument.interval)
      text += fmt::format(" in [{}, {}]", argument.interval->first, argument.interval->second);
    text += "\n";
  }
  for (const State &state : states)
    text += fmt::format("  state {} : {}{}{}\n", state.name, state.shape.text(), state.perGroup ? " per group" : "",
                        state.start.empty() ? "" : " = " + state.start);
  for (const Equation &output : outputs)
    text += fmt::format("  output {} : {}\n", output.name, output.value.shape().text());
  for (const Equation &let : lets)
    text +=
        fmt::format("  let {}{} = {}\n", let.name, let.range.empty() ? "" : "[" + let.range + "]", let.value.text());
  for (const State &state : states)
    text += fmt::format("  {}[t] = {}\n", state.name, state.update.text());
  for (const Equation &output : outputs)
    text += fmt::format("  {}[t] = {}\n", output.name, output.value.text());
  return text + "}\n";
}

std::vector<Term *> Mixer::terms() {
  std::vector<Term *> all;
  all.reserve(lets.size() + states.size() + outputs.size());
  for (Equation &let : lets)
    all.push_back(&let.value);
  for (State &state : states)
    all.push_back(&state.update);
  for (Equation &output : outputs)
    all.push_back(&output.value);
  return all;
}

std::vector<const Term *> Mixer::terms() const {
  std::vector<Term *> all = const_cast<Mixer *>(this)->terms();
  return {all.begin(), all.end()};
}

size_t Mixer::size() const {
  size_t groups = std::count_if(states.begin(), states.end(), [](const State &state) { return state.perGroup; });
  size_t total = groups + arguments.size() + 3 * (lets.size() + states.size() + outputs.size());
  for (const Term *term : terms())
    total += term->size();
  return total;
}

size_t Mixer::families() const {
  size_t total = std::count_if(lets.begin(), lets.end(), [](const Equation &let) { return !let.range.empty(); });
  std::function<void(const Term &)> visit = [&](const Term &term) {
    total += term->op == Op::Over;
    for (const Term &arg : term->args)
      visit(arg);
  };
  for (const Term *term : terms())
    visit(*term);
  return total;
}

void Mixer::prune() {
  std::set<std::string> used;
  std::function<void(const Term &)> visit = [&](const Term &term) {
    // Of a gradient, what it is taken by.
    bool isGradient = term->op == Op::Call && term->name == "grad";
    std::string base = isGradient ? baseOf(term->extra.substr(2)) : term->op == Op::Call ? "" : baseOf(term->name);
    if (!base.empty() && used.insert(base).second) {
      for (const Equation &let : lets)
        if (baseOf(let.name) == base)
          visit(let.value);
      for (const State &state : states)
        if (state.name == base) {
          used.insert(state.start);
          visit(state.update);
        }
    }
    for (const Term &arg : term->args)
      visit(arg);
  };
  for (const Equation &output : outputs)
    visit(output.value);
  auto isUnused = [&](const auto &item) { return !used.count(baseOf(item.name)); };
  std::erase_if(arguments, isUnused);
  std::erase_if(states, isUnused);
  std::erase_if(lets, isUnused);
}

} // namespace mixc::random
