// AdamW (Loshchilov, Hutter 2019): Adam, with decay of weights beside the gradient's step.
#ifndef RECALL_ADAMW_H
#define RECALL_ADAMW_H

#include "layers.h"
#include <cmath>

namespace recall {

class AdamW {
public:
  explicit AdamW(std::vector<Parameter *> parameters) : parameters(std::move(parameters)) {
    for (Parameter *parameter : this->parameters)
      moments.emplace_back(parameter->value.size());
  }

  void step(float rate) {
    ++steps;
    const float scale1 = 1 / (1 - std::pow(beta1, steps)), scale2 = 1 / (1 - std::pow(beta2, steps));
    for (size_t p = 0; p < parameters.size(); ++p)
      for (size_t i = 0; i < moments[p].size(); ++i) {
        const float gradient = parameters[p]->gradient[i];
        float &value = parameters[p]->value[i];
        auto &[first, second] = moments[p][i];
        first = beta1 * first + (1 - beta1) * gradient;
        second = beta2 * second + (1 - beta2) * gradient * gradient;
        value -= rate * (first * scale1 / (std::sqrt(second * scale2) + 1e-8f) + weightDecay * value);
      }
  }

private:
  static constexpr float beta1 = 0.9f, beta2 = 0.98f, weightDecay = 0.01f;
  struct Moments {
    float first = 0, second = 0;
  };
  std::vector<Parameter *> parameters;
  std::vector<std::vector<Moments>> moments;
  float steps = 0;
};

} // namespace recall

#endif
