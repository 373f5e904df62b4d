#include "test/e2e/StridedCall.h"
#include "frontend/oracle/Storage.h"
#include "lowering/emit/Names.h"
#include <cmath>
#include <dlfcn.h>
#include <sys/mman.h>
#include <unistd.h>

namespace mixc::test {
namespace {

constexpr char Canary = 0x5a;
constexpr int64_t spareSlots = 3;

/// Slots of a pool for so many sequences, apart and in no order.
std::vector<int64_t> scatter(int64_t sequences, int64_t by, int64_t absentAt) {
  std::vector<int64_t> slots(sequences);
  for (int64_t s = 0; s < sequences; ++s)
    slots[s] = s % 3 == absentAt ? -1 : (sequences + spareSlots - 1 - s + by) % (sequences + spareSlots);
  return slots;
}

template <typename T> int64_t address(const T *pointer) { return reinterpret_cast<int64_t>(pointer); }

} // namespace

StridedCall::StridedCall(const Library &library, const std::string &mixer, tile::Entry kind, const mix::Call &call,
                         const Arrangement &how, const mix::Cotangents *cotangents)
    : entry(*library.compiled.interface(mixer)->entry(kind)), call(call), how(how), cotangents(cotangents),
      handle(dlopen(library.path.c_str(), RTLD_NOW)), symbol(library.compiled.interface(mixer)->symbol()) {
  if (how.slots) {
    const bool isDecode = kind == tile::Entry::Decode;
    initialSlots = scatter(call.sequences(), 1, 1);
    finalSlots = isDecode ? initialSlots : scatter(call.sequences(), 0, 2);
  }
  int at = how.first;
  for (const TensorInfo &tensor : entry.fields())
    arrange(tensor, how.contiguous ? Lie::BTHE : static_cast<Lie>(at++ % lies));
  if (how.isFused)
    fuse();
  for (auto &tensor : tensors) {
    if (!tensor->block) {
      int64_t low = 0, high = 0;
      for (int axis = 0; axis < 4; ++axis)
        (tensor->strides[axis] < 0 ? low : high) += (tensor->counts[axis] - 1) * tensor->strides[axis];
      const bool isEmpty = llvm::is_contained(tensor->counts, 0);
      tensor->block = &allocate(isEmpty ? 0 : (high - low + 1) * tensor->info.elementBytes());
      tensor->first = isEmpty ? 0 : -low;
    }
    fill(*tensor);
  }
  pass();
}

StridedCall::~StridedCall() {
  for (auto &block : blocks)
    munmap(block->base, block->mapped);
}

StridedCall::Block &StridedCall::allocate(size_t bytes) {
  Block &block = *blocks.emplace_back(std::make_unique<Block>());
  const size_t page = sysconf(_SC_PAGESIZE);
  block.size = bytes;
  block.mapped = (bytes + page) / page * page + page;
  block.base =
      static_cast<char *>(mmap(nullptr, block.mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  mprotect(block.base + block.mapped - page, page, PROT_NONE);
  block.data = block.base + block.mapped - page - bytes;
  std::fill(block.base, block.base + block.mapped - page, Canary);
  block.mayChange.assign(block.mapped - page, false);
  return block;
}

const std::vector<int64_t> *StridedCall::slotsFor(const TensorInfo &tensor) const {
  if (!how.slots)
    return nullptr;
  if (tensor.role == tile::Role::Initial || tensor.role == tile::Role::State)
    return &initialSlots;
  return tensor.role == tile::Role::Final ? &finalSlots : nullptr;
}

void StridedCall::arrange(const TensorInfo &info, Lie lie) {
  Tensor &tensor = *tensors.emplace_back(std::make_unique<Tensor>());
  tensor.info = info;
  tensor.block = nullptr;
  const int64_t T = info.isPerToken() ? call.time : 1, H = info.perGroup ? call.groups : call.heads,
                E = info.elements();
  const int64_t B = info.isParam()      ? 1
                    : info.isPerToken() ? call.batch
                    : slotsFor(info)    ? call.sequences() + spareSlots
                                        : call.sequences();
  const int64_t counts[] = {B, T, H, E};
  std::copy_n(counts, 4, tensor.counts);
  auto set = [&](int64_t b, int64_t t, int64_t h, int64_t e) {
    const int64_t all[] = {b, t, h, e};
    std::copy_n(all, 4, tensor.strides);
    tensor.said = {b, t, h, e};
  };
  switch (lie) {
  case Lie::BTHE: set(T * H * E, H * E, E, 1); break;
  case Lie::Padded: set(T * (H * (E + 1) + 5) + 3, H * (E + 1) + 5, E + 1, 1); break;
  case Lie::BHTE: set(H * T * E, E, T * E, 1); break;
  case Lie::BHET: set(H * E * T, 1, E * T, T); break;
  case Lie::BTEH: set(T * E * H, E * H, 1, H); break;
  case Lie::Reversed: set(-T * H * E, -H * E, E, 1); break;
  }
  if (lie == Lie::BTHE)
    tensor.said = {0, 0, 0, 0};
}

/// Slices of one tensor: what is read and what is written, side by side in every row.
void StridedCall::fuse() {
  int64_t width = 0;
  auto isSlice = [&](const Tensor &tensor) { return tensor.info.isPerToken() && tensor.info.elementType == "f32"; };
  for (auto &tensor : tensors)
    if (isSlice(*tensor))
      width += tensor->counts[2] * tensor->counts[3];
  Block &block = allocate(4 * call.batch * call.time * width);
  int64_t first = 0;
  for (auto &tensor : tensors) {
    if (!isSlice(*tensor))
      continue;
    const int64_t H = tensor->counts[2], E = tensor->counts[3];
    const int64_t all[] = {call.time * width, width, E, 1};
    std::copy_n(all, 4, tensor->strides);
    tensor->said = {0, width, 0, 0}; // the time stride alone: a batch is as many rows
    tensor->block = &block;
    tensor->first = first;
    first += H * E;
  }
}

/// Calls use(index of the number, row-major, place in the block, sequence or slot).
template <typename Use> void StridedCall::forEach(const Tensor &tensor, Use use) const {
  int64_t at = 0;
  const int64_t *n = tensor.counts, *s = tensor.strides;
  for (int64_t b = 0; b < n[0]; ++b)
    for (int64_t t = 0; t < n[1]; ++t)
      for (int64_t h = 0; h < n[2]; ++h)
        for (int64_t e = 0; e < n[3]; ++e)
          use(at++, tensor.first + b * s[0] + t * s[1] + h * s[2] + e * s[3], b);
}

void StridedCall::fill(Tensor &tensor) {
  const TensorInfo &info = tensor.info;
  const mix::Arrays &source = info.role == tile::Role::Param        ? call.params
                              : info.role == tile::Role::Input      ? call.inputs
                              : info.role == tile::Role::OutputGrad ? cotangents->outputs
                              : info.role == tile::Role::FinalGrad  ? cotangents->final
                                                                    : call.initial;
  const int64_t bytes = info.elementBytes(), each = tensor.counts[1] * tensor.counts[2] * tensor.counts[3];
  Storage numbers;
  if (!info.isWritten() || info.role == tile::Role::State)
    numbers = Storage(info.elementType, source.at(info.name).data);
  const std::vector<int64_t> *pool = slotsFor(info);
  forEach(tensor, [&](int64_t at, int64_t place, int64_t b) {
    int64_t sequence = b;
    if (pool)
      sequence = llvm::find(*pool, b) - pool->begin();
    const bool isThere = !pool || sequence < static_cast<int64_t>(pool->size());
    char *there = tensor.block->data + place * bytes;
    if (isThere && numbers.size())
      std::memcpy(there, numbers.at(at - b * each + sequence * each), bytes);
    if (isThere && info.isWritten())
      std::fill_n(tensor.block->mayChange.begin() + (there - tensor.block->base), bytes, true);
  });
}

void StridedCall::pass() {
  slots.assign(entry.slots, 0);
  auto set = [&](llvm::StringRef field, int64_t value) {
    if (std::optional<unsigned> slot = slotOf(entry.kind, entry.slots, field))
      slots[*slot] = value;
  };
  set("size", 8 * int64_t(slots.size()));
  set("batch", call.batch);
  set("time", call.time);
  set("heads", call.heads);
  set("groups", call.groups);
  set("sequences", call.sequences());
  set("threads", how.threads);
  narrowStarts.assign(call.cuSeqlens.begin(), call.cuSeqlens.end());
  if (!call.cuSeqlens.empty())
    set("cu_seqlens", how.narrow ? address(narrowStarts.data()) : address(call.cuSeqlens.data()));
  set("cu_seqlens_bits", how.narrow ? 32 : 0);
  if (how.slots) {
    narrowInitial.assign(initialSlots.begin(), initialSlots.end());
    narrowFinal.assign(finalSlots.begin(), finalSlots.end());
    set("slots", how.narrow ? address(narrowInitial.data()) : address(initialSlots.data()));
    set("initial_slots", how.narrow ? address(narrowInitial.data()) : address(initialSlots.data()));
    set("final_slots", how.narrow ? address(narrowFinal.data()) : address(finalSlots.data()));
    set("slot_count", call.sequences() + spareSlots);
    set("slot_bits", how.narrow ? 32 : 64);
  }
  for (auto &tensor : tensors) {
    slots[tensor->info.slot] = address(tensor->block->data + tensor->first * tensor->info.elementBytes());
    strides.push_back(tensor->said);
  }
  if (!how.contiguous)
    set("strides", address(strides.data()));
}

int64_t StridedCall::savedFloats() const {
  auto size = reinterpret_cast<size_t (*)(const void *)>(dlsym(handle, (symbol + "_saved_size").c_str()));
  return static_cast<int64_t>(size(slots.data()) / 4);
}

std::string StridedCall::run(std::vector<float> &saved) {
  if (std::optional<unsigned> slot = slotOf(entry.kind, entry.slots, "saved"); slot && !saved.empty())
    slots[*slot] = address(saved.data());
  auto size =
      reinterpret_cast<size_t (*)(const void *)>(dlsym(handle, (symbol + workspaceSizeSuffix(entry.kind)).c_str()));
  Block &workspace = allocate((size(slots.data()) + 7) / 8 * 8);
  std::fill(workspace.mayChange.begin() + (workspace.data - workspace.base), workspace.mayChange.end(), true);
  std::fill(workspace.data, workspace.data + workspace.size, '\xff'); // NaN
  slots[entry.slotOf("workspace")] = address(workspace.data);
  for (auto &block : blocks)
    block->before.assign(block->base, block->base + block->mayChange.size());
  auto function =
      reinterpret_cast<const void *(*)(const void *)>(dlsym(handle, (symbol + "_" + entry.name().str()).c_str()));
  auto message = reinterpret_cast<const char *(*)(const void *)>(dlsym(handle, "mix_status_message"));
  const void *status = function(slots.data());
  return status ? message(status) : "";
}

bool StridedCall::isUntouchedElsewhere() const {
  return llvm::all_of(blocks, [](const auto &block) {
    for (size_t i = 0; i < block->before.size(); ++i)
      if (!block->mayChange[i] && block->base[i] != block->before[i])
        return false;
    return true;
  });
}

mix::Array StridedCall::read(const TensorInfo &info) const {
  const Tensor &tensor = **llvm::find_if(tensors, [&](const auto &known) { return known->info.slot == info.slot; });
  const int64_t bytes = info.elementBytes(), each = tensor.counts[1] * tensor.counts[2] * tensor.counts[3];
  const std::vector<int64_t> *pool = slotsFor(info);
  const int64_t rows = pool ? call.sequences() : tensor.counts[0];
  Storage dense(info.elementType, rows * each);
  forEach(tensor, [&](int64_t at, int64_t place, int64_t b) {
    int64_t sequence = b;
    if (pool)
      sequence = llvm::find(*pool, b) - pool->begin();
    if (sequence < rows)
      std::memcpy(const_cast<void *>(dense.at(at - b * each + sequence * each)), tensor.block->data + place * bytes,
                  bytes);
  });
  mix::Array array({rows, each});
  array.data = dense.numbers();
  return array;
}

} // namespace mixc::test
