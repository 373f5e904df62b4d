// mix_bench FILE.mix [-D K=128 ...] [--length 2048] [--heads 8] [--threads N]; the others are in BenchOptions.cpp
//
// Compiles the mixers of a file and times them: forward, with --backward forward that saves and backward, and decode of
// one token of 32 heads, each with one thread and with N (all of the machine's). FLOPs are those of the recurrence,
// whatever the kernel does (Flops.h); backward counts twice. With --check it counts instead what forward and backward
// execute on one thread.
#include "bench/BenchOptions.h"
#include "bench/CountFlops.h"
#include "bench/Flops.h"
#include "bench/LibraryCall.h"
#include "bench/Peak.h"
#include "bench/Timing.h"
#include "dialect/mix/Sample.h"
#include "frontend/driver/Commands.h"
#include "frontend/driver/Report.h"
#include "frontend/oracle/Run.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include <dlfcn.h>
#include <fmt/format.h>
#include <set>
#include <thread>

using namespace llvm;
using namespace mixc;
using namespace mixc::bench;

namespace {

/// FLOPs of the recurrence, per token and head.
Expected<double> flopsOf(mlir::MLIRContext &context, const Options &options, mix::MixerOp equations,
                         const std::map<std::string, int64_t> &dims) {
  Expected<Source> source = readSource(options.file);
  if (!source)
    return source.takeError();
  Compilation compilation(context, std::move(*source), compileOptions(options));
  if (Error error = compilation.read())
    return std::move(error);
  if (Error error = compilation.advance("component"))
    return std::move(error);
  return recurrenceFlops(compilation.module().lookupSymbol<mix::MixerOp>(equations.getSymName()), dims);
}

/// `115 kFLOP`
std::string spellFlops(double flops) {
  return flops < 1e4 ? fmt::format("{:.0f} FLOP", flops) : fmt::format("{:.0f} kFLOP", flops / 1e3);
}

/// What most arrays hold, and which hold something else: `bfloat16 (float32: alpha, H)`.
std::string spellTypes(const MixerInterface &mixer) {
  std::map<std::string, std::vector<std::string>> byType;
  for (const TensorInfo &tensor : mixer.entries.front().fields())
    if (tensor.role == tile::Role::Input || tensor.role == tile::Role::Param || tensor.role == tile::Role::Output ||
        tensor.role == tile::Role::Final)
      byType[tensor.elementType].push_back(tensor.name);
  auto nameOf = [](const std::string &type) {
    return type == "f32" ? "float32" : type == "bf16" ? "bfloat16" : "float16";
  };
  auto most = std::max_element(byType.begin(), byType.end(),
                               [](const auto &x, const auto &y) { return x.second.size() < y.second.size(); });
  if (most == byType.end())
    return "float32";
  std::string text = nameOf(most->first), others;
  for (auto entry = byType.begin(); entry != byType.end(); ++entry)
    if (entry != most)
      others += fmt::format("{}{}: {}", others.empty() ? "" : "; ", nameOf(entry->first), join(entry->second, ", "));
  return others.empty() ? text : fmt::format("{} ({})", text, others);
}

struct Report {
  std::string kernel, shape;
  double seconds, flops, bytes;
};

void print(const Report &report, double peak) {
  std::string time = report.seconds < 1e-3 ? fmt::format("{:.1f} us", 1e6 * report.seconds)
                                           : fmt::format("{:.2f} ms", 1e3 * report.seconds);
  const double speed = report.flops / report.seconds, share = 100 * speed / peak;
  outs() << fmt::format("  {:10} {:38} {:>10}  {:6.{}f} GFLOP/s", report.kernel, report.shape, time, speed / 1e9,
                        speed < 1e10 ? 2 : 1);
  if (report.bytes > 0)
    outs() << fmt::format("  {:5.1f} GB/s of state\n", report.bytes / report.seconds / 1e9);
  else
    outs() << fmt::format("  {:3.{}f} % of the FMA peak\n", share, share < 10 ? 1 : 0);
  outs().flush();
}

class Bench {
public:
  Bench(const Options &options, const Compiled &compiled, std::string library)
      : options(options), compiled(compiled), library(std::move(library)) {
    const int64_t cores = options.threads ? options.threads : std::thread::hardware_concurrency();
    for (int64_t threads : std::set<int64_t>{1, cores})
      peaks[threads] = peak(threads);
  }

  /// FLOPs per token and head that the kernels execute.
  Error count(const MixerInterface &mixer) {
    mix::MixerOp equations = compiled.equations(mixer.name);
    const std::map<std::string, int64_t> dims(mixer.dims.begin(), mixer.dims.end());
    const int64_t length = options.length.value_or(2048), heads = 1;
    const mix::Call call = mix::sample(equations, dims, 1, length, heads, heads, 0);
    Expected<LibraryCall> forward = LibraryCall::make(library, mixer, "forward", call, 1, options.backward);
    if (!forward)
      return forward.takeError();
    auto *counter = static_cast<int64_t *>(dlsym(dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL), flopCounter));
    if (!counter)
      return createStringError("the library does not count");
    auto report = [&](const char *what, const LibraryCall &call) -> Error {
      *counter = 0;
      if (const char *wrong = call())
        return createStringError(mixer.name + ": " + wrong);
      outs() << fmt::format("{:24} {:10} {:8.1f} kFLOP per token and head\n", mixer.name, what,
                            static_cast<double>(*counter) / static_cast<double>(length * heads) / 1e3);
      return Error::success();
    };
    if (Error error = report("forward", *forward))
      return error;
    if (!options.backward)
      return Error::success();
    for (bool isSaved : {true, false}) {
      Expected<LibraryCall> backward =
          LibraryCall::make(library, mixer, "backward", call, 1, false, isSaved ? &*forward : nullptr);
      if (!backward)
        return backward.takeError();
      if (Error error = report(isSaved ? "backward" : "replayed", *backward))
        return error;
    }
    return Error::success();
  }

  Error run(mlir::MLIRContext &context, const MixerInterface &mixer) {
    mix::MixerOp equations = compiled.equations(mixer.name);
    const std::map<std::string, int64_t> dims(mixer.dims.begin(), mixer.dims.end());
    Expected<double> flops = flopsOf(context, options, equations, dims);
    if (!flops)
      return flops.takeError();
    std::string sizes;
    for (const auto &[name, number] : mixer.dims)
      sizes += fmt::format("{}{} = {}", sizes.empty() ? "" : ", ", name, number);
    outs() << fmt::format("{}   {}{}{}, {} per token and head; FMA peak of a thread {:.0f} GFLOP/s\n", mixer.name,
                          sizes, sizes.empty() ? "" : ", ", spellTypes(mixer), spellFlops(*flops), peaks.at(1) / 1e9);

    const int64_t length = options.length.value_or(2048), heads = options.heads.value_or(8);
    for (auto [threads, peak] : peaks)
      if (Error error = time("chunked", "forward", mix::sample(equations, dims, 1, length, heads, heads, 0), mixer,
                             *flops, threads, peak))
        return error;
    for (auto [threads, peak] : peaks)
      if (options.backward)
        if (Error error =
                timeTraining(mix::sample(equations, dims, 1, length, heads, heads, 0), mixer, *flops, threads, peak))
          return error;
    if (llvm::none_of(mixer.entries, [](const EntryInfo &entry) { return entry.kind == tile::Entry::Decode; }))
      return Error::success(); // it reads the end of the sequence
    for (auto [threads, peak] : peaks)
      if (Error error =
              time("recurrent", "decode", mix::sample(equations, dims, 1, 1, 32, 32, 0), mixer, *flops, threads, peak))
        return error;
    return Error::success();
  }

private:
  Error time(const char *kernel, StringRef entry, const mix::Call &call, const MixerInterface &mixer, double flops,
             int64_t threads, double peak) {
    Expected<LibraryCall> libraryCall = LibraryCall::make(library, mixer, entry, call, threads);
    if (!libraryCall)
      return libraryCall.takeError();
    if (const char *wrong = (*libraryCall)())
      return createStringError(mixer.name + "_" + entry.str() + ": " + wrong);
    const double seconds = medianSeconds([&] { (*libraryCall)(); });
    const std::string shape =
        fmt::format("T = {}, {} heads, {} thread{}", call.time, call.heads, threads, threads > 1 ? "s" : "");
    const double bytes = entry == "decode" ? 2.0 * libraryCall->stateBytes() : 0; // in once, out once
    print({kernel, shape, seconds, flops * call.time * call.heads, bytes}, peak);
    return Error::success();
  }

  Error timeTraining(const mix::Call &call, const MixerInterface &mixer, double flops, int64_t threads, double peak) {
    Expected<LibraryCall> forward = LibraryCall::make(library, mixer, "forward", call, threads, /*saving=*/true);
    if (!forward)
      return forward.takeError();
    Expected<LibraryCall> backward =
        LibraryCall::make(library, mixer, "backward", call, threads, /*saving=*/false, &*forward);
    if (!backward)
      return backward.takeError();
    for (const LibraryCall *part : {&*forward, &*backward})
      if (const char *wrong = (*part)())
        return createStringError(mixer.name + ": " + wrong);
    const double tokens = static_cast<double>(call.time * call.heads);
    const std::string shape =
        fmt::format("T = {}, {} heads, {} thread{}, {:.1f} KB kept a token and head", call.time, call.heads, threads,
                    threads > 1 ? "s" : "", static_cast<double>(forward->savedBytes()) / tokens / 1e3);
    print({"saving", shape, medianSeconds([&] { (*forward)(); }), flops * tokens, 0}, peak);
    print({"backward", shape, medianSeconds([&] { (*backward)(); }), 2 * flops * tokens, 0}, peak);
    return Error::success();
  }

  const Options &options;
  const Compiled &compiled;
  std::string library;
  std::map<int64_t, double> peaks; // FLOP/s by number of threads
};

Error benchFile(const Options &options) {
  std::unique_ptr<mlir::MLIRContext> context = makeContext();
  Expected<Compiled> compiled = compileFile(*context, options.file, compileOptions(options));
  if (!compiled)
    return compiled.takeError();
  SmallString<128> folder;
  if (std::error_code error = sys::fs::createUniqueDirectory("mixc-bench", folder))
    return errorCodeToError(error);
  const std::string library = (folder + "/bench.so").str();
  if (options.check)
    countFlops(*compiled->llvm);
  Error error = writeLibrary(*compiled, library);
  for (const MixerInterface &mixer : compiled->mixers)
    if (!error)
      error = options.check ? Bench(options, *compiled, library).count(mixer)
                            : Bench(options, *compiled, library).run(*context, mixer);
  (void)sys::fs::remove_directories(folder);
  return error;
}

} // namespace

int main(int count, char **arguments) {
  if (count == 1) {
    errs() << benchHelp();
    return WrongUsage;
  }
  Expected<Options> options = parseBenchOptions(ArrayRef<const char *>(arguments + 1, count - 1));
  if (!options)
    return report(options.takeError());
  if (options->help) {
    outs() << benchHelp();
    return Success;
  }
  return report(joinErrors(benchFile(*options), finishOutput()));
}
