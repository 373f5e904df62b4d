#include "frontend/oracle/CallFiles.h"
#include "frontend/compile/Failure.h"
#include "frontend/oracle/Npy.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include <fmt/format.h>
#include <unistd.h>

using namespace llvm;

namespace mixc {
namespace {

std::string fileIn(const std::string &folder, const std::string &name) {
  SmallString<128> path(folder);
  sys::path::append(path, name + ".npy");
  return path.str().str();
}

std::string spell(ArrayRef<std::string> words) { return "[" + join(words, ", ") + "]"; }

/// A count that several arrays must agree on, and who said it first.
struct Count {
  std::string name;
  std::optional<int64_t> number;
  std::string from;

  Error agree(int64_t found, const std::string &by) {
    if (!number) {
      number = found;
      from = by;
    }
    if (*number == found)
      return Error::success();
    return inputError(fmt::format("{} has {} = {}, but {} has {}", by, name, found, from, *number));
  }
};

/// Reads arrays one by one; the counts grow certain on the way.
class Reader {
public:
  Reader(const std::string &folder, const std::map<std::string, int64_t> &dims, const GivenCounts &given)
      : folder(folder), dims(dims) {
    auto start = [](Count &count, const std::optional<int64_t> &number, const std::string &option) {
      count.number = number;
      count.from = option;
    };
    start(batch, given.batch, "`--batch`");
    start(time, given.time, "`--length`");
    start(heads, given.heads, "`--heads`");
    start(groups, given.groups, "`--groups`");
  }

  Expected<mix::Call> run(mix::MixerOp mixer) {
    call.dims = dims;
    if (Error error = readSequences())
      return std::move(error);
    for (mlir::Operation &op : mixer.step()) {
      // A family is one array, read with its first member.
      if (!isa<mix::InputOp, mix::ParamOp>(op) || mix::homeOf(&op).member != 0)
        continue;
      Count *rows = mix::isPerGroup(typeOf(op)) ? &groups : &heads;
      Error error = isa<mix::InputOp>(op) ? read(op, "input", {&batch, &time, rows}, call.inputs)
                                          : read(op, "param", {rows}, call.params);
      if (error)
        return std::move(error);
    }
    if (Error error = readStates(mixer, "initial", call.initial))
      return std::move(error);
    return finish();
  }

  /// The counts are given, all of them.
  Expected<mix::Cotangents> runCotangents(mix::MixerOp mixer, int64_t sequenceCount) {
    for (Count *count : {&batch, &time, &heads, &groups})
      count->from = "the call";
    sequences = {"sequences", sequenceCount, "the call"};
    mix::Cotangents cotangents;
    for (mlir::Operation &op : mixer.step())
      if (isa<mix::OutputOp>(op) && mix::homeOf(&op).member == 0)
        if (Error error = read(op, "output", {&batch, &time, &heads}, cotangents.outputs))
          return std::move(error);
    if (Error error = readStates(mixer, "final", cotangents.final))
      return std::move(error);
    return cotangents;
  }

private:
  Error readSequences() {
    std::string path = fileIn(folder, "cu_seqlens");
    if (!sys::fs::exists(path))
      return Error::success();
    Expected<std::vector<int64_t>> numbers = readNpyIntegers(path);
    if (!numbers)
      return numbers.takeError();
    call.cuSeqlens = std::move(*numbers);
    const std::vector<int64_t> &ends = call.cuSeqlens;
    if (ends.empty() || ends.front() != 0)
      return inputError(fmt::format("`{}` does not start at 0", path));
    for (size_t i = 1; i < ends.size(); ++i)
      if (ends[i] < ends[i - 1])
        return inputError(fmt::format("`{}` decreases at index {}", path, i));
    sequences = {"sequences", static_cast<int64_t>(ends.size()) - 1, "cu_seqlens.npy"};
    if (Error error = batch.agree(1, "cu_seqlens.npy"))
      return error;
    return time.agree(ends.back(), "cu_seqlens.npy");
  }

  /// The initial states, or the cotangents of the final ones, that have a file.
  Error readStates(mix::MixerOp mixer, const std::string &role, mix::Arrays &arrays) {
    for (mlir::Operation &op : mixer.step()) {
      auto input = dyn_cast<mix::InputOp>(op);
      bool isState = isa<mix::StateOp>(op) || (input && mix::historyOf(input));
      if (!isState || mix::homeOf(&op).member != 0 || !sys::fs::exists(fileIn(folder, stateName(op) + suffixOf(role))))
        continue;
      if (!sequences.number && batch.number)
        sequences = {"sequences", batch.number, batch.from};
      if (Error error = read(op, role, {&sequences, mix::isPerGroup(typeOf(op)) ? &groups : &heads}, arrays))
        return error;
    }
    return Error::success();
  }

  static mix::TensorType typeOf(mlir::Operation &op) {
    if (auto output = dyn_cast<mix::OutputOp>(op))
      return output.getValue().getType();
    return cast<mix::TensorType>(op.getResult(0).getType());
  }

  /// What a file's name ends in, before `.npy`.
  static std::string suffixOf(StringRef role) {
    return role == "initial" ? ".initial" : role == "final" ? ".final.grad" : role == "output" ? ".grad" : "";
  }

  /// What a caller passes as the initial value of: a state, or an input's history.
  static std::string stateName(mlir::Operation &op) {
    return mix::homeOf(&op).tensor.str() + (isa<mix::InputOp>(op) ? ".history" : "");
  }

  Error read(mlir::Operation &op, const std::string &role, ArrayRef<Count *> leading, mix::Arrays &arrays) {
    const bool isState = role == "initial" || role == "final";
    mix::Home home = mix::homeOf(&op);
    std::string name = isState ? stateName(op) : home.tensor.str(), file = name + suffixOf(role);
    std::string path = fileIn(folder, file);
    if (!sys::fs::exists(path))
      return resourceError(fmt::format("there is no `{}` for the {} `{}`", path, role, name));
    Expected<mix::Array> array = readNpy(path);
    if (!array)
      return array.takeError();
    std::vector<int64_t> extra; // axes before the dims
    if (home.isFamily())
      extra.push_back(home.count);
    if (auto input = dyn_cast<mix::InputOp>(op); input && isState)
      extra.push_back(mix::historyOf(input));
    if (Error error = checkShape(file, array->shape, typeOf(op), leading, extra))
      return error;
    arrays[name] = std::move(*array);
    return Error::success();
  }

  Error checkShape(const std::string &file, const std::vector<int64_t> &shape, mix::TensorType type,
                   ArrayRef<Count *> leading, ArrayRef<int64_t> extra) {
    std::vector<std::string> wanted, found;
    size_t before = leading.size() + extra.size();
    bool fits = shape.size() == before + type.rank();
    for (Count *count : leading)
      wanted.push_back(count->name);
    for (auto [i, extent] : enumerate(extra)) {
      fits = fits && shape[leading.size() + i] == extent;
      wanted.push_back(std::to_string(extent));
    }
    for (auto [i, dim] : enumerate(type.getDims())) {
      int64_t extent = dim.evaluate(dims).value_or(-1);
      fits = fits && shape[before + i] == extent;
      wanted.push_back(dim.asNumber() ? dim.str() : fmt::format("{} = {}", dim.str(), extent));
    }
    for (int64_t extent : shape)
      found.push_back(std::to_string(extent));
    if (!fits)
      return inputError(fmt::format("`{}.npy` is {}, expected {}", file, spell(found), spell(wanted)));
    for (auto [i, count] : enumerate(leading))
      if (Error error = count->agree(shape[i], file + ".npy"))
        return error;
    return Error::success();
  }

  Expected<mix::Call> finish() {
    if (!batch.number || !time.number)
      return inputError("no input says what batch and time are", "pass `--batch` and `--length`");
    // Heads and groups are one where only one of them is named.
    if (!heads.number)
      heads = {heads.name, groups.number, groups.from};
    if (!groups.number)
      groups = {groups.name, heads.number, heads.from};
    call.batch = *batch.number;
    call.time = *time.number;
    call.heads = heads.number.value_or(1);
    call.groups = groups.number.value_or(1);
    if (call.groups == 0 || call.heads % call.groups != 0)
      return inputError(fmt::format("{} heads ({}) do not divide into {} groups ({})", call.heads, heads.from,
                                    call.groups, groups.from));
    return std::move(call);
  }

  std::string folder;
  std::map<std::string, int64_t> dims;
  mix::Call call;
  Count batch{"batch", {}, ""}, time{"time", {}, ""}, heads{"heads", {}, ""}, groups{"groups", {}, ""},
      sequences{"sequences", {}, ""};
};

Error makeFolder(const std::string &folder) {
  if (std::error_code error = sys::fs::create_directories(folder))
    return fileError("make the folder", folder, error);
  return Error::success();
}

Error writeAll(const std::string &folder, const mix::Arrays &arrays, const std::string &suffix, NpyType type) {
  for (const auto &[name, array] : arrays)
    if (Error error = writeNpy(fileIn(folder, name + suffix), array, type))
      return error;
  return Error::success();
}

/// `[batch 0, token 17, head 2, 3]`.
std::string place(const mix::Array &array, int64_t flat, ArrayRef<StringRef> axes) {
  std::vector<std::string> words(array.shape.size());
  for (size_t axis = array.shape.size(); axis-- > 0; flat /= array.shape[axis])
    words[axis] = (axis < axes.size() ? axes[axis].str() + " " : "") + std::to_string(flat % array.shape[axis]);
  return spell(words);
}

Error checkInterval(StringRef name, const mix::Array &array, double lo, double hi, ArrayRef<StringRef> axes) {
  for (auto [i, number] : enumerate(array.data))
    if (!(number >= lo && number <= hi))
      return inputError(fmt::format("{} is {} at {}, outside its interval `in [{}, {}]` (--check)", name.str(),
                                    static_cast<float>(number), place(array, i, axes), lo, hi));
  return Error::success();
}

} // namespace

Expected<mix::Call> readCall(const std::string &folder, mix::MixerOp mixer, const std::map<std::string, int64_t> &dims,
                             const GivenCounts &counts) {
  if (sys::fs::is_directory(folder) && access(folder.c_str(), R_OK | X_OK) != 0)
    return fileError("read the folder", folder, std::error_code(errno, std::generic_category()));
  if (!sys::fs::is_directory(folder))
    return resourceError(fmt::format("there is no folder `{}`", folder));
  return Reader(folder, dims, counts).run(mixer);
}

Expected<mix::Cotangents> readCotangents(const std::string &folder, mix::MixerOp mixer, const mix::Call &call) {
  return Reader(folder, call.dims, {call.batch, call.time, call.heads, call.groups})
      .runCotangents(mixer, call.sequences());
}

Error writeAnswer(const std::string &folder, const mix::Answer &answer, bool inFloat64) {
  NpyType type = inFloat64 ? NpyType::Float64 : NpyType::Float32;
  if (Error error = makeFolder(folder))
    return error;
  if (Error error = writeAll(folder, answer.outputs, "", type))
    return error;
  return writeAll(folder, answer.final, ".final", type);
}

Error writeGradients(const std::string &folder, const mix::Gradients &gradients, bool inFloat64) {
  NpyType type = inFloat64 ? NpyType::Float64 : NpyType::Float32;
  if (Error error = makeFolder(folder))
    return error;
  for (const mix::Arrays *arrays : {&gradients.inputs, &gradients.params})
    if (Error error = writeAll(folder, *arrays, ".grad", type))
      return error;
  return writeAll(folder, gradients.initial, ".initial.grad", type);
}

Error writeCotangents(const std::string &folder, const mix::Cotangents &cotangents) {
  if (Error error = makeFolder(folder))
    return error;
  if (Error error = writeAll(folder, cotangents.outputs, ".grad", NpyType::Float32))
    return error;
  return writeAll(folder, cotangents.final, ".final.grad", NpyType::Float32);
}

Error writeCall(const std::string &folder, const mix::Call &call) {
  if (Error error = makeFolder(folder))
    return error;
  if (!call.cuSeqlens.empty())
    if (Error error = writeNpyIntegers(fileIn(folder, "cu_seqlens"), call.cuSeqlens))
      return error;
  for (const mix::Arrays *arrays : {&call.inputs, &call.params})
    if (Error error = writeAll(folder, *arrays, "", NpyType::Float32))
      return error;
  return writeAll(folder, call.initial, ".initial", NpyType::Float32);
}

Error checkIntervals(mix::MixerOp mixer, const mix::Call &call) {
  for (mlir::Operation &op : mixer.step()) {
    if (!isa<mix::InputOp, mix::ParamOp>(op) || mix::homeOf(&op).member != 0)
      continue;
    StringRef name = mix::homeOf(&op).tensor;
    StringRef row = mix::isPerGroup(cast<mix::TensorType>(op.getResult(0).getType())) ? "group" : "head";
    Error error = Error::success();
    if (auto input = dyn_cast<mix::InputOp>(op); input && input.getLo())
      error = checkInterval(name, call.inputs.at(name.str()), input.getLo()->convertToDouble(),
                            input.getHi()->convertToDouble(), {"batch", "token", row});
    else if (auto param = dyn_cast<mix::ParamOp>(op); param && param.getLo())
      error = checkInterval(name, call.params.at(name.str()), param.getLo()->convertToDouble(),
                            param.getHi()->convertToDouble(), {row});
    if (error)
      return error;
  }
  return Error::success();
}

} // namespace mixc
