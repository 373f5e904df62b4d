#include "layers.h"
#include "matmul.h"
#include <algorithm>
#include <cmath>

namespace recall {
namespace {

View view(const Parameter &w) { return {w.value.data(), w.rows, w.columns}; }
View view(const Array &x, int width) { return {x.data(), static_cast<int>(x.size()) / width, width}; }

float dot(const float *x, const float *y, int count) {
  float sum = 0;
  for (int i = 0; i < count; ++i)
    sum += x[i] * y[i];
  return sum;
}

} // namespace

void Parameter::draw(float bound, std::mt19937_64 &random) {
  for (float &number : value)
    number = bound * (static_cast<float>(random() >> 40) / (1 << 23) - 1); // 24 random bits, so in [-1, 1)
}

Array product(const Array &x, const Parameter &w) {
  View left = view(x, w.rows);
  Array y(left.rows * w.columns);
  addProduct(left, view(w), y.data());
  return y;
}

void addProductGradient(const Array &x, Parameter &w, const Array &yGradient, Array &xGradient) {
  View upper = view(yGradient, w.columns);
  addProduct(upper, view(w).transposed(), xGradient.data());
  addProduct(view(x, w.rows).transposed(), upper, w.gradient.data());
}

Array Norm::forward(const Array &x) {
  const int width = gain.columns;
  Array y(x.size());
  inverseRoot.resize(x.size() / width);
  for (size_t row = 0; row < inverseRoot.size(); ++row) {
    const float *from = &x[row * width];
    const float scale = inverseRoot[row] = 1 / std::sqrt(dot(from, from, width) / width + 1e-6f);
    for (int i = 0; i < width; ++i)
      y[row * width + i] = gain.value[i] * from[i] * scale;
  }
  return y;
}

// With s the inverse root and g = gain .* y_gradient: x_gradient = s g - x s^3 (x' g) / width.
Array Norm::backward(const Array &x, const Array &yGradient) {
  const int width = gain.columns;
  Array xGradient(x.size()), g(width);
  for (size_t row = 0; row < inverseRoot.size(); ++row) {
    const float *from = &x[row * width], *upper = &yGradient[row * width], scale = inverseRoot[row];
    for (int i = 0; i < width; ++i) {
      gain.gradient[i] += upper[i] * from[i] * scale;
      g[i] = gain.value[i] * upper[i];
    }
    const float along = scale * scale * scale * dot(from, g.data(), width) / width;
    for (int i = 0; i < width; ++i)
      xGradient[row * width + i] = scale * g[i] - along * from[i];
  }
  return xGradient;
}

Loss crossEntropy(const Array &logits, int width, const std::vector<int> &answers) {
  Loss loss{.mean = 0, .right = 0, .gradient = Array(logits.size())};
  for (size_t row = 0; row < answers.size(); ++row) {
    const float *x = &logits[row * width];
    const float largest = *std::max_element(x, x + width);
    double sum = 0;
    for (int i = 0; i < width; ++i)
      sum += std::exp(x[i] - largest);
    for (int i = 0; i < width; ++i)
      loss.gradient[row * width + i] =
          static_cast<float>((std::exp(x[i] - largest) / sum - (i == answers[row])) / answers.size());
    loss.mean += (std::log(sum) + largest - x[answers[row]]) / answers.size();
    loss.right += x[answers[row]] == largest;
  }
  return loss;
}

} // namespace recall
