#include "frontend/driver/Run.h"
#include "frontend/driver/Failure.h"
#include "lowering/emit/Names.h"
#include <cmath>
#include <dlfcn.h>
#include <fmt/format.h>

using namespace llvm;

namespace mixc {
namespace {

using Floats = std::vector<float>;

int64_t elements(const TensorInfo &tensor) {
  int64_t product = 1;
  for (int64_t dim : tensor.dims)
    product *= dim;
  return product;
}

int64_t columns(const TensorInfo &tensor, const mix::Call &call) { return tensor.perGroup ? call.groups : call.heads; }

/// The shape of a tensor in a call.
std::vector<int64_t> shapeOf(const TensorInfo &tensor, const mix::Call &call) {
  std::vector<int64_t> shape;
  if (tensor.role == "input" || tensor.role == "output")
    shape = {call.batch, call.time};
  else if (tensor.role != "param")
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

Floats poisoned(int64_t size) { return Floats(size, std::nanf("")); }

Expected<Floats> given(const TensorInfo &tensor, const mix::Arrays &arrays, const mix::Call &call) {
  auto found = arrays.find(tensor.name);
  if (found == arrays.end())
    return inputError(fmt::format("there is no array for `{}`", tensor.name));
  int64_t size = sizeOf(shapeOf(tensor, call));
  if (found->second.size() != size)
    return inputError(fmt::format("`{}` has {} numbers, {} are expected", tensor.name, found->second.size(), size));
  return Floats(found->second.data.begin(), found->second.data.end());
}

/// The states' starts where the call gives none, as they are declared.
Floats startOf(const TensorInfo &state, const mix::Call &call) {
  int64_t size = sizeOf(shapeOf(state, call)), each = elements(state);
  double number = 0;
  if (state.start != "zero" && state.start != "the identity")
    StringRef(state.start).getAsDouble(number);
  Floats start(size, static_cast<float>(number));
  if (state.start == "the identity")
    for (int64_t i = 0; i < size; i += each)
      for (int64_t row = 0; row < state.dims[0]; ++row)
        start[i + row * state.dims[1] + row] = 1;
  return start;
}

mix::Array answer(const TensorInfo &tensor, const mix::Call &call, const Floats &numbers) {
  mix::Array array(shapeOf(tensor, call));
  array.data.assign(numbers.begin(), numbers.end());
  return array;
}

uint64_t address(const void *pointer) { return reinterpret_cast<uint64_t>(pointer); }

void setCounts(std::vector<uint64_t> &slots, const mix::Call &call) {
  slots[0] = 8 * slots.size();
  slots[1] = call.batch;
  slots[2] = call.time;
  slots[3] = call.heads;
  slots[4] = call.groups;
}

/// The numbers of a range of tokens of a [batch, time, ...] tensor: a block of [batch, tokens, ...].
Floats rows(const Floats &all, const mix::Call &call, int64_t batchFrom, int64_t batch, int64_t token,
            int64_t perToken) {
  Floats block(batch * perToken);
  for (int64_t b = 0; b < batch; ++b)
    std::copy_n(all.begin() + ((batchFrom + b) * call.time + token) * perToken, perToken, block.begin() + b * perToken);
  return block;
}

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
  if (Error error = library->find("forward", "_workspace_size", library->forward))
    return std::move(error);
  if (Error error = library->find("decode", "_decode_workspace_size", library->decode))
    return std::move(error);
  return library;
}

LoadedLibrary::~LoadedLibrary() {
  if (handle)
    dlclose(handle);
}

Error LoadedLibrary::find(const char *name, const std::string &sizeSuffix, Entry &out) {
  for (const EntryInfo &entry : interface.entries)
    if (entry.entry == name)
      out.info = &entry;
  if (!out.info)
    return Error::success();
  std::string prefix = identifier(interface.name);
  out.function = dlsym(handle, (prefix + "_" + name).c_str());
  out.workspaceSize = dlsym(handle, (prefix + sizeSuffix).c_str());
  return out.function && out.workspaceSize ? Error::success()
                                           : internalError(fmt::format("the library has no {}_{}", prefix, name));
}

bool LoadedLibrary::has(StringRef kernel) const {
  const Entry &entry = kernel == "recurrent" ? decode : forward;
  return entry.info && (kernel == "recurrent" || kernel == "chunked");
}

Expected<mix::Answer> LoadedLibrary::run(StringRef kernel, const mix::Call &call, int64_t threads) const {
  if (!has(kernel))
    return inputError(fmt::format("`{}` has no {} kernel", interface.name, kernel.str()));
  return kernel == "recurrent" ? runDecode(call, threads) : runForward(call, threads);
}

/// Allocates the workspace and calls; it is the first of the trailing fields, whatever the entry.
Error LoadedLibrary::invoke(const Entry &entry, std::vector<uint64_t> &slots) const {
  size_t bytes = reinterpret_cast<size_t (*)(const void *)>(entry.workspaceSize)(slots.data());
  std::unique_ptr<char[]> workspace(new char[bytes + 64]);
  unsigned trailing = entry.info->entry == "decode" ? 4 : 5;
  slots[slots.size() - trailing] = (address(workspace.get()) + 63) / 64 * 64;
  const void *status = reinterpret_cast<const void *(*)(const void *)>(entry.function)(slots.data());
  return status ? inputError(fmt::format("{}_{}: {}", interface.name, entry.info->entry, statusMessage(status)))
                : Error::success();
}

Expected<mix::Answer> LoadedLibrary::runForward(const mix::Call &call, int64_t threads) const {
  std::vector<uint64_t> slots(forward.info->slots);
  setCounts(slots, call);
  slots[5] = call.sequences();
  slots[6] = call.cuSeqlens.empty() ? 0 : address(call.cuSeqlens.data());
  slots[slots.size() - 3] = threads;
  std::map<unsigned, Floats> buffers; // by slot
  for (const TensorInfo &tensor : forward.info->tensors) {
    if (tensor.role == "initial" && !call.initial.count(tensor.name))
      continue;
    if (tensor.role == "output" || tensor.role == "final") {
      buffers[tensor.slot] = poisoned(sizeOf(shapeOf(tensor, call)));
    } else {
      const mix::Arrays &source = tensor.role == "input"   ? call.inputs
                                  : tensor.role == "param" ? call.params
                                                           : call.initial;
      Expected<Floats> numbers = given(tensor, source, call);
      if (!numbers)
        return numbers.takeError();
      buffers[tensor.slot] = std::move(*numbers);
    }
    buffers[tensor.slot].reserve(1); // an empty array has an address too
    slots[tensor.slot] = address(buffers[tensor.slot].data());
  }
  if (Error error = invoke(forward, slots))
    return std::move(error);
  mix::Answer result;
  for (const TensorInfo &tensor : forward.info->tensors)
    if (tensor.role == "output" || tensor.role == "final")
      (tensor.role == "output" ? result.outputs : result.final)[tensor.name] =
          answer(tensor, call, buffers[tensor.slot]);
  return result;
}

// All sequences of a batch advance together; sequences of `cu_seqlens`, which differ in length, one after the other.
Expected<mix::Answer> LoadedLibrary::runDecode(const mix::Call &call, int64_t threads) const {
  std::map<unsigned, Floats> whole, step; // by slot: of the call, of one token
  for (const TensorInfo &tensor : decode.info->tensors) {
    if (tensor.role == "output") {
      whole[tensor.slot] = poisoned(sizeOf(shapeOf(tensor, call)));
    } else if (tensor.role == "state" && !call.initial.count(tensor.name)) {
      whole[tensor.slot] = startOf(tensor, call);
    } else {
      const mix::Arrays &source = tensor.role == "input"   ? call.inputs
                                  : tensor.role == "param" ? call.params
                                                           : call.initial;
      Expected<Floats> numbers = given(tensor, source, call);
      if (!numbers)
        return numbers.takeError();
      whole[tensor.slot] = std::move(*numbers);
    }
  }

  std::vector<uint64_t> slots(decode.info->slots);
  mix::Call token = call;
  token.time = 1;
  bool packed = !call.cuSeqlens.empty();
  int64_t runs = packed ? call.sequences() : 1;
  token.batch = packed ? 1 : call.batch;
  for (int64_t run = 0; run < runs; ++run) {
    int64_t first = packed ? call.cuSeqlens[run] : 0, last = packed ? call.cuSeqlens[run + 1] : call.time;
    for (int64_t t = first; t < last; ++t) {
      setCounts(slots, token);
      slots[slots.size() - 3] = threads;
      for (const TensorInfo &tensor : decode.info->tensors) {
        int64_t perRow = columns(tensor, call) * elements(tensor);
        float *place = whole[tensor.slot].data();
        if (tensor.role == "state") {
          place += packed ? run * perRow : 0;
        } else if (tensor.role != "param") {
          Floats &block = step[tensor.slot];
          block = tensor.role == "output" ? poisoned(token.batch * perRow)
                                          : rows(whole[tensor.slot], call, 0, token.batch, t, perRow);
          place = block.data();
        }
        slots[tensor.slot] = address(place);
      }
      if (Error error = invoke(decode, slots))
        return std::move(error);
      for (const TensorInfo &tensor : decode.info->tensors) {
        if (tensor.role != "output")
          continue;
        int64_t perRow = columns(tensor, call) * elements(tensor);
        for (int64_t b = 0; b < token.batch; ++b)
          std::copy_n(step[tensor.slot].begin() + b * perRow, perRow,
                      whole[tensor.slot].begin() + (b * call.time + t) * perRow);
      }
    }
  }
  mix::Answer result;
  for (const TensorInfo &tensor : decode.info->tensors)
    if (tensor.role == "output" || tensor.role == "state")
      (tensor.role == "output" ? result.outputs : result.final)[tensor.name] = answer(tensor, call, whole[tensor.slot]);
  return result;
}

void roundToFloat32(mix::Call &call) {
  for (mix::Arrays *arrays : {&call.inputs, &call.params, &call.initial})
    for (auto &[name, array] : *arrays)
      for (double &number : array.data)
        number = static_cast<float>(number);
}

} // namespace mixc
