// For ThreadSanitizer: many threads call one library at once, with its own pool and with a parallel_for of theirs,
// while others fail. Every item writes its own row, and the caller reads all of them when the call returns: a missing
// happens-before anywhere between is a report.
#include "runtime/call/Call.h"
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr mixrt::Fields forwardFields = mixrt::fieldsOf[MIXRT_FORWARD],
                        backwardFields = mixrt::fieldsOf[MIXRT_BACKWARD];
constexpr int64_t X = forwardFields.leading, Y = X + 1; // the tensors' slots, in both
constexpr int64_t ForwardSlots = Y + 1 + forwardFields.trailing, BackwardSlots = Y + 1 + backwardFields.trailing;

/// y[t] = x[t] + t, by way of the scratch memory.
void kernel(void *const *tensors, const int64_t *strides, int64_t length, void *scratch) {
  const float *x = static_cast<const float *>(tensors[0]);
  float *y = static_cast<float *>(tensors[1]), *row = static_cast<float *>(scratch);
  for (int64_t t = 0; t < length; ++t) {
    *row = x[t * strides[0]];
    y[t * strides[1]] = *row + static_cast<float>(t);
  }
}

const mixrt_tensor tensors[] = {{.field = "x", .role = MIXRT_INPUT, .elements = 1, .slot = X, .own = 1},
                                {.field = "y", .role = MIXRT_OUTPUT, .elements = 1, .slot = Y, .own = 1}};
const mixrt_entry entry = {.name = "race_forward",
                           .kind = MIXRT_FORWARD,
                           .slots = ForwardSlots,
                           .cpu = "any",
                           .main = {kernel, tensors, 2, 64}};

/// The gradient of a param w in y = w x, for the cotangent x: a part from every (sequence, head).
void backward(void *const *tensors, const int64_t *strides, int64_t length, void *) {
  float sum = 0;
  for (int64_t t = 0; t < length; ++t)
    sum += static_cast<const float *>(tensors[0])[t * strides[0]];
  *static_cast<float *>(tensors[1]) = sum;
}

const mixrt_tensor backwardTensors[] = {
    {.field = "y_grad", .role = MIXRT_OUTPUT_GRAD, .elements = 1, .slot = X, .own = 1},
    {.field = "w_grad", .role = MIXRT_PARAM_GRAD, .elements = 1, .slot = Y, .own = 1, .source = MIXRT_PARTIAL}};
const mixrt_entry backwardEntry = {.name = "race_backward",
                                   .kind = MIXRT_BACKWARD,
                                   .slots = BackwardSlots,
                                   .cpu = "any",
                                   .main = {backward, backwardTensors, 2, 0}};

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

/// The sums are read from all items' parts, which any thread may have written.
void sumUp(const int64_t (&forward)[ForwardSlots], const std::vector<float> &x, int64_t heads) {
  int64_t slots[BackwardSlots] = {};
  std::copy_n(forward, Y, slots);
  slots[0] = sizeof slots;
  slots[BackwardSlots + backwardFields.threads] = forward[ForwardSlots + forwardFields.threads];
  slots[BackwardSlots + backwardFields.parallel_for] = forward[ForwardSlots + forwardFields.parallel_for];
  std::vector<float> sums(heads, -1);
  slots[Y] = reinterpret_cast<int64_t>(sums.data());
  std::vector<char> workspace(mixrt_workspace_size(&backwardEntry, slots));
  slots[BackwardSlots + backwardFields.workspace] = reinterpret_cast<int64_t>(workspace.data());
  if (mix_status status = mixrt_run(&backwardEntry, slots))
    fail(mix_status_message(status));
  for (int64_t h = 0; h < heads; ++h) {
    float sum = 0; // of small whole numbers: exact
    for (size_t i = h; i + 1 < x.size(); i += heads)
      sum += x[i];
    if (sums[h] != sum)
      fail("a wrong sum");
  }
}

void callMany(int caller) {
  for (int round = 0; round < 60; ++round) {
    const int64_t batch = 1 + (caller + round) % 5, time = round % 7, heads = 1 + round % 4;
    std::vector<float> x(batch * time * heads + 1), y(x.size(), -1);
    for (size_t i = 0; i < x.size(); ++i)
      x[i] = static_cast<float>(i);
    int64_t slots[ForwardSlots] = {sizeof slots,
                                   batch,
                                   time,
                                   heads,
                                   1,
                                   0,
                                   0,
                                   reinterpret_cast<int64_t>(x.data()),
                                   reinterpret_cast<int64_t>(y.data())};
    slots[ForwardSlots + forwardFields.threads] = caller % 3 ? 4 : 0;
    if (caller % 2)
      slots[ForwardSlots + forwardFields.parallel_for] = reinterpret_cast<int64_t>(ownThreads);
    std::vector<char> workspace(mixrt_workspace_size(&entry, slots));
    slots[ForwardSlots + forwardFields.workspace] = reinterpret_cast<int64_t>(workspace.data());
    if (mix_status status = mixrt_run(&entry, slots))
      fail(mix_status_message(status));
    for (int64_t b = 0; b < batch; ++b)
      for (int64_t t = 0; t < time; ++t)
        for (int64_t h = 0; h < heads; ++h) {
          const int64_t i = (b * time + t) * heads + h;
          if (y[i] != static_cast<float>(i + t))
            fail("a wrong number");
        }
    sumUp(slots, x, heads);
    slots[forwardFields.heads] = -caller - 1; // and a failure, whose message is this thread's own
    mix_status status = mixrt_run(&entry, slots);
    if (!status || mix_status_message(status) != "heads is " + std::to_string(-caller - 1))
      fail("not this thread's message");
  }
}

} // namespace

int main() {
  std::vector<std::thread> callers;
  callers.reserve(8);
  for (int caller = 0; caller < 8; ++caller)
    callers.emplace_back(callMany, caller);
  for (std::thread &caller : callers)
    caller.join();
  puts("no race");
}
