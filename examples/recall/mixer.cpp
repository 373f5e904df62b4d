#include "mixer.h"
#include "librecall.h"
#include <cstdio>
#include <cstdlib>

namespace recall {
namespace {

void must(mix_status status) {
  if (!status)
    return;
  std::fprintf(stderr, "%s\n", mix_status_message(status));
  std::exit(1);
}

/// The functions of one mixer in librecall.h, and the structs that they take.
template <class ForwardArgs, class BackwardArgs> struct EntryPoints {
  mix_status (*forward)(const ForwardArgs *);
  size_t (*workspaceSize)(const ForwardArgs *);
  size_t (*savedSize)(const ForwardArgs *);
  mix_status (*backward)(const BackwardArgs *);
  size_t (*backwardWorkspaceSize)(const BackwardArgs *);
};

template <class ForwardArgs, class BackwardArgs> class CompiledMixer final : public Mixer {
public:
  explicit CompiledMixer(EntryPoints<ForwardArgs, BackwardArgs> entry) : entry(entry) {}

  void forward(int sequences, int time, const Operands<const float> &operands, float *y) override {
    auto args = begin<ForwardArgs>(sequences, time, operands);
    args.y = y;
    saved.resize(entry.savedSize(&args));
    workspace.resize(entry.workspaceSize(&args));
    args.saved = saved.data();
    args.workspace = workspace.data();
    must(entry.forward(&args));
  }

  void backward(int sequences, int time, const Operands<const float> &operands, const float *yGradient,
                const Operands<float> &gradients) override {
    auto args = begin<BackwardArgs>(sequences, time, operands);
    args.y_grad = yGradient;
    args.q_grad = gradients.q, args.k_grad = gradients.k, args.v_grad = gradients.v;
    args.q_conv_grad = gradients.q_conv, args.k_conv_grad = gradients.k_conv, args.v_conv_grad = gradients.v_conv;
    if constexpr (requires { args.a_grad; })
      args.a_grad = gradients.a;
    if constexpr (requires { args.b_grad; })
      args.b_grad = gradients.b;
    args.saved = saved.data();
    workspace.resize(entry.backwardWorkspaceSize(&args));
    args.workspace = workspace.data();
    must(entry.backward(&args));
  }

private:
  /// What forward and backward are both told: the counts, and the operands that this mixer has.
  template <class Args> static Args begin(int sequences, int time, const Operands<const float> &operands) {
    Args args = {};
    args.size = sizeof args;
    args.batch = sequences, args.time = time;
    args.heads = args.groups = args.threads = 1;
    args.q = operands.q, args.k = operands.k, args.v = operands.v;
    args.q_conv = operands.q_conv, args.k_conv = operands.k_conv, args.v_conv = operands.v_conv;
    if constexpr (requires { args.a; })
      args.a = operands.a;
    if constexpr (requires { args.b; })
      args.b = operands.b;
    return args;
  }

  EntryPoints<ForwardArgs, BackwardArgs> entry;
  std::vector<char> saved, workspace;
};

template <class ForwardArgs, class BackwardArgs>
std::unique_ptr<Mixer> compiled(const char *name, int a, int b, EntryPoints<ForwardArgs, BackwardArgs> entry) {
  auto mixer = std::make_unique<CompiledMixer<ForwardArgs, BackwardArgs>>(entry);
  mixer->name = name, mixer->a = a, mixer->b = b;
  return mixer;
}

#define MIXER(NAME, A, B)                                                                                              \
  compiled(#NAME, A, B,                                                                                                \
           EntryPoints<NAME##_forward_args, NAME##_backward_args>{NAME##_forward, NAME##_workspace_size,               \
                                                                  NAME##_saved_size, NAME##_backward,                  \
                                                                  NAME##_backward_workspace_size})

} // namespace

std::vector<std::unique_ptr<Mixer>> allMixers() {
  // clang-format off
  std::vector<std::unique_ptr<Mixer>> mixers; // width of a, of b
  mixers.push_back(MIXER(linear_attention,        0,          0));
  mixers.push_back(MIXER(retnet,                  0,          0));
  mixers.push_back(MIXER(gla,                     K,          0));
  mixers.push_back(MIXER(delta_net,               0,          1));
  mixers.push_back(MIXER(gated_delta_net,         1,          1));
  // clang-format on
  return mixers;
}

} // namespace recall
