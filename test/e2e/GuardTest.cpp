// A kernel touches nothing outside its arguments: every array ends at a page that may not be touched (and so starts at
// any float), and before it lie numbers that must not change. That holds of forward, decode and backward, of what
// forward saves and of backward's workspace where it replays. Lengths and dims are no multiples of chunks and vectors.
// And a kernel reads what states start from before it writes where they end, which may be the same memory.
#include "lowering/emit/Names.h"
#include "test/e2e/Compare.h"
#include "test/e2e/Examples.h"
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

/// `saved`: what forward is to leave for backward, or has left. `inPlace`: states end where they started.
struct With {
  const mix::Cotangents *cotangents = nullptr;
  GuardedArray *saved = nullptr;
  bool inPlace = false;
};

/// One call of an entry, every array guarded. Decode is given all tokens at once.
class GuardedCall {
public:
  GuardedCall(const Library &library, const std::string &mixer, const char *entryName, const mix::Call &call,
              With with = {})
      : entry(
            *llvm::find_if(library.compiled.interface(mixer)->entries, [&](auto &e) { return e.name() == entryName; })),
        call(call), slots(entry.slots), with(with) {
    void *handle = dlopen(library.path.c_str(), RTLD_NOW);
    auto symbol = [&](const std::string &suffix) { return dlsym(handle, (mixer + suffix).c_str()); };
    function = reinterpret_cast<const void *(*)(const void *)>(symbol(std::string("_") + entryName));
    const int64_t counts[] = {int64_t(8 * slots.size()), call.batch, call.time, call.heads, call.groups};
    std::copy(std::begin(counts), std::end(counts), slots.begin());
    if (with.saved)
      slots[entry.slotOf("saved")] = reinterpret_cast<uint64_t>(with.saved->numbers);
    slots[entry.slotOf("threads")] = 1;
    for (const TensorInfo &tensor : entry.fields())
      addTensor(tensor);
    const int64_t bytes = sizeSaid(symbol(workspaceSizeSuffix(entry.kind)));
    slots[entry.slotOf("workspace")] = add((bytes + 63) / 64 * 16);
    if (void *size = symbol("_saved_size"); size && entry.kind == tile::Entry::Forward)
      savedFloats = sizeSaid(size) / 4;
  }

  bool succeeds() const { return function(slots.data()) == nullptr; }
  bool intact() const {
    return llvm::all_of(arrays, [](const auto &array) { return array->intact(); }) &&
           (!with.saved || with.saved->intact());
  }
  /// What forward is to be given for `saved`.
  int64_t savedSize() const { return savedFloats; }

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
  mix::Answer answer() const {
    mix::Answer all;
    for (const auto &[tensor, array] : llvm::zip(entry.fields(), arrays))
      if (tensor.role == tile::Role::Output || tensor.role == tile::Role::Final || tensor.role == tile::Role::State)
        (tensor.role == tile::Role::Output ? all.outputs : all.final)[tensor.name] = numbersOf(tensor, *array);
    return all;
  }
  mix::Gradients gradients() const {
    mix::Gradients all;
    for (const auto &[tensor, array] : llvm::zip(entry.fields(), arrays))
      if (tensor.isGradient())
        (tensor.role == tile::Role::InputGrad   ? all.inputs
         : tensor.role == tile::Role::ParamGrad ? all.params
                                                : all.initial)[tensor.name] = numbersOf(tensor, *array);
    return all;
  }

private:
  uint64_t add(int64_t size) {
    arrays.push_back(std::make_unique<GuardedArray>(size));
    return reinterpret_cast<uint64_t>(arrays.back()->numbers);
  }
  int64_t sizeSaid(void *by) const {
    return static_cast<int64_t>(reinterpret_cast<size_t (*)(const void *)>(by)(slots.data()));
  }
  mix::Array numbersOf(const TensorInfo &tensor, const GuardedArray &array) const {
    mix::Array numbers(shapeOf(tensor));
    numbers.data.assign(array.numbers, array.numbers + array.size);
    return numbers;
  }
  std::vector<int64_t> shapeOf(const TensorInfo &tensor) const {
    std::vector<int64_t> shape;
    if (!tensor.isParam())
      shape.push_back(call.batch);
    if (tensor.isPerToken())
      shape.push_back(call.time);
    shape.push_back(tensor.perGroup ? call.groups : call.heads);
    llvm::append_range(shape, tensor.dims);
    return shape;
  }
  const mix::Arrays &sourceOf(const TensorInfo &tensor) const {
    return tensor.role == tile::Role::Param        ? call.params
           : tensor.role == tile::Role::Input      ? call.inputs
           : tensor.role == tile::Role::OutputGrad ? with.cotangents->outputs
           : tensor.role == tile::Role::FinalGrad  ? with.cotangents->final
                                                   : call.initial;
  }

  void addTensor(const TensorInfo &tensor) {
    slots[tensor.slot] = add(mix::Array(shapeOf(tensor)).size());
    if (!tensor.isWritten() || tensor.role == tile::Role::State)
      llvm::copy(sourceOf(tensor).at(tensor.name).data, arrays.back()->numbers);
    if (with.inPlace && tensor.role == tile::Role::Final)
      for (const TensorInfo &start : entry.fields())
        if (start.role == tile::Role::Initial && start.name == tensor.name)
          slots[tensor.slot] = slots[start.slot];
  }

  const EntryInfo &entry;
  const mix::Call &call;
  std::vector<int64_t> slots;
  const With with;
  int64_t savedFloats = 0;
  std::vector<std::unique_ptr<GuardedArray>> arrays; // tensors, then the workspace
  const void *(*function)(const void *arguments);
};

/// Every entry, each with its arguments between guarded pages; backward with what forward saved, and with a replay.
void expectNothingElseTouched(Library &built, const std::string &name, const mix::Call &call) {
  const std::string what = ", " + std::to_string(call.time) + " tokens";
  Oracle oracle(built.equations, call);
  for (const char *entry : {"forward", "decode"}) {
    if (!built.loaded->has(entry == std::string("decode") ? "recurrent" : "chunked"))
      continue;
    GuardedCall guarded(built, name, entry, call);
    ASSERT_TRUE(guarded.succeeds()); // or dies of SIGSEGV
    EXPECT_TRUE(guarded.intact()) << entry << what;
    oracle.expectAgreement(entry + what, guarded.answer());
  }
  GradientOracle gradients(built.equations, call, 11);
  const mix::Cotangents cotangents = gradients.cotangents();
  GuardedArray saved(GuardedCall(built, name, "forward", call).savedSize());
  GuardedCall saving(built, name, "forward", call, {.saved = &saved});
  ASSERT_TRUE(saving.succeeds());
  EXPECT_TRUE(saving.intact()) << "forward that saves" << what;
  const std::vector<float> left(saved.numbers, saved.numbers + saved.size);
  for (GuardedArray *given : {&saved, static_cast<GuardedArray *>(nullptr)}) {
    const std::string how = std::string("backward, ") + (given ? "saved" : "replayed") + what;
    GuardedCall guarded(built, name, "backward", call, {.cotangents = &cotangents, .saved = given});
    ASSERT_TRUE(guarded.succeeds()) << how;
    EXPECT_TRUE(guarded.intact()) << how;
    gradients.expectAgreement(how, guarded.gradients());
  }
  EXPECT_EQ(std::memcmp(left.data(), saved.numbers, left.size() * sizeof(float)), 0)
      << "backward reads `saved`" << what;
}

/// To the bit.
void expectTheSameInPlace(Library &built, const std::string &name, const mix::Call &call) {
  GuardedCall apart(built, name, "forward", call), inPlace(built, name, "forward", call, {.inPlace = true});
  ASSERT_TRUE(apart.succeeds() && inPlace.succeeds());
  for (const auto &[output, array] : apart.answer().outputs)
    EXPECT_EQ(array.data, inPlace.answer().outputs.at(output).data) << output << ", " << call.time << " tokens";
  EXPECT_EQ(apart.finals(), inPlace.finals()) << call.time << " tokens";
}

void expectGuarded(const TestMixer &mixer, int64_t key, int64_t value, const Choices &choices = {}) {
  Library &built = library(mixer, key, value, choices);
  ASSERT_EQ(built.error, "");
  for (int64_t time : {1, 15, 75}) {
    CaseShape shape{.key = key, .value = value, .batch = 2, .time = time, .groups = 2, .initial = true};
    mix::Call call = makeCall(mixer, built.equations, shape, 11);
    expectNothingElseTouched(built, mixer.name, call);
    expectTheSameInPlace(built, mixer.name, call);
  }
}

class Guard : public testing::TestWithParam<std::string> {};

TEST_P(Guard, NothingOutsideTheArgumentsIsTouched) { expectGuarded(exampleNamed(GetParam()), 0, 0); }

INSTANTIATE_TEST_SUITE_P(Examples, Guard, testing::ValuesIn(exampleNames()), testName);

class GuardOfSizes : public testing::TestWithParam<std::string> {};

TEST_P(GuardOfSizes, NothingOutsideTheArgumentsIsTouched) {
  expectGuarded(mixerNamed(GetParam()), 33, 50);
  expectGuarded(mixerNamed(GetParam()), 5, 7, {.keep = Keep::States});
}

INSTANTIATE_TEST_SUITE_P(Mixers, GuardOfSizes, testing::ValuesIn(mixerNames()), testName);

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

} // namespace
} // namespace mixc::test
