// The layers around the mixer, each a function and its gradient, written by hand; `recall --check` holds them against
// central differences. Arrays are row-major [rows, width]; a gradient of a parameter is added to, one of an activation
// is set unless its function's name says that it adds.
#ifndef RECALL_LAYERS_H
#define RECALL_LAYERS_H

#include <random>
#include <string>
#include <vector>

namespace recall {

using Array = std::vector<float>;

/// A matrix [rows, columns] of numbers that are learned, and their gradient.
struct Parameter {
  std::string name;
  int rows, columns;
  Array value, gradient;

  Parameter(std::string name, int rows, int columns)
      : name(std::move(name)), rows(rows), columns(columns), value(rows * columns), gradient(rows * columns) {}
  void fill(float number) { value.assign(value.size(), number); }
  /// Uniform within +-bound.
  void draw(float bound, std::mt19937_64 &random);
};

/// x W, for x [rows, W.rows].
Array product(const Array &x, const Parameter &w);
/// x_gradient += y_gradient W', and W's gradient += x' y_gradient.
void addProductGradient(const Array &x, Parameter &w, const Array &yGradient, Array &xGradient);

/// gain .* x / sqrt(mean(x .^ 2) + 1e-6), row by row.
struct Norm {
  Parameter gain;
  Array inverseRoot; // of each row of the last `forward`

  Norm(std::string name, int width) : gain(std::move(name), 1, width) { gain.fill(1); }
  Array forward(const Array &x);
  /// The gradient of x.
  Array backward(const Array &x, const Array &yGradient);
};

struct Loss {
  double mean;    // of -log softmax(logits)[answer] over the rows
  int right;      // rows whose largest logit is the answer's
  Array gradient; // of the mean, with respect to the logits
};
Loss crossEntropy(const Array &logits, int width, const std::vector<int> &answers);

} // namespace recall

#endif
