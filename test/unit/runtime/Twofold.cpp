#include "test/unit/runtime/Twofold.h"
#include <random>

namespace mixc::test {
namespace {

// What the kernels take, in this order; it is not the struct's.
enum { x, k0, k1, g, c, a, h, p, past, savedH, savedP, savedEnd, shared };
enum { y = shared, hAfter, pAfter, pastAfter };                                              // of forward
enum { dy = shared, dhAfter, dpAfter, dpastAfter, dx, dk0, dk1, dg, da, dc, dh, dp, dpast }; // of backward

/// The rows of one (sequence, head).
struct View {
  void *const *tensors;
  const int64_t *strides;

  bool has(int tensor) const { return tensors[tensor]; }
  template <typename T> T &at(int tensor, int64_t row, int64_t i = 0) const {
    return static_cast<T *>(tensors[tensor])[row * strides[tensor] + i];
  }
  float orZero(int tensor, int64_t i = 0) const { return has(tensor) ? at<float>(tensor, 0, i) : 0; }
  template <typename T> float xBefore(int64_t row, int64_t i) const {
    return row ? static_cast<float>(at<T>(x, row - 1, i)) : orZero(past, i);
  }
};

/// H and P through the tokens; `token(t)` sees them before they are updated.
template <typename T, typename Before> void steps(const View &view, int64_t length, float *H, float &P, Before before) {
  for (int64_t t = 0; t < length; ++t) {
    before(t);
    const float gate = view.at<T>(g, t);
    for (int64_t i = 0; i < 2; ++i)
      H[i] = view.at<float>(a, 0) * H[i] + gate * view.at<T>(x, t, i) + view.xBefore<T>(t, i);
    P = view.at<float>(c, 0) * P + gate;
  }
}

template <typename T> void save(const View &view, int64_t t, const float *H, float P) {
  for (int64_t i = 0; i < 2 && view.has(savedH); ++i)
    view.at<float>(savedH, t, i) = H[i];
  if (t % Every == 0 && view.has(savedP))
    view.at<float>(savedP, t / Every) = P;
}

void saveEnd(const View &view, const float *H) {
  for (int64_t i = 0; i < 2 && view.has(savedEnd); ++i)
    view.at<float>(savedEnd, 0, i) = H[i];
}

template <typename T> void forward(void *const *tensors, const int64_t *strides, int64_t length, void *scratch) {
  const View view{tensors, strides};
  auto *H = static_cast<float *>(scratch), P = view.orZero(p);
  for (int64_t i = 0; i < 2; ++i)
    H[i] = view.orZero(h, i);
  auto leave = [&](int64_t t) {
    for (int64_t i = 0; i < 2 && t >= 0; ++i)
      view.at<float>(y, t, i) = H[i] + P + view.at<T>(k0, t) * view.at<T>(k1, t);
  };
  steps<T>(view, length, H, P, [&](int64_t t) {
    leave(t - 1);
    save<T>(view, t, H, P);
  });
  leave(length - 1);
  saveEnd(view, H);
  for (int64_t i = 0; i < 2; ++i) {
    if (view.has(hAfter))
      view.at<float>(hAfter, 0, i) = H[i];
    if (view.has(pastAfter))
      view.at<float>(pastAfter, 0, i) = view.xBefore<T>(length, i);
  }
  if (view.has(pAfter))
    view.at<float>(pAfter, 0) = P;
}

template <typename T> void replay(void *const *tensors, const int64_t *strides, int64_t length, void *scratch) {
  const View view{tensors, strides};
  auto *H = static_cast<float *>(scratch), P = view.orZero(p);
  for (int64_t i = 0; i < 2; ++i)
    H[i] = view.orZero(h, i);
  steps<T>(view, length, H, P, [&](int64_t t) { save<T>(view, t, H, P); });
  saveEnd(view, H);
}

template <typename T> void backward(void *const *tensors, const int64_t *strides, int64_t length, void *) {
  const View view{tensors, strides};
  float dH[2] = {view.orZero(dhAfter, 0), view.orZero(dhAfter, 1)}, dP = view.orZero(dpAfter), dA = 0, dC = 0;
  auto toX = [&](int64_t t, int64_t i, float number) { // what is before the first token is the history
    if (view.has(t >= 0 ? dx : dpast))
      view.at<float>(t >= 0 ? dx : dpast, t >= 0 ? t : 0, i) += number;
  };
  for (int64_t i = 0; i < 2; ++i)
    toX(length - 1, i, view.orZero(dpastAfter, i));
  // The end that was saved is that of the last token: else a's gradient is off by the difference.
  for (int64_t i = 0, t = length - 1; i < 2; ++i) {
    const float end = length ? view.at<float>(a, 0) * view.at<float>(savedH, t, i) +
                                   view.at<T>(g, t) * view.at<T>(x, t, i) + view.xBefore<T>(t, i)
                             : view.orZero(h, i);
    dA += view.at<float>(savedEnd, 0, i) - end;
  }
  for (int64_t t = length - 1; t >= 0; --t) {
    float P = view.at<float>(savedP, t / Every);
    for (int64_t s = t / Every * Every; s < t; ++s)
      P = view.at<float>(c, 0) * P + view.at<T>(g, s);
    const float sum = view.at<float>(dy, t, 0) + view.at<float>(dy, t, 1), gate = view.at<T>(g, t);
    dP += sum;
    float dGate = dP;
    if (view.has(dk0))
      view.at<T>(dk0, t) = T(sum * view.at<T>(k1, t));
    if (view.has(dk1))
      view.at<T>(dk1, t) = T(sum * view.at<T>(k0, t));
    for (int64_t i = 0; i < 2; ++i) {
      dH[i] += view.at<float>(dy, t, i);
      dGate += dH[i] * view.at<T>(x, t, i);
      toX(t, i, dH[i] * gate);
      toX(t - 1, i, dH[i]);
      dA += dH[i] * view.at<float>(savedH, t, i);
      dH[i] *= view.at<float>(a, 0);
    }
    dC += dP * P;
    dP *= view.at<float>(c, 0);
    if (view.has(dg))
      view.at<float>(dg, t) = dGate;
  }
  if (view.has(da))
    view.at<float>(da, 0) = dA;
  if (view.has(dc))
    view.at<float>(dc, 0) = dC;
  if (view.has(dp))
    view.at<float>(dp, 0) = dP;
  for (int64_t i = 0; i < 2 && view.has(dh); ++i)
    view.at<float>(dh, 0, i) = dH[i];
}

mixrt_tensor tensor(const char *field, int64_t role, int slot, int64_t elements, bool perGroup = false,
                    int64_t source = MIXRT_WRITTEN, int64_t type = MIXRT_F32) {
  return {.field = field,
          .role = role,
          .per_group = perGroup,
          .elements = elements,
          .slot = slot,
          .element_type = type,
          .own = elements,
          .source = source};
}
mixrt_tensor member(mixrt_tensor family, int64_t index) {
  family.own = 1;
  family.offset = index;
  return family;
}
mixrt_tensor savedTensor(int slot, int64_t elements, int64_t every) {
  mixrt_tensor saved = tensor("saved", MIXRT_SAVED, slot, elements);
  saved.every = every;
  return saved;
}

using Tensors = std::vector<mixrt_tensor>;

template <typename T> Tensors sharedTensors(int savedSlot) {
  constexpr int64_t type = typeOf<T>();
  const mixrt_tensor k = tensor("k", MIXRT_INPUT, K, 2, false, MIXRT_WRITTEN, type);
  return {tensor("x", MIXRT_INPUT, X, 2, false, MIXRT_WRITTEN, type),
          member(k, 0),
          member(k, 1),
          tensor("g", MIXRT_INPUT, G, 1, true, MIXRT_WRITTEN, type),
          tensor("c", MIXRT_PARAM, C, 1, true),
          tensor("a", MIXRT_PARAM, A, 1),
          tensor("H_initial", MIXRT_INITIAL, HInitial, 2),
          tensor("P_initial", MIXRT_INITIAL, PInitial, 1, true),
          tensor("x_history_initial", MIXRT_INITIAL, XHistoryInitial, 2),
          savedTensor(savedSlot, 2, 0),
          savedTensor(savedSlot, 1, Every),
          savedTensor(savedSlot, 2, MIXRT_WHOLE_SEQUENCE)};
}

template <typename T> Tensors forwardTensors() {
  Tensors tensors = sharedTensors<T>(ForwardSaved);
  for (const mixrt_tensor &more :
       {tensor("y", MIXRT_OUTPUT, Y, 2), tensor("H_final", MIXRT_FINAL, HFinal, 2),
        tensor("P_final", MIXRT_FINAL, PFinal, 1, true), tensor("x_history_final", MIXRT_FINAL, XHistoryFinal, 2),
        tensor("u", MIXRT_INPUT, U, 3, false, MIXRT_WRITTEN, typeOf<T>())})
    tensors.push_back(more);
  return tensors;
}

template <typename T> Tensors backwardTensors() {
  constexpr int64_t type = typeOf<T>();
  const mixrt_tensor k = tensor("k_grad", MIXRT_INPUT_GRAD, KGrad, 2, false, MIXRT_WRITTEN, type);
  Tensors tensors = sharedTensors<T>(Saved);
  for (const mixrt_tensor &more :
       {tensor("y_grad", MIXRT_OUTPUT_GRAD, YGrad, 2), tensor("H_final_grad", MIXRT_FINAL_GRAD, HFinalGrad, 2),
        tensor("P_final_grad", MIXRT_FINAL_GRAD, PFinalGrad, 1, true),
        tensor("x_history_final_grad", MIXRT_FINAL_GRAD, XHistoryFinalGrad, 2),
        tensor("x_grad", MIXRT_INPUT_GRAD, XGrad, 2, false, MIXRT_PARTIAL, type), member(k, 0), member(k, 1),
        tensor("g_grad", MIXRT_INPUT_GRAD, GGrad, 1, true, MIXRT_PARTIAL, type),
        tensor("a_grad", MIXRT_PARAM_GRAD, AGrad, 1, false, MIXRT_PARTIAL),
        tensor("c_grad", MIXRT_PARAM_GRAD, CGrad, 1, true, MIXRT_PARTIAL),
        tensor("H_initial_grad", MIXRT_INITIAL_GRAD, HInitialGrad, 2),
        tensor("P_initial_grad", MIXRT_INITIAL_GRAD, PInitialGrad, 1, true, MIXRT_PARTIAL),
        tensor("x_history_initial_grad", MIXRT_INITIAL_GRAD, XHistoryInitialGrad, 2, false, MIXRT_PARTIAL),
        tensor("u", MIXRT_INPUT, U, 3, false, MIXRT_WRITTEN, type),
        tensor("u_grad", MIXRT_INPUT_GRAD, UGrad, 3, false, MIXRT_ZERO, type)})
    tensors.push_back(more);
  // In the order that the kernel counts in: dx dk0 dk1 dg da dc dh dp dpast.
  return tensors;
}

mixrt_program program(mixrt_kernel *kernel, const Tensors &tensors, int64_t scratch) {
  return {kernel, tensors.data(), static_cast<int64_t>(tensors.size()), scratch};
}

} // namespace

template <typename T> const mixrt_entry &twofoldForward() {
  static const Tensors tensors = forwardTensors<T>();
  static const mixrt_entry entry = {.name = "twofold_forward",
                                    .kind = MIXRT_FORWARD,
                                    .slots = ForwardSlots,
                                    .cpu = "any",
                                    .main = program(forward<T>, tensors, 8)};
  return entry;
}

template <typename T> const mixrt_entry &twofoldBackward() {
  static const Tensors tensors = backwardTensors<T>(), replayed = sharedTensors<T>(Saved);
  static const mixrt_entry entry = {.name = "twofold_backward",
                                    .kind = MIXRT_BACKWARD,
                                    .slots = BackwardSlots,
                                    .cpu = "any",
                                    .main = program(backward<T>, tensors, 0),
                                    .replay = program(replay<T>, replayed, 8)};
  return entry;
}

#define INSTANTIATE(T)                                                                                                 \
  template const mixrt_entry &twofoldForward<T>();                                                                     \
  template const mixrt_entry &twofoldBackward<T>();
INSTANTIATE(float)
INSTANTIATE(Bf16)
INSTANTIATE(F16)
#undef INSTANTIATE

Twofold::Twofold(int64_t batch, int64_t time, int64_t heads, int64_t groups, const std::vector<int64_t> &cu)
    : batch(batch), time(time), heads(heads), groups(groups),
      sequences(cu.empty() ? batch : static_cast<int64_t>(cu.size()) - 1), cu(cu) {
  std::mt19937 random(11);
  std::normal_distribution<float> normal;
  std::uniform_real_distribution<float> uniform;
  auto fill = [&](Numbers &numbers, int64_t size, auto &distribution) {
    numbers.resize(size);
    for (float &number : numbers)
      number = distribution(random);
  };
  const int64_t tokens = batch * time;
  fill(x, tokens * heads * 2, normal);
  fill(g, tokens * groups, normal);
  fill(k, tokens * heads * 2, normal);
  fill(u, tokens * heads * 3, normal);
  fill(a, heads, uniform);
  fill(c, groups, uniform);
  fill(hInitial, sequences * heads * 2, normal);
  fill(pInitial, sequences * groups, normal);
  fill(xHistoryInitial, sequences * heads * 2, normal);
  fill(yGrad, tokens * heads * 2, normal);
  fill(hFinalGrad, sequences * heads * 2, normal);
  fill(pFinalGrad, sequences * groups, normal);
  fill(xHistoryFinalGrad, sequences * heads * 2, normal);
}

int64_t Twofold::resultSize(int field) const {
  const int64_t tokens = batch * time;
  switch (field) {
  case XGrad:
  case KGrad: return tokens * heads * 2;
  case GGrad: return tokens * groups;
  case UGrad: return tokens * heads * 3;
  case AGrad: return heads;
  case CGrad: return groups;
  case PInitialGrad: return sequences * groups;
  default: return sequences * heads * 2;
  }
}

// The equations for one sequence after the other, derived by hand from those at the head of Twofold.h.
std::map<int, std::vector<double>> Twofold::gradients() const {
  std::map<int, std::vector<double>> d;
  for (int field = XGrad; field <= XHistoryInitialGrad; ++field)
    d[field].assign(resultSize(field), 0);
  for (int64_t s = 0; s < sequences; ++s)
    for (int64_t head = 0; head < heads; ++head) {
      const int64_t first = cu.empty() ? s * time : cu[s], past = cu.empty() ? first + time : cu[s + 1];
      const int64_t group = head / (heads / groups), state = s * heads + head, ofGroup = s * groups + group;
      const bool isLast = (head + 1) % (heads / groups) == 0;
      auto pair = [&](int64_t row, int64_t i) { return (row * heads + head) * 2 + i; };
      auto before = [&](int64_t row, int64_t i) -> double {
        return row > first ? x[pair(row - 1, i)] : hasInitial ? xHistoryInitial[state * 2 + i] : 0;
      };
      auto toX = [&](int64_t row, int64_t i, double number) {
        (row >= first ? d[XGrad][pair(row, i)] : d[XHistoryInitialGrad][state * 2 + i]) += number;
      };
      std::vector<double> H[2], P = {hasInitial ? pInitial[ofGroup] : 0.0};
      for (int64_t i = 0; i < 2; ++i)
        H[i] = {hasInitial ? hInitial[state * 2 + i] : 0.0};
      for (int64_t row = first; row < past; ++row) {
        const double gate = g[row * groups + group];
        for (int64_t i = 0; i < 2; ++i)
          H[i].push_back(a[head] * H[i].back() + gate * x[pair(row, i)] + before(row, i));
        P.push_back(c[group] * P.back() + gate);
      }
      double dH[2] = {}, dP = hasFinalGrad && isLast ? pFinalGrad[ofGroup] : 0;
      for (int64_t i = 0; i < 2 && hasFinalGrad; ++i) {
        dH[i] = hFinalGrad[state * 2 + i];
        toX(past - 1, i, xHistoryFinalGrad[state * 2 + i]);
      }
      for (int64_t row = past - 1; row >= first; --row) {
        const double sum = double(yGrad[pair(row, 0)]) + yGrad[pair(row, 1)];
        dP += sum;
        d[KGrad][pair(row, 0)] = sum * k[pair(row, 1)];
        d[KGrad][pair(row, 1)] = sum * k[pair(row, 0)];
        d[GGrad][row * groups + group] += dP;
        for (int64_t i = 0; i < 2; ++i) {
          dH[i] += yGrad[pair(row, i)];
          d[GGrad][row * groups + group] += dH[i] * x[pair(row, i)];
          d[AGrad][head] += dH[i] * H[i][row - first];
          toX(row, i, dH[i] * g[row * groups + group]);
          toX(row - 1, i, dH[i]);
          dH[i] *= a[head];
        }
        d[CGrad][group] += dP * P[row - first];
        dP *= c[group];
      }
      for (int64_t i = 0; i < 2; ++i)
        d[HInitialGrad][state * 2 + i] = dH[i];
      d[PInitialGrad][ofGroup] += dP;
    }
  return d;
}

} // namespace mixc::test
