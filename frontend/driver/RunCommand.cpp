// `mixc run FILE`: compile, load, run on arrays of a folder or random ones, and compare with the interpreter.
#include "dialect/mix/Sample.h"
#include "frontend/compile/Memory.h"
#include "frontend/driver/Commands.h"
#include "frontend/driver/Progress.h"
#include "frontend/driver/UnreadFiles.h"
#include "frontend/oracle/CallFiles.h"
#include "frontend/oracle/NotFinite.h"
#include "frontend/oracle/Rounding.h"
#include "frontend/oracle/Run.h"
#include <cmath>
#include <fmt/format.h>

using namespace llvm;

namespace mixc {
namespace {

/// The mixer that is to run: the only one of the file, or the one that --mixer named.
Expected<mix::MixerOp> onlyMixer(mlir::ModuleOp module, const Options &options) {
  std::vector<std::string> names;
  for (auto mixer : module.getOps<mix::MixerOp>())
    names.push_back(mixer.getSymName().str());
  if (names.size() == 1)
    return *module.getOps<mix::MixerOp>().begin();
  return usageError(fmt::format("`{}` has {} mixers: which one?", options.file, names.size()),
                    fmt::format("`--mixer` and one of {}", join(names, ", ")));
}

/// The least that the arrays of a call take, in float64 for the interpreter and in float32 for a kernel.
double bytesOf(mix::MixerOp mixer, const std::map<std::string, int64_t> &dims, double batch, double length,
               double heads, double groups) {
  double numbers = 0;
  for (mlir::Operation &op : mixer.step()) {
    if (!isa<mix::InputOp, mix::ParamOp, mix::StateOp, mix::OutputOp>(op))
      continue;
    auto type = cast<mix::TensorType>(op.getNumResults() ? op.getResult(0).getType() : op.getOperand(0).getType());
    double size = mix::isPerGroup(type) && !isa<mix::OutputOp>(op) ? groups : heads;
    for (const mix::Dim &dim : type.getDims())
      size *= static_cast<double>(dim.evaluate(dims).value_or(1));
    if (!isa<mix::ParamOp>(op))
      size *= isa<mix::StateOp>(op) ? batch : batch * length;
    numbers += size;
  }
  return 12 * numbers;
}

/// `--scale`: of what has no interval.
void scaleInputs(mix::MixerOp mixer, mix::Call &call, double scale) {
  for (mix::InputOp input : mixer.step().getOps<mix::InputOp>())
    if (!input.getLo() && mix::homeOf(input).member == 0)
      for (double &number : call.inputs.at(mix::homeOf(input).tensor.str()).data)
        number = static_cast<float>(scale * number);
}

Expected<mix::Call> randomCall(mix::MixerOp mixer, const std::map<std::string, int64_t> &dims, const Options &options) {
  int64_t heads = options.heads.value_or(4), groups = options.groups.value_or(heads % 2 ? 1 : 2);
  if (heads % groups != 0)
    return usageError(fmt::format("{} heads do not divide into {} groups", heads, groups));
  const int64_t batch = options.batch.value_or(2), length = options.length.value_or(300);
  if (Error error = needMemory(bytesOf(mixer, dims, batch, length, heads, groups),
                               fmt::format("a call of {} tokens in {} sequences and {} heads", length, batch, heads),
                               "`--length`, `--batch` and `--heads` say how large it is"))
    return std::move(error);
  mix::Call call = mix::sample(mixer, dims, batch, length, heads, groups, options.seed);
  scaleInputs(mixer, call, options.scale);
  return call;
}

Expected<mix::Call> makeCall(mix::MixerOp mixer, const Options &options) {
  std::map<std::string, int64_t> dims = dimNumbers(mixer, options.dims);
  Expected<mix::Call> call =
      options.in ? readCall(*options.in, mixer, dims, {options.batch, options.length, options.heads, options.groups})
                 : randomCall(mixer, dims, options);
  if (!call)
    return call;
  if (options.in)
    if (Error error = sayUnreadFiles(*options.in, mixer))
      return std::move(error);
  roundToStorage(mixer, *call);
  return call;
}

Expected<mix::Cotangents> makeCotangents(mix::MixerOp mixer, const mix::Call &call, const Options &options) {
  Expected<mix::Cotangents> cotangents =
      options.in ? readCotangents(*options.in, mixer, call) : mix::sampleCotangents(mixer, call, options.seed);
  if (cotangents)
    roundToStorage(mixer, *cotangents);
  return cotangents;
}

/// What a run is on, and what comes of it.
struct Arguments {
  mix::Call call;
  std::optional<mix::Cotangents> cotangents; // with --backward
};
struct Results {
  mix::Answer answer;
  std::optional<mix::Gradients> gradients;
};

/// The forward pass, and the backward one where cotangents are given.
Expected<Results> runBoth(const Arguments &arguments, function_ref<Expected<mix::Answer>()> forward,
                          function_ref<Expected<mix::Gradients>(const mix::Cotangents &)> backward) {
  Expected<mix::Answer> answer = forward();
  if (!answer)
    return answer.takeError();
  Results results{std::move(*answer), std::nullopt};
  if (!arguments.cotangents)
    return results;
  Expected<mix::Gradients> gradients = backward(*arguments.cotangents);
  if (!gradients)
    return gradients.takeError();
  results.gradients = std::move(*gradients);
  return results;
}

Expected<Results> runLibrary(const Compiled &compiled, StringRef mixer, const Arguments &arguments,
                             const Options &options) {
  Expected<MemoryFile> file = libraryInMemory(compiled);
  if (!file)
    return file.takeError();
  Expected<std::unique_ptr<LoadedLibrary>> library = LoadedLibrary::open(file->path(), *compiled.interface(mixer));
  if (!library)
    return library.takeError();
  Progress progress(fmt::format("running the {} kernel", options.kernel));
  return runBoth(
      arguments, [&] { return (*library)->run(options.kernel, arguments.call, options.threads); },
      [&](const mix::Cotangents &cotangents) {
        return (*library)->runBackward(arguments.call, cotangents, /*withSaved=*/true, options.threads);
      });
}

Expected<Results> interpret(mix::MixerOp mixer, const Arguments &arguments) {
  Progress progress("interpreting");
  return runBoth(
      arguments, [&] { return mix::interpret(mixer, arguments.call); },
      [&](const mix::Cotangents &cotangents) { return mix::interpretBackward(mixer, arguments.call, cotangents); });
}

Expected<Results> runKernel(Compilation &compilation, mix::MixerOp mixer, const Arguments &arguments,
                            const Options &options) {
  if (options.kernel == "interpreter")
    return interpret(mixer, arguments);
  Expected<Compiled> compiled = finish(compilation);
  if (!compiled)
    return compiled.takeError();
  return runLibrary(*compiled, mixer.getSymName(), arguments, options);
}

std::string describe(const mix::Call &call) {
  std::string text = call.cuSeqlens.empty() ? fmt::format("batch {}, length {}", call.batch, call.time)
                                            : fmt::format("{} sequences of {} tokens", call.sequences(), call.time);
  return text + fmt::format(", heads {}, groups {}", call.heads, call.groups);
}

/// Of every output and final state, and of every gradient there is.
Expected<std::vector<TensorError>> compareAll(mix::MixerOp mixer, const Arguments &arguments, const Results &results,
                                              const Options &options) {
  Progress progress("comparing with the interpreter, in float64 and in float32");
  Expected<std::vector<TensorError>> errors =
      compare(mixer, arguments.call, results.answer, options.kernel == "recurrent");
  if (!errors || !results.gradients)
    return errors;
  Expected<std::vector<TensorError>> more =
      compareGradients(mixer, arguments.call, *arguments.cotangents, *results.gradients);
  if (!more)
    return more.takeError();
  append_range(*errors, *more);
  return errors;
}

std::string reasonFor(const TensorError &tensor, mix::MixerOp mixer, const mix::Call &call) {
  Expected<mix::NotFinite> found = mix::findNotFinite(mixer, call);
  if (found)
    return reasonOfNotFinite(tensor, *found);
  consumeError(found.takeError());
  return "";
}

/// Prints every tensor's error; fails if one is beyond its bound.
Error check(mix::MixerOp mixer, const Arguments &arguments, const Results &results, const Options &options) {
  Expected<std::vector<TensorError>> errors = compareAll(mixer, arguments, results, options);
  if (!errors)
    return errors.takeError();
  outs() << fmt::format("{}   {}, {}", mixer.getSymName().str(), options.kernel, describe(arguments.call))
         << (options.in ? "" : fmt::format(", seed {}", options.seed)) << ", against the float64 interpreter\n";
  size_t width = 6, wrong = 0, beyond = 0;
  const TensorError *notFinite = nullptr;
  bool hasZero = false;
  for (const TensorError &tensor : *errors)
    width = std::max(width, tensor.name.size());
  outs() << fmt::format("  {:{}}  {:8}  {:8}\n", "tensor", width, "error", "at most");
  for (const TensorError &tensor : *errors) {
    const bool isBeyond = tensor.isBeyondReference();
    const bool isWrong = tensor.finding() == Finding::Disagrees && !isBeyond;
    outs() << fmt::format("  {:{}}  {:<8.1e}  {:<8.1e}{}\n", tensor.name, width,
                          isBeyond                   ? tensor.elsewhere
                          : std::isnan(tensor.error) ? std::nan("")
                                                     : tensor.error,
                          tensor.tolerance.bound,
                          isBeyond           ? "where the reference is finite"
                          : isWrong          ? "WRONG"
                          : !tensor.passes() ? "says nothing: float32 is no better"
                          : tensor.notFinite ? "not finite, as the reference"
                          : tensor.isZero    ? "0 everywhere"
                                             : "");
    wrong += isWrong;
    beyond += isBeyond;
    hasZero |= tensor.isZero;
    if (tensor.notFinite && !notFinite)
      notFinite = &tensor;
  }
  if (hasZero && !wrong && !beyond && !options.in)
    outs() << "  what is 0 everywhere is hardly tested: `--scale` makes random inputs larger or smaller\n";
  outs().flush();
  if (wrong)
    return inputError(
        fmt::format("{} of {} tensors are further from the interpreter than they may be", wrong, errors->size()),
        notFinite
            ? placeOfNotFinite(*notFinite) + " in the reference itself; " + reasonFor(*notFinite, mixer, arguments.call)
            : "");
  if (beyond)
    return inputError(
        fmt::format("the equations themselves are not finite on this input: {}", placeOfNotFinite(*notFinite)),
        reasonFor(*notFinite, mixer, arguments.call));
  if (notFinite)
    warn(fmt::format("{}, as it is in the reference", placeOfNotFinite(*notFinite)),
         reasonFor(*notFinite, mixer, arguments.call));
  return Error::success();
}

Expected<Arguments> makeArguments(mix::MixerOp mixer, const Options &options) {
  Expected<mix::Call> call = makeCall(mixer, options);
  if (!call)
    return call.takeError();
  Arguments arguments{std::move(*call), std::nullopt};
  if (options.backward) {
    Expected<mix::Cotangents> cotangents = makeCotangents(mixer, arguments.call, options);
    if (!cotangents)
      return cotangents.takeError();
    arguments.cotangents = std::move(*cotangents);
  }
  if (options.check)
    if (Error error = checkIntervals(mixer, arguments.call))
      return std::move(error);
  return arguments;
}

Error write(const Results &results, const Options &options) {
  const bool inFloat64 = options.kernel == "interpreter";
  if (Error error = writeAnswer(*options.out, results.answer, inFloat64))
    return error;
  return results.gradients ? writeGradients(*options.out, *results.gradients, inFloat64) : Error::success();
}

} // namespace

Error runCommand(const Options &options) {
  if (options.backward && options.kernel == "recurrent")
    return usageError("`--backward` has no recurrent kernel", "`--kernel=chunked` or `--kernel=interpreter`");
  Expected<Source> source = readSource(options.file);
  if (!source)
    return source.takeError();
  std::unique_ptr<mlir::MLIRContext> context = makeContext();
  Compilation compilation(*context, std::move(*source), compileOptions(options));
  if (Error error = compilation.read())
    return error;
  Expected<mix::MixerOp> found = onlyMixer(compilation.module(), options);
  if (!found)
    return found.takeError();
  if (Error error = compilation.needNumbers())
    return error;
  mlir::OwningOpRef<mlir::ModuleOp> equations = compilation.module().clone();
  mix::MixerOp mixer = *equations->getOps<mix::MixerOp>().begin();

  Expected<Arguments> arguments = makeArguments(mixer, options);
  if (!arguments)
    return arguments.takeError();
  Expected<Results> results = runKernel(compilation, mixer, *arguments, options);
  if (!results)
    return results.takeError();
  say(compilation.warnings(), *compilation.text());
  if (options.out)
    if (Error error = write(*results, options))
      return error;
  if (options.check || !options.in)
    return check(mixer, *arguments, *results, options);
  return Error::success();
}

} // namespace mixc
