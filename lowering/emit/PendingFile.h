// A file that appears whole or not at all: it is written beside its place and moved there at the end.
#ifndef MIXC_LOWERING_EMIT_PENDINGFILE_H
#define MIXC_LOWERING_EMIT_PENDINGFILE_H

#include "llvm/Support/Error.h"
#include <string>

namespace mixc {

class PendingFile {
public:
  explicit PendingFile(llvm::StringRef path) : path(path.str()) {}
  ~PendingFile();
  PendingFile(const PendingFile &) = delete;
  PendingFile &operator=(const PendingFile &) = delete;

  /// Makes the file beside the place, so that an unwritable one is found before the work is done.
  llvm::Error create();
  const std::string &name() const { return beside; }
  llvm::Error write(llvm::StringRef contents);
  /// Moves it to its place.
  llvm::Error commit();

private:
  std::string path, beside;
};

} // namespace mixc

#endif
