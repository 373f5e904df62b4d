// The model: an embedding, one layer with a mixer of one head, and a head that predicts the value after each query.
//
//     x = E[token]                       h = norm(x)
//     q, k, v = h Wq, h Wk, h Wv         a, b = h Wa + a0, h Wb + b0      logits, where the mixer has them
//     y = mixer(q, k, v, a, b)           logits = norm(x + y Wo) Wh       at the queries alone
#ifndef RECALL_MODEL_H
#define RECALL_MODEL_H

#include "layers.h"
#include "mixer.h"
#include "task.h"

namespace recall {

constexpr int width = 64;

class Model {
public:
  Model(Mixer &mixer, uint64_t seed);
  /// The loss and what was right; keeps what backward needs.
  Loss forward(const Batch &batch);
  /// Sets the gradients of all parameters to those of the last forward's loss.
  void backward(const Batch &batch, const Loss &loss);
  std::vector<Parameter *> parameters();

private:
  /// A projection of h to one input of the mixer: q, k or v, or with a bias a or b, whose width may be 0.
  struct Projection {
    Parameter weight, bias;
    Array output, gradient;
    Projection(const std::string &name, int columns)
        : weight("W" + name, width, columns), bias(name + "0", 1, columns) {}
    void forward(const Array &h);
    void backward(const Array &h, Array &hGradient);
  };

  void embed(const Batch &batch);
  void addEmbeddingGradient(const Batch &batch, const Array &xGradient);
  Operands<const float> operands() const;
  Operands<float> gradients();
  /// Those that the mixer has.
  std::vector<Projection *> projections();

  Mixer &mixer;
  Parameter embedding;
  Norm before;
  Projection q, k, v, a, b;
  Parameter qTaps, kTaps, vTaps;
  Parameter out;
  Norm after;
  Parameter head;

  // Activations: of all tokens, and of the queries.
  Array x, h, y;
  Array queried, answer, normed; // x, y and the second norm at the queries
};

} // namespace recall

#endif
