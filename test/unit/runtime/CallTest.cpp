// What a call of the runtime is told beside numbers: counts that mean no work, arrays that overlap, and `saved` of
// another call.
#include "runtime/call/Status.h"
#include "test/unit/runtime/Twofold.h"
#include <climits>
#include <cmath>
#include <ctime>
#include <functional>
#include <gtest/gtest.h>

using namespace mixc::test;
using namespace mixrt;

namespace {

using Slots = std::vector<int64_t>;

int64_t address(const void *pointer) { return reinterpret_cast<int64_t>(pointer); }
std::string textOf(mix_status status) { return mix_status_message(status); }

/// Forward and backward of one call, with memory for all of it. Behind each array lies memory of its own, so that what
/// begins in one, and is longer, overlaps no other.
struct Both {
  explicit Both(Twofold given) : call(std::move(given)), forward(ForwardSlots), backward(BackwardSlots) {
    for (std::vector<float> *array :
         {&call.x, &call.g, &call.k, &call.u, &call.a, &call.c, &call.hInitial, &call.pInitial, &call.xHistoryInitial,
          &call.yGrad, &call.hFinalGrad, &call.pFinalGrad, &call.xHistoryFinalGrad, &y, &h, &p, &history, &saved})
      array->reserve(array->size() + 1024);
    for (Slots *slots : {&forward, &backward}) {
      slots->reserve(slots->size() + 512);
      (*slots)[Size] = 8 * static_cast<int64_t>(slots->size());
      (*slots)[Batch] = call.batch, (*slots)[Time] = call.time;
      (*slots)[Heads] = call.heads, (*slots)[Groups] = call.groups;
      if (!call.cu.empty())
        (*slots)[Sequences] = call.sequences, (*slots)[CuSeqlens] = address(call.cu.data());
    }
    const std::vector<float> *shared[] = {
        &call.x, &call.g, &call.k, &call.u, &call.a, &call.c, &call.hInitial, &call.pInitial, &call.xHistoryInitial};
    for (int field = X; field <= XHistoryInitial; ++field)
      forward[field] = backward[field] = address(shared[field - X]->data());
    y.assign(call.x.size() + 1, NAN);
    h.assign(call.hInitial.size() + 1, NAN), p.assign(call.pInitial.size() + 1, NAN);
    history.assign(call.xHistoryInitial.size() + 1, NAN);
    forward[Y] = address(y.data()), forward[HFinal] = address(h.data());
    forward[PFinal] = address(p.data()), forward[XHistoryFinal] = address(history.data());
    const std::vector<float> *cotangents[] = {&call.yGrad, &call.hFinalGrad, &call.pFinalGrad, &call.xHistoryFinalGrad};
    for (int field = YGrad; field <= XHistoryFinalGrad; ++field)
      backward[field] = address(cotangents[field - YGrad]->data());
    for (int field = XGrad; field <= XHistoryInitialGrad; ++field) {
      gradients[field].reserve(call.resultSize(field) + 1024);
      gradients[field].assign(call.resultSize(field) + 1, NAN);
      backward[field] = address(gradients[field].data());
    }
    forward[ForwardSaved + 1] = backward[Threads] = 1;
    saved.assign(mixrt_saved_size(&twofoldForward<float>(), forward.data()) / 4 + 1, NAN);
    workspace.assign(1 << 16, 'W');
    forward[ForwardWorkspace] = backward[Workspace] = address(workspace.data());
  }

  mix_status runForward() { return mixrt_run(&twofoldForward<float>(), forward.data()); }
  mix_status runBackward() { return mixrt_run(&twofoldBackward<float>(), backward.data()); }
  /// Forward saves, and backward is given what it saved.
  void keep() {
    forward[ForwardSaved] = backward[Saved] = address(saved.data());
    ASSERT_EQ(textOf(runForward()), "success");
  }

  Twofold call;
  Slots forward, backward;
  std::vector<float> y, h, p, history, saved;
  std::map<int, std::vector<float>> gradients;
  std::vector<char> workspace;
};

double secondsOf(const std::function<void()> &what) {
  timespec before, after;
  clock_gettime(CLOCK_MONOTONIC, &before);
  what();
  clock_gettime(CLOCK_MONOTONIC, &after);
  return static_cast<double>(after.tv_sec - before.tv_sec) + 1e-9 * static_cast<double>(after.tv_nsec - before.tv_nsec);
}

TEST(Counts, WithoutWorkReturnAtOnce) {
  Both both(Twofold(1, 5, 2, 1));
  for (int field : {HFinal, PFinal, XHistoryFinal})
    both.forward[field] = 0;
  both.forward[Time] = 0;
  for (auto [batch, heads] : {std::pair(int64_t(1) << 40, int64_t(2)), std::pair(int64_t(1), int64_t(1) << 40)}) {
    both.forward[Batch] = batch, both.forward[Heads] = heads;
    EXPECT_LT(secondsOf([&] { EXPECT_EQ(textOf(both.runForward()), "success"); }), 1);
  }
}

TEST(Counts, OfNoTimeStillPassStatesOn) {
  Both both(Twofold(3, 0, 4, 2));
  ASSERT_EQ(textOf(both.runForward()), "success");
  both.h.pop_back(), both.p.pop_back();
  EXPECT_EQ(both.h, both.call.hInitial);
  EXPECT_EQ(both.p, both.call.pInitial);
}

TEST(Counts, GroupsThatAreNotSetAreOne) {
  Both one(Twofold(2, 7, 4, 1)), unset(Twofold(2, 7, 4, 1));
  unset.forward[Groups] = unset.backward[Groups] = 0;
  ASSERT_EQ(textOf(one.runForward()), "success");
  ASSERT_EQ(textOf(unset.runForward()), "success");
  one.y.pop_back(), unset.y.pop_back();
  EXPECT_EQ(unset.y, one.y);
  one.keep(), unset.keep();
  unset.backward[Groups] = 1; // the same call
  EXPECT_EQ(textOf(unset.runBackward()), "success");
}

TEST(Overlap, AStateMayEndWhereItStarted) {
  Both apart(Twofold(2, 9, 4, 2)), inPlace(Twofold(2, 9, 4, 2));
  ASSERT_EQ(textOf(apart.runForward()), "success");
  inPlace.forward[HFinal] = inPlace.forward[HInitial], inPlace.forward[PFinal] = inPlace.forward[PInitial];
  inPlace.forward[XHistoryFinal] = inPlace.forward[XHistoryInitial];
  ASSERT_EQ(textOf(inPlace.runForward()), "success");
  apart.h.pop_back(), apart.p.pop_back(), apart.history.pop_back(), apart.y.pop_back(), inPlace.y.pop_back();
  EXPECT_EQ(inPlace.call.hInitial, apart.h);
  EXPECT_EQ(inPlace.call.pInitial, apart.p);
  EXPECT_EQ(inPlace.call.xHistoryInitial, apart.history);
  EXPECT_EQ(inPlace.y, apart.y);
}

struct Case {
  std::function<void(Both &)> spoil;
  const char *message;
};
#define B(...) [](Both &both) { __VA_ARGS__; }

// Of a call with batch 2, time 9, heads 4, groups 2.
const std::vector<Case> forwardCases = {
    {B(both.forward[Y] = both.forward[X]), "y overlaps x"},
    {B(both.forward[Y] = both.forward[X] - 4 * (2 * 9 * 4 * 2 - 1)), nullptr}, // and what lies before x
    {B(both.forward[HFinal] = both.forward[HInitial] + 4), "H_final overlaps H_initial, and is not the same memory"},
    {B(both.forward[HFinal] = both.forward[XHistoryInitial]), "H_final overlaps x_history_initial"},
    {B(both.forward[XHistoryFinal] = both.forward[HInitial]), "x_history_final overlaps H_initial"},
    {B(both.forward[PFinal] = both.forward[HFinal]), "H_final overlaps P_final"},
    {B(both.forward[ForwardWorkspace] = both.forward[X]), "workspace overlaps x"},
    {B(both.forward[ForwardSaved] = both.forward[K]), nullptr}, // it overlaps what comes after k, too
    {B(both.forward[ForwardSaved] = both.forward[ForwardWorkspace]), "workspace overlaps saved"},
    {B(both.forward[Y] = address(both.forward.data())), "y overlaps the argument struct"},
};
const std::vector<Case> backwardCases = {
    {B(both.backward[XGrad] = both.backward[X]), "x_grad overlaps x"},
    {B(both.backward[XGrad] = both.backward[YGrad]), "x_grad overlaps y_grad"},
    {B(both.backward[HInitialGrad] = both.backward[HFinalGrad]), "H_initial_grad overlaps H_final_grad"},
    {B(both.backward[KGrad] = both.backward[XGrad]), "x_grad overlaps k_grad"},
    {B(both.backward[AGrad] = both.backward[Saved] + 64), "a_grad overlaps saved"},
};

TEST(Overlap, OfWhatIsWrittenIsAStatus) {
  for (bool isForward : {true, false})
    for (const Case &wrong : isForward ? forwardCases : backwardCases) {
      SCOPED_TRACE(wrong.message ? wrong.message : "several");
      Both both(Twofold(2, 9, 4, 2));
      if (!isForward)
        both.keep();
      const std::vector<float> x = both.call.x, y = both.y, saved = both.saved;
      wrong.spoil(both);
      mix_status status = isForward ? both.runForward() : both.runBackward();
      ASSERT_NE(status, nullptr);
      EXPECT_EQ(status->code, MIX_OVERLAP);
      if (wrong.message)
        EXPECT_EQ(textOf(status), wrong.message);
      EXPECT_EQ(both.call.x, x);
      EXPECT_TRUE(std::isnan(both.h[0]) || !isForward);
      EXPECT_TRUE(std::isnan(both.gradients[KGrad][0]));
      EXPECT_EQ(std::memcmp(saved.data(), both.saved.data(), 4 * saved.size()), 0);
    }
}

TEST(Overlap, OfWhatIsReadIsAllowed) {
  Both both(Twofold(2, 9, 4, 2));
  both.forward[K] = both.forward[X];
  EXPECT_EQ(textOf(both.runForward()), "success");
}

TEST(Saved, OfAnotherCallIsAStatus) {
  const std::vector<Case> cases = {
      {B(both.saved[1] = 7), "saved holds nothing that a forward left"},
      {B(both.saved.assign(both.saved.size(), NAN)), "saved holds nothing that a forward left"},
      {B(both.saved[2] = 7), "saved is of another mixer, or of one that was compiled with other dims, types or --keep"},
      {B(both.backward[Batch] = 1, both.backward[Time] = 8), "saved is of a call with batch 2, and here it is 1"},
      {B(both.backward[Time] = 8), "saved is of a call with time 9, and here it is 8"},
      {B(both.backward[Heads] = 2), "saved is of a call with heads 4, and here it is 2"},
      {B(both.backward[Groups] = 1), "saved is of a call with groups 2, and here it is 1"},
  };
  for (const Case &wrong : cases) {
    SCOPED_TRACE(wrong.message);
    Both both(Twofold(2, 9, 4, 2));
    both.keep();
    wrong.spoil(both);
    mix_status status = both.runBackward();
    ASSERT_NE(status, nullptr);
    EXPECT_EQ(status->code, MIX_BAD_SAVED);
    EXPECT_EQ(textOf(status), wrong.message);
    EXPECT_TRUE(std::isnan(both.gradients[XGrad][0]));
  }
}

TEST(Saved, OfOtherSequencesIsAStatus) {
  Both both(Twofold(1, 9, 4, 2, {0, 4, 9}));
  both.keep();
  EXPECT_EQ(textOf(both.runBackward()), "success");
  int64_t others[] = {0, 5, 9, 9};
  both.backward[CuSeqlens] = address(others);
  EXPECT_EQ(textOf(both.runBackward()), "saved is of a call with other cu_seqlens");
  both.backward[Sequences] = 3;
  EXPECT_EQ(textOf(both.runBackward()), "saved is of a call with sequences 2, and here it is 3");

  Both whole(Twofold(1, 9, 4, 2));
  whole.keep();
  int64_t one[] = {0, 9};
  whole.backward[CuSeqlens] = address(one), whole.backward[Sequences] = 1;
  EXPECT_EQ(textOf(whole.runBackward()), "saved is of a call without cu_seqlens");
}

TEST(Saved, IsOfNoCallWhereForwardFailed) {
  Both both(Twofold(2, 9, 4, 2));
  both.keep();
  both.forward[ForwardSaved + 1] = 2;
  both.forward[ForwardSaved + 2] =
      reinterpret_cast<int64_t>(+[](void *, int64_t, void (*)(void *, int64_t), void *) {});
  EXPECT_EQ(both.runForward()->code, MIX_BAD_PARALLEL_FOR);
  EXPECT_EQ(textOf(both.runBackward()), "saved holds nothing that a forward left");
}

} // namespace
