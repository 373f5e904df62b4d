#include "test/e2e/Mixers.h"
#include "test/e2e/Examples.h"
#include <cmath>

namespace mixc::test {
namespace {

using mix::Array;
using mix::Call;
using mix::Decay;

/// One number in eight of every eight, at a place that moves.
bool oneInEight(int64_t i) { return i % 8 == (i / 8) % 8; }

/// decay = sigmoid(g)^(1/16): g reaches every decay, 1 (in float64 too) and 0 included.
void setSigmoidGate(Call &call, Decay regime) {
  Array &g = call.inputs.at("g");
  for (int64_t i = 0; i < g.size(); ++i) {
    double noise = g.data[i]; // normal
    switch (regime) {
    case Decay::Uniform: break;
    case Decay::NearHigh: g.data[i] = 4 + noise; break;     // 0.999
    case Decay::Mild: g.data[i] = -6 + noise; break;        // 0.69
    case Decay::Strong: g.data[i] = -40 + 5 * noise; break; // 0.08
    case Decay::Resets: g.data[i] = oneInEight(i) ? -1e5 : 4 + noise; break;
    case Decay::High: g.data[i] = 60; break;
    case Decay::Alike: g.data[i] = 7.35; break; // 1 - 4e-5
    case Decay::Mixed: g.data[i] = i % 3 ? 7.35 : 60; break;
    }
    g.data[i] = static_cast<float>(g.data[i]);
  }
}

/// decay = exp(-exp(A_log) softplus(dt + dt_bias)).
void setStepSize(Call &call, Decay regime) {
  double rate = 0;
  switch (regime) {
  case Decay::Uniform: return;
  case Decay::NearHigh: rate = -4; break; // 0.99
  case Decay::Mild: rate = -1; break;     // 0.8
  case Decay::Strong: rate = 2; break;    // 0.005
  case Decay::Resets: rate = 0; break;    // 0.5, and exp(-120) = 0 in float32
  case Decay::High: rate = -100; break;   // 1 - 1e-44
  case Decay::Alike:
  case Decay::Mixed: rate = -10; break; // 1 - 4e-5
  }
  Array &perHead = call.params.at("A_log"), &dt = call.inputs.at("dt");
  for (int64_t i = 0; i < perHead.size(); ++i)
    perHead.data[i] = rate + 0.0625 * (i % 4);
  for (int64_t i = 0; i < dt.size() && regime == Decay::Resets; ++i)
    if (oneInEight(i))
      dt.data[i] = 120;
  for (int64_t i = 0; i < dt.size() && regime == Decay::Alike; ++i)
    dt.data[i] = 0.5;
}

/// Resets of a decay that is a param: the first head forgets everything at every token.
void resetFirstHead(Array &decay) {
  if (decay.size())
    decay.data[0] = 0;
}

} // namespace

Fading fadingOf(const std::string &example) {
  static const std::map<std::string, Fading> known = {
      {"retnet", {.decay = "gamma"}},
      {"lightning_attention", {.decay = "lambda"}},
      // The slope of x^(1/16) is infinite where that of x = sigmoid(g) is 0: their product is no number.
      {"gated_retention", {.decay = "g", .reset = -1e5, .setRegime = setSigmoidGate, .hasSlope = false}},
      {"mamba2", {.decay = "dt", .reset = 120, .setRegime = setStepSize}},
      {"delta_net", {.decay = "beta"}}, // no decay: how much of a key's old value is erased
      {"gated_delta_net", {.decay = "alpha", .reset = 0}},
  };
  auto found = known.find(example);
  return found == known.end() ? Fading() : found->second;
}

const std::vector<TestMixer> &mixers() {
  static const std::vector<TestMixer> all = [] {
    std::vector<TestMixer> found;
    for (const char *name : {"linear_attention", "linear_attention_elu", "retnet", "lightning_attention",
                             "gated_retention", "mamba2", "delta_net", "gated_delta_net"}) {
      found.push_back(exampleNamed(name));
      found.back().allDims.clear();
    }
    return found;
  }();
  return all;
}

const TestMixer &mixerNamed(const std::string &name) {
  for (const TestMixer &mixer : mixers())
    if (mixer.name == name)
      return mixer;
  llvm_unreachable("a mixer of the table above");
}

std::string TestMixer::path() const {
  if (!file.empty())
    return file;
  return std::string(MIXC_EXAMPLES "/") + name + "/" + name + ".mix";
}

TestMixer TestMixer::sized(int64_t key, int64_t value) const {
  TestMixer other = *this;
  other.allDims[keyDim] = key;
  if (!valueDim.empty())
    other.allDims[valueDim] = value;
  return other;
}

mix::Decay nearOne(const TestMixer &mixer) { return mixer.fading.decay.empty() ? Decay::Uniform : Decay::NearHigh; }

std::vector<Decay> TestMixer::regimes() const {
  if (fading.decay.empty())
    return {Decay::Uniform};
  return {Decay::NearHigh, Decay::Mild, Decay::Strong, Decay::Resets, Decay::High};
}

const char *regimeName(Decay regime) {
  switch (regime) {
  case Decay::Uniform: return "uniform";
  case Decay::NearHigh: return "near_1";
  case Decay::Mild: return "mild";
  case Decay::Strong: return "strong";
  case Decay::Resets: return "resets";
  case Decay::High: return "exactly_1";
  case Decay::Alike: return "all_alike";
  case Decay::Mixed: return "mixed";
  }
  llvm_unreachable("all regimes are above");
}

Call makeCall(const TestMixer &mixer, mix::MixerOp equations, const CaseShape &shape, uint64_t seed) {
  auto draw = [&](Decay regime) {
    return mix::sample(equations, mixer.dims(shape.key, shape.value), shape.batch, shape.time, shape.heads,
                       shape.groups, seed,
                       {.decay = regime, .initialStates = shape.initial, .cuSeqlens = shape.cuSeqlens});
  };
  const std::string &decay = mixer.fading.decay;
  if (decay.empty())
    return draw(shape.regime);
  Call call = draw(Decay::Uniform);
  if (mixer.fading.setRegime) {
    mixer.fading.setRegime(call, shape.regime);
    return call;
  }
  Call faded = draw(shape.regime);
  if (call.inputs.count(decay))
    call.inputs[decay] = faded.inputs[decay];
  else if (Array &param = call.params[decay] = faded.params[decay]; shape.regime == Decay::Resets)
    resetFirstHead(param);
  return call;
}

Call tokensOf(const Call &call, int64_t from, int64_t to) {
  Call part = call;
  part.time = to - from;
  part.initial.clear();
  for (auto &[name, array] : part.inputs) {
    const Array &whole = call.inputs.at(name);
    std::vector<int64_t> shape = whole.shape;
    shape[1] = part.time;
    array = Array(shape);
    int64_t row = call.time ? whole.size() / (call.batch * call.time) : 0;
    for (int64_t b = 0; b < call.batch; ++b)
      std::copy_n(whole.data.begin() + (b * call.time + from) * row, part.time * row,
                  array.data.begin() + b * part.time * row);
  }
  return part;
}

void appendTokens(mix::Answer &whole, const mix::Answer &part, int64_t from, int64_t time) {
  for (const auto &[name, array] : part.outputs) {
    std::vector<int64_t> shape = array.shape;
    const int64_t batch = shape[0], tokens = shape[1], row = tokens ? array.size() / (batch * tokens) : 0;
    shape[1] = time;
    Array &out = whole.outputs.try_emplace(name, Array(shape, NAN)).first->second;
    for (int64_t b = 0; b < batch; ++b)
      std::copy_n(array.data.begin() + b * tokens * row, tokens * row, out.data.begin() + (b * time + from) * row);
  }
  whole.final = part.final;
}

} // namespace mixc::test
