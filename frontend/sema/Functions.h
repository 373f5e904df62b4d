// The functions of the language: the only list of them.
#ifndef MIXC_FRONTEND_SEMA_FUNCTIONS_H
#define MIXC_FRONTEND_SEMA_FUNCTIONS_H

#include "frontend/sema/Program.h"

namespace mixc {

enum class Signature {
  Elementwise,     // f(x), by elements
  ElementwisePair, // f(x, y), by elements; a scalar meets every entry
  Entries,         // f(x): all entries to a scalar
  Dot,             // u' v
  Outer,           // u v'
  Diag,            // vector to matrix
  Concat,          // scalars and vectors to a vector
  Kron,            // two vectors to a vector
  Normalize,       // f(vector [, epsilon])
  Softmax,         // vector to vector
  Slice,           // slice(x, from, to)
  Roll,            // roll(x, n)
  Grad,            // grad(loss, X)
  Where,           // where(condition, x, y), by elements
  Clamp,           // clamp(x, lo, hi), by elements
  Mean,            // mean(x)
  LogSigmoid,      // logsigmoid(x), by elements
};

struct Function {
  std::string_view name;
  Signature signature;
  unsigned minArguments, maxArguments;
  std::string_view usage; // as a message shows it
  mix::UnaryKind unary{};
  mix::BinaryKind binary{};
  Expr::Op op{};
};

const std::vector<Function> &allFunctions();
const Function *findFunction(llvm::StringRef name);
inline bool isFunction(llvm::StringRef name) { return findFunction(name) != nullptr; }

} // namespace mixc

#endif
