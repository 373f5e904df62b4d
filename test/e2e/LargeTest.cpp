// More than 2^31 elements in a tensor. Memory that was never written reads as zero and takes no room, so the input is
// 4.3 GB of address space with a few numbers in it, around and behind the places where 32 bits would wrap.
#include "lowering/emit/Interface.h"
#include "test/e2e/Library.h"
#include <dlfcn.h>
#include <sys/mman.h>

namespace mixc::test {
namespace {

constexpr int64_t Heads = 8, Width = 16, Time = (int64_t(1) << 24) + 1000;
static_assert(Heads * Width * Time > int64_t(1) << 31);

class Reserved {
public:
  explicit Reserved(int64_t bytes)
      : bytes(bytes),
        memory(mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)) {}
  ~Reserved() { munmap(memory, bytes); }
  Reserved(const Reserved &) = delete;
  bool failed() const { return memory == MAP_FAILED; }
  uint16_t *numbers() const { return static_cast<uint16_t *>(memory); }

private:
  int64_t bytes;
  void *memory;
};

// h[t] = h[t-1] + sum(x), y = h: what is read from the wrong place changes every y behind it.
TEST(Large, MoreThanTwoToThe31Elements) {
  const TestMixer mixer{.name = "count", .file = COUNT_MIXER};
  Library &built = library(mixer, Width, 1, {.elementTypes = {.all = "bf16"}, .backward = false});
  ASSERT_EQ(built.error, "");
  Reserved x(2 * Time * Heads * Width), y(2 * Time * Heads);
  if (x.failed() || y.failed())
    GTEST_SKIP() << "this machine does not reserve 4.3 GB of address space";
  constexpr uint16_t one = 0x3f80;
  const int64_t wraps[] = {int64_t(1) << 30, int64_t(1) << 31, 3 * (int64_t(1) << 29), Time * Heads * Width - 1, 0};
  for (int64_t place : wraps)
    x.numbers()[place] = one; // 2^30 elements are 2^31 bytes

  const EntryInfo &entry = *llvm::find_if(built.compiled.interface("count")->entries,
                                          [](const EntryInfo &e) { return e.kind == tile::Entry::Forward; });
  void *handle = dlopen(built.path.c_str(), RTLD_NOW);
  auto function = reinterpret_cast<const void *(*)(const void *)>(dlsym(handle, "count_forward"));
  auto workspaceSize = reinterpret_cast<size_t (*)(const void *)>(dlsym(handle, "count_workspace_size"));
  std::vector<int64_t> slots(entry.slots);
  const int64_t counts[] = {int64_t(8 * slots.size()), 1, Time, Heads, 1};
  std::copy(std::begin(counts), std::end(counts), slots.begin());
  std::vector<float> final(Heads);
  for (const TensorInfo &tensor : entry.fields())
    if (tensor.role != tile::Role::Initial)
      slots[tensor.slot] =
          reinterpret_cast<int64_t>(tensor.role == tile::Role::Input    ? static_cast<void *>(x.numbers())
                                    : tensor.role == tile::Role::Output ? static_cast<void *>(y.numbers())
                                                                        : static_cast<void *>(final.data()));
  std::vector<char> workspace(workspaceSize(slots.data()));
  slots[entry.slotOf("workspace")] = reinterpret_cast<int64_t>(workspace.data());
  ASSERT_EQ(function(slots.data()), nullptr);

  // By head: how many of the ones lie at or before a token.
  auto countUpTo = [&](int64_t token, int64_t head) {
    return llvm::count_if(
        wraps, [&](int64_t place) { return place / Width % Heads == head && place / Width / Heads <= token; });
  };
  for (int64_t head = 0; head < Heads; ++head) {
    EXPECT_EQ(final[head], countUpTo(Time, head)) << "head " << head;
    for (int64_t place : wraps)
      for (int64_t token = place / Width / Heads - 1; token <= place / Width / Heads + 1; ++token)
        if (token >= 0 && token < Time) {
          const uint32_t bits = uint32_t(y.numbers()[token * Heads + head]) << 16;
          EXPECT_EQ(llvm::bit_cast<float>(bits), countUpTo(token, head)) << "token " << token << ", head " << head;
        }
  }
}

} // namespace
} // namespace mixc::test
