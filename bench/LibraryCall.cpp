#include "bench/LibraryCall.h"
#include "frontend/oracle/Storage.h"
#include "lowering/emit/Names.h"
#include <cstring>
#include <dlfcn.h>

namespace mixc::bench {

static int64_t sizeOf(const TensorInfo &tensor, const mix::Call &call) {
  int64_t size = tensor.perGroup ? call.groups : call.heads;
  for (int64_t dim : tensor.dims)
    size *= dim;
  if (tensor.isPerToken())
    return size * call.batch * call.time;
  return tensor.isParam() ? size : size * call.sequences();
}

void *LibraryCall::allocate(size_t bytes) {
  buffers.emplace_back(static_cast<char *>(std::aligned_alloc(64, (bytes + 64) / 64 * 64)));
  std::memset(buffers.back().get(), 0, bytes);
  return buffers.back().get();
}

llvm::Expected<LibraryCall> LibraryCall::make(const std::string &path, const MixerInterface &mixer,
                                              llvm::StringRef entryName, const mix::Call &call, int64_t threads,
                                              bool saving, const LibraryCall *saved) {
  void *library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL); // stays open
  if (!library)
    return llvm::createStringError(dlerror());
  const EntryInfo *entry = nullptr;
  for (const EntryInfo &candidate : mixer.entries)
    if (candidate.name() == entryName)
      entry = &candidate;
  if (!entry)
    return llvm::createStringError(mixer.name + " has no " + entryName.str());
  auto symbol = [&](const std::string &name) { return dlsym(library, name.c_str()); };
  const std::string prefix = mixer.symbol();
  LibraryCall made;
  made.function = reinterpret_cast<const void *(*)(const void *)>(symbol(prefix + "_" + entryName.str()));
  made.message = reinterpret_cast<const char *(*)(const void *)>(symbol("mix_status_message"));
  auto workspaceSize = reinterpret_cast<size_t (*)(const void *)>(symbol(prefix + workspaceSizeSuffix(entry->kind)));
  if (!made.function || !made.message || !workspaceSize)
    return llvm::createStringError("the library lacks entry points of " + mixer.name);

  std::vector<uint64_t> &slots = made.slots;
  slots.assign(entry->slots, 0);
  auto slot = [&](llvm::StringRef field) -> uint64_t & { return slots[entry->slotOf(field)]; };
  slot("size") = 8 * slots.size();
  slot("batch") = call.batch;
  slot("time") = call.time;
  slot("heads") = call.heads;
  slot("groups") = call.groups;
  slot("threads") = threads;
  for (const TensorInfo &tensor : entry->fields()) {
    if (tensor.role == tile::Role::Initial || tensor.role == tile::Role::Kept || tensor.role == tile::Role::FinalGrad)
      continue; // starts from zero, and only the last state is wanted; the loss looks at outputs
    const int64_t size = sizeOf(tensor, call), bytes = size * (tensor.elementType == "f32" ? 4 : 2);
    std::vector<double> numbers;
    const mix::Arrays &source = tensor.role == tile::Role::Param ? call.params : call.inputs;
    if (auto given = source.find(tensor.name); given != source.end())
      numbers = given->second.data;
    if (tensor.role == tile::Role::OutputGrad)
      for (int64_t i = 0; i < size; ++i)
        numbers.push_back(0.1 * static_cast<double>(i % 7 - 3));
    void *memory = made.allocate(bytes);
    if (!numbers.empty())
      std::memcpy(memory, Storage(tensor.elementType, numbers).at(0), bytes);
    if (tensor.role == tile::Role::State || tensor.role == tile::Role::Final)
      made.states += bytes;
    slots[tensor.slot] = reinterpret_cast<uint64_t>(memory);
  }
  if (saving) {
    auto size = reinterpret_cast<size_t (*)(const void *)>(symbol(prefix + "_saved_size"));
    if (!size)
      return llvm::createStringError(mixer.name + " has no backward pass");
    made.savedSize = static_cast<int64_t>(size(slots.data()));
    made.savedAt = reinterpret_cast<uint64_t>(made.allocate(made.savedSize));
  }
  if (saving || saved)
    slot("saved") = saving ? made.savedAt : saved->savedAt;
  slot("workspace") = reinterpret_cast<uint64_t>(made.allocate(workspaceSize(slots.data())));
  return made;
}

const char *LibraryCall::operator()() const {
  const void *status = function(slots.data());
  return status ? message(status) : nullptr;
}

} // namespace mixc::bench
