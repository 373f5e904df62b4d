#include "check.h"
#include <cmath>
#include <cstdio>

namespace recall {
namespace {

/// The derivative of the loss along `direction` of a parameter, by central differences of fourth order: the step can be
/// so long that float32's rounding of the loss does not matter.
double difference(Model &model, const Batch &batch, Parameter &parameter, const Array &direction) {
  constexpr float h = 0.02f;
  const Array start = parameter.value;
  auto lossAt = [&](float step) {
    for (size_t i = 0; i < start.size(); ++i)
      parameter.value[i] = start[i] + step * direction[i];
    return model.forward(batch).mean;
  };
  const double slope = (8 * (lossAt(h) - lossAt(-h)) - (lossAt(2 * h) - lossAt(-2 * h))) / (12 * h);
  parameter.value = start;
  return slope;
}

/// |slopes by the gradient - slopes by differences| / |slopes by differences|, over a few random directions.
double errorOf(Model &model, const Batch &batch, Parameter &parameter, std::mt19937_64 &random) {
  constexpr int directions = 4;
  double error = 0, norm = 0;
  for (int i = 0; i < directions; ++i) {
    Parameter direction("direction", parameter.rows, parameter.columns);
    direction.draw(1, random);
    double slope = 0;
    for (size_t j = 0; j < direction.value.size(); ++j)
      slope += static_cast<double>(direction.value[j]) * parameter.gradient[j];
    const double expected = difference(model, batch, parameter, direction.value);
    error += std::pow(slope - expected, 2);
    norm += std::pow(expected, 2);
  }
  return std::sqrt(error / norm);
}

} // namespace

bool checkGradients(Mixer &mixer) {
  Model model(mixer, /*seed=*/1);
  std::mt19937_64 random(2);
  for (Parameter *parameter : model.parameters()) // a point like any other: no gain is 1, no bias 0
    parameter->draw(1, random);
  const Batch batch = drawBatch(4, random);
  model.backward(batch, model.forward(batch));
  bool allRight = true;
  for (Parameter *parameter : model.parameters()) {
    const double error = errorOf(model, batch, *parameter, random);
    const bool right = error <= 2e-3; // NaN is wrong
    std::printf("%-18s %-12s %.1e %s\n", mixer.name.c_str(), parameter->name.c_str(), error, right ? "ok" : "WRONG");
    allRight &= right;
  }
  return allRight;
}

} // namespace recall
