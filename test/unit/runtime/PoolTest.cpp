// The pool by itself, with more threads than the machine has processors.
#include "runtime/cpu/Pool.h"
#include <atomic>
#include <ctime>
#include <gtest/gtest.h>
#include <mutex>
#include <set>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace {

/// Work for a pool: items from a common counter, and which index worked on them.
struct Work {
  explicit Work(int64_t items) : items(items), times(items) {}
  static void take(void *argument, int64_t index) {
    Work &work = *static_cast<Work *>(argument);
    {
      std::lock_guard<std::mutex> guard(work.lock);
      EXPECT_TRUE(work.indices.insert(index).second) << "index " << index << " was given out twice";
    }
    for (int64_t item; (item = work.next++) < work.items;) {
      ++work.times[item];
      for (volatile int i = 0; i < work.spin;)
        i = i + 1;
    }
    ++work.returned;
  }
  void check(int64_t count) {
    for (int64_t i = 0; i < items; ++i)
      ASSERT_EQ(times[i], 1) << "item " << i;
    EXPECT_EQ(returned, int64_t(indices.size()));
    EXPECT_TRUE(indices.count(0));
    EXPECT_LT(*indices.rbegin(), count);
  }

  int64_t items;
  int spin = 0;
  std::atomic<int64_t> next{0}, returned{0};
  std::vector<std::atomic<int>> times;
  std::mutex lock;
  std::set<int64_t> indices;
};

TEST(Pool, OneThreadIsTheCaller) {
  static std::thread::id seen;
  mixrt::runOnPool(1, [](void *, int64_t) { seen = std::this_thread::get_id(); }, nullptr);
  EXPECT_EQ(seen, std::this_thread::get_id());
}

TEST(Pool, EveryItemOnce) {
  for (int64_t count : {2, 3, 8, 17})
    for (int64_t items : {1, 2, 16, 1000})
      for (int round = 0; round < 20; ++round) {
        Work work(items);
        work.spin = round * 50;
        mixrt::runOnPool(count, Work::take, &work);
        work.check(count);
      }
}

TEST(Pool, WorkersTakePart) {
  // Long enough that sleeping workers wake up on the busiest machine.
  for (int attempt = 0; attempt < 100; ++attempt) {
    Work work(400);
    work.spin = 100000;
    mixrt::runOnPool(4, Work::take, &work);
    work.check(4);
    if (work.indices.size() > 1)
      return;
  }
  FAIL() << "the caller did all the work in 100 calls";
}

TEST(Pool, CallsFromManyThreads) {
  std::vector<std::thread> callers;
  callers.reserve(8);
  for (int caller = 0; caller < 8; ++caller)
    callers.emplace_back([caller] {
      for (int round = 0; round < 200; ++round) {
        Work work(1 + (round * 7 + caller) % 40);
        mixrt::runOnPool(2 + caller % 5, Work::take, &work);
        work.check(2 + caller % 5);
      }
    });
  for (std::thread &caller : callers)
    caller.join();
}

TEST(Pool, CallsWithinCalls) {
  static std::atomic<int> inner;
  inner = 0;
  mixrt::runOnPool(
      3,
      [](void *, int64_t) {
        Work work(10);
        mixrt::runOnPool(3, Work::take, &work);
        work.check(3);
        ++inner;
      },
      nullptr);
  EXPECT_GE(inner, 1);
}

TEST(Pool, IdleWorkersSleep) {
  Work work(64);
  mixrt::runOnPool(4, Work::take, &work);
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  timespec before, after;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
  EXPECT_LT((after.tv_sec - before.tv_sec) * 1e3 + (after.tv_nsec - before.tv_nsec) * 1e-6, 50.0)
      << "milliseconds of processor time";
}

TEST(Pool, IsBuiltAnewInAForkedChild) {
  std::atomic<bool> stop{false};
  // Forking while others hold the lock: the child must not wait for it.
  std::thread busy([&] {
    while (!stop) {
      Work work(4);
      mixrt::runOnPool(4, Work::take, &work);
    }
  });
  for (int round = 0; round < 20; ++round) {
    const pid_t child = fork();
    if (child == 0) {
      alarm(20);
      static std::atomic<int64_t> next;
      next = 0;
      mixrt::runOnPool(
          4,
          [](void *, int64_t) {
            while (next++ < 1000) {
            }
          },
          nullptr);
      _exit(next >= 1000 ? 0 : 1);
    }
    int status = -1;
    waitpid(child, &status, 0);
    ASSERT_EQ(status, 0) << "round " << round;
  }
  stop = true;
  busy.join();
}

} // namespace
