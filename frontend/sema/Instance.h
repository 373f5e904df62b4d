// One equation of the unrolled mixer, and the order in which they can be evaluated.
#ifndef MIXC_FRONTEND_SEMA_INSTANCE_H
#define MIXC_FRONTEND_SEMA_INSTANCE_H

#include "frontend/sema/Scope.h"

namespace mixc {

/// `let S[j in 1..n] = e` is n instances.
struct Instance {
  Definition::Kind kind = Definition::Kind::Let;
  std::string name;         // "S[2]"
  unsigned declaration = 0; // of an update or output
  const ast::Equation *equation = nullptr;
  Indices indices;
};

/// An instance as of `lag` tokens ago; `wanted` is the first reference to it that has this lag.
struct Node {
  unsigned instance = 0;
  int64_t lag = 0;
  Range wanted;

  std::pair<unsigned, int64_t> key() const { return {instance, lag}; }
};

/// What a lag may be, DESIGN's 64 tokens.
constexpr int64_t maxLag = 64;

struct Equations {
  std::vector<Instance> instances;
  std::map<unsigned, unsigned> defining; // declaration of a state or output -> instance
};

/// Every instance after those it needs at the same token; reports those that need themselves.
std::vector<Node> evaluationOrder(const Equations &equations, const Scope &scope, DiagnosticList &diagnostics);

} // namespace mixc

#endif
