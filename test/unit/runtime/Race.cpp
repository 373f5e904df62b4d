// For ThreadSanitizer: many threads call one library at once, with its own pool and with a parallel_for of theirs, while
// others fail. Every item writes its own row, and the caller reads all of them when the call returns: a missing
// happens-before anywhere between is a report.
#include "runtime/abi.h"
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

namespace {

/// y[t] = x[t] + t, by way of the scratch memory.
void kernel(void *const *tensors, const int64_t *strides, int64_t length, void *scratch) {
  const float *x = static_cast<const float *>(tensors[0]);
  float *y = static_cast<float *>(tensors[1]), *row = static_cast<float *>(scratch);
  for (int64_t t = 0; t < length; ++t) {
    *row = x[t * strides[0]];
    y[t * strides[1]] = *row + static_cast<float>(t);
  }
}

const mixrt_tensor tensors[] = {{"x", MIXRT_INPUT, 0, 1, 7, 4}, {"y", MIXRT_OUTPUT, 0, 1, 8, 4}};
const mixrt_entry entry = {"race_forward", 0, kernel, tensors, 2, 64, 14, 0, "any", nullptr, 1};

void ownThreads(void *, int64_t count, void (*body)(void *, int64_t), void *argument) {
  std::vector<std::thread> threads;
  for (int64_t i = 1; i < count; ++i)
    threads.emplace_back(body, argument, i);
  body(argument, 0);
  for (std::thread &thread : threads)
    thread.join();
}

[[noreturn]] void fail(const char *what) {
  fprintf(stderr, "%s\n", what);
  exit(1);
}

void callMany(int caller) {
  for (int round = 0; round < 60; ++round) {
    const int64_t batch = 1 + (caller + round) % 5, time = round % 7, heads = 1 + round % 4;
    std::vector<float> x(batch * time * heads + 1), y(x.size(), -1);
    for (size_t i = 0; i < x.size(); ++i)
      x[i] = static_cast<float>(i);
    int64_t slots[14] = {sizeof slots,
                         batch,
                         time,
                         heads,
                         1,
                         0,
                         0,
                         reinterpret_cast<int64_t>(x.data()),
                         reinterpret_cast<int64_t>(y.data())};
    slots[11] = caller % 3 ? 4 : 0;
    if (caller % 2)
      slots[12] = reinterpret_cast<int64_t>(ownThreads);
    std::vector<char> workspace(mixrt_workspace_size(&entry, slots));
    slots[9] = reinterpret_cast<int64_t>(workspace.data());
    if (mix_status status = mixrt_run(&entry, slots))
      fail(mix_status_message(status));
    for (int64_t b = 0; b < batch; ++b)
      for (int64_t t = 0; t < time; ++t)
        for (int64_t h = 0; h < heads; ++h) {
          const int64_t i = (b * time + t) * heads + h;
          if (y[i] != static_cast<float>(i + t))
            fail("a wrong number");
        }
    slots[3] = -caller - 1; // and a failure, whose message is this thread's own
    mix_status status = mixrt_run(&entry, slots);
    if (!status || mix_status_message(status) != "heads is " + std::to_string(-caller - 1))
      fail("not this thread's message");
  }
}

} // namespace

int main() {
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 8; ++caller)
    callers.emplace_back(callMany, caller);
  for (std::thread &caller : callers)
    caller.join();
  puts("no race");
}
