// `mixc run FILE`: compile, load, run on arrays of a folder or random ones, and compare with the interpreter.
#include "dialect/mix/Sample.h"
#include "frontend/driver/CallFiles.h"
#include "frontend/driver/Commands.h"
#include "frontend/driver/Compare.h"
#include "frontend/driver/Progress.h"
#include "frontend/driver/Run.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include <fmt/format.h>

using namespace llvm;

namespace mixc {
namespace {

/// A folder for the library that is gone when the run is.
struct Scratch {
  SmallString<128> folder;
  std::error_code error = sys::fs::createUniqueDirectory("mixc", folder);
  ~Scratch() {
    if (!error)
      (void)sys::fs::remove_directories(folder);
  }
  std::string library() const { return (folder + "/kernel.so").str(); }
};

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

Expected<mix::Call> randomCall(mix::MixerOp mixer, const std::map<std::string, int64_t> &dims, const Options &options) {
  int64_t heads = options.heads.value_or(4), groups = options.groups.value_or(heads % 2 ? 1 : 2);
  if (heads % groups != 0)
    return usageError(fmt::format("{} heads do not divide into {} groups", heads, groups));
  return mix::sample(mixer, dims, options.batch.value_or(2), options.length.value_or(300), heads, groups, options.seed);
}

Expected<mix::Call> makeCall(mix::MixerOp mixer, const Options &options) {
  std::map<std::string, int64_t> dims = dimNumbers(mixer, options.dims);
  Expected<mix::Call> call =
      options.in ? readCall(*options.in, mixer, dims, {options.batch, options.length, options.heads, options.groups})
                 : randomCall(mixer, dims, options);
  if (call)
    roundToStorage(mixer, *call);
  return call;
}

Expected<mix::Answer> runLibrary(const Compiled &compiled, StringRef mixer, const mix::Call &call,
                                 const Options &options) {
  Scratch scratch;
  if (scratch.error)
    return inputError(fmt::format("cannot make a temporary folder: {}", scratch.error.message()));
  if (Error error = writeLibrary(compiled, scratch.library()))
    return std::move(error);
  Expected<std::unique_ptr<LoadedLibrary>> library = LoadedLibrary::open(scratch.library(), *compiled.interface(mixer));
  if (!library)
    return library.takeError();
  Progress progress(fmt::format("running the {} kernel", options.kernel));
  return (*library)->run(options.kernel, call, options.threads);
}

Expected<mix::Answer> runKernel(Compilation &compilation, mix::MixerOp mixer, const mix::Call &call,
                                const Options &options) {
  if (options.kernel == "interpreter") {
    Progress progress("interpreting");
    return mix::interpret(mixer, call);
  }
  Expected<Compiled> compiled = finish(compilation);
  if (!compiled)
    return compiled.takeError();
  return runLibrary(*compiled, mixer.getSymName(), call, options);
}

std::string describe(const mix::Call &call) {
  std::string text = call.cuSeqlens.empty() ? fmt::format("batch {}, length {}", call.batch, call.time)
                                            : fmt::format("{} sequences of {} tokens", call.sequences(), call.time);
  return text + fmt::format(", heads {}, groups {}", call.heads, call.groups);
}

/// Prints every tensor's error; fails if one is beyond its bound.
Error check(mix::MixerOp mixer, const mix::Call &call, const mix::Answer &answer, const Options &options) {
  Expected<std::vector<TensorError>> errors = compare(mixer, call, answer, options.kernel == "recurrent");
  if (!errors)
    return errors.takeError();
  outs() << fmt::format("{}   {}, {}", mixer.getSymName().str(), options.kernel, describe(call))
         << (options.in ? "" : fmt::format(", seed {}", options.seed)) << ", against the float64 interpreter\n";
  size_t width = 6, wrong = 0;
  for (const TensorError &tensor : *errors)
    width = std::max(width, tensor.name.size());
  outs() << fmt::format("  {:{}}  {:8}  {:8}\n", "tensor", width, "error", "at most");
  for (const TensorError &tensor : *errors) {
    outs() << fmt::format("  {:{}}  {:<8.1e}  {:<8.1e}{}\n", tensor.name, width, tensor.error, tensor.bound,
                          tensor.passes() ? "" : "WRONG");
    wrong += !tensor.passes();
  }
  outs().flush();
  if (wrong)
    return inputError(
        fmt::format("{} of {} tensors are further from the interpreter than they may be", wrong, errors->size()));
  return Error::success();
}

} // namespace

Error runCommand(const Options &options) {
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

  Expected<mix::Call> call = makeCall(mixer, options);
  if (!call)
    return call.takeError();
  if (options.check)
    if (Error error = checkIntervals(mixer, *call))
      return error;

  Expected<mix::Answer> answer = runKernel(compilation, mixer, *call, options);
  if (!answer)
    return answer.takeError();
  errs() << compilation.warnings();
  if (options.out)
    if (Error error = writeAnswer(*options.out, *answer, options.kernel == "interpreter"))
      return error;
  if (options.check || !options.in)
    return check(mixer, *call, *answer, options);
  return Error::success();
}

} // namespace mixc
