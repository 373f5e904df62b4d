#include "frontend/oracle/Tolerance.h"
#include "llvm/Support/ErrorHandling.h"
#include <algorithm>
#include <cmath>

namespace mixc {

static constexpr double roundings = 4, perturbations = 10;

llvm::StringRef nameOf(Reason reason) {
  switch (reason) {
  case Reason::Float32: return "sums in float32";
  case Reason::Rounding: return "the interpreter in float32";
  case Reason::Redrawn: return "the interpreter in float32, at a call as good";
  case Reason::ElementType: return "the element type";
  case Reason::Respelt: return "the interpreter in float32, in another spelling";
  case Reason::Float64: return "sums in float64";
  case Reason::Perturbation: return "perturbed arguments";
  case Reason::Cancellation: return "what is left of larger terms";
  case Reason::Noise: return "what should be zero";
  }
  llvm_unreachable("every reason is above");
}

void Tolerance::allow(double other, Reason why) {
  if (std::isfinite(other) && other > bound)
    *this = {other, why};
}

void Tolerance::allowRounding(double interpreter, Reason why) { allow(roundings * interpreter, why); }

void Tolerance::allowPerturbation(double change) { allow(perturbations * change, Reason::Perturbation); }

Finding Tolerance::of(double error) const {
  if (!(error <= bound))
    return Finding::Disagrees;
  return error <= ceiling ? Finding::Agrees : Finding::SaysNothing;
}

} // namespace mixc
