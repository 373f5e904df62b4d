// A word about what takes long: nothing for two seconds, then a line on the terminal.
#pragma once
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace mixc {

/// Names what is being done while it is in scope: `mixc: interpreting in float64 ...`. Silent if stderr is no terminal.
class Progress {
public:
  explicit Progress(std::string doing);
  ~Progress();
  Progress(const Progress &) = delete;
  Progress &operator=(const Progress &) = delete;

private:
  std::mutex mutex;
  std::condition_variable ended;
  bool isOver = false;
  std::thread watch;
};

} // namespace mixc
