// One call of a compiled library, set up once and made many times: nothing but the entry point is in the time.
#ifndef MIXC_BENCH_LIBRARY_CALL_H
#define MIXC_BENCH_LIBRARY_CALL_H

#include "dialect/mix/Interpreter.h"
#include "lowering/emit/Interface.h"
#include <memory>

namespace mixc::bench {

class LibraryCall {
public:
  /// `entry`: forward or decode; the library at `path` was written from `mixer`. Inputs and params come from `call`,
  /// states are zero.
  static llvm::Expected<LibraryCall> make(const std::string &path, const MixerInterface &mixer, llvm::StringRef entry,
                                          const mix::Call &call, int64_t threads);
  /// Null, or what the library said.
  const char *operator()() const;
  /// Bytes of the states of all heads.
  int64_t stateBytes() const { return states * int64_t(sizeof(float)); }

private:
  struct Free {
    void operator()(void *pointer) const { std::free(pointer); }
  };
  using Buffer = std::unique_ptr<char, Free>;
  void *allocate(size_t bytes);

  std::vector<uint64_t> slots; // the argument struct
  std::vector<Buffer> buffers;
  const void *(*function)(const void *arguments) = nullptr;
  const char *(*message)(const void *status) = nullptr;
  int64_t states = 0;
};

} // namespace mixc::bench

#endif
