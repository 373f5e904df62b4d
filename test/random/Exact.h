// Answers in float64, of the normal form and of tile programs, against those of the equations.
#ifndef MIXC_TEST_RANDOM_EXACT_H
#define MIXC_TEST_RANDOM_EXACT_H

#include "dialect/mix/Backward.h"
#include "frontend/oracle/Tolerance.h"
#include "test/random/Judge.h"

namespace mixc::random {

/// `kind`: of whose answer it is. What is found is a verdict on that alone, with the reasons of its tolerances as
/// marks.
Verdict holdAnswer(const std::string &kind, mix::MixerOp op, const mix::Call &call, const mix::Answer &reference,
                   llvm::Expected<mix::Answer> answer);
Verdict holdGradients(const std::string &kind, mix::MixerOp op, const mix::Call &call,
                      const mix::Cotangents &cotangents, const mix::Gradients &reference,
                      llvm::Expected<mix::Gradients> gradients);

/// No two entries differ by more than `size`.
bool isNoise(const mix::Array &x, const mix::Array &y, double size = 1e-15);

/// The mark of a tolerance by which an error did not disagree; none where it is the first one, `plain`.
std::optional<std::string> markOf(const Tolerance &tolerance, double error, Reason plain);

} // namespace mixc::random

#endif
