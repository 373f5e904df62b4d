// Calls that should succeed: every layout, every way to have threads.
#include "test/unit/emit/Leaky.h"
#include <cfenv>
#include <cmath>
#include <gtest/gtest.h>
#include <immintrin.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace mixc::test;

namespace {

void expectSuccess(const Status *status) { ASSERT_STREQ(LeakyLibrary::get().message(status), "success"); }
void forward(const ForwardArgs &args) { expectSuccess(LeakyLibrary::get().forward(&args)); }

TEST(Run, EveryGrouping) {
  for (int64_t groups : {1, 2, 3, 6}) {
    Arrays arrays(3, 9, 6, groups);
    forward(arrays.forward());
    arrays.check(/*useInitial=*/true);
  }
}

TEST(Run, WithoutInitialAndFinal) {
  Arrays arrays(2, 9, 4, 2), absent(2, 9, 4, 2);
  ForwardArgs args = arrays.forward();
  args.H_initial = nullptr;
  forward(args);
  arrays.check(/*useInitial=*/false);
  args = absent.forward();
  args.H_initial = nullptr, args.H_final = nullptr;
  forward(args);
  EXPECT_EQ(absent.y, arrays.y);
  EXPECT_TRUE(std::isnan(absent.final[0]));
}

TEST(Run, NoTokensLeaveTheState) {
  Arrays arrays(2, 0, 4, 2);
  forward(arrays.forward());
  EXPECT_EQ(arrays.final, arrays.initial);
}

TEST(Run, SequencesOfAnyLength) {
  for (const std::vector<int64_t> &cu :
       std::vector<std::vector<int64_t>>{{0, 0, 3, 3, 10, 17, 17}, {0, 17}, {0, 17, 17}, {0, 1, 16, 17}}) {
    const int64_t sequences = cu.size() - 1;
    for (int64_t threads : {0, 1}) {
      Arrays arrays(1, 17, 4, 2, sequences);
      ForwardArgs args = arrays.forward();
      args.cu_seqlens = cu.data(), args.sequences = sequences, args.threads = threads;
      std::vector<char> workspace(LeakyLibrary::get().workspaceSize(&args));
      args.workspace = workspace.data();
      forward(args);
      arrays.check(/*useInitial=*/true, cu);
    }
  }
  // No sequence at all.
  const int64_t none = 0;
  Arrays arrays(1, 0, 4, 2, 0);
  ForwardArgs args = arrays.forward();
  args.cu_seqlens = &none;
  forward(args);
}

TEST(Run, MoreThreadsThanItems) {
  for (int64_t threads : {0, 2, 3, 64, 1000000}) {
    Arrays arrays(1, 33, 2, 1);
    ForwardArgs args = arrays.forward();
    args.threads = threads;
    forward(args);
    arrays.check(/*useInitial=*/true);
  }
}

TEST(Run, WorkspaceIsEnoughToTheByte) {
  Arrays arrays(5, 20, 4, 2);
  ForwardArgs args = arrays.forward();
  for (int64_t threads : {0, 1, 2}) {
    args.threads = threads;
    const size_t size = LeakyLibrary::get().workspaceSize(&args);
    for (int shift : {0, 1, 63, 64}) {
      std::vector<char> guarded(size + 256, 'g');
      args.workspace = guarded.data() + 64 + shift;
      forward(args);
      for (size_t i = 0; i < guarded.size(); ++i)
        if (i < 64u + shift || i >= 64 + shift + size)
          ASSERT_EQ(guarded[i], 'g') << i;
    }
  }
  EXPECT_EQ(LeakyLibrary::get().savedSize(&args), 0u);
}

/// A parallel_for as a caller may write it: a new thread for every index, last one first.
void spawn(void *context, int64_t count, void (*body)(void *, int64_t), void *argument) {
  *static_cast<int64_t *>(context) = count;
  std::vector<std::thread> threads;
  for (int64_t i = count - 1; i >= 0; --i)
    threads.emplace_back(body, argument, i);
  for (std::thread &thread : threads)
    thread.join();
}
void inOrder(void *, int64_t count, void (*body)(void *, int64_t), void *argument) {
  for (int64_t i = 0; i < count; ++i)
    body(argument, i);
}

TEST(Run, CallersParallelFor) {
  for (ParallelFor parallelFor : {spawn, inOrder})
    for (int64_t threads : {2, 5, 11, 500}) {
      Arrays arrays(4, 50, 6, 2);
      ForwardArgs args = arrays.forward();
      int64_t count = 0;
      args.threads = threads, args.parallel_for = parallelFor, args.parallel_for_context = &count;
      std::vector<char> workspace(LeakyLibrary::get().workspaceSize(&args));
      args.workspace = workspace.data();
      forward(args);
      arrays.check(/*useInitial=*/true);
      if (parallelFor == spawn)
        EXPECT_EQ(count, std::min<int64_t>(threads, 24));
    }
}

TEST(Run, DecodeContinuesInPlace) {
  const LeakyLibrary &library = LeakyLibrary::get();
  for (int64_t batch : {1, 3}) {
    // Tokens of all sequences one after the other: decode sees [batch, 1, ...], so its inputs are repacked.
    Arrays whole(batch, 12, 4, 2);
    forward(whole.forward());
    std::vector<float> state = whole.initial;
    for (int64_t t = 0; t < 12; ++t) {
      Arrays token(batch, 1, 4, 2);
      for (int64_t b = 0; b < batch; ++b) {
        std::copy_n(&whole.x[(b * 12 + t) * 16], 16, &token.x[b * 16]);
        std::copy_n(&whole.g[(b * 12 + t) * 8], 8, &token.g[b * 8]);
      }
      token.a = whole.a;
      DecodeArgs args = token.decode();
      args.H = state.data();
      args.threads = t % 3;
      expectSuccess(library.decode(&args));
      for (int64_t b = 0; b < batch; ++b) {
        for (int i = 0; i < 16; ++i)
          ASSERT_EQ(token.y[b * 16 + i], whole.y[(b * 12 + t) * 16 + i]);
        for (int h = 0; h < 4; ++h)
          ASSERT_EQ(token.z[b * 4 + h], whole.z[(b * 12 + t) * 4 + h]);
      }
    }
    EXPECT_EQ(state, whole.final);
  }
}

TEST(Run, DecodeOfSeveralTokens) {
  Arrays whole(2, 7, 4, 2), decoded(2, 7, 4, 2);
  forward(whole.forward());
  DecodeArgs args = decoded.decode();
  expectSuccess(LeakyLibrary::get().decode(&args));
  EXPECT_EQ(decoded.y, whole.y);
  EXPECT_EQ(decoded.initial, whole.final);
}

TEST(Run, DenormalsAreFlushedAndTheModeRestored) {
  Arrays arrays(1, 1, 1, 1);
  arrays.a = {1.0f};
  arrays.initial = {1e-40f, 1e-39f, 1.0f, 0.0f};
  arrays.x.assign(4, 0.0f);
  for (unsigned mode : {0x1f80u, 0x9fc0u, 0x7f80u /* towards zero */, 0x1fa0u /* inexact was raised */}) {
    const unsigned before = _mm_getcsr();
    _mm_setcsr(mode);
    ForwardArgs args = arrays.forward();
    _mm_setcsr(mode); // the line above computes
    const Status *status = LeakyLibrary::get().forward(&args);
    const unsigned after = _mm_getcsr();
    _mm_setcsr(before);
    expectSuccess(status);
    EXPECT_EQ(after, mode);
    EXPECT_EQ(arrays.y[0], 0.0f);
    EXPECT_EQ(arrays.y[1], 0.0f);
    EXPECT_EQ(arrays.y[2], 1.0f);
  }
}

TEST(Run, ConcurrentCalls) {
  std::vector<std::thread> callers;
  callers.reserve(8);
  for (int caller = 0; caller < 8; ++caller)
    callers.emplace_back([caller] {
      for (int round = 0; round < 50; ++round) {
        Arrays arrays(1 + caller % 3, 1 + round, 4, 2);
        ForwardArgs args = arrays.forward();
        args.threads = caller % 4;
        const Status *status = LeakyLibrary::get().forward(&args);
        ASSERT_EQ(status, nullptr);
        arrays.check(/*useInitial=*/true);
        // A message is its thread's own.
        args.time = -1 - caller;
        status = LeakyLibrary::get().forward(&args);
        std::this_thread::yield();
        ASSERT_EQ(status->message, "time is " + std::to_string(-1 - caller));
      }
    });
  for (std::thread &caller : callers)
    caller.join();
}

TEST(Run, AForkedChildHasThreadsOfItsOwn) {
  Arrays arrays(4, 40, 4, 2);
  ForwardArgs args = arrays.forward();
  args.threads = 0;
  forward(args);
  const pid_t child = fork();
  if (child == 0) {
    alarm(20);
    for (int round = 0; round < 20; ++round)
      if (LeakyLibrary::get().forward(&args))
        _exit(1);
    _exit(0);
  }
  int status = -1;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  forward(args);
}

} // namespace
