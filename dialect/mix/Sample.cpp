// Random arguments. Each tensor has a generator of its own, seeded by the call's seed and the tensor's name.
#include "dialect/mix/Sample.h"
#include "dialect/mix/Execution.h"
#include "llvm/Support/xxhash.h"
#include <cmath>
#include <random>

namespace mixc::mix {
namespace {

/// Numbers that are the same on every machine: the standard fixes the engine, not its distributions.
class Generator {
public:
  Generator(uint64_t seed, llvm::StringRef name) : engine(seed * 0x9E3779B97F4A7C15u ^ llvm::xxh3_64bits(name)) {}

  /// In [0, 1).
  double uniform() { return static_cast<double>(engine() >> 11) * 0x1p-53; }
  double normal() {
    double radius = std::sqrt(-2 * std::log(1 - uniform()));
    return radius * std::cos(6.283185307179586 * uniform());
  }

private:
  std::mt19937_64 engine;
};

struct Interval {
  double lo, hi;
};

std::optional<Interval> intervalOf(std::optional<llvm::APFloat> lo, std::optional<llvm::APFloat> hi) {
  if (!lo || !hi)
    return std::nullopt;
  return Interval{lo->convertToDouble(), hi->convertToDouble()};
}

/// The nearest float32 that is inside the interval.
double inside(const Interval &interval, double value) {
  auto rounded = static_cast<float>(value);
  if (rounded > interval.hi)
    rounded = std::nextafter(rounded, -INFINITY);
  if (rounded < interval.lo)
    rounded = std::nextafter(rounded, INFINITY);
  return rounded;
}

/// `gap`: of regimes that repeat one number, how far below hi it is, as a part of the interval.
double bounded(Generator &random, const Interval &interval, Decay decay, double gap) {
  double u = random.uniform(), width = interval.hi - interval.lo;
  if (std::isinf(width)) { // half a line, or the line
    double x = random.normal();
    if (std::isinf(interval.lo) && std::isinf(interval.hi))
      return static_cast<float>(x);
    return inside(interval, std::isinf(interval.hi) ? interval.lo + std::fabs(x) : interval.hi - std::fabs(x));
  }
  switch (decay) {
  case Decay::Uniform: return inside(interval, interval.lo + u * width);
  case Decay::NearHigh:
  case Decay::Resets: return inside(interval, interval.hi - 0.02 * u * width);
  case Decay::Mild: return inside(interval, interval.lo + (0.5 + 0.48 * u) * width);
  case Decay::Strong: return inside(interval, interval.lo + 0.3 * u * width);
  case Decay::High: return inside(interval, interval.hi);
  case Decay::Alike: return inside(interval, interval.hi - gap * width);
  case Decay::Mixed: {
    double below = u < 0.5 ? gap : u < 0.7 ? 0 : u < 0.8 ? 1e-6 : 0.2 * (u - 0.8) / 2;
    return inside(interval, interval.hi - below * width);
  }
  }
  llvm_unreachable("all regimes are above");
}

class Sampler {
public:
  Sampler(MixerOp mixer, Call &call, uint64_t seed, Decay decay) : mixer(mixer), call(call), seed(seed), decay(decay) {}

  void run() {
    if (mlir::DictionaryAttr bindings = mixer.getBindingsAttr())
      for (mlir::NamedAttribute binding : bindings)
        call.dims.try_emplace(binding.getName().str(), mlir::cast<mlir::IntegerAttr>(binding.getValue()).getInt());
    for (mlir::Operation &op : mixer.step()) {
      // A family is one array, made with its first member.
      if (!mlir::isa<InputOp, ParamOp>(op) || homeOf(&op).member != 0)
        continue;
      Home home = homeOf(&op);
      auto type = mlir::cast<TensorType>(op.getResult(0).getType());
      std::vector<int64_t> shape = {isPerGroup(type) ? call.groups : call.heads};
      if (home.isFamily())
        shape.push_back(home.count);
      if (auto input = mlir::dyn_cast<InputOp>(op)) {
        shape.insert(shape.begin(), {call.batch, call.time});
        fill(call.inputs, home.tensor, shape, type, intervalOf(input.getLo(), input.getHi()), /*isInput=*/true);
      } else {
        auto param = mlir::cast<ParamOp>(op);
        fill(call.params, home.tensor, shape, type, intervalOf(param.getLo(), param.getHi()), /*isInput=*/false);
      }
    }
  }

private:
  void fill(Arrays &arrays, llvm::StringRef name, std::vector<int64_t> shape, TensorType type,
            std::optional<Interval> interval, bool isInput) {
    int64_t size = 1;
    for (const Dim &dim : type.getDims()) {
      shape.push_back(dim.evaluate(call.dims).value_or(0)); // an unbound dim: the interpreter names it
      size *= shape.back();
    }
    Generator random(seed, name);
    Array &array = arrays[name.str()] = Array(shape);
    const bool repeats = decay == Decay::Alike || decay == Decay::Mixed;
    const double gap = interval && repeats ? std::pow(10, -6 + 3 * random.uniform()) : 0;
    for (int64_t at = 0; at + size <= array.size() && size > 0; at += size) {
      double *values = array.data.data() + at;
      if (interval)
        for (int64_t i = 0; i < size; ++i)
          values[i] = bounded(random, *interval, decay, gap);
      else if (int64_t row = type.isScalar() ? 1 : shape.back())
        for (int64_t from = 0; from < size; from += row)
          fillFree(random, values + from, row, !type.isScalar());
    }
    if (interval && isInput && std::isfinite(interval->lo))
      reset(random, array, size, inside(*interval, interval->lo));
  }

  static void fillFree(Generator &random, double *values, int64_t size, bool unitLength) {
    double squares = 0;
    for (int64_t i = 0; i < size; ++i) {
      values[i] = random.normal();
      squares += values[i] * values[i];
    }
    double scale = unitLength ? 1 / std::sqrt(squares) : 1;
    for (int64_t i = 0; i < size; ++i)
      values[i] = static_cast<float>(values[i] * scale);
  }

  /// Puts some tokens' values (a whole vector at a time) exactly at the lower end.
  void reset(Generator &random, Array &array, int64_t size, double lo) {
    double share = decay == Decay::Uniform ? 0.02 : decay == Decay::Resets ? 0.125 : decay == Decay::Mixed ? 0.002 : 0;
    int64_t count = size ? array.size() / size : 0;
    int64_t certain = decay == Decay::Resets ? count / 2 : -1;
    for (int64_t row = 0; row < count; ++row)
      if (random.uniform() < share || row == certain)
        std::fill_n(array.data.begin() + row * size, size, lo);
  }

  MixerOp mixer;
  Call &call;
  uint64_t seed;
  Decay decay;
};

} // namespace

Call sample(MixerOp mixer, const std::map<std::string, int64_t> &dims, int64_t batch, int64_t length, int64_t heads,
            int64_t groups, uint64_t seed, const SampleOptions &options) {
  Call call;
  call.dims = dims;
  call.batch = batch;
  call.time = length;
  call.heads = heads;
  call.groups = groups;
  call.cuSeqlens = options.cuSeqlens;
  Sampler(mixer, call, seed, options.decay).run();
  if (options.initialStates) {
    Call past = sample(mixer, dims, call.sequences(), 5, heads, groups, seed + 1);
    past.params = call.params;
    past.roundToFloat32 = true;
    if (llvm::Expected<Answer> answer = interpret(mixer, past))
      call.initial = std::move(answer->final);
    else
      llvm::consumeError(answer.takeError()); // the same error meets whoever runs the call itself
  }
  return call;
}

Cotangents sampleCotangents(MixerOp mixer, const Call &call, uint64_t seed) {
  llvm::Expected<Program> program = Program::compile(mixer, call.dims);
  if (!program) {
    llvm::consumeError(program.takeError()); // the same error meets whoever runs the call itself
    return {};
  }
  Answer shapes = Execution(*program, call).emptyAnswer();
  auto fill = [&](Arrays &arrays, const char *suffix) {
    for (auto &[name, array] : arrays) {
      Generator random(seed, name + suffix);
      for (double &value : array.data)
        value = static_cast<float>(random.normal());
    }
  };
  fill(shapes.outputs, ".grad");
  fill(shapes.final, ".final.grad");
  return {std::move(shapes.outputs), std::move(shapes.final)};
}

} // namespace mixc::mix
