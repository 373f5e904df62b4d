#include "frontend/oracle/Run.h"
#include "frontend/compile/Failure.h"
#include "frontend/compile/Memory.h"
#include "frontend/oracle/Storage.h"
#include <cmath>
#include <dlfcn.h>
#include <fmt/format.h>

using namespace llvm;

namespace mixc {
namespace {

int64_t columns(const TensorInfo &tensor, const mix::Call &call) { return tensor.perGroup ? call.groups : call.heads; }

/// The shape of a tensor in a call.
std::vector<int64_t> shapeOf(const TensorInfo &tensor, const mix::Call &call) {
  std::vector<int64_t> shape;
  if (tensor.isPerToken())
    shape = {call.batch, call.time};
  else if (!tensor.isParam())
    shape = {call.sequences()};
  shape.push_back(columns(tensor, call));
  shape.insert(shape.end(), tensor.dims.begin(), tensor.dims.end());
  return shape;
}

int64_t sizeOf(const std::vector<int64_t> &shape) {
  int64_t product = 1;
  for (int64_t extent : shape)
    product *= extent;
  return product;
}

Storage poisoned(const TensorInfo &tensor, const mix::Call &call) {
  return Storage(tensor.elementType, sizeOf(shapeOf(tensor, call)));
}

/// Where what the caller passes for an input, param, state or cotangent is found.
const mix::Arrays &arraysFor(const TensorInfo &tensor, const mix::Call &call, const mix::Cotangents &cotangents) {
  return tensor.role == tile::Role::Input        ? call.inputs
         : tensor.role == tile::Role::Param      ? call.params
         : tensor.role == tile::Role::OutputGrad ? cotangents.outputs
         : tensor.role == tile::Role::FinalGrad  ? cotangents.final
                                                 : call.initial;
}

Expected<Storage> given(const TensorInfo &tensor, const mix::Call &call, const mix::Cotangents &cotangents = {}) {
  const mix::Arrays &arrays = arraysFor(tensor, call, cotangents);
  auto found = arrays.find(tensor.name);
  if (found == arrays.end())
    return inputError(fmt::format("there is no array for `{}`", tensor.name));
  int64_t size = sizeOf(shapeOf(tensor, call));
  if (found->second.size() != size)
    return inputError(fmt::format("`{}` has {} numbers, {} are expected", tensor.name, found->second.size(), size));
  return Storage(tensor.elementType, found->second.data);
}

/// The params that a state and its family start from, for every sequence.
std::vector<double> startFromParams(const TensorInfo &state, const EntryInfo &entry, const mix::Call &call) {
  std::vector<double> start(sizeOf(shapeOf(state, call)));
  const int64_t rows = call.sequences() * columns(state, call);
  for (const TensorInfo &member : entry.tensors) {
    if (member.slot != state.slot)
      continue;
    const TensorInfo &param = *find_if(entry.tensors, [&](const TensorInfo &t) {
      return t.role == tile::Role::Param && t.declared == member.startParam;
    });
    const std::vector<double> &from = call.params.at(param.name).data;
    const int64_t size = member.elements() / member.members;
    for (int64_t row = 0; row < rows; ++row) {
      int64_t column = row % columns(state, call);
      if (param.perGroup && !state.perGroup)
        column /= call.heads / call.groups;
      std::copy_n(from.begin() + column * param.elements() + param.offset(), size,
                  start.begin() + row * member.elements() + member.offset());
    }
  }
  return start;
}

/// The states' starts where the call gives none, as they are declared.
Storage startOf(const TensorInfo &state, const EntryInfo &entry, const mix::Call &call) {
  if (!state.startParam.empty())
    return Storage(state.elementType, startFromParams(state, entry, call));
  int64_t size = sizeOf(shapeOf(state, call));
  double number = 0;
  if (state.start != "zero" && state.start != "the identity")
    StringRef(state.start).getAsDouble(number);
  std::vector<double> start(size, number);
  if (state.start == "the identity")
    for (int64_t i = 0, rows = state.dims.back(); i < size; i += rows * rows)
      for (int64_t row = 0; row < rows; ++row)
        start[i + row * rows + row] = 1;
  return Storage(state.elementType, start);
}

mix::Array answer(const TensorInfo &tensor, const mix::Call &call, const Storage &storage) {
  mix::Array array(shapeOf(tensor, call));
  array.data = storage.numbers();
  return array;
}

uint64_t address(const void *pointer) { return reinterpret_cast<uint64_t>(pointer); }

void setCounts(const EntryInfo &entry, std::vector<uint64_t> &slots, const mix::Call &call, int64_t threads) {
  slots[entry.slotOf("size")] = 8 * slots.size();
  slots[entry.slotOf("batch")] = call.batch;
  slots[entry.slotOf("time")] = call.time;
  slots[entry.slotOf("heads")] = call.heads;
  slots[entry.slotOf("groups")] = call.groups;
  slots[entry.slotOf("threads")] = threads;
}

/// The arrays of a call by slot, in a struct of whole sequences.
using Buffers = std::map<unsigned, Storage>;

Expected<Buffers> fillSlots(const EntryInfo &entry, const mix::Call &call, const mix::Cotangents &cotangents,
                            int64_t threads, std::vector<uint64_t> &slots) {
  slots.assign(entry.slots, 0);
  setCounts(entry, slots, call, threads);
  slots[entry.slotOf("sequences")] = call.sequences();
  slots[entry.slotOf("cu_seqlens")] = call.cuSeqlens.empty() ? 0 : address(call.cuSeqlens.data());
  Buffers buffers;
  for (const TensorInfo &tensor : entry.fields()) {
    const bool isPassed = tensor.isWritten() || arraysFor(tensor, call, cotangents).count(tensor.name);
    if (!isPassed && tensor.isOptional())
      continue;
    Storage &buffer = buffers[tensor.slot];
    if (tensor.isWritten()) {
      buffer = poisoned(tensor, call);
    } else if (!isPassed && tensor.role == tile::Role::OutputGrad) {
      buffer = Storage(tensor.elementType, std::vector<double>(sizeOf(shapeOf(tensor, call))));
    } else {
      Expected<Storage> numbers = given(tensor, call, cotangents);
      if (!numbers)
        return numbers.takeError();
      buffer = std::move(*numbers);
    }
    slots[tensor.slot] = address(buffer.at(0));
  }
  return buffers;
}

/// Tokens [token, token + count) of a [batch, time, ...] array, of all sequences that advance together.
struct TokenBlock {
  int64_t batch, time, token, count, perToken;

  void read(const Storage &whole, Storage &block) const {
    for (int64_t b = 0; b < batch; ++b)
      block.copy(b * count * perToken, whole, (b * time + token) * perToken, count * perToken);
  }
  void write(Storage &whole, const Storage &block) const {
    for (int64_t b = 0; b < batch; ++b)
      whole.copy((b * time + token) * perToken, block, b * count * perToken, count * perToken);
  }
};

} // namespace

Expected<std::unique_ptr<LoadedLibrary>> LoadedLibrary::open(const std::string &path, const MixerInterface &interface) {
  std::unique_ptr<LoadedLibrary> library(new LoadedLibrary(interface));
  library->handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library->handle)
    return internalError(fmt::format("the library does not load: {}", dlerror()));
  library->statusMessage =
      reinterpret_cast<const char *(*)(const void *)>(dlsym(library->handle, "mix_status_message"));
  if (!library->statusMessage)
    return internalError("the library has no mix_status_message");
  if (Error error = library->find(tile::Entry::Forward, library->forward))
    return std::move(error);
  if (Error error = library->find(tile::Entry::Backward, library->backward))
    return std::move(error);
  if (Error error = library->find(tile::Entry::Decode, library->decode))
    return std::move(error);
  library->savedSize =
      reinterpret_cast<size_t (*)(const void *)>(dlsym(library->handle, (interface.symbol() + "_saved_size").c_str()));
  if (library->forward.info && !library->savedSize)
    return internalError(fmt::format("the library has no {}_saved_size", interface.name));
  return library;
}

LoadedLibrary::~LoadedLibrary() {
  if (handle)
    dlclose(handle);
}

Error LoadedLibrary::find(tile::Entry kind, Entry &out) {
  out.info = interface.entry(kind);
  if (!out.info)
    return Error::success();
  std::string prefix = interface.symbol();
  out.function = dlsym(handle, (prefix + "_" + tile::stringifyEntry(kind).str()).c_str());
  out.workspaceSize = dlsym(handle, (prefix + workspaceSizeSuffix(kind)).c_str());
  return out.function && out.workspaceSize
             ? Error::success()
             : internalError(fmt::format("the library has no {}_{}", prefix, tile::stringifyEntry(kind).str()));
}

bool LoadedLibrary::has(StringRef kernel) const {
  const Entry &entry = kernel == "recurrent" ? decode : forward;
  return entry.info && (kernel == "recurrent" || kernel == "chunked");
}

Expected<mix::Answer> LoadedLibrary::run(StringRef kernel, const mix::Call &call, int64_t threads) const {
  if (!has(kernel))
    return inputError(fmt::format("`{}` has no {} kernel", interface.name, kernel.str()),
                      "an output that reads a state at `[end]` needs the whole sequence: `--kernel=chunked`");
  return kernel == "recurrent" ? decodeTokens(call, 1, nullptr, threads) : runForward(call, threads, nullptr);
}

/// Allocates the workspace and calls.
Error LoadedLibrary::invoke(const Entry &entry, std::vector<uint64_t> &slots) const {
  size_t bytes = reinterpret_cast<size_t (*)(const void *)>(entry.workspaceSize)(slots.data());
  if (Error error = needMemory(static_cast<double>(bytes),
                               fmt::format("the workspace of {}_{}", interface.name, entry.info->name().str()),
                               "`--batch`, `--length`, `--heads` and `--threads` say how large it is"))
    return error;
  std::unique_ptr<char[]> workspace(new char[bytes + 64]);
  slots[entry.info->slotOf("workspace")] = (address(workspace.get()) + 63) / 64 * 64;
  const void *status = reinterpret_cast<const void *(*)(const void *)>(entry.function)(slots.data());
  return status ? inputError(fmt::format("{}_{}: {}", interface.name, entry.info->name().str(), statusMessage(status)))
                : Error::success();
}

Expected<mix::Answer> LoadedLibrary::runForward(const mix::Call &call, int64_t threads,
                                                std::vector<float> *saved) const {
  std::vector<uint64_t> slots;
  Expected<Buffers> buffers = fillSlots(*forward.info, call, {}, threads, slots);
  if (!buffers)
    return buffers.takeError();
  if (saved) {
    saved->assign(savedSize(slots.data()) / sizeof(float) + 1, std::nanf(""));
    slots[forward.info->slotOf("saved")] = address(saved->data());
  }
  if (Error error = invoke(forward, slots))
    return std::move(error);
  mix::Answer result;
  for (const TensorInfo &tensor : forward.info->fields())
    if (tensor.role == tile::Role::Output || tensor.role == tile::Role::Final)
      (tensor.role == tile::Role::Output ? result.outputs : result.final)[tensor.name] =
          answer(tensor, call, buffers->at(tensor.slot));
  return result;
}

Expected<mix::Gradients> LoadedLibrary::runBackward(const mix::Call &call, const mix::Cotangents &cotangents,
                                                    bool withSaved, int64_t threads) const {
  if (!hasBackward())
    return unsupportedOption(fmt::format("`{}` has no kernel for gradients", interface.name),
                             "`--kernel=interpreter` works");
  std::vector<float> saved;
  if (withSaved) {
    Expected<mix::Answer> answer = runForward(call, threads, &saved);
    if (!answer)
      return answer.takeError();
  }
  std::vector<uint64_t> slots;
  Expected<Buffers> buffers = fillSlots(*backward.info, call, cotangents, threads, slots);
  if (!buffers)
    return buffers.takeError();
  slots[backward.info->slotOf("saved")] = withSaved ? address(saved.data()) : 0;
  if (Error error = invoke(backward, slots))
    return std::move(error);
  mix::Gradients result;
  for (const TensorInfo &tensor : backward.info->fields())
    if (tensor.isGradient())
      (tensor.role == tile::Role::InputGrad   ? result.inputs
       : tensor.role == tile::Role::ParamGrad ? result.params
                                              : result.initial)[tensor.name] =
          answer(tensor, call, buffers->at(tensor.slot));
  return result;
}

// All sequences of a batch advance together; sequences of `cu_seqlens`, which differ in length, one after the other.
Expected<mix::Answer> LoadedLibrary::decodeTokens(const mix::Call &call, int64_t tokensPerCall, mix::Arrays *kept,
                                                  int64_t threads) const {
  std::map<unsigned, Storage> whole, block; // by slot: of the call, of the tokens of one call of the entry
  auto isWanted = [&](const TensorInfo &tensor) {
    return tensor.role == tile::Role::Output || (kept && tensor.role == tile::Role::Kept);
  };
  for (const TensorInfo &tensor : decode.info->fields()) {
    if (tensor.role == tile::Role::Output || tensor.role == tile::Role::Kept) {
      if (isWanted(tensor))
        whole[tensor.slot] = poisoned(tensor, call);
    } else if (tensor.role == tile::Role::State && !call.initial.count(tensor.name)) {
      whole[tensor.slot] = startOf(tensor, *decode.info, call);
    } else {
      Expected<Storage> numbers = given(tensor, call);
      if (!numbers)
        return numbers.takeError();
      whole[tensor.slot] = std::move(*numbers);
    }
  }

  std::vector<uint64_t> slots(decode.info->slots);
  const bool packed = !call.cuSeqlens.empty();
  const int64_t runs = packed ? call.sequences() : 1;
  mix::Call part = call;
  part.batch = packed ? 1 : call.batch;
  for (int64_t run = 0; run < runs; ++run) {
    const int64_t first = packed ? call.cuSeqlens[run] : 0, last = packed ? call.cuSeqlens[run + 1] : call.time;
    for (int64_t token = first; token < last; token += part.time) {
      part.time = std::min(tokensPerCall, last - token);
      setCounts(*decode.info, slots, part, threads);
      auto rowsOf = [&](const TensorInfo &tensor) {
        return TokenBlock{part.batch, call.time, token, part.time, columns(tensor, call) * tensor.elements()};
      };
      for (const TensorInfo &tensor : decode.info->fields()) {
        const void *place = whole[tensor.slot].at(0);
        if (tensor.role == tile::Role::State) {
          place = whole[tensor.slot].at(packed ? run * columns(tensor, call) * tensor.elements() : 0);
        } else if (tensor.role == tile::Role::Kept && !kept) {
          place = nullptr;
        } else if (tensor.isPerToken()) {
          const TokenBlock rows = rowsOf(tensor);
          Storage &tokens = block[tensor.slot] = Storage(tensor.elementType, rows.batch * rows.count * rows.perToken);
          if (!tensor.isWritten())
            rows.read(whole[tensor.slot], tokens);
          place = tokens.at(0);
        }
        slots[tensor.slot] = address(place);
      }
      if (Error error = invoke(decode, slots))
        return std::move(error);
      for (const TensorInfo &tensor : decode.info->fields())
        if (isWanted(tensor))
          rowsOf(tensor).write(whole[tensor.slot], block[tensor.slot]);
    }
  }
  mix::Answer result;
  for (const TensorInfo &tensor : decode.info->fields()) {
    if (tensor.role == tile::Role::Output || tensor.role == tile::Role::State)
      (tensor.role == tile::Role::Output ? result.outputs : result.final)[tensor.name] =
          answer(tensor, call, whole[tensor.slot]);
    else if (kept && tensor.role == tile::Role::Kept)
      (*kept)[tensor.name] = answer(tensor, call, whole[tensor.slot]);
  }
  return result;
}

void roundToFloat32(mix::Call &call) {
  for (mix::Arrays *arrays : {&call.inputs, &call.params, &call.initial})
    for (auto &[name, array] : *arrays)
      for (double &number : array.data)
        number = static_cast<float>(number);
}

} // namespace mixc
