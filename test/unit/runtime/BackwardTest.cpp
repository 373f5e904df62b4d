// The runtime's part of a backward pass: who gets which rows, what is saved and replayed, and the sums.
#include "runtime/call/Call.h"
#include "runtime/call/Status.h"
#include "test/unit/runtime/Twofold.h"
#include <climits>
#include <cmath>
#include <functional>
#include <gtest/gtest.h>
#include <thread>

using namespace mixc::test;

namespace {

using Bytes = std::vector<char>;

template <typename T> Bytes pack(const std::vector<float> &numbers) {
  Bytes bytes(numbers.size() * sizeof(T) + 1);
  for (size_t i = 0; i < numbers.size(); ++i)
    reinterpret_cast<T *>(bytes.data())[i] = T(numbers[i]);
  return bytes;
}

/// One call of backward with its arrays. Results are poisoned; what lies around the workspace must stay.
template <typename T> class Calling {
public:
  explicit Calling(Twofold given) : call(std::move(given)), slots(BackwardSlots) {
    call.template roundInputs<T>();
    const int64_t counts[] = {8 * BackwardSlots, call.batch, call.time, call.heads, call.groups};
    std::copy(std::begin(counts), std::end(counts), slots.begin());
    if (!call.cu.empty())
      slots[Sequences] = call.sequences, slots[CuSeqlens] = address(call.cu.data());
    hold<T>(X, call.x), hold<T>(G, call.g), hold<T>(K, call.k), hold<T>(U, call.u);
    hold<float>(A, call.a), hold<float>(C, call.c);
    if (call.hasInitial) {
      hold<float>(HInitial, call.hInitial), hold<float>(PInitial, call.pInitial);
      hold<float>(XHistoryInitial, call.xHistoryInitial);
    }
    hold<float>(YGrad, call.yGrad);
    if (call.hasFinalGrad) {
      hold<float>(HFinalGrad, call.hFinalGrad), hold<float>(PFinalGrad, call.pFinalGrad);
      hold<float>(XHistoryFinalGrad, call.xHistoryFinalGrad);
    }
    for (int field = XGrad; field <= XHistoryInitialGrad; ++field) {
      const std::vector<float> poison(call.resultSize(field), NAN);
      Twofold::isNarrow(field) ? hold<T>(field, poison) : hold<float>(field, poison);
    }
    slots[Threads] = 1;
  }

  /// What forward leaves in `saved`.
  void keep() {
    std::vector<int64_t> forward(slots.begin(), slots.begin() + Y);
    forward.resize(ForwardSlots);
    forward[Size] = 8 * ForwardSlots;
    std::vector<float> y(call.yGrad.size() + 1);
    forward[Y] = address(y.data());
    forward[ForwardSaved + 1] = slots[Threads];
    saved.assign(mixrt_saved_size(&twofoldForward<T>(), forward.data()), 'S');
    Bytes workspace(mixrt_workspace_size(&twofoldForward<T>(), forward.data()));
    forward[ForwardWorkspace] = address(workspace.data());
    forward[ForwardSaved] = address(saved.data());
    ASSERT_STREQ(mix_status_message(mixrt_run(&twofoldForward<T>(), forward.data())), "success");
    slots[Saved] = address(saved.data());
  }

  mix_status run() {
    const size_t size = mixrt_workspace_size(&twofoldBackward<T>(), slots.data());
    Bytes workspace(size + 128, 'W');
    slots[Workspace] = address(workspace.data() + 64);
    mix_status status = mixrt_run(&twofoldBackward<T>(), slots.data());
    for (size_t i = 0; i < 64; ++i)
      EXPECT_TRUE(workspace[i] == 'W' && workspace[64 + size + i] == 'W');
    return status;
  }
  void succeed() { ASSERT_STREQ(mix_status_message(run()), "success"); }

  std::vector<double> numbers(int field) const {
    std::vector<double> result(call.resultSize(field));
    const char *bytes = arrays.at(field).data();
    for (size_t i = 0; i < result.size(); ++i)
      result[i] = Twofold::isNarrow(field) ? static_cast<float>(reinterpret_cast<const T *>(bytes)[i])
                                           : reinterpret_cast<const float *>(bytes)[i];
    return result;
  }

  void check() const {
    for (const auto &[field, wanted] : call.gradients()) {
      const std::vector<double> found = numbers(field);
      double difference = 0, norm = 0;
      for (size_t i = 0; i < wanted.size(); ++i) {
        difference += (found[i] - wanted[i]) * (found[i] - wanted[i]);
        norm += wanted[i] * wanted[i];
      }
      const double narrow = typeOf<T>() == MIXRT_BF16 ? 4e-3 : 5e-4;
      const double bound = sizeof(T) == 2 && Twofold::isNarrow(field) ? narrow : 2e-6;
      EXPECT_LE(std::sqrt(difference), bound * std::sqrt(norm)) << "of slot " << field;
    }
  }

  Twofold call;
  std::vector<int64_t> slots;
  std::map<int, Bytes> arrays;
  Bytes saved;

private:
  static int64_t address(const void *pointer) { return reinterpret_cast<int64_t>(pointer); }
  template <typename N> void hold(int field, const std::vector<float> &numbers) {
    arrays[field] = pack<N>(numbers);
    slots[field] = address(arrays[field].data());
  }
};

const std::vector<std::vector<int64_t>> packings = {{0, 23}, {0, 0, 3, 3, 4, 16, 23, 23}, {0, 8, 12, 13, 23}};

template <typename T> class Backward : public testing::Test {};
struct TypeNames {
  template <typename T> static std::string GetName(int) {
    return sizeof(T) == 4 ? "f32" : typeOf<T>() == MIXRT_BF16 ? "bf16" : "f16";
  }
};
using Types = testing::Types<float, Bf16, F16>;
TYPED_TEST_SUITE(Backward, Types, TypeNames);

TYPED_TEST(Backward, EveryGrouping) {
  for (int64_t groups : {1, 2, 3, 6})
    for (int64_t batch : {1, 3})
      for (int64_t time : {0, 1, 4, 11}) {
        SCOPED_TRACE(testing::Message() << "groups " << groups << ", batch " << batch << ", time " << time);
        Calling<TypeParam> calling(Twofold(batch, time, 6, groups));
        calling.succeed();
        calling.check();
      }
}

TYPED_TEST(Backward, SequencesOfAnyLength) {
  for (const std::vector<int64_t> &cu : packings)
    for (bool keeps : {false, true}) {
      Calling<TypeParam> calling(Twofold(1, 23, 4, 2, cu));
      if (keeps)
        calling.keep();
      calling.succeed();
      calling.check();
    }
}

TYPED_TEST(Backward, TheSameBitsForAnyNumberOfThreadsSavedOrNot) {
  for (const std::vector<int64_t> &cu : packings) {
    Calling<TypeParam> first(Twofold(1, 23, 6, 3, cu));
    first.succeed();
    for (int64_t threads : {1, 2, 3, 4})
      for (bool keeps : {false, true}) {
        Calling<TypeParam> calling(Twofold(1, 23, 6, 3, cu));
        calling.slots[Threads] = threads;
        if (keeps)
          calling.keep();
        calling.succeed();
        EXPECT_EQ(calling.arrays, first.arrays) << threads << " threads, " << (keeps ? "saved" : "replayed");
      }
  }
}

TYPED_TEST(Backward, WithoutInitialStatesAndTheirCotangents) {
  Twofold call(2, 9, 4, 2);
  call.hasInitial = call.hasFinalGrad = false;
  Calling<TypeParam> calling(call);
  calling.succeed();
  calling.check();
}

TYPED_TEST(Backward, WhatNobodyWantsIsLeftOut) {
  Calling<TypeParam> whole(Twofold(2, 9, 4, 2));
  whole.succeed();
  for (int field = XGrad; field <= XHistoryInitialGrad; ++field) {
    Calling<TypeParam> calling(Twofold(2, 9, 4, 2));
    calling.slots[field] = 0;
    calling.succeed();
    for (int other = XGrad; other <= XHistoryInitialGrad; ++other) {
      if (other != field)
        EXPECT_EQ(calling.arrays[other], whole.arrays[other]);
      else
        EXPECT_TRUE(std::isnan(calling.numbers(other)[0]));
    }
  }
}

TYPED_TEST(Backward, OfNothing) {
  // No sequences: no token has a gradient, and those of params are zero.
  for (const Twofold &call : {Twofold(0, 7, 4, 2), Twofold(1, 0, 4, 2, {0})}) {
    Calling<TypeParam> calling(call);
    calling.succeed();
    calling.check();
    EXPECT_EQ(calling.numbers(AGrad), std::vector<double>(4, 0));
    EXPECT_EQ(calling.numbers(CGrad), std::vector<double>(2, 0));
  }
}

TYPED_TEST(Backward, WhatNoKernelWritesIsZero) {
  Calling<TypeParam> calling(Twofold(2, 9, 4, 2));
  calling.succeed();
  EXPECT_EQ(calling.numbers(UGrad), std::vector<double>(2 * 9 * 4 * 3, 0));
}

TEST(BackwardCall, CallersParallelFor) {
  Calling<float> whole(Twofold(3, 50, 6, 2));
  whole.succeed();
  mix_parallel_for *spawn = [](void *, int64_t count, void (*body)(void *, int64_t), void *argument) {
    std::vector<std::thread> threads;
    for (int64_t i = count - 1; i >= 0; --i)
      threads.emplace_back(body, argument, i);
    for (std::thread &thread : threads)
      thread.join();
  };
  for (int64_t threads : {2, 5, 500}) {
    Calling<float> calling(Twofold(3, 50, 6, 2));
    calling.slots[Threads] = threads;
    calling.slots[ParallelFor] = reinterpret_cast<int64_t>(spawn);
    calling.succeed();
    EXPECT_EQ(calling.arrays, whole.arrays);
  }
}

TEST(BackwardCall, SavesWhatItSays) {
  // What call it is of. H[t-1] : 2 numbers a token and head. P : one for every segment of 4 tokens, and one more a
  // sequence. H[end] : 2 a sequence.
  Calling<float> calling(Twofold(1, 23, 4, 2, packings[1]));
  calling.keep();
  auto toLine = [](int64_t bytes) { return (bytes + 63) / 64 * 64; };
  EXPECT_EQ(int64_t(calling.saved.size()),
            64 + toLine(23 * 4 * 2 * 4) + toLine((23 / 4 + 7) * 4 * 4) + toLine(7 * 4 * 2 * 4));
}

TEST(BackwardCall, WorkspaceIsSmallerWhereForwardSaved) {
  Calling<float> calling(Twofold(1, 4000, 2, 2));
  const size_t replayed = mixrt_workspace_size(&twofoldBackward<float>(), calling.slots.data());
  calling.keep();
  const size_t kept = mixrt_workspace_size(&twofoldBackward<float>(), calling.slots.data());
  EXPECT_GE(replayed, kept + 4000 * 2 * 4 + 1000 * 4);
  EXPECT_LE(kept, 4096u); // every head has its own input: nothing but params is summed
}

TEST(BackwardCall, WorkspaceDoesNotDependOnTheResults) {
  // It may be asked for before they are there.
  Calling<float> calling(Twofold(2, 30, 4, 2));
  const size_t size = mixrt_workspace_size(&twofoldBackward<float>(), calling.slots.data());
  std::fill(calling.slots.begin() + X, calling.slots.begin() + Workspace, 0);
  EXPECT_EQ(mixrt_workspace_size(&twofoldBackward<float>(), calling.slots.data()), size);
}

struct Case {
  std::function<void(std::vector<int64_t> &)> spoil;
  int32_t code;
  const char *message;
};

#define S(...) [](std::vector<int64_t> &slots) { __VA_ARGS__; }
using namespace mixrt;

// Of a call with batch 2, time 5, heads 6, groups 2.
const std::vector<Case> cases = {
    {S(slots[Size] -= 8), MIX_BAD_STRUCT_SIZE,
     "size is 280, and sizeof(twofold_backward_args) is 288 in this library: is its header of another one?"},
    {S(slots[Batch] = -1), MIX_BAD_SHAPE, "batch is -1"},
    {S(slots[Time] = -1), MIX_BAD_SHAPE, "time is -1"},
    {S(slots[Heads] = 0), MIX_BAD_SHAPE, "heads is 0"},
    {S(slots[Groups] = 4), MIX_BAD_SHAPE, "heads (6) is not a multiple of groups (4)"},
    {S(slots[Sequences] = 3), MIX_BAD_SHAPE, "sequences is 3, and without cu_seqlens it is batch (2) or 0"},
    {S(slots[Threads] = -2), MIX_BAD_THREADS, "threads is -2"},
    {S(slots[Time] = LONG_MAX), MIX_TOO_LARGE, "x would have more than 2^63 bytes"},
    // Of x_grad and g_grad together there are 72 bytes of parts a token, more than any array has.
    {S(slots[Batch] = 1 << 14, slots[Time] = LONG_MAX / 60 / (1 << 14)), MIX_TOO_LARGE,
     "workspace would have more than 2^63 bytes"},
    {S(slots[X] = 0), MIX_NULL_ARGUMENT, "x is null"},
    {S(slots[U] = 0), MIX_NULL_ARGUMENT, "u is null"},
    {S(slots[A] = 0), MIX_NULL_ARGUMENT, "a is null"},
    {S(slots[YGrad] = 0), MIX_NULL_ARGUMENT, "y_grad is null"},
    {S(slots[YGrad] += 2), MIX_MISALIGNED, "y_grad is not aligned to 4 bytes"},
    {S(slots[HFinalGrad] += 1), MIX_MISALIGNED, "H_final_grad is not aligned to 4 bytes"},
    {S(slots[XGrad] += 1), MIX_MISALIGNED, "x_grad is not aligned to 2 bytes"},
    {S(slots[AGrad] += 2), MIX_MISALIGNED, "a_grad is not aligned to 4 bytes"},
    {S(slots[XHistoryInitialGrad] += 2), MIX_MISALIGNED, "x_history_initial_grad is not aligned to 4 bytes"},
    {S(slots[Workspace] = 0), MIX_NO_WORKSPACE, nullptr},
    {S(slots[Saved] = slots[X] + 2), MIX_MISALIGNED, "saved is not aligned to 4 bytes"},
};

TEST(BackwardCall, ArgumentsAreChecked) {
  for (const Case &wrong : cases) {
    SCOPED_TRACE(wrong.message ? wrong.message : "no workspace");
    Calling<Bf16> calling(Twofold(2, 5, 6, 2)), untouched(Twofold(2, 5, 6, 2));
    Bytes workspace(1 << 16, 'W');
    calling.slots[Workspace] = reinterpret_cast<int64_t>(workspace.data());
    wrong.spoil(calling.slots);
    mix_status status = mixrt_run(&twofoldBackward<Bf16>(), calling.slots.data());
    ASSERT_NE(status, nullptr);
    EXPECT_EQ(status->code, wrong.code);
    if (wrong.message)
      EXPECT_STREQ(status->message, wrong.message);
    EXPECT_EQ(calling.arrays, untouched.arrays);
    EXPECT_EQ(workspace, Bytes(1 << 16, 'W'));
  }
  EXPECT_STREQ(mix_status_message(mixrt_run(&twofoldBackward<float>(), nullptr)), "args is null");
  EXPECT_EQ(mixrt_saved_size(&twofoldForward<float>(), nullptr), 0u);
}

TEST(ForwardCall, WhatItSavesIsChecked) {
  Calling<float> calling(Twofold(2, 5, 6, 2));
  std::vector<int64_t> forward(calling.slots.begin(), calling.slots.begin() + Y);
  forward.resize(ForwardSlots);
  forward[Size] = 8 * ForwardSlots;
  std::vector<float> y(2 * 5 * 6 * 2, NAN);
  Bytes workspace(1 << 12);
  forward[Y] = reinterpret_cast<int64_t>(y.data());
  forward[ForwardWorkspace] = reinterpret_cast<int64_t>(workspace.data());
  forward[ForwardSaved] = reinterpret_cast<int64_t>(workspace.data()) + 2;
  EXPECT_STREQ(mix_status_message(mixrt_run(&twofoldForward<float>(), forward.data())),
               "saved is not aligned to 4 bytes");
  EXPECT_TRUE(std::isnan(y[0]));
  // 54 bytes a token are saved; u has 72 in float32, but in bf16 no array has more than 48.
  forward[Batch] = 1 << 14, forward[Time] = LONG_MAX / 52 / (1 << 14);
  EXPECT_STREQ(mix_status_message(mixrt_run(&twofoldForward<Bf16>(), forward.data())),
               "saved would have more than 2^63 bytes");
  EXPECT_EQ(mixrt_saved_size(&twofoldForward<Bf16>(), forward.data()), 0u);
  EXPECT_TRUE(std::isnan(y[0]));
}

/// Two tensors, in the slots 7 and 8.
constexpr int64_t copySlots = mixrt::fieldsOf[MIXRT_BACKWARD].leading + 2 + mixrt::fieldsOf[MIXRT_BACKWARD].trailing;

/// A kernel whose gradient of x is x: what the sum of one part makes of it is what is rounded.
void copyRows(void *const *tensors, const int64_t *strides, int64_t length, void *) {
  for (int64_t t = 0; t < length; ++t)
    static_cast<float *>(tensors[1])[t * strides[1]] = static_cast<const float *>(tensors[0])[t * strides[0]];
}

template <typename T> void roundsAs(const std::vector<float> &numbers) {
  const mixrt_tensor tensors[] = {{.field = "x", .role = MIXRT_INPUT, .elements = 1, .slot = 7, .own = 1},
                                  {.field = "x_grad",
                                   .role = MIXRT_INPUT_GRAD,
                                   .elements = 1,
                                   .slot = 8,
                                   .element_type = typeOf<T>(),
                                   .own = 1,
                                   .source = MIXRT_PARTIAL}};
  const mixrt_entry entry = {.name = "copy_backward",
                             .kind = MIXRT_BACKWARD,
                             .slots = copySlots,
                             .cpu = "any",
                             .main = {copyRows, tensors, 2, 0}};
  std::vector<T> rounded(numbers.size());
  std::vector<int64_t> slots(copySlots);
  slots[0] = 8 * copySlots, slots[1] = 1, slots[2] = int64_t(numbers.size()), slots[3] = slots[4] = 1;
  slots[7] = reinterpret_cast<int64_t>(numbers.data()), slots[8] = reinterpret_cast<int64_t>(rounded.data());
  Bytes workspace(mixrt_workspace_size(&entry, slots.data()));
  slots[copySlots + mixrt::fieldsOf[MIXRT_BACKWARD].workspace] = reinterpret_cast<int64_t>(workspace.data());
  ASSERT_EQ(mixrt_run(&entry, slots.data()), nullptr);
  for (size_t i = 0; i < numbers.size(); ++i) {
    const float wanted = static_cast<float>(T(numbers[i])), found = static_cast<float>(rounded[i]);
    if (std::isnan(wanted))
      EXPECT_TRUE(std::isnan(found)) << numbers[i];
    else
      EXPECT_EQ(found, wanted) << numbers[i];
  }
}

TEST(Sums, AreRoundedToTheNearest) {
  std::vector<float> numbers = {0.0f, -0.0f, INFINITY, -INFINITY, NAN, 65519.996f, 65520.0f, -65520.0f, 3e38f, 3.4e38f};
  for (uint32_t high = 0; high < 1 << 16; high += 3) // every exponent, around what lies halfway
    for (uint32_t low : {0u, 1u, 0xfffu, 0x1000u, 0x1001u, 0x7fffu, 0x8000u, 0x8001u}) {
      const uint32_t bits = high << 16 | low;
      float number;
      std::memcpy(&number, &bits, 4);
      if (std::fpclassify(number) != FP_SUBNORMAL)
        numbers.push_back(number);
    }
  roundsAs<F16>(numbers);
  for (float &number : numbers) // a result below 2^-126 counts as zero
    number = std::abs(number) < 2e-38f ? 0.0f : number;
  roundsAs<Bf16>(numbers);
}

TEST(Sums, AreTakenInFloat64) {
  // 1 and, after it, 4095 numbers that float32 would lose one by one.
  const int64_t sequences = 4096;
  std::vector<float> x(sequences, 0x1p-25f), result(1, NAN);
  x[0] = 1;
  const mixrt_tensor tensors[] = {
      {.field = "x", .role = MIXRT_INPUT, .elements = 1, .slot = 7, .own = 1},
      {.field = "w_grad", .role = MIXRT_PARAM_GRAD, .elements = 1, .slot = 8, .own = 1, .source = MIXRT_PARTIAL}};
  const mixrt_entry entry = {.name = "copy_backward",
                             .kind = MIXRT_BACKWARD,
                             .slots = copySlots,
                             .cpu = "any",
                             .main = {copyRows, tensors, 2, 0}};
  std::vector<int64_t> slots(copySlots);
  slots[0] = 8 * copySlots, slots[1] = sequences, slots[2] = slots[3] = slots[4] = 1;
  slots[7] = reinterpret_cast<int64_t>(x.data()), slots[8] = reinterpret_cast<int64_t>(result.data());
  Bytes workspace(mixrt_workspace_size(&entry, slots.data()));
  slots[copySlots + mixrt::fieldsOf[MIXRT_BACKWARD].workspace] = reinterpret_cast<int64_t>(workspace.data());
  ASSERT_EQ(mixrt_run(&entry, slots.data()), nullptr);
  EXPECT_EQ(result[0], static_cast<float>(1 + 4095 * 0x1p-25));
}

} // namespace
