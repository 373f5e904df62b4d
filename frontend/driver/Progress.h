// A word about what takes long: nothing for two seconds, then a line on the terminal for what is being done.
#pragma once
#include <functional>
#include <string>

namespace mixc {

/// Names what is being done while it is in scope: `mixc: interpreting in float64 ...`. Once the command has run for two
/// seconds, so does every later step that is not over at once. Silent if stderr is no terminal.
class Progress {
public:
  explicit Progress(std::string doing);
  ~Progress();
  Progress(const Progress &) = delete;
  Progress &operator=(const Progress &) = delete;
};

/// For CompileOptions::onStep.
std::function<void(const std::string &doing)> progressOfSteps();

} // namespace mixc
