#include "frontend/driver/Compare.h"
#include "frontend/driver/ElementTypes.h"
#include "frontend/driver/Progress.h"
#include <cmath>

using namespace llvm;

namespace mixc {

static constexpr double floatBound = 1e-5;
static constexpr double roundingAllowance = 4;
static constexpr double narrowBound = 5e-3;

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

Expected<std::vector<TensorError>> compare(mix::MixerOp mixer, const mix::Call &call, const mix::Answer &answer) {
  mix::Call exact = call, rounded = call;
  exact.roundToFloat32 = false;
  rounded.roundToFloat32 = true;
  Progress progress("comparing with the interpreter, in float64 and in float32");
  Expected<mix::Answer> reference = mix::interpret(mixer, exact);
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
      // What overflows in float32 has no yardstick.
      double bound = std::isfinite(rounding) ? std::max(floatBound, roundingAllowance * rounding) : floatBound;
      if (elementTypeOf(mixer, name) != "f32")
        bound = std::max(bound, narrowBound);
      errors.push_back({name + suffix, error, bound});
    }
  };
  hold(answer.outputs, reference->outputs, yardstick->outputs, "");
  hold(answer.final, reference->final, yardstick->final, ".final");
  return errors;
}

} // namespace mixc
