// Holds gradients against central differences of the interpreter.
#ifndef MIXC_TEST_UNIT_MIX_DIFFERENCES_H
#define MIXC_TEST_UNIT_MIX_DIFFERENCES_H

#include "TestMixer.h"
#include "dialect/mix/Backward.h"
#include "dialect/mix/Sample.h"

namespace mixc::mix {

/// Interprets backward; a test failure and no gradients if that is refused.
inline Gradients gradientsOf(MixerOp mixer, const Call &call, const Cotangents &cotangents) {
  llvm::Expected<Gradients> gradients = interpretBackward(mixer, call, cotangents);
  if (gradients)
    return std::move(*gradients);
  ADD_FAILURE() << llvm::toString(gradients.takeError());
  return {};
}

/// sum(outputs . their cotangents) + sum(final states . theirs)
inline double loss(MixerOp mixer, const Call &call, const Cotangents &cotangents) {
  Answer answer = llvm::cantFail(interpret(mixer, call));
  double sum = 0;
  auto add = [&](const Arrays &values, const Arrays &bars) {
    for (const auto &[name, bar] : bars)
      for (int64_t i = 0; i < bar.size(); ++i)
        sum += bar.data[i] == 0 ? 0 : values.at(name).data[i] * bar.data[i];
  };
  add(answer.outputs, cotangents.outputs);
  add(answer.final, cotangents.final);
  return sum;
}

/// The call with every state passed that was not, as it would start.
inline Call withStarts(MixerOp mixer, const Call &call) {
  Call empty = call, result = call;
  empty.time = 0;
  empty.batch = call.sequences();
  empty.cuSeqlens.clear();
  for (auto &[name, input] : empty.inputs) {
    input.shape[0] = empty.batch;
    input.shape[1] = 0;
    input.data.clear();
  }
  Answer answer = llvm::cantFail(interpret(mixer, empty));
  for (const auto &[name, state] : answer.final)
    result.initial.try_emplace(name, state);
  return result;
}

/// f'(0), from differences of sixth order.
template <typename Function> double slope(Function f, double step = 0x1p-10) {
  auto difference = [&](double by) { return f(by) - f(-by); };
  return (45 * difference(step) - 9 * difference(2 * step) + difference(3 * step)) / (60 * step);
}

/// Holds the gradient of every number that the call reads against differences.
inline void expectDifferences(MixerOp mixer, const Call &call, const Cotangents &cotangents, double tolerance = 1e-9) {
  Gradients gradients = gradientsOf(mixer, call, cotangents);
  auto check = [&](Call moved, Arrays Call::*arrays, const Arrays &found, const char *what) {
    EXPECT_EQ((moved.*arrays).size(), found.size()) << what;
    for (auto &[name, array] : moved.*arrays) {
      ASSERT_TRUE(found.count(name)) << what << " " << name;
      const Array &gradient = found.at(name);
      ASSERT_EQ(gradient.shape, array.shape) << what << " " << name;
      double largest = 1;
      for (double value : gradient.data)
        largest = std::max(largest, std::fabs(value));
      for (int64_t i = 0; i < array.size(); ++i) {
        const double here = array.data[i];
        double found = slope([&](double by) {
          array.data[i] = here + by;
          return loss(mixer, moved, cotangents);
        });
        array.data[i] = here;
        ASSERT_NEAR(gradient.data[i], found, tolerance * largest) << what << " " << name << " [" << i << "]";
      }
    }
  };
  check(call, &Call::inputs, gradients.inputs, "input");
  check(call, &Call::params, gradients.params, "param"); // and what starts from it
  check(withStarts(mixer, call), &Call::initial, gradients.initial, "initial state");
}

/// The same along one random direction of all inputs and params, by the step that suits best: a kink or a sharp bend
/// near by asks for a small one.
inline void expectSlope(MixerOp mixer, const Call &call, double tolerance = 1e-9) {
  Cotangents cotangents = sampleCotangents(mixer, call, 5);
  Gradients gradients = gradientsOf(mixer, call, cotangents);
  Call direction = sample(mixer, call.dims, call.batch, call.time, call.heads, call.groups, 77);
  double expected = 0, size = 1;
  auto along = [&](const Arrays &found, const Arrays &by) {
    for (const auto &[name, array] : by)
      for (int64_t i = 0; i < array.size(); ++i) {
        expected += found.at(name).data[i] * array.data[i];
        size = std::max(size, std::fabs(found.at(name).data[i]));
      }
  };
  along(gradients.inputs, direction.inputs);
  along(gradients.params, direction.params);
  auto move = [](Arrays &arrays, const Arrays &by, double far) {
    for (auto &[name, array] : arrays)
      for (int64_t i = 0; i < array.size(); ++i)
        array.data[i] += far * by.at(name).data[i];
  };
  auto lossAt = [&](double by) {
    Call moved = call;
    move(moved.inputs, direction.inputs, by);
    move(moved.params, direction.params, by);
    return loss(mixer, moved, cotangents);
  };
  size = std::max(size, std::fabs(expected));
  double nearest = INFINITY;
  for (double step : {0x1p-10, 0x1p-14, 0x1p-18, 0x1p-22, 0x1p-26}) {
    double found = slope(lossAt, step);
    if (!(std::fabs(found - expected) > std::fabs(nearest - expected)))
      nearest = found;
    if (std::fabs(found - expected) <= tolerance * size)
      break;
  }
  EXPECT_NEAR(expected, nearest, tolerance * size);
}

/// The same of random cotangents of everything.
inline void expectDifferences(MixerOp mixer, const Call &call, double tolerance = 1e-9) {
  expectDifferences(mixer, call, sampleCotangents(mixer, call, 5), tolerance);
}

inline void expectNear(const Gradients &x, const Gradients &reference, double tolerance) {
  auto compare = [&](const Arrays &xs, const Arrays &references, const char *what) {
    EXPECT_EQ(xs.size(), references.size());
    for (const auto &[name, values] : references)
      EXPECT_LE(error(xs.at(name).data, values.data), tolerance) << what << " " << name;
  };
  compare(x.inputs, reference.inputs, "input");
  compare(x.params, reference.params, "param");
  compare(x.initial, reference.initial, "initial state");
}

} // namespace mixc::mix

#endif
