// Written beside its place and renamed: nobody ever sees half a file, and a program that has the old library open keeps
// it.
#include "lowering/object/PendingFile.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Signals.h"
#include "llvm/Support/raw_ostream.h"
#include <unistd.h>

using namespace llvm;

namespace mixc {

static Error cannotWrite(StringRef path, std::error_code code) {
  return createStringError(code, "cannot write `" + path + "`: " + code.message());
}

PendingFile::~PendingFile() {
  if (beside.empty())
    return;
  (void)sys::fs::remove(beside);
  sys::DontRemoveFileOnSignal(beside);
}

Error PendingFile::check() const {
  // Moving a file over a device or a folder is not what anybody wants.
  sys::fs::file_status status;
  if (!sys::fs::status(path, status) && status.type() != sys::fs::file_type::regular_file)
    return createStringError("cannot write `" + path + "`: it is there and not a plain file");
  const std::string folder = sys::path::parent_path(path).str();
  if (access(folder.empty() ? "." : folder.c_str(), W_OK | X_OK) != 0)
    return cannotWrite(path, errnoAsErrorCode());
  return Error::success();
}

Error PendingFile::write(StringRef contents, bool isExecutable) {
  int descriptor;
  SmallString<128> made;
  const auto mode = isExecutable ? sys::fs::all_all : sys::fs::all_read | sys::fs::all_write;
  if (std::error_code code = sys::fs::createUniqueFile(path + ".%%%%%%", descriptor, made, sys::fs::OF_None, mode))
    return cannotWrite(path, code);
  beside = made.str().str();
  sys::RemoveFileOnSignal(beside);
  raw_fd_ostream out(descriptor, /*shouldClose=*/true);
  out << contents;
  out.close();
  if (!out.has_error())
    return Error::success();
  std::error_code code = out.error();
  out.clear_error(); // an error that nobody asked for ends the process
  return cannotWrite(path, code);
}

Error PendingFile::commit() {
  if (std::error_code code = sys::fs::rename(beside, path))
    return cannotWrite(path, code);
  sys::DontRemoveFileOnSignal(beside);
  beside.clear();
  return Error::success();
}

} // namespace mixc
