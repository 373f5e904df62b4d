#include "frontend/oracle/Compare.h"
#include "dialect/mix/ElementType.h"
#include "frontend/oracle/NotFinite.h"
#include "frontend/oracle/Rounding.h"
#include <cmath>
#include <random>
#include <set>

using namespace llvm;

namespace mixc {

static constexpr double floatBound = 1e-5;
static constexpr double narrowBound = 5e-3;
/// Kernels flush what is below 2^-126 (runtime/Cpu.h); this is the sum of 64 such terms.
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

/// `rounding`: the error of the interpreter in float32. What overflows there has no yardstick.
double boundOf(double rounding) {
  return std::isfinite(rounding) ? std::max(floatBound, roundingAllowance * rounding) : floatBound;
}

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

/// Raises each error to that of one call.
Error raise(std::map<std::string, double> &errors, mix::MixerOp mixer, mix::Call call) {
  call.roundToFloat32 = false;
  Expected<mix::Answer> exact = mix::interpret(mixer, call);
  if (!exact)
    return exact.takeError();
  call.roundToFloat32 = true;
  Expected<mix::Answer> rounded = mix::interpret(mixer, call);
  if (!rounded)
    return rounded.takeError();
  auto measure = [&](const mix::Arrays &wanted, const mix::Arrays &got, const std::string &suffix) {
    for (const auto &[name, array] : wanted) {
      double error = relativeError(got.at(name), array, underflow), &largest = errors[name + suffix];
      if (std::isfinite(error)) // what overflows in float32 has no yardstick
        largest = std::max(largest, error);
    }
  };
  measure(exact->outputs, rounded->outputs, "");
  measure(exact->final, rounded->final, ".final");
  return Error::success();
}

} // namespace

Expected<std::map<std::string, double>> roundingErrors(mix::MixerOp mixer, const mix::Call &call, int others) {
  std::map<std::string, double> errors;
  std::minstd_rand random(1);
  for (int i = 0; i <= others; ++i)
    if (Error error = raise(errors, mixer, i == 0 ? call : roundedOnce(call, random)))
      return std::move(error);
  return errors;
}

// The error of the interpreter in float32 is one draw of a random variable. Where a tensor is what is left of a larger
// one, a state erased to a hundredth, say, it is a few last roundings, and two programs whose errors have the same
// median differ by more than four times at one call in twenty. So where a kernel is beyond the first draw, the yardstick
// is the largest of 33, since a test compares a hundred tensors of a mixer: each at inputs as good as the call's, each
// against the exact answer for those inputs.
Expected<std::vector<TensorError>> compare(mix::MixerOp mixer, const mix::Call &call, const mix::Answer &answer,
                                           bool tokenByToken) {
  mix::Call exact = call;
  exact.roundToFloat32 = false;
  const bool roundsStates = tokenByToken && hasNarrowState(mixer);
  Expected<mix::Answer> reference = roundsStates ? interpretByToken(mixer, exact) : mix::interpret(mixer, exact);
  if (!reference)
    return reference.takeError();
  Expected<std::map<std::string, double>> rounding = roundingErrors(mixer, call);
  if (!rounding)
    return rounding.takeError();
  std::vector<TensorError> errors;
  auto allowed = [&](const std::string &name, const std::string &tensor) {
    if (roundsStates) // the yardstick rounds other things
      return narrowBound;
    double bound = boundOf((*rounding)[tensor]);
    return elementTypeOf(mixer, name) == "f32" ? bound : std::max(bound, narrowBound);
  };
  Search search(mixer, exact);
  auto hold = [&](const mix::Arrays &y, const mix::Arrays &wanted, const std::string &suffix) {
    for (const auto &[name, array] : wanted) {
      auto found = y.find(name);
      double error = found == y.end() ? std::nan("") : relativeError(found->second, array, underflow);
      errors.push_back({name + suffix, error, allowed(name, name + suffix)});
      describeReference(errors.back(), suffix.empty() ? Per::OutputToken : Per::Sequence,
                        found == y.end() ? nullptr : &found->second, array, exact, search);
    }
  };
  auto holdAll = [&] {
    errors.clear();
    hold(answer.outputs, reference->outputs, "");
    hold(answer.final, reference->final, ".final");
  };
  holdAll();
  if (all_of(errors, [](const TensorError &error) { return error.passes(); }))
    return errors;
  rounding = roundingErrors(mixer, call, equivalentCalls);
  if (!rounding)
    return rounding.takeError();
  holdAll();
  return errors;
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

/// The errors of the interpreter in float32 at one call; the exact gradients are given where they are known.
Expected<std::map<std::string, double>> gradientRounding(mix::MixerOp mixer, mix::Call call,
                                                         const mix::Cotangents &cotangents,
                                                         std::optional<mix::Gradients> exact = std::nullopt) {
  if (!exact) {
    call.roundToFloat32 = false;
    Expected<mix::Gradients> found = mix::interpretBackward(mixer, call, cotangents);
    if (!found)
      return found.takeError();
    exact = std::move(*found);
  }
  call.roundToFloat32 = true;
  Expected<mix::Gradients> rounded = mix::interpretBackward(mixer, call, cotangents);
  if (!rounded)
    return rounded.takeError();
  return GradientErrors(*exact).of(*rounded);
}

} // namespace

Expected<std::map<std::string, double>> gradientRoundingErrors(mix::MixerOp mixer, const mix::Call &call,
                                                               const mix::Cotangents &cotangents) {
  return gradientRounding(mixer, call, cotangents);
}

// The yardstick is that of `compare`, and is drawn again where that draws again.
Expected<std::vector<TensorError>> compareGradients(mix::MixerOp mixer, const mix::Call &call,
                                                    const mix::Cotangents &cotangents,
                                                    const mix::Gradients &gradients) {
  mix::Call exact = call;
  exact.roundToFloat32 = false;
  Expected<mix::Gradients> reference = mix::interpretBackward(mixer, exact, cotangents);
  if (!reference)
    return reference.takeError();
  Expected<std::map<std::string, double>> rounding = gradientRounding(mixer, call, cotangents, *reference);
  if (!rounding)
    return rounding.takeError();
  const std::map<std::string, double> found = GradientErrors(*reference).of(gradients);
  const mix::Arrays wanted = byFile(*reference), given = byFile(gradients);
  Search search(mixer, exact);
  const std::set<std::string> narrow = narrowGradients(mixer);
  std::vector<TensorError> errors;
  auto holdAll = [&] {
    errors.clear();
    for (const auto &[name, error] : found) {
      const double bound = boundOf((*rounding)[name]);
      auto y = given.find(name);
      const std::string base = name.substr(0, name.size() - StringRef(".grad").size());
      errors.push_back({name, error, narrow.count(name) ? std::max(bound, narrowBound) : bound});
      describeReference(errors.back(),
                        reference->inputs.count(base)   ? Per::Token
                        : reference->params.count(base) ? Per::Head
                                                        : Per::Sequence,
                        y == given.end() ? nullptr : &y->second, wanted.at(name), exact, search);
    }
  };
  holdAll();
  std::minstd_rand random(1);
  for (int i = 0; i < equivalentCalls; ++i) {
    if (all_of(errors, [](const TensorError &error) { return error.passes(); }))
      break;
    auto other = gradientRounding(mixer, roundedOnce(call, random), cotangents);
    if (!other)
      return other.takeError();
    for (const auto &[name, error] : *other)
      if (std::isfinite(error)) // what overflows in float32 has no yardstick
        (*rounding)[name] = std::max((*rounding)[name], error);
    holdAll();
  }
  return errors;
}

} // namespace mixc
