#include "frontend/oracle/Compare.h"
#include "dialect/mix/ElementType.h"
#include "frontend/oracle/NotFinite.h"
#include "frontend/oracle/Rounding.h"
#include <cmath>
#include <set>

using namespace llvm;

namespace mixc {

/// Kernels flush what is below 2^-126 (runtime/cpu/Cpu.h); this is the sum of 64 such terms.
static constexpr double underflow = 0x1p-120;
/// Calls that are tried beside the one at hand where a kernel is beyond its bound.
static constexpr int equivalentCalls = 32;
static constexpr double smallGradient = 1e-6;

double relativeError(const mix::Array &y, const mix::Array &reference, double negligible) {
  if (y.shape != reference.shape)
    return std::nan("");
  double difference = 0, norm = 0;
  for (auto [value, wanted] : zip(y.data, reference.data)) {
    if (value == wanted || std::fabs(value - wanted) <= negligible) {
      norm += std::isfinite(wanted) ? wanted * wanted : 0;
      continue;
    }
    difference += (value - wanted) * (value - wanted);
    norm += wanted * wanted;
  }
  return std::sqrt(norm > 0 ? difference / norm : difference);
}

namespace {

/// Where the interpreter's values are not finite; searched for once, where somebody asks.
class Search {
public:
  Search(mix::MixerOp mixer, const mix::Call &exact) : mixer(mixer), exact(exact) {}
  const mix::NotFinite &operator()() {
    if (!found) {
      Expected<mix::NotFinite> searched = mix::findNotFinite(mixer, exact);
      found = searched ? std::move(*searched)
                       : mix::NotFinite{{}, std::vector<int64_t>(exact.sequences() * exact.heads, -1)};
      if (!searched)
        consumeError(searched.takeError()); // it has been interpreted: there is none
    }
    return *found;
  }

private:
  mix::MixerOp mixer;
  const mix::Call &exact;
  std::optional<mix::NotFinite> found;
};

bool hasNarrowState(mix::MixerOp mixer) {
  return any_of(mixer.step().getOps<mix::StateOp>(),
                [](mix::StateOp state) { return !mix::elementTypeOf(state).isF32(); });
}

/// Rows [from, from + count) of [batch, time, ...] arrays.
mix::Arrays rowsOf(const mix::Arrays &arrays, int64_t from, int64_t count) {
  mix::Arrays rows;
  for (const auto &[name, array] : arrays) {
    std::vector<int64_t> shape = array.shape;
    const int64_t batch = shape[0], time = shape[1], size = time ? array.size() / (batch * time) : 0;
    shape[1] = count;
    mix::Array &part = rows[name] = mix::Array(shape);
    for (int64_t b = 0; b < batch; ++b)
      std::copy_n(array.data.begin() + (b * time + from) * size, count * size, part.data.begin() + b * count * size);
  }
  return rows;
}

/// Row `sequence` of [sequences, ...] arrays.
mix::Arrays rowOf(const mix::Arrays &arrays, int64_t sequence) {
  mix::Arrays row = arrays;
  for (auto &[name, array] : row) {
    const int64_t size = array.size() / array.shape[0];
    array.shape[0] = 1;
    array.data.assign(arrays.at(name).data.begin() + sequence * size,
                      arrays.at(name).data.begin() + (sequence + 1) * size);
  }
  return row;
}

/// One call a token, as decoding does it: states are rounded to what their arrays hold after every token.
Expected<mix::Answer> interpretByToken(mix::MixerOp mixer, const mix::Call &call) {
  Expected<mix::Answer> whole = mix::interpret(mixer, call); // for the shapes
  if (!whole)
    return whole;
  const bool packed = !call.cuSeqlens.empty();
  for (int64_t run = 0; run < (packed ? call.sequences() : 1); ++run) {
    const int64_t first = packed ? call.cuSeqlens[run] : 0, last = packed ? call.cuSeqlens[run + 1] : call.time;
    mix::Call token = call;
    token.cuSeqlens.clear();
    token.time = 1;
    if (packed)
      token.initial = rowOf(call.initial, run);
    for (int64_t t = first; t < last; ++t) {
      token.inputs = rowsOf(call.inputs, t, 1);
      Expected<mix::Answer> step = mix::interpret(mixer, token);
      if (!step)
        return step;
      token.initial = step->final;
      roundToStorage(mixer, token);
      for (const auto &[name, array] : step->outputs) {
        mix::Array &all = whole->outputs.at(name);
        const int64_t row = array.size() / array.shape[0];
        for (int64_t b = 0; b < array.shape[0]; ++b)
          std::copy_n(array.data.begin() + b * row, row, all.data.begin() + (b * call.time + t) * row);
      }
    }
    for (const auto &[name, array] : token.initial)
      if (last > first)
        llvm::copy(array.data, whole->final.at(name).data.begin() + (packed ? run * array.size() : 0));
  }
  return whole;
}

/// Every number moved to the float32 beside it, up, down or not at all. What is a whole number stays: a gate that is
/// exactly 0 or 1 means a reset, or none.
mix::Call roundedOnce(mix::Call call, std::minstd_rand &random) {
  for (mix::Arrays *arrays : {&call.inputs, &call.params, &call.initial})
    for (auto &[name, array] : *arrays)
      for (double &x : array.data)
        if (uint32_t choice = random() % 3; choice > 0 && x != std::round(x))
          x = std::nextafter(static_cast<float>(x), choice == 1 ? -HUGE_VALF : HUGE_VALF);
  return call;
}

/// The numbers of [batch, time, heads, ...] at the tokens that count, as a vector.
mix::Array selected(const mix::Array &array, const TokenFilter &filter) {
  if (!filter)
    return array;
  const int64_t time = array.shape[1], heads = array.shape[2];
  const int64_t row = array.size() / std::max<int64_t>(1, array.shape[0] * time * heads);
  mix::Array kept;
  for (int64_t column = 0; column * row < array.size(); ++column)
    if (filter(column / heads / time, column / heads % time, column % heads))
      kept.data.insert(kept.data.end(), array.data.begin() + column * row, array.data.begin() + (column + 1) * row);
  return kept;
}

/// The error of every tensor of `wanted`; NaN of one that is missing or has another shape.
Yardstick::Errors errorsOf(const mix::Answer &got, const mix::Answer &wanted, const TokenFilter &filter) {
  Yardstick::Errors errors;
  auto measure = [&](const mix::Arrays &y, const mix::Arrays &all, const std::string &suffix,
                     const TokenFilter &these) {
    for (const auto &[name, array] : all) {
      auto found = y.find(name);
      errors[name + suffix] = found == y.end() || found->second.shape != array.shape
                                  ? std::nan("")
                                  : relativeError(selected(found->second, these), selected(array, these), underflow);
    }
  };
  measure(got.outputs, wanted.outputs, "", filter);
  measure(got.final, wanted.final, ".final", nullptr);
  return errors;
}

/// The errors of the interpreter in float32.
Expected<Yardstick::Errors> answerRounding(mix::MixerOp mixer, mix::Call call, const TokenFilter &filter) {
  call.roundToFloat32 = false;
  Expected<mix::Answer> exact = mix::interpret(mixer, call);
  if (!exact)
    return exact.takeError();
  call.roundToFloat32 = true;
  Expected<mix::Answer> rounded = mix::interpret(mixer, call);
  if (!rounded)
    return rounded.takeError();
  return errorsOf(*rounded, *exact, filter);
}

mix::Call inFloat64(mix::Call call) {
  call.roundToFloat32 = false;
  return call;
}

// The error of the interpreter in float32 is one draw of a random variable. Where a tensor is what is left of a larger
// one, a state erased to a hundredth, say, it is a few last roundings, and two programs whose errors have the same
// median differ by more than four times at one call in twenty. So where a kernel is beyond the first draw, the
// yardstick is the largest of up to 33, since a test compares a hundred tensors of a mixer: each at inputs as good as
// the call's, each against the exact answer for those inputs.

/// Widens the tolerances as far as it takes, and no further.
Error widen(std::vector<TensorError> &errors, Yardstick &yardstick) {
  for (int draws = 1; draws <= 1 + equivalentCalls; ++draws) {
    if (none_of(errors, [](const TensorError &error) { return error.finding() == Finding::Disagrees; }))
      return Error::success();
    Expected<Yardstick::Errors> rounding = yardstick.largestOf(draws);
    if (!rounding)
      return rounding.takeError();
    for (TensorError &error : errors)
      error.tolerance.allowRounding((*rounding)[error.name], draws == 1 ? Reason::Rounding : Reason::Redrawn);
  }
  return Error::success();
}

} // namespace

Expected<Yardstick::Errors> Yardstick::largestOf(int count) {
  while (static_cast<int>(largest.size()) < count) {
    Expected<Errors> found = measure(largest.empty() ? call : roundedOnce(call, random));
    if (!found)
      return found;
    Errors &all = largest.emplace_back(largest.empty() ? Errors() : largest.back());
    for (const auto &[name, error] : *found)
      if (double &known = all[name]; std::isfinite(error)) // what overflows in float32 has no yardstick
        known = std::max(known, error);
  }
  return largest[count - 1];
}

Reference::Reference(mix::MixerOp mixer, mix::Call call, TokenFilter filter)
    : mixer(mixer), call(inFloat64(std::move(call))), filter(std::move(filter)),
      yardstick(this->call, [this](const mix::Call &at) { return answerRounding(this->mixer, at, this->filter); }) {}

Expected<const mix::Answer *> Reference::answerOf(bool roundsStates) {
  std::optional<mix::Answer> &known = roundsStates ? byToken : exact;
  if (!known) {
    Expected<mix::Answer> found = roundsStates ? interpretByToken(mixer, call) : mix::interpret(mixer, call);
    if (!found)
      return found.takeError();
    known = std::move(*found);
  }
  return &*known;
}

Expected<std::vector<TensorError>> Reference::compare(const mix::Answer &answer, bool tokenByToken) {
  const bool roundsStates = tokenByToken && hasNarrowState(mixer);
  Expected<const mix::Answer *> reference = answerOf(roundsStates);
  if (!reference)
    return reference.takeError();
  const Yardstick::Errors found = errorsOf(answer, **reference, filter);
  std::vector<TensorError> errors;
  auto hold = [&](const mix::Arrays &wanted, const std::string &suffix) {
    for (const auto &[name, array] : wanted) {
      const bool isNarrow = roundsStates || elementTypeOf(mixer, name) != "f32";
      errors.push_back(
          {name + suffix, found.at(name + suffix), isNarrow ? Tolerance::elementType() : Tolerance::float32()});
    }
  };
  hold((*reference)->outputs, "");
  hold((*reference)->final, ".final");
  if (!roundsStates) // the yardstick rounds other things
    if (Error error = widen(errors, yardstick))
      return std::move(error);
  Search search(mixer, call);
  for (TensorError &error : errors) {
    StringRef name = error.name;
    const bool isState = name.consume_back(".final");
    const mix::Arrays &given = isState ? answer.final : answer.outputs;
    auto y = given.find(name.str());
    describeReference(error, isState ? Per::Sequence : Per::OutputToken, y == given.end() ? nullptr : &y->second,
                      (isState ? (*reference)->final : (*reference)->outputs).at(name.str()), call, search);
  }
  return errors;
}

Expected<std::vector<TensorError>> compare(mix::MixerOp mixer, const mix::Call &call, const mix::Answer &answer,
                                           bool tokenByToken) {
  return Reference(mixer, call).compare(answer, tokenByToken);
}

Expected<Yardstick::Errors> roundingErrors(mix::MixerOp mixer, const mix::Call &call, int others) {
  return Yardstick(call, [mixer](const mix::Call &at) { return answerRounding(mixer, at, nullptr); })
      .largestOf(1 + others);
}

namespace {

/// All gradients by the names of their files.
mix::Arrays byFile(const mix::Gradients &gradients) {
  mix::Arrays files;
  for (const auto &[name, array] : gradients.inputs)
    files[name + ".grad"] = array;
  for (const auto &[name, array] : gradients.params)
    files[name + ".grad"] = array;
  for (const auto &[name, array] : gradients.initial)
    files[name + ".initial.grad"] = array;
  return files;
}

/// The gradients whose declarations hold bf16 or f16.
std::set<std::string> narrowGradients(mix::MixerOp mixer) {
  std::set<std::string> files;
  for (mlir::Operation &op : mixer.step())
    if (isa<mix::InputOp, mix::ParamOp, mix::StateOp>(op) && !mix::elementTypeOf(&op).isF32())
      files.insert(mix::homeOf(&op).tensor.str() + (isa<mix::StateOp>(op) ? ".initial.grad" : ".grad"));
  return files;
}

double norm(const mix::Array &array) { return relativeError(array, mix::Array(array.shape)); }

/// The error of each gradient: one that is small beside the largest is held against that one.
class GradientErrors {
public:
  explicit GradientErrors(const mix::Gradients &reference) : wanted(byFile(reference)) {
    for (const auto &[name, array] : wanted)
      largest = std::max(largest, norm(array));
  }
  std::map<std::string, double> of(const mix::Gradients &gradients) const {
    const mix::Arrays found = byFile(gradients);
    std::map<std::string, double> errors;
    for (const auto &[name, array] : wanted) {
      const double size = norm(array);
      // The error of a zero reference is absolute.
      const double scale = size < smallGradient * largest ? (size > 0 ? size : 1) / largest : 1;
      auto y = found.find(name);
      errors[name] = y == found.end() ? std::nan("") : scale * relativeError(y->second, array);
    }
    return errors;
  }

private:
  mix::Arrays wanted;
  double largest = 0;
};

/// The errors of the interpreter in float32.
Expected<Yardstick::Errors> gradientRounding(mix::MixerOp mixer, mix::Call call, const mix::Cotangents &cotangents) {
  call.roundToFloat32 = false;
  Expected<mix::Gradients> exact = mix::interpretBackward(mixer, call, cotangents);
  if (!exact)
    return exact.takeError();
  call.roundToFloat32 = true;
  Expected<mix::Gradients> rounded = mix::interpretBackward(mixer, call, cotangents);
  if (!rounded)
    return rounded.takeError();
  return GradientErrors(*exact).of(*rounded);
}

} // namespace

GradientReference::GradientReference(mix::MixerOp mixer, mix::Call call, mix::Cotangents cotangents)
    : mixer(mixer), call(inFloat64(std::move(call))), cotangents(std::move(cotangents)),
      yardstick(this->call,
                [this](const mix::Call &at) { return gradientRounding(this->mixer, at, this->cotangents); }) {}

Expected<const mix::Gradients *> GradientReference::gradients() {
  if (!exact) {
    Expected<mix::Gradients> found = mix::interpretBackward(mixer, call, cotangents);
    if (!found)
      return found.takeError();
    exact = std::move(*found);
  }
  return &*exact;
}

Expected<std::vector<TensorError>> GradientReference::compare(const mix::Gradients &given) {
  Expected<const mix::Gradients *> reference = gradients();
  if (!reference)
    return reference.takeError();
  const std::set<std::string> narrow = narrowGradients(mixer);
  std::vector<TensorError> errors;
  for (const auto &[name, error] : GradientErrors(**reference).of(given))
    errors.push_back({name, error, narrow.count(name) ? Tolerance::elementType() : Tolerance::float32()});
  if (Error error = widen(errors, yardstick))
    return std::move(error);
  const mix::Arrays wanted = byFile(**reference), files = byFile(given);
  Search search(mixer, call);
  for (TensorError &error : errors) {
    const std::string base = error.name.substr(0, error.name.size() - StringRef(".grad").size());
    auto y = files.find(error.name);
    describeReference(error,
                      (*reference)->inputs.count(base)   ? Per::Token
                      : (*reference)->params.count(base) ? Per::Head
                                                         : Per::Sequence,
                      y == files.end() ? nullptr : &y->second, wanted.at(error.name), call, search);
  }
  return errors;
}

Expected<std::vector<TensorError>> compareGradients(mix::MixerOp mixer, const mix::Call &call,
                                                    const mix::Cotangents &cotangents,
                                                    const mix::Gradients &gradients) {
  return GradientReference(mixer, call, cotangents).compare(gradients);
}

Expected<Yardstick::Errors> gradientRoundingErrors(mix::MixerOp mixer, const mix::Call &call,
                                                   const mix::Cotangents &cotangents) {
  return gradientRounding(mixer, call, cotangents);
}

} // namespace mixc
