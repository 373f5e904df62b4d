#include "train.h"
#include "adamw.h"
#include "model.h"
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <numbers>

namespace recall {
namespace {

constexpr int batchSize = 32;
constexpr uint64_t modelSeed = 1, trainingSeed = 2, testSeed = 3;

double seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

/// The learning rate, in one cycle: up in a tenth of the steps, then down along a cosine.
float rateAt(int step, int steps) {
  constexpr float highest = 3e-3f, rise = 0.1f;
  const float progress = static_cast<float>(step) / static_cast<float>(steps);
  if (progress < rise)
    return highest * progress / rise;
  return highest * (1 + std::cos(std::numbers::pi_v<float> * (progress - rise) / (1 - rise))) / 2;
}

double testAccuracy(Model &model) {
  constexpr int batches = 32;
  std::mt19937_64 random(testSeed);
  int right = 0;
  for (int i = 0; i < batches; ++i)
    right += model.forward(drawBatch(batchSize, random)).right;
  return right / static_cast<double>(batches * batchSize * keysOfSequence);
}

} // namespace

Curve train(Mixer &mixer, int steps) {
  Model model(mixer, modelSeed);
  AdamW optimizer(model.parameters());
  std::mt19937_64 random(trainingSeed);
  Curve curve{mixer.name, {}};
  const int perPoint = std::max(1, steps / 100); // a point of the curve is the mean of so many batches
  Point sum{};
  const double began = seconds();
  for (int step = 1; step <= steps; ++step) {
    const Batch batch = drawBatch(batchSize, random);
    const Loss loss = model.forward(batch);
    model.backward(batch, loss);
    optimizer.step(rateAt(step, steps));

    sum.loss += loss.mean / perPoint;
    sum.accuracy += loss.right / static_cast<double>(batchSize * keysOfSequence * perPoint);
    if (step % perPoint)
      continue;
    curve.points.push_back({step, sum.loss, sum.accuracy});
    if (curve.points.size() % 10 == 0)
      std::printf("%-18s step %5d   loss %.3f   accuracy %.3f\n", mixer.name.c_str(), step, sum.loss, sum.accuracy);
    std::fflush(stdout);
    sum = {};
  }
  const double spent = seconds() - began;
  std::printf("%-18s after %d steps: accuracy %.3f, %.1f s\n", mixer.name.c_str(), steps, testAccuracy(model), spent);
  return curve;
}

} // namespace recall
