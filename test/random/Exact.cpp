// The tolerance in float64 is 1e-11 (of gradients 1e-9), or ten times the change that a relative 1e-15 of the arguments
// makes, where that is more. That change is one draw of a random variable, so where it is exceeded it is drawn again,
// and the largest of nine counts. An output or a state may also be off by four times what the float32 interpreter is,
// times 2^-29: what is left of terms that cancel. What should be zero is rounding noise of arguments of size 1: entries
// that differ by 1e-15 are equal.
#include "test/random/Exact.h"
#include "frontend/oracle/Compare.h"
#include "test/random/Random.h"
#include <cmath>
#include <fmt/format.h>

using namespace llvm;

namespace mixc::random {

bool isNoise(const mix::Array &x, const mix::Array &y, double size) {
  return x.data.size() == y.data.size() && all_of(zip(x.data, y.data), [size](auto pair) {
           auto [a, b] = pair;
           return std::fabs(a - b) <= size;
         });
}

std::optional<std::string> markOf(const Tolerance &tolerance, double error, Reason plain) {
  if (tolerance.of(error) == Finding::SaysNothing)
    return saysNothing + nameOf(tolerance.reason).str();
  return tolerance.reason == plain ? std::nullopt : std::optional("tolerance: " + nameOf(tolerance.reason).str());
}

namespace {

constexpr size_t draws = 9;
/// What a digit of float64 is to one of float32.
constexpr double moreDigits = 0x1p-29;

mix::Call perturbed(mix::Call call, size_t draw) {
  Random random(1 + draw);
  for (mix::Arrays *arrays : {&call.inputs, &call.params, &call.initial})
    for (auto &[name, array] : *arrays)
      for (double &x : array.data)
        x *= 1 + 1e-15 * random.centred();
  return call;
}

/// What the interpreter makes of perturbed arguments, one draw after the other as they are asked for.
template <typename Result> class Draws {
public:
  explicit Draws(std::function<Expected<Result>(size_t draw)> interpret) : interpret(std::move(interpret)) {}
  Expected<const Result *> operator[](size_t draw) {
    while (known.size() <= draw) {
      Expected<Result> next = interpret(known.size());
      if (!next)
        return next.takeError();
      known.push_back(std::move(*next));
    }
    return &known[draw];
  }

private:
  std::function<Expected<Result>(size_t draw)> interpret;
  std::vector<Result> known;
};

std::string describe(const mix::Call &call) {
  return fmt::format("{} tokens, {} groups{}", call.time, call.groups, call.initial.empty() ? "" : ", initial states");
}

double norm(const mix::Array &array) {
  double sum = 0;
  for (double x : array.data)
    sum += x * x;
  return std::sqrt(sum);
}

std::string disagrees(const std::string &kind, const char *verb, double error) {
  return kind + " " + verb + (error < 1e-6 ? " a little" : "");
}

} // namespace

Verdict holdAnswer(const std::string &kind, mix::MixerOp op, const mix::Call &call, const mix::Answer &reference,
                   Expected<mix::Answer> answer) {
  const std::string where = describe(call);
  if (!answer)
    return {.kind = kind + " fails", .message = where + ": " + toString(answer.takeError())};
  Draws<mix::Answer> moved([&](size_t draw) { return mix::interpret(op, perturbed(call, draw)); });
  Verdict verdict;
  for (bool isOutput : {true, false})
    for (const auto &[name, array] : isOutput ? reference.outputs : reference.final) {
      const mix::Arrays &got = isOutput ? answer->outputs : answer->final;
      auto found = got.find(name);
      if (found == got.end())
        return {.kind = kind + " disagrees", .message = fmt::format("{}: no {}", where, name)};
      const double error = relativeError(found->second, array);
      Tolerance allowed = Tolerance::float64();
      if (allowed.of(error) == Finding::Agrees)
        continue;
      if (isNoise(found->second, array)) {
        verdict.marks.push_back("tolerance: " + nameOf(Reason::Noise).str());
        continue;
      }
      for (size_t draw = 0; draw < draws && allowed.of(error) == Finding::Disagrees; ++draw) {
        Expected<const mix::Answer *> other = moved[draw];
        if (!other)
          return {.kind = "not interpreted", .message = toString(other.takeError())};
        allowed.allowPerturbation(relativeError((isOutput ? (*other)->outputs : (*other)->final).at(name), array));
      }
      if (allowed.of(error) == Finding::Disagrees) {
        // What is left of terms that cancel is their rounding: as for float32, with the digits that float64 has more.
        Expected<Yardstick::Errors> rounding = roundingErrors(op, call);
        if (!rounding)
          return {.kind = "not interpreted", .message = toString(rounding.takeError())};
        allowed.allowRounding(moreDigits * (*rounding)[name + (isOutput ? "" : ".final")], Reason::Cancellation);
      }
      if (allowed.of(error) == Finding::Disagrees)
        return {.kind = disagrees(kind, "disagrees", error),
                .message = fmt::format("{}: {} {} is off by {:.2g}, at most {:.2g} is allowed by {}", where,
                                       isOutput ? "output" : "state", name, error, allowed.bound,
                                       nameOf(allowed.reason).str())};
      if (std::optional<std::string> mark = markOf(allowed, error, Reason::Float64))
        verdict.marks.push_back(*mark);
    }
  return verdict;
}

Verdict holdGradients(const std::string &kind, mix::MixerOp op, const mix::Call &call,
                      const mix::Cotangents &cotangents, const mix::Gradients &reference,
                      Expected<mix::Gradients> gradients) {
  const std::string where = describe(call);
  if (!gradients)
    return {.kind = kind + " fail", .message = where + ": " + toString(gradients.takeError())};
  Draws<mix::Gradients> moved(
      [&](size_t draw) { return mix::interpretBackward(op, perturbed(call, draw), cotangents); });
  const auto groups = {&mix::Gradients::inputs, &mix::Gradients::params, &mix::Gradients::initial};
  double largest = 0;
  for (auto group : groups)
    for (const auto &[name, array] : reference.*group)
      largest = std::max(largest, norm(array));
  Verdict verdict;
  for (auto group : groups)
    for (const auto &[name, array] : reference.*group) {
      auto found = ((*gradients).*group).find(name);
      if (found == ((*gradients).*group).end())
        return {.kind = kind + " disagree", .message = fmt::format("{}: none of {}", where, name)};
      // What is small beside the others is held against the largest.
      const double size = std::max({norm(array), 1e-6 * largest, 1e-300});
      auto errorOf = [&, &exact = array](const mix::Array &other) {
        mix::Array difference = exact;
        for (auto [x, y] : zip(difference.data, other.data))
          x -= y;
        return norm(difference) / size;
      };
      const double error = errorOf(found->second);
      Tolerance allowed = Tolerance::gradientsInFloat64();
      if (allowed.of(error) == Finding::Agrees)
        continue;
      if (isNoise(found->second, array)) {
        verdict.marks.push_back("tolerance: " + nameOf(Reason::Noise).str());
        continue;
      }
      allowed.allow(1e-14 * largest / size, Reason::Cancellation); // what is left of large terms
      for (size_t draw = 0; draw < draws && allowed.of(error) == Finding::Disagrees; ++draw) {
        Expected<const mix::Gradients *> other = moved[draw];
        if (!other)
          return {.kind = "no gradients", .message = toString(other.takeError())};
        allowed.allowPerturbation(errorOf(((*other)->*group).at(name)));
      }
      if (allowed.of(error) == Finding::Disagrees)
        return {.kind = disagrees(kind, "disagree", error),
                .message = fmt::format("{}: that of {} is off by {:.2g}, at most {:.2g} is allowed by {}", where, name,
                                       error, allowed.bound, nameOf(allowed.reason).str())};
      if (std::optional<std::string> mark = markOf(allowed, error, Reason::Float64))
        verdict.marks.push_back(*mark + ", of gradients");
    }
  return verdict;
}

} // namespace mixc::random
