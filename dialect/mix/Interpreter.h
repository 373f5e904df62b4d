// The float64 interpreter of the mix dialect. It is the meaning of the language and the oracle of every test.
#ifndef MIXC_DIALECT_MIX_INTERPRETER_H
#define MIXC_DIALECT_MIX_INTERPRETER_H

#include "dialect/mix/Mix.h"
#include "llvm/Support/Error.h"

namespace mixc::mix {

/// A dense row-major array of float64.
struct Array {
  std::vector<int64_t> shape;
  std::vector<double> data;
  Array() = default;
  explicit Array(std::vector<int64_t> shape, double fill = 0);
  int64_t size() const { return static_cast<int64_t>(data.size()); }
};

using Arrays = std::map<std::string, Array>;

/// What a call of a mixer reads. Shapes: inputs [batch, time, heads or groups, dims...], params [heads, dims...] (or
/// [groups, ...] if per group), initial states [sequences, heads, dims...] (a missing one starts as declared). A family
/// is one array, under its own name, with an axis of its members before the dims. The past of an input that is read at
/// earlier tokens is the state `x.history`, [sequences, heads, n, dims...], oldest first, 0 where it is missing. With
/// `cuSeqlens` ([sequences + 1], from 0 to time) batch is 1 and sequence s is tokens cuSeqlens[s] to cuSeqlens[s+1]
/// - 1.
struct Call {
  std::map<std::string, int64_t> dims;
  int64_t batch = 1, time = 0, heads = 1, groups = 1;
  std::vector<int64_t> cuSeqlens;
  Arrays inputs, params, initial;
  /// Round every op's result to float32: the yardstick of "four times the interpreter in float32".
  bool roundToFloat32 = false;

  int64_t sequences() const { return cuSeqlens.empty() ? batch : static_cast<int64_t>(cuSeqlens.size()) - 1; }
};

/// What it writes: outputs [batch, time, heads, dims...] and final states, histories included, [sequences, heads,
/// dims...].
struct Answer {
  Arrays outputs, final;
};

/// Interprets a mixer token by token, in the form it is in: equations (`mix.next`) or normal form (`mix.component`), or
/// both for different states. Errors name the argument whose shape is wrong or missing.
llvm::Expected<Answer> interpret(MixerOp mixer, const Call &call);

} // namespace mixc::mix

#endif
