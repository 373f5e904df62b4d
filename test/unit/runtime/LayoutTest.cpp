// Where the caller's tensors lie, and which slots its states have: what is legal gives the numbers of a contiguous
// call, and what is not is a status, before the first write.
#include "runtime/call/Layout.h"
#include "runtime/call/Status.h"
#include "test/unit/runtime/Twofold.h"
#include <cmath>
#include <functional>
#include <gtest/gtest.h>

using namespace mixc::test;
using namespace mixrt;

namespace {

int64_t address(const void *pointer) { return reinterpret_cast<int64_t>(pointer); }
std::string textOf(mix_status status) { return mix_status_message(status); }

/// Forward of Twofold with room for pools and wide rows.
struct Forward {
  explicit Forward(const std::vector<int64_t> &cu = {}) : call(cu.empty() ? 3 : 1, 6, 4, 2, cu), slots(ForwardSlots) {
    slots[Size] = 8 * ForwardSlots;
    slots[Batch] = call.batch, slots[Time] = call.time, slots[Heads] = call.heads, slots[Groups] = call.groups;
    slots[Sequences] = call.sequences;
    if (!cu.empty())
      slots[CuSeqlens] = address(call.cu.data());
    const std::vector<float> *given[] = {&call.x, &call.g, &call.k, &call.u, &call.a, &call.c};
    for (int field = X; field <= C; ++field)
      slots[field] = address(given[field - X]->data());
    for (auto *array : {&y, &h, &p, &history, &hFinal})
      array->assign(4096, NAN);
    slots[Y] = address(y.data());
    slots[ForwardStrides] = address(strides);
    slots[ForwardSaved + 1] = 1; // thread
    workspace.resize(1 << 20);
    slots[ForwardWorkspace] = address(workspace.data());
  }
  mixrt_strides &of(Field field) { return strides[field - X]; }
  mix_status run() { return mixrt_run(&twofoldForward<float>(), slots.data()); }

  Twofold call;
  mixrt_strides strides[XHistoryFinal - X + 1] = {};
  std::vector<float> y, h, p, history, hFinal;
  std::vector<char> workspace;
  std::vector<int64_t> slots;
};

TEST(Layout, OfAWideTensorAndAContiguousOneGiveTheSame) {
  Forward plain, wide;
  ASSERT_EQ(textOf(plain.run()), "success");
  // x, k and y are slices of rows of 8 + 8 + 8 + 5 numbers, in this order.
  const int64_t width = 29;
  std::vector<float> rows(3 * 6 * width, 7.0f);
  for (int64_t t = 0; t < 18; ++t)
    for (int64_t i = 0; i < 8; ++i) {
      rows[t * width + i] = wide.call.x[t * 8 + i];
      rows[t * width + 8 + i] = wide.call.k[t * 8 + i];
    }
  wide.slots[X] = address(rows.data()), wide.slots[K] = address(rows.data() + 8);
  wide.slots[Y] = address(rows.data() + 16);
  wide.of(X).time = wide.of(K).time = wide.of(Y).time = width;
  ASSERT_EQ(textOf(wide.run()), "success");
  for (int64_t t = 0; t < 18; ++t) {
    for (int64_t i = 0; i < 8; ++i)
      EXPECT_EQ(rows[t * width + 16 + i], plain.y[t * 8 + i]) << t << " " << i;
    for (int64_t i = 24; i < width; ++i)
      EXPECT_EQ(rows[t * width + i], 7.0f);
  }
}

TEST(Layout, OfAnArrayThatRepeatsIsTheSameForEveryHead) {
  Forward each, repeated;
  for (int64_t t = 0; t < 18; ++t)
    for (int64_t i = 0; i < 8; ++i)
      each.call.x[t * 8 + i] = repeated.call.x[t * 8 + i % 2];
  ASSERT_EQ(textOf(each.run()), "success");
  repeated.of(X).head = MIXRT_BROADCAST, repeated.of(X).time = 8;
  ASSERT_EQ(textOf(repeated.run()), "success");
  EXPECT_EQ(std::vector<float>(each.y.begin(), each.y.begin() + 144),
            std::vector<float>(repeated.y.begin(), repeated.y.begin() + 144));
}

struct Wrong {
  std::function<void(Forward &)> spoil;
  const char *message;
};
#define W(code) [](Forward &f) { code; }

const std::vector<Wrong> wrongs = {
    {W(f.of(Y).time = 7), "the strides of y give two of its numbers one place"},
    {W(f.of(Y).head = 1), "the strides of y give two of its numbers one place"},
    {W(f.of(Y).head = MIXRT_BROADCAST), "the strides of y give two of its numbers one place"},
    {W(f.of(Y).batch = 47), "the strides of y give two of its numbers one place"},
    {W(f.of(Y).time = INT64_MAX / 8), "y would have more than 2^63 bytes"},
    {W(f.of(X).batch = INT64_MIN + 1), "x would have more than 2^63 bytes"},
    {W(f.slots[ForwardStrides] += 4), "strides is not aligned to 8 bytes"},
    {W(f.slots[Y] = f.slots[ForwardStrides]), "y overlaps strides"},
    // y begins in the last number of every row of x
    {W(f.slots[X] = f.slots[Y] - 28; f.of(X).time = f.of(Y).time = 64), "y overlaps x"},
    // apart within a row, but of two widths
    {W(f.slots[X] = f.slots[Y] + 32; f.of(X).time = 65; f.of(Y).time = 64), "y overlaps x"},
    {W(f.slots[SlotBits] = 16), "slot_bits is 16, and may be 64, 32 or 0"},
    {W(f.slots[ForwardCuSeqlensBits] = 8), "cu_seqlens_bits is 8, and may be 64, 32 or 0"},
};

TEST(Layout, ThatCannotBeIsAStatusBeforeAnythingIsWritten) {
  for (const Wrong &wrong : wrongs) {
    SCOPED_TRACE(wrong.message);
    Forward forward;
    wrong.spoil(forward);
    EXPECT_EQ(textOf(forward.run()), wrong.message);
    for (float number : forward.y)
      ASSERT_TRUE(std::isnan(number));
  }
}

/// One number a sequence in the same place of the pool as its slot.
struct Pool : Forward {
  Pool() {
    slots[HInitial] = address(h.data()), slots[HFinal] = address(hFinal.data());
    for (int64_t i = 0; i < 5 * 8; ++i)
      h[i] = static_cast<float>(i);
    slots[SlotCount] = 5;
    slots[InitialSlots] = address(initial), slots[FinalSlots] = address(final);
  }
  int64_t initial[3] = {4, -1, 2}, final[3] = {1, 3, -1};
};

TEST(Slots, SayWhereStatesAre) {
  Pool pool;
  ASSERT_EQ(textOf(pool.run()), "success");
  Forward plain;
  std::vector<float> starts(24, 0.0f);
  std::copy_n(pool.h.begin() + 4 * 8, 8, starts.begin()), std::copy_n(pool.h.begin() + 2 * 8, 8, starts.begin() + 16);
  plain.slots[HInitial] = address(starts.data()), plain.slots[HFinal] = address(plain.hFinal.data());
  ASSERT_EQ(textOf(plain.run()), "success");
  for (int64_t i = 0; i < 144; ++i)
    EXPECT_EQ(pool.y[i], plain.y[i]);
  for (int64_t i = 0; i < 8; ++i) {
    EXPECT_EQ(pool.hFinal[1 * 8 + i], plain.hFinal[i]);
    EXPECT_EQ(pool.hFinal[3 * 8 + i], plain.hFinal[8 + i]);
    for (int64_t slot : {0, 2, 4, 5})
      EXPECT_TRUE(std::isnan(pool.hFinal[slot * 8 + i])) << "nobody ends there";
  }
}

TEST(Slots, MayBeSharedByWhatIsReadAlone) {
  Pool pool;
  pool.initial[0] = pool.initial[1] = pool.initial[2] = 4;
  EXPECT_EQ(textOf(pool.run()), "success");
  pool.slots[HFinal] = pool.slots[HInitial]; // one pool: nobody ends in slot 4
  EXPECT_EQ(textOf(pool.run()), "success");
}

TEST(Slots, ThatWouldRaceAreAStatus) {
  const struct {
    std::function<void(Pool &)> spoil;
    const char *message;
  } cases[] = {
      {[](Pool &pool) { pool.final[2] = 1; }, "final_slots is 1 at index 2, and that is another sequence's slot, too"},
      {[](Pool &pool) { pool.final[1] = 5; }, "final_slots is 5 at index 1, and slot_count is 5"},
      {[](Pool &pool) { pool.initial[1] = -2; }, "initial_slots is -2 at index 1, and slot_count is 5"},
      {[](Pool &pool) { pool.slots[SlotCount] = -1; }, "slot_count is -1"},
      {[](Pool &pool) { pool.slots[FinalSlots] += 2; }, "final_slots is not aligned to 8 bytes"},
      {[](Pool &pool) { pool.slots[HFinal] = pool.slots[HInitial], pool.initial[1] = 1; },
       "sequence 1 starts in slot 1, and another one ends there"},
      // without a list, sequence s has row s
      {[](Pool &pool) { pool.slots[HFinal] = pool.slots[HInitial], pool.slots[FinalSlots] = 0, pool.initial[0] = 1; },
       "sequence 0 starts in slot 1, and another one ends there"},
  };
  for (const auto &wrong : cases) {
    SCOPED_TRACE(wrong.message);
    Pool pool;
    wrong.spoil(pool);
    const std::string text = textOf(pool.run());
    EXPECT_EQ(text.substr(0, std::string(wrong.message).size()), wrong.message);
    for (float number : pool.y)
      ASSERT_TRUE(std::isnan(number));
  }
}

TEST(Slots, OfAPoolLargerThanAWindowAreTold) {
  Forward forward;
  std::vector<float> pool(8 * 100000);
  int64_t final[3] = {99999, 17, 99999};
  forward.slots[HFinal] = address(pool.data()), forward.slots[SlotCount] = 100000;
  forward.slots[FinalSlots] = address(final);
  EXPECT_EQ(textOf(forward.run()), "final_slots is 99999 at index 2, and that is another sequence's slot, too");
  final[2] = 99998;
  EXPECT_EQ(textOf(forward.run()), "success");
}

TEST(Numbers, Of32BitsAreThoseOf64) {
  Forward wide({0, 2, 2, 6}), narrow({0, 2, 2, 6});
  int32_t starts[] = {0, 2, 2, 6}, slots[] = {2, 0, -1};
  int64_t same[] = {2, 0, -1};
  for (Forward *forward : {&wide, &narrow}) {
    forward->slots[HFinal] = address(forward->hFinal.data());
    forward->slots[SlotCount] = 3;
    forward->slots[FinalSlots] = forward == &wide ? address(same) : address(slots);
  }
  narrow.slots[CuSeqlens] = address(starts);
  narrow.slots[ForwardCuSeqlensBits] = narrow.slots[SlotBits] = 32;
  ASSERT_EQ(textOf(wide.run()), "success");
  ASSERT_EQ(textOf(narrow.run()), "success");
  for (int64_t i = 0; i < 48; ++i)
    EXPECT_EQ(wide.y[i], narrow.y[i]);
  for (int64_t i = 0; i < 8; ++i) {
    EXPECT_EQ(wide.hFinal[i], narrow.hFinal[i]);
    EXPECT_EQ(wide.hFinal[16 + i], narrow.hFinal[16 + i]);
  }
  starts[1] = 7;
  EXPECT_EQ(textOf(narrow.run()), "cu_seqlens is 7 at index 1, past time (6)");
}

} // namespace
