#include "test/random/Mixer.h"
#include <fmt/format.h>
#include <set>

namespace mixc::random {

std::string Mixer::text() const {
  std::string text = "mixer m<K, V> {\n";
  for (const Argument &argument : arguments) {
    text += fmt::format("  {} {} : {}", argument.isParam ? "param" : "input", argument.name, argument.shape.text());
    if (argument.perGroup)
      text += " per group";
    if (argument.interval)
      text += fmt::format(" in [{}, {}]", argument.interval->first, argument.interval->second);
    text += "\n";
  }
  for (const State &state : states)
    text += fmt::format("  state {} : {}{}\n", state.name, state.shape.text(),
                        state.start.empty() ? "" : " = " + state.start);
  for (const Equation &output : outputs)
    text += fmt::format("  output {} : {}\n", output.name, output.value.shape().text());
  for (const Equation &let : lets)
    text += fmt::format("  let {} = {}\n", let.name, let.value.text());
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
  size_t total = arguments.size() + 3 * (lets.size() + states.size() + outputs.size());
  for (const Term *term : terms())
    total += term->size();
  return total;
}

void Mixer::prune() {
  std::set<std::string> used;
  std::function<void(const Term &)> visit = [&](const Term &term) {
    if (!term->name.empty() && term->op != Op::Call && used.insert(term->name).second) {
      for (const Equation &let : lets)
        if (let.name == term->name)
          visit(let.value);
      for (const State &state : states)
        if (state.name == term->name)
          visit(state.update);
    }
    for (const Term &arg : term->args)
      visit(arg);
  };
  for (const Equation &output : outputs)
    visit(output.value);
  auto isUnused = [&](const auto &item) { return !used.count(item.name); };
  std::erase_if(arguments, isUnused);
  std::erase_if(states, isUnused);
  std::erase_if(lets, isUnused);
}

} // namespace mixc::random
