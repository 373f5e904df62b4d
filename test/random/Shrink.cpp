#include "test/random/Shrink.h"
#include "test/random/Rewrite.h"
#include <algorithm>
#include <set>

namespace mixc::random {
namespace {

void collect(const Term &from, const Shape &shape, std::vector<Term> &found) {
  for (const Term &arg : from->args) {
    if (arg.shape() == shape)
      found.push_back(arg);
    collect(arg, shape, found);
  }
}

/// What may stand for a term: a part of it, an argument, a number; the state before the token for the one after it.
std::vector<Term> simpler(const Mixer &mixer, const Term &term) {
  std::vector<Term> found;
  collect(term, term.shape(), found);
  if (term->op == Op::New || term->op == Op::End)
    found.push_back(oldState(term->name, term.shape()));
  if (term->op == Op::Lag && term->extra.empty())
    found.push_back(name(term->name, term.shape()));
  if (term->args.empty())
    return found;
  if (term.shape().isScalar()) {
    found.push_back(number(1));
    found.push_back(number(0.5));
  }
  for (const Argument &argument : mixer.arguments)
    if (argument.shape == term.shape())
      found.push_back(name(argument.name, argument.shape));
  return found;
}

std::vector<Mixer> smaller(const Mixer &mixer) {
  std::vector<Mixer> results;
  for (size_t i = 0; mixer.outputs.size() > 1 && i < mixer.outputs.size(); ++i) {
    Mixer other = mixer;
    other.outputs.erase(other.outputs.begin() + i);
    results.push_back(other);
  }
  for (size_t i = 0; i < mixer.states.size(); ++i)
    if (!mixer.states[i].start.empty()) {
      Mixer other = mixer;
      other.states[i].start = "";
      results.push_back(other);
    }
  for (size_t i = 0; i < mixer.states.size(); ++i)
    if (mixer.states[i].perGroup) {
      Mixer other = mixer;
      other.states[i].perGroup = false;
      results.push_back(other);
    }
  for (size_t i = 0; i < mixer.arguments.size(); ++i)
    if (mixer.arguments[i].perGroup) {
      Mixer other = mixer;
      other.arguments[i].perGroup = false;
      results.push_back(other);
    }
  // Lets that are used once are inlined: the other uses of rule "inline" grow the mixer.
  for (Mixer &other : rewritten(mixer, "inline"))
    results.push_back(std::move(other));
  for (Mixer &other : rewritten(mixer, "unroll"))
    results.push_back(std::move(other));
  for (size_t i = 0; i < mixer.terms().size(); ++i)
    for (const Term &other : replaceOne(*mixer.terms()[i], [&](const Term &term) { return simpler(mixer, term); })) {
      Mixer copy = mixer;
      *copy.terms()[i] = other;
      results.push_back(std::move(copy));
    }
  for (Mixer &other : results)
    other.prune();
  std::erase_if(results, [&](const Mixer &other) {
    bool isFewer = other.lets.size() < mixer.lets.size() || other.families() < mixer.families();
    return other.size() >= mixer.size() && !(isFewer && other.size() <= mixer.size() + 4);
  });
  std::vector<std::pair<size_t, size_t>> order; // size, place
  order.reserve(results.size());
  for (size_t i = 0; i < results.size(); ++i)
    order.emplace_back(results[i].size(), i);
  std::sort(order.begin(), order.end());
  std::vector<Mixer> sorted;
  sorted.reserve(results.size());
  for (auto [size, i] : order)
    sorted.push_back(std::move(results[i]));
  return sorted;
}

std::vector<Trial> smallerTrials(const Trial &trial) {
  std::vector<Trial> results;
  auto add = [&](auto change) {
    Trial other = trial;
    change(other);
    if (other.text() != trial.text())
      results.push_back(other);
  };
  for (int64_t length : trial.lengths)
    add([&](Trial &other) { other.lengths = {length}; });
  for (int64_t length : {1, 2, 3})
    if (length < *std::max_element(trial.lengths.begin(), trial.lengths.end()))
      add([&](Trial &other) { other.lengths = {length}; });
  add([](Trial &other) { other.chunk = 0; });
  for (int64_t dim : {1, 2, 3}) {
    if (dim < trial.K)
      add([&](Trial &other) { other.K = dim; });
    if (dim < trial.V)
      add([&](Trial &other) { other.V = dim; });
  }
  return results;
}

} // namespace

Failure shrink(Failure failure, double seconds) {
  using Clock = std::chrono::steady_clock;
  auto end = Clock::now() + std::chrono::duration<double>(seconds);
  std::set<std::string> seen;
  auto accept = [&](const Mixer &mixer, const Trial &trial) {
    if (!seen.insert(mixer.text() + trial.text()).second)
      return false;
    Verdict verdict = failure.rule.empty() ? judge(mixer, trial) : judgeRewrites(mixer, failure.rule, trial);
    if (verdict.kind != failure.verdict.kind)
      return false;
    failure = {mixer, trial, failure.rule, verdict};
    return true;
  };
  for (bool changed = true; changed;) {
    changed = false;
    for (const Trial &trial : smallerTrials(failure.trial))
      if (Clock::now() < end && accept(failure.mixer, trial))
        changed = true;
    for (const Mixer &mixer : smaller(failure.mixer)) {
      if (Clock::now() >= end)
        return failure;
      if (accept(mixer, failure.trial)) {
        changed = true;
        break;
      }
    }
  }
  return failure;
}

} // namespace mixc::random
