// One call of a compiled library, set up once and made many times: nothing but the entry point is in the time.
#ifndef MIXC_BENCH_LIBRARY_CALL_H
#define MIXC_BENCH_LIBRARY_CALL_H

#include "dialect/mix/Interpreter.h"
#include "lowering/emit/Interface.h"
#include <memory>

namespace mixc::bench {

class LibraryCall {
public:
  /// `entry`: forward, backward or decode; the library at `path` was written from `mixer`. Inputs and params come from
  /// `call`, states are zero. With `saving`, forward saves for backward, which is given what `saved` saved.
  static llvm::Expected<LibraryCall> make(const std::string &path, const MixerInterface &mixer, llvm::StringRef entry,
                                          const mix::Call &call, int64_t threads, bool saving = false,
                                          const LibraryCall *saved = nullptr);
  /// Null, or what the library said.
  const char *operator()() const;
  /// Bytes of the states of all heads.
  int64_t stateBytes() const { return states; }
  /// Bytes that are saved for backward.
  int64_t savedBytes() const { return savedSize; }

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
  int64_t states = 0, savedSize = 0;
  uint64_t savedAt = 0; // the address of what is saved
};

} // namespace mixc::bench

#endif
