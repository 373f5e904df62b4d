#include "frontend/driver/Compare.h"
#include "dialect/mix/ElementType.h"
#include "frontend/driver/ElementTypes.h"
#include "frontend/driver/Progress.h"
#include <cmath>
#include <set>

using namespace llvm;

namespace mixc {

static constexpr double floatBound = 1e-5;
static constexpr double roundingAllowance = 4;
static constexpr double narrowBound = 5e-3;
static constexpr double smallGradient = 1e-6;

double relativeError(const mix::Array &y, const mix::Array &reference) {
  if (y.shape != reference.shape)
    return std::nan("");
  double difference = 0, norm = 0;
  for (auto [value, wanted] : zip(y.data, reference.data)) {
    if (value == wanted) {
      norm += std::isfinite(wanted) ? wanted * wanted : 0;
      continue;
    }
    difference += (value - wanted) * (value - wanted);
    norm += wanted * wanted;
  }
  return std::sqrt(norm > 0 ? difference / norm : difference);
}

namespace {

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

} // namespace

Expected<std::vector<TensorError>> compare(mix::MixerOp mixer, const mix::Call &call, const mix::Answer &answer,
                                           bool tokenByToken) {
  mix::Call exact = call, rounded = call;
  exact.roundToFloat32 = false;
  rounded.roundToFloat32 = true;
  const bool roundsStates = tokenByToken && hasNarrowState(mixer);
  Progress progress("comparing with the interpreter, in float64 and in float32");
  Expected<mix::Answer> reference = roundsStates ? interpretByToken(mixer, exact) : mix::interpret(mixer, exact);
  if (!reference)
    return reference.takeError();
  Expected<mix::Answer> yardstick = mix::interpret(mixer, rounded);
  if (!yardstick)
    return yardstick.takeError();
  std::vector<TensorError> errors;
  auto hold = [&](const mix::Arrays &y, const mix::Arrays &wanted, const mix::Arrays &inFloat32,
                  const std::string &suffix) {
    for (const auto &[name, array] : wanted) {
      auto found = y.find(name);
      double error = found == y.end() ? std::nan("") : relativeError(found->second, array);
      double rounding = relativeError(inFloat32.at(name), array);
      double bound = boundOf(rounding);
      if (roundsStates) // the yardstick rounds other things
        bound = narrowBound;
      else if (elementTypeOf(mixer, name) != "f32")
        bound = std::max(bound, narrowBound);
      errors.push_back({name + suffix, error, bound});
    }
  };
  hold(answer.outputs, reference->outputs, yardstick->outputs, "");
  hold(answer.final, reference->final, yardstick->final, ".final");
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

} // namespace

Expected<std::vector<TensorError>> compareGradients(mix::MixerOp mixer, const mix::Call &call,
                                                    const mix::Cotangents &cotangents,
                                                    const mix::Gradients &gradients) {
  mix::Call exact = call, rounded = call;
  exact.roundToFloat32 = false;
  rounded.roundToFloat32 = true;
  Progress progress("comparing with the gradients of the interpreter, in float64 and in float32");
  Expected<mix::Gradients> reference = mix::interpretBackward(mixer, exact, cotangents);
  if (!reference)
    return reference.takeError();
  Expected<mix::Gradients> yardstick = mix::interpretBackward(mixer, rounded, cotangents);
  if (!yardstick)
    return yardstick.takeError();
  const mix::Arrays found = byFile(gradients), wanted = byFile(*reference), inFloat32 = byFile(*yardstick);
  const std::set<std::string> narrow = narrowGradients(mixer);
  double largest = 0;
  for (const auto &[name, array] : wanted)
    largest = std::max(largest, norm(array));
  std::vector<TensorError> errors;
  for (const auto &[name, array] : wanted) {
    const double size = norm(array);
    // The error of a zero reference is absolute.
    const double scale = size < smallGradient * largest ? (size > 0 ? size : 1) / largest : 1;
    auto y = found.find(name);
    double error = y == found.end() ? std::nan("") : scale * relativeError(y->second, array);
    double bound = boundOf(scale * relativeError(inFloat32.at(name), array));
    if (narrow.count(name))
      bound = std::max(bound, narrowBound);
    errors.push_back({name, error, bound});
  }
  return errors;
}

} // namespace mixc
