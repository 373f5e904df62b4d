// A kernel touches nothing outside its arguments: every array ends at a page that may not be touched (and so starts at any float), and
// before it lie numbers that must not change. Lengths and dims are no multiples of chunks and vectors. And it reads what
// states start from before it writes where they end, which may be the same memory.
#include "frontend/oracle/Compare.h"
#include "lowering/emit/Names.h"
#include "test/e2e/Library.h"
#include <cmath>
#include <cstring>
#include <dlfcn.h>
#include <sys/mman.h>
#include <unistd.h>

namespace mixc::test {
namespace {

constexpr float Canary = 12345;

/// Floats up to the end of a page, behind which there is nothing; canaries before them.
class GuardedArray {
public:
  explicit GuardedArray(int64_t size) : size(size) {
    const int64_t page = sysconf(_SC_PAGESIZE);
    bytes = (size * int64_t(sizeof(float)) + page) / page * page + page;
    base = static_cast<char *>(mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    mprotect(base + bytes - page, page, PROT_NONE);
    numbers = reinterpret_cast<float *>(base + bytes - page) - size;
    std::fill(reinterpret_cast<float *>(base), numbers, Canary);
    std::fill_n(numbers, size, NAN);
  }
  ~GuardedArray() { munmap(base, bytes); }
  GuardedArray(const GuardedArray &) = delete;

  bool intact() const {
    return std::all_of(reinterpret_cast<float *>(base), numbers, [](float x) { return x == Canary; });
  }

  int64_t size;
  float *numbers;

private:
  char *base;
  int64_t bytes;
};

/// One call of an entry, every array guarded. Decode is given all tokens at once.
class GuardedCall {
public:
  GuardedCall(const Library &library, const std::string &mixer, const char *entryName, const mix::Call &call,
              bool inPlace = false)
      : entry(
            *llvm::find_if(library.compiled.interface(mixer)->entries, [&](auto &e) { return e.name() == entryName; })),
        call(call), slots(entry.slots), inPlace(inPlace) {
    void *handle = dlopen(library.path.c_str(), RTLD_NOW);
    function = reinterpret_cast<const void *(*)(const void *)>(dlsym(handle, (mixer + "_" + entryName).c_str()));
    auto workspaceSize =
        reinterpret_cast<size_t (*)(const void *)>(dlsym(handle, (mixer + workspaceSizeSuffix(entry.kind)).c_str()));
    const int64_t counts[] = {int64_t(8 * slots.size()), call.batch, call.time, call.heads, call.groups};
    std::copy(std::begin(counts), std::end(counts), slots.begin());
    slots[slots.size() - 3] = 1; // thread
    for (const TensorInfo &tensor : entry.fields())
      addTensor(tensor);
    const int64_t words = (workspaceSize(slots.data()) + 63) / 64 * 16;
    slots[slots.size() - trailingFields(entry.kind).size()] = address(words);
  }

  bool succeeds() const { return function(slots.data()) == nullptr; }
  bool intact() const {
    return llvm::all_of(arrays, [](const auto &array) { return array->intact(); });
  }
  /// Where the states are afterwards.
  std::vector<std::vector<float>> finals() const {
    std::vector<std::vector<float>> all;
    for (const auto &[tensor, array] : llvm::zip(entry.fields(), arrays))
      if (tensor.role == tile::Role::Final) {
        const auto *numbers = reinterpret_cast<const float *>(slots[tensor.slot]);
        all.emplace_back(numbers, numbers + array->size);
      }
    return all;
  }
  /// The output y.
  mix::Array output() const {
    mix::Array y;
    for (const auto &[tensor, array] : llvm::zip(entry.fields(), arrays))
      if (tensor.role == tile::Role::Output)
        y.data.assign(array->numbers, array->numbers + array->size);
    return y;
  }

private:
  uint64_t address(int64_t size) {
    arrays.push_back(std::make_unique<GuardedArray>(size));
    return reinterpret_cast<uint64_t>(arrays.back()->numbers);
  }

  void addTensor(const TensorInfo &tensor) {
    const mix::Arrays &source = tensor.role == tile::Role::Param   ? call.params
                                : tensor.role == tile::Role::Input ? call.inputs
                                                                   : call.initial;
    int64_t size = (tensor.perGroup ? call.groups : call.heads) * (tensor.role == tile::Role::Param ? 1 : call.batch);
    size *= tensor.isPerToken() ? call.time : 1;
    for (int64_t dim : tensor.dims)
      size *= dim;
    slots[tensor.slot] = address(size);
    if (!tensor.isWritten() || tensor.role == tile::Role::State)
      llvm::copy(source.at(tensor.name).data, arrays.back()->numbers);
    if (inPlace && tensor.role == tile::Role::Final)
      for (const TensorInfo &start : entry.fields())
        if (start.role == tile::Role::Initial && start.name == tensor.name)
          slots[tensor.slot] = slots[start.slot];
  }

  const EntryInfo &entry;
  const mix::Call &call;
  std::vector<int64_t> slots;
  const bool inPlace;                                // a state ends where it started
  std::vector<std::unique_ptr<GuardedArray>> arrays; // tensors, then the workspace
  const void *(*function)(const void *arguments);
};

/// Both entries, each with its arguments between guarded pages.
void expectNothingElseTouched(Library &built, const std::string &name, const mix::Call &call) {
  llvm::Expected<mix::Answer> reference = mix::interpret(built.equations, call);
  ASSERT_TRUE(bool(reference));
  for (const char *entry : {"forward", "decode"}) {
    GuardedCall guarded(built, name, entry, call);
    ASSERT_TRUE(guarded.succeeds()); // or dies of SIGSEGV
    EXPECT_TRUE(guarded.intact()) << entry << ", " << call.time << " tokens";
    mix::Array want = reference->outputs.at("y");
    want.shape.clear();
    EXPECT_LE(relativeError(guarded.output(), want), 1e-5) << entry << ", " << call.time << " tokens at once";
  }
}

/// To the bit.
void expectTheSameInPlace(Library &built, const std::string &name, const mix::Call &call) {
  GuardedCall apart(built, name, "forward", call), inPlace(built, name, "forward", call, /*inPlace=*/true);
  ASSERT_TRUE(apart.succeeds() && inPlace.succeeds());
  EXPECT_EQ(apart.output().data, inPlace.output().data) << call.time << " tokens";
  EXPECT_EQ(apart.finals(), inPlace.finals()) << call.time << " tokens";
}

class Guard : public testing::TestWithParam<std::string> {};

TEST_P(Guard, NothingOutsideTheArgumentsIsTouched) {
  const TestMixer &mixer = mixerNamed(GetParam());
  for (auto [key, value] : {std::pair(33, 50), std::pair(5, 7), std::pair(32, 32)}) {
    Library &built = library(mixer, key, value);
    ASSERT_EQ(built.error, "");
    for (int64_t time : {1, 15, 75}) {
      CaseShape shape{.key = key, .value = value, .batch = 2, .time = time, .groups = 2, .initial = true};
      mix::Call call = makeCall(mixer, built.equations, shape, 11);
      expectNothingElseTouched(built, mixer.name, call);
      expectTheSameInPlace(built, mixer.name, call);
    }
  }
}

/// A block of sequences that is not full, one that is, and the two of them.
TEST(GuardOfBlocks, NothingOutsideTheArgumentsIsTouched) {
  const TestMixer mixer{.name = "lstm", .allDims = {{"N", 21}}};
  Library &built = library(mixer, 21, 0);
  ASSERT_EQ(built.error, "");
  for (int64_t batch : {5, 8, 12})
    for (int64_t time : {1, 15, 35}) {
      mix::Call call =
          makeCall(mixer, built.equations, {.batch = batch, .time = time, .groups = 2, .initial = true}, 12);
      expectNothingElseTouched(built, mixer.name, call);
      expectTheSameInPlace(built, mixer.name, call);
    }
}

INSTANTIATE_TEST_SUITE_P(Mixers, Guard, testing::ValuesIn(mixerNames()), testName);

} // namespace
} // namespace mixc::test
