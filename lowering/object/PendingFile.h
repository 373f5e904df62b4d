// A file that appears whole or not at all, alone or together with another: it is written beside its place and moved
// there at the end. What was begun is removed if this process is interrupted.
#ifndef MIXC_LOWERING_OBJECT_PENDINGFILE_H
#define MIXC_LOWERING_OBJECT_PENDINGFILE_H

#include "llvm/Support/Error.h"
#include <string>

namespace mixc {

class PendingFile {
public:
  explicit PendingFile(llvm::StringRef path) : path(path.str()) {}
  ~PendingFile();
  PendingFile(const PendingFile &) = delete;
  PendingFile &operator=(const PendingFile &) = delete;

  /// So that a place where nothing can be written is found before the work is done.
  llvm::Error check() const;
  /// Writes it beside its place.
  llvm::Error write(llvm::StringRef contents, bool isExecutable = false);
  /// Moves it to its place.
  llvm::Error commit();

  const std::string path;

private:
  std::string beside; // where it is until then; empty: nowhere
};

/// Moves both to their places, or neither. Whoever else does that for a `first` of the same path does it before or
/// after.
llvm::Error commitTogether(PendingFile &first, PendingFile &second);

} // namespace mixc

#endif
