// The mixers of mixers.mix as the model sees them: one interface to five pairs of functions of the compiled library.
#ifndef RECALL_MIXER_H
#define RECALL_MIXER_H

#include <memory>
#include <string>
#include <vector>

namespace recall {

constexpr int K = 32, V = 32; // as declared in mixers.mix
constexpr int taps = 4;       // of the short convolutions

/// Arrays for all inputs and params that any of the mixers has; a mixer takes those that it has.
template <class Number> struct Operands {
  Number *q, *k, *v, *a, *b;        // [sequences, time, their width]
  Number *q_conv, *k_conv, *v_conv; // [taps, K], [taps, K], [taps, V]
};

class Mixer {
public:
  virtual ~Mixer() = default;
  /// y [sequences, time, V]. Keeps what backward needs.
  virtual void forward(int sequences, int time, const Operands<const float> &operands, float *y) = 0;
  /// From y's gradient those of all operands, for the operands of the last forward.
  virtual void backward(int sequences, int time, const Operands<const float> &operands, const float *yGradient,
                        const Operands<float> &gradients) = 0;

  std::string name;
  int a = 0, b = 0; // widths of the logits of decay and of writing; 0 for a mixer without them
};

/// All of them, in the order of the file.
std::vector<std::unique_ptr<Mixer>> allMixers();

} // namespace recall

#endif
