#include "model.h"
#include <algorithm>
#include <cmath>
#include <functional>

namespace recall {
namespace {

/// The rows of the queries, which are the last of each sequence.
Array atQueries(const Array &all, int columns, int sequences) {
  Array rows;
  rows.reserve(sequences * keysOfSequence * columns);
  for (int s = 0; s < sequences; ++s) {
    auto end = all.begin() + (s + 1) * sequenceLength * columns;
    rows.insert(rows.end(), end - keysOfSequence * columns, end);
  }
  return rows;
}

/// The reverse: adds rows of the queries to those of all tokens.
void addAtQueries(const Array &rows, int columns, int sequences, Array &all) {
  const int count = keysOfSequence * columns;
  for (int s = 0; s < sequences; ++s)
    for (int i = 0; i < count; ++i)
      all[((s + 1) * sequenceLength - keysOfSequence) * columns + i] += rows[s * count + i];
}

} // namespace

Model::Model(Mixer &mixer, uint64_t seed)
    : mixer(mixer), embedding("embedding", keyCount + valueCount, width), before("norm before", width), q("q", K),
      k("k", K), v("v", V), a("a", mixer.a), b("b", mixer.b), qTaps("q_conv", taps, K), kTaps("k_conv", taps, K),
      vTaps("v_conv", taps, V), out("Wo", V, width), after("norm after", width), head("head", width, valueCount) {
  std::mt19937_64 random(seed);
  embedding.draw(std::sqrt(3.0f), random); // of variance 1
  for (Projection *projection : projections())
    projection->weight.draw(1 / std::sqrt(static_cast<float>(width)), random);
  for (Parameter *convolution : {&qTaps, &kTaps, &vTaps})
    convolution->draw(1 / std::sqrt(static_cast<float>(taps)), random);
  out.draw(1 / std::sqrt(static_cast<float>(V)), random);
  head.draw(1 / std::sqrt(static_cast<float>(width)), random);
}

std::vector<Model::Projection *> Model::projections() {
  std::vector<Projection *> present = {&q, &k, &v};
  for (Projection *gate : {&a, &b})
    if (gate->weight.columns)
      present.push_back(gate);
  return present;
}

std::vector<Parameter *> Model::parameters() {
  std::vector<Parameter *> all = {&embedding, &before.gain, &qTaps, &kTaps, &vTaps, &out, &after.gain, &head};
  for (Projection *projection : projections())
    all.insert(all.end(), {&projection->weight, &projection->bias});
  return all;
}

void Model::embed(const Batch &batch) {
  x.clear();
  for (int token : batch.tokens)
    x.insert(x.end(), &embedding.value[token * width], &embedding.value[token * width] + width);
}

void Model::addEmbeddingGradient(const Batch &batch, const Array &xGradient) {
  for (size_t row = 0; row < batch.tokens.size(); ++row)
    for (int i = 0; i < width; ++i)
      embedding.gradient[batch.tokens[row] * width + i] += xGradient[row * width + i];
}

void Model::Projection::forward(const Array &h) {
  output = product(h, weight);
  gradient.resize(output.size());
  for (auto row = output.begin(); row != output.end(); row += bias.columns)
    std::transform(row, row + bias.columns, bias.value.begin(), row, std::plus<>());
}

void Model::Projection::backward(const Array &h, Array &hGradient) {
  addProductGradient(h, weight, gradient, hGradient);
  for (auto row = gradient.begin(); row != gradient.end(); row += bias.columns)
    std::transform(row, row + bias.columns, bias.gradient.begin(), bias.gradient.begin(), std::plus<>());
}

Operands<const float> Model::operands() const {
  return {q.output.data(), k.output.data(),    v.output.data(),    a.output.data(),
          b.output.data(), qTaps.value.data(), kTaps.value.data(), vTaps.value.data()};
}

Operands<float> Model::gradients() {
  return {q.gradient.data(), k.gradient.data(),     v.gradient.data(),     a.gradient.data(),
          b.gradient.data(), qTaps.gradient.data(), kTaps.gradient.data(), vTaps.gradient.data()};
}

Loss Model::forward(const Batch &batch) {
  embed(batch);
  h = before.forward(x);
  for (Projection *projection : projections())
    projection->forward(h);
  y.resize(batch.tokens.size() * V);
  mixer.forward(batch.sequences, sequenceLength, operands(), y.data());

  answer = atQueries(y, V, batch.sequences);
  queried = atQueries(x, width, batch.sequences);
  const Array read = product(answer, out);
  for (size_t i = 0; i < queried.size(); ++i)
    queried[i] += read[i];
  normed = after.forward(queried);
  return crossEntropy(product(normed, head), valueCount, batch.answers);
}

void Model::backward(const Batch &batch, const Loss &loss) {
  for (Parameter *parameter : parameters())
    parameter->gradient.assign(parameter->gradient.size(), 0);

  Array normedGradient(normed.size()), answerGradient(answer.size());
  addProductGradient(normed, head, loss.gradient, normedGradient);
  const Array queriedGradient = after.backward(queried, normedGradient);
  addProductGradient(answer, out, queriedGradient, answerGradient);

  Array yGradient(y.size()), hGradient(h.size());
  addAtQueries(answerGradient, V, batch.sequences, yGradient);
  mixer.backward(batch.sequences, sequenceLength, operands(), yGradient.data(), gradients());
  for (Projection *projection : projections())
    projection->backward(h, hGradient);

  Array xGradient = before.backward(x, hGradient);
  addAtQueries(queriedGradient, width, batch.sequences, xGradient);
  addEmbeddingGradient(batch, xGradient);
}

} // namespace recall
