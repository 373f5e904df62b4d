#include "lowering/object/MemoryFile.h"
#include "llvm/Support/raw_ostream.h"
#include <sys/mman.h>
#include <unistd.h>

using namespace llvm;

namespace mixc {

MemoryFile::~MemoryFile() {
  if (descriptor >= 0)
    close(descriptor);
}

Expected<MemoryFile> MemoryFile::create(StringRef name, StringRef contents) {
  const int descriptor = memfd_create(name.str().c_str(), MFD_CLOEXEC);
  if (descriptor < 0)
    return createStringError(errnoAsErrorCode(), "cannot make a file in memory: " + errnoAsErrorCode().message());
  MemoryFile file(descriptor);
  raw_fd_ostream out(descriptor, /*shouldClose=*/false);
  out << contents;
  out.flush();
  if (!out.has_error())
    return file;
  std::error_code code = out.error();
  out.clear_error();
  return createStringError(code, "cannot write a file in memory: " + code.message());
}

} // namespace mixc
