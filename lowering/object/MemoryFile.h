// A file that lies in no folder: nothing of it is left, however this process ends, and no disk can be too full for it.
#ifndef MIXC_LOWERING_OBJECT_MEMORYFILE_H
#define MIXC_LOWERING_OBJECT_MEMORYFILE_H

#include "llvm/Support/Error.h"
#include <string>

namespace mixc {

class MemoryFile {
public:
  /// `name` is for people who look at this process.
  static llvm::Expected<MemoryFile> create(llvm::StringRef name, llvm::StringRef contents);
  ~MemoryFile();
  MemoryFile(MemoryFile &&other) noexcept : descriptor(other.descriptor) { other.descriptor = -1; }
  MemoryFile(const MemoryFile &) = delete;
  MemoryFile &operator=(const MemoryFile &) = delete;

  /// Where this process finds it. No other file has this path while this one lives; whoever opens it as a library keeps
  /// it for as long as that is open.
  std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor); }

private:
  explicit MemoryFile(int descriptor) : descriptor(descriptor) {}
  int descriptor;
};

} // namespace mixc

#endif
