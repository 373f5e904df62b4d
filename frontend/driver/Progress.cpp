#include "frontend/driver/Progress.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/raw_ostream.h"
#include <chrono>

namespace mixc {

Progress::Progress(std::string doing) {
  if (!llvm::sys::Process::StandardErrIsDisplayed())
    return;
  watch = std::thread([this, doing = std::move(doing)] {
    std::unique_lock<std::mutex> lock(mutex);
    if (!ended.wait_for(lock, std::chrono::seconds(2), [this] { return isOver; }))
      llvm::errs() << "mixc: " << doing << " ...\n";
  });
}

Progress::~Progress() {
  if (!watch.joinable())
    return;
  {
    std::lock_guard<std::mutex> lock(mutex);
    isOver = true;
  }
  ended.notify_one();
  watch.join();
}

} // namespace mixc
