// One thread watches what the command does, from the first step on. It is never joined: it ends with the process, and
// what it looks at stays.
#include "frontend/driver/Progress.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/raw_ostream.h"
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace mixc {
namespace {

using Clock = std::chrono::steady_clock;

const Clock::time_point begun = Clock::now();
constexpr auto quiet = std::chrono::seconds(2);         // of the command
constexpr auto atOnce = std::chrono::milliseconds(300); // of a step

struct Step {
  std::string doing;
  Clock::time_point since;
  bool isTold = false;
};

struct Watch {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<Step> steps; // one inside the other

  void run() {
    std::unique_lock<std::mutex> lock(mutex);
    while (true) {
      if (steps.empty() || steps.back().isTold) {
        changed.wait(lock);
        continue;
      }
      const Clock::time_point due = std::max(begun + quiet, steps.back().since + atOnce);
      if (Clock::now() < due) {
        changed.wait_until(lock, due);
        continue;
      }
      steps.back().isTold = true;
      llvm::errs() << "mixc: " + steps.back().doing + " ...\n";
    }
  }
};

/// Null where there is no terminal.
Watch *watch() {
  static Watch *const only = [] {
    Watch *made = llvm::sys::Process::StandardErrIsDisplayed() ? new Watch : nullptr;
    if (made)
      std::thread([made] { made->run(); }).detach();
    return made;
  }();
  return only;
}

} // namespace

Progress::Progress(std::string doing) {
  if (Watch *all = watch()) {
    std::lock_guard<std::mutex> lock(all->mutex);
    all->steps.push_back({std::move(doing), Clock::now()});
    all->changed.notify_one();
  }
}

Progress::~Progress() {
  if (Watch *all = watch()) {
    std::lock_guard<std::mutex> lock(all->mutex);
    all->steps.pop_back();
    all->changed.notify_one();
  }
}

std::function<void(const std::string &)> progressOfSteps() {
  return [current = std::make_shared<std::optional<Progress>>()](const std::string &doing) {
    current->reset();
    if (!doing.empty())
      current->emplace(doing);
  };
}

} // namespace mixc
