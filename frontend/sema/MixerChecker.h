// One mixer: its declarations, its equations in the order in which they can be evaluated, and what is missing.
#ifndef MIXC_FRONTEND_SEMA_MIXERCHECKER_H
#define MIXC_FRONTEND_SEMA_MIXERCHECKER_H

#include "frontend/sema/ExprChecker.h"

namespace mixc {

class MixerChecker {
public:
  MixerChecker(const ast::Mixer &mixer, const Bindings &bindings, DiagnosticList &diagnostics);

  std::unique_ptr<Mixer> run();

private:
  // Declare.cpp
  void declare(const ast::Declaration &declaration);
  std::optional<Type> typeOf(const ast::Type &type);
  void checkQualifiers(const ast::Declaration &declaration);
  std::optional<std::pair<double, double>> interval(const ast::Declaration &declaration);
  void resolveStarts(const ast::Declaration &declaration);

  // Limits.cpp
  bool hasTooManyStates();
  void checkSizes();
  void checkDepth();

  // Equations.cpp
  void collect(const ast::Equation &equation);
  void collectInstance(const ast::Equation &equation, const Symbol &symbol, std::optional<int64_t> member,
                       Indices indices);
  Symbol *target(const ast::Equation &equation, bool isFamily);
  void checkEquation(const Node &node);
  void checkValue(const Node &node, const Instance &instance, Expr *value, ExprChecker &checker);
  void checkComplete();
  void warnUnused();

  const ast::Mixer &mixer;
  DiagnosticList &diagnostics;
  std::unique_ptr<Mixer> out;
  Scope scope;
  Equations equations;
  Checking checking;
  std::set<const ast::Equation *> reported;   // a second member of a family has the same mistakes
  std::set<const ast::Equation *> unresolved; // equations whose target could not be told
  bool targetsKnown = true;
};

} // namespace mixc

#endif
