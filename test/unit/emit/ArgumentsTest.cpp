// What a caller may get wrong: each a code, a message that names the argument, and nothing written.
#include "runtime/abi.h"
#include "test/unit/emit/Leaky.h"
#include <climits>
#include <functional>
#include <gtest/gtest.h>

using namespace mixc;
using namespace mixc::test;

namespace {

enum {
#define CODE(name, number, meaning) name = number,
  MIXRT_CODES(CODE)
#undef CODE
};

int64_t starts[8]; // of the case that is running
const int64_t *cu(std::initializer_list<int64_t> values) {
  std::copy(values.begin(), values.end(), starts);
  return starts;
}
template <typename T> T *odd(T *pointer) { return reinterpret_cast<T *>(reinterpret_cast<uintptr_t>(pointer) + 2); }
void halfOfThem(void *, int64_t count, void (*)(void *, int64_t), void *) { (void)count; }

template <typename Args> struct Case {
  std::function<void(Args &)> spoil;
  int32_t code;
  const char *message;
};

#define F(...) [](ForwardArgs &args) { __VA_ARGS__; }
#define D(...) [](DecodeArgs &args) { __VA_ARGS__; }

// Of a call with batch 2, time 5, heads 6, groups 2.
const std::vector<Case<ForwardArgs>> forwardCases = {
    {F(args.size = 0), MIX_BAD_STRUCT_SIZE,
     "size is 0, and sizeof(leaky_forward_args) is SIZE in this library: is its header of another one?"},
    {F(args.size -= 8), MIX_BAD_STRUCT_SIZE,
     "size is 192, and sizeof(leaky_forward_args) is SIZE in this library: is its header of another one?"},
    {F(args.size += 8), MIX_BAD_STRUCT_SIZE,
     "size is 208, and sizeof(leaky_forward_args) is SIZE in this library: is its header of another one?"},
    {F(args.size = SIZE_MAX), MIX_BAD_STRUCT_SIZE,
     "size is -1, and sizeof(leaky_forward_args) is SIZE in this library: is its header of another one?"},
    {F(args.batch = -1), MIX_BAD_SHAPE, "batch is -1"},
    {F(args.batch = INT64_MIN), MIX_BAD_SHAPE, "batch is -9223372036854775808"},
    {F(args.time = -1), MIX_BAD_SHAPE, "time is -1"},
    {F(args.time = -4096), MIX_BAD_SHAPE, "time is -4096"},
    {F(args.heads = 0), MIX_BAD_SHAPE, "heads is 0"},
    {F(args.heads = -6), MIX_BAD_SHAPE, "heads is -6"},
    {F(args.groups = -2), MIX_BAD_SHAPE, "groups is -2"},
    {F(args.groups = 4), MIX_BAD_SHAPE, "heads (6) is not a multiple of groups (4)"},
    {F(args.groups = 12), MIX_BAD_SHAPE, "heads (6) is not a multiple of groups (12)"},
    {F(args.threads = -1), MIX_BAD_THREADS, "threads is -1"},
    {F(args.sequences = -1), MIX_BAD_SHAPE, "sequences is -1"},
    {F(args.sequences = 3), MIX_BAD_SHAPE, "sequences is 3, and without cu_seqlens it is batch (2) or 0"},
    {F(args.sequences = 1, args.cu_seqlens = cu({0, 5})), MIX_BAD_SHAPE, "batch is 2, and with cu_seqlens it is 1"},
    {F(args.batch = 1, args.sequences = -3, args.cu_seqlens = cu({0, 5})), MIX_BAD_SHAPE, "sequences is -3"},
    {F(args.batch = 1, args.sequences = 1, args.cu_seqlens = cu({1, 5})), MIX_BAD_CU_SEQLENS,
     "cu_seqlens starts at 1, not at 0"},
    {F(args.batch = 1, args.sequences = 1, args.cu_seqlens = cu({-1, 5})), MIX_BAD_CU_SEQLENS,
     "cu_seqlens starts at -1, not at 0"},
    {F(args.batch = 1, args.sequences = 3, args.cu_seqlens = cu({0, 4, 3, 5})), MIX_BAD_CU_SEQLENS,
     "cu_seqlens decreases at index 2"},
    {F(args.batch = 1, args.sequences = 3, args.cu_seqlens = cu({0, 2, 4, 3})), MIX_BAD_CU_SEQLENS,
     "cu_seqlens decreases at index 3"},
    {F(args.batch = 1, args.sequences = 2, args.cu_seqlens = cu({0, -1, 5})), MIX_BAD_CU_SEQLENS,
     "cu_seqlens decreases at index 1"},
    {F(args.batch = 1, args.sequences = 2, args.cu_seqlens = cu({0, 6, 5})), MIX_BAD_CU_SEQLENS,
     "cu_seqlens is 6 at index 1, past time (5)"},
    {F(args.batch = 1, args.sequences = 2, args.cu_seqlens = cu({0, 2, 4})), MIX_BAD_CU_SEQLENS,
     "cu_seqlens ends at 4, not at time (5)"},
    {F(args.batch = 1, args.sequences = 0, args.cu_seqlens = cu({0})), MIX_BAD_CU_SEQLENS,
     "cu_seqlens ends at 0, not at time (5)"},
    {F(args.batch = 1, args.sequences = 1, args.cu_seqlens = odd(cu({0, 5}))), MIX_MISALIGNED,
     "cu_seqlens is not aligned to 8 bytes"},
    {F(args.batch = INT64_MAX), MIX_TOO_LARGE, "there are more than 2^63 sequences times heads"},
    {F(args.heads = INT64_MAX - 1, args.groups = 2), MIX_TOO_LARGE, "there are more than 2^63 sequences times heads"},
    {F(args.time = INT64_MAX), MIX_TOO_LARGE, "x would have more than 2^63 bytes"},
    {F(args.time = INT64_MAX / 6 / 2 / 4), MIX_TOO_LARGE, "x would have more than 2^63 bytes"},
    {F(args.batch = INT64_MAX / 6, args.time = 0), MIX_TOO_LARGE, "H_initial would have more than 2^63 bytes"},
    {F(args.x = nullptr), MIX_NULL_ARGUMENT, "x is null"},
    {F(args.g = nullptr), MIX_NULL_ARGUMENT, "g is null"},
    {F(args.a = nullptr), MIX_NULL_ARGUMENT, "a is null"},
    {F(args.y = nullptr), MIX_NULL_ARGUMENT, "y is null"},
    {F(args.z = nullptr), MIX_NULL_ARGUMENT, "z is null"},
    {F(args.time = 0, args.a = nullptr), MIX_NULL_ARGUMENT, "a is null"},
    {F(args.x = odd(args.x)), MIX_MISALIGNED, "x is not aligned to 4 bytes"},
    {F(args.y = odd(args.y)), MIX_MISALIGNED, "y is not aligned to 4 bytes"},
    {F(args.H_initial = odd(args.H_initial)), MIX_MISALIGNED, "H_initial is not aligned to 4 bytes"},
    {F(args.H_final = odd(args.H_final)), MIX_MISALIGNED, "H_final is not aligned to 4 bytes"},
    {F(args.workspace = nullptr), MIX_NO_WORKSPACE, "workspace is null, and this call needs 127 bytes"},
    {F(args.threads = 2, args.parallel_for = halfOfThem), MIX_BAD_PARALLEL_FOR,
     "parallel_for returned before it had called its body for every index"},
};

const std::vector<Case<DecodeArgs>> decodeCases = {
    {D(args.size = 152), MIX_BAD_STRUCT_SIZE,
     "size is 152, and sizeof(leaky_decode_args) is SIZE in this library: is its header of another one?"},
    {D(args.batch = -2), MIX_BAD_SHAPE, "batch is -2"},
    {D(args.time = -1), MIX_BAD_SHAPE, "time is -1"},
    {D(args.heads = 0), MIX_BAD_SHAPE, "heads is 0"},
    {D(args.groups = 5), MIX_BAD_SHAPE, "heads (6) is not a multiple of groups (5)"},
    {D(args.threads = INT64_MIN), MIX_BAD_THREADS, "threads is -9223372036854775808"},
    {D(args.time = INT64_MAX / 2), MIX_TOO_LARGE, "x would have more than 2^63 bytes"},
    {D(args.x = nullptr), MIX_NULL_ARGUMENT, "x is null"},
    {D(args.a = nullptr), MIX_NULL_ARGUMENT, "a is null"},
    {D(args.H = nullptr), MIX_NULL_ARGUMENT, "H is null"},
    {D(args.H = odd(args.H)), MIX_MISALIGNED, "H is not aligned to 4 bytes"},
    {D(args.y = nullptr), MIX_NULL_ARGUMENT, "y is null"},
    {D(args.z = odd(args.z)), MIX_MISALIGNED, "z is not aligned to 4 bytes"},
    {D(args.H_kept = odd(args.y)), MIX_MISALIGNED, "H_kept is not aligned to 4 bytes"},
    {D(args.workspace = nullptr), MIX_NO_WORKSPACE, "workspace is null, and this call needs 127 bytes"},
};

/// SIZE: of the header's struct.
std::string withSize(std::string message, int64_t entry) {
  const MixerInterface &mixer = LeakyLibrary::get().mixers.at(0);
  if (const size_t at = message.find("SIZE"); at != std::string::npos)
    message.replace(at, 4, std::to_string(8 * (mixer.entries.at(entry).slots + mixer.reserved())));
  return message;
}

TEST(Arguments, OfForwardAreChecked) {
  const LeakyLibrary &library = LeakyLibrary::get();
  ASSERT_GE(forwardCases.size() + decodeCases.size(), 40u);
  for (const auto &wrong : forwardCases) {
    SCOPED_TRACE(wrong.message);
    Arrays arrays(2, 5, 6, 2);
    ForwardArgs args = arrays.forward();
    wrong.spoil(args);
    const Status *status = library.forward(&args);
    ASSERT_NE(status, nullptr);
    EXPECT_EQ(status->code, wrong.code);
    EXPECT_EQ(library.message(status), withSize(wrong.message, 0));
    EXPECT_TRUE(arrays.untouched());
  }
}

TEST(Arguments, OfDecodeAreChecked) {
  const LeakyLibrary &library = LeakyLibrary::get();
  for (const auto &wrong : decodeCases) {
    SCOPED_TRACE(wrong.message);
    Arrays arrays(2, 1, 6, 2);
    DecodeArgs args = arrays.decode();
    const std::vector<float> before = arrays.initial;
    wrong.spoil(args);
    const Status *status = library.decode(&args);
    ASSERT_NE(status, nullptr);
    EXPECT_EQ(status->code, wrong.code);
    EXPECT_EQ(library.message(status), withSize(wrong.message, 1));
    EXPECT_TRUE(arrays.untouched());
    EXPECT_EQ(arrays.initial, before);
  }
}

TEST(Arguments, MayBeOfTheSizeWithOrWithoutReservedWords) {
  Arrays arrays(2, 5, 6, 2);
  ForwardArgs args = arrays.forward();
  struct {
    ForwardArgs args;
    const void *reserved[64];
  } whole = {args, {}};
  whole.args.size += 8 * LeakyLibrary::get().mixers.at(0).reserved();
  EXPECT_EQ(LeakyLibrary::get().forward(&whole.args), nullptr);
  EXPECT_EQ(LeakyLibrary::get().forward(&args), nullptr);
}

TEST(Arguments, MayNotBeNull) {
  const LeakyLibrary &library = LeakyLibrary::get();
  EXPECT_STREQ(library.message(library.forward(nullptr)), "args is null");
  EXPECT_STREQ(library.message(library.decode(nullptr)), "args is null");
  EXPECT_EQ(library.forward(nullptr)->code, MIX_NULL_ARGUMENT);
  EXPECT_EQ(library.workspaceSize(nullptr), 0u);
  EXPECT_EQ(library.decodeWorkspaceSize(nullptr), 0u);
}

TEST(Arguments, OfNoElementsMayBeNull) {
  const LeakyLibrary &library = LeakyLibrary::get();
  ForwardArgs args;
  args.batch = 0, args.time = 7;
  const float one = 1;
  args.a = &one;
  EXPECT_STREQ(library.message(library.forward(&args)), "success");
}

TEST(Arguments, WrongOnesNeedNoWorkspace) {
  const LeakyLibrary &library = LeakyLibrary::get();
  ForwardArgs args;
  args.heads = -1;
  EXPECT_EQ(library.workspaceSize(&args), 0u);
  args = ForwardArgs();
  args.size = 3;
  EXPECT_EQ(library.workspaceSize(&args), 0u);
}

} // namespace
