// Written beside its place and renamed: nobody ever sees half a file, and a program that has the old library open keeps
// it.
#include "lowering/emit/PendingFile.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

namespace mixc {

static Error cannotWrite(StringRef path, std::error_code code) {
  return createStringError(code, "cannot write `" + path + "`: " + code.message());
}

PendingFile::~PendingFile() {
  if (!beside.empty())
    (void)sys::fs::remove(beside);
}

Error PendingFile::create() {
  // Moving a file over a device or a folder is not what anybody wants.
  sys::fs::file_status status;
  if (!sys::fs::status(path, status) && status.type() != sys::fs::file_type::regular_file)
    return createStringError("cannot write `" + path + "`: it is there and not a plain file");
  int descriptor;
  SmallString<128> made;
  if (std::error_code code = sys::fs::createUniqueFile(path + ".%%%%%%", descriptor, made))
    return cannotWrite(path, code);
  sys::fs::file_t file = sys::fs::convertFDToNativeFile(descriptor);
  (void)sys::fs::closeFile(file);
  beside = made.str().str();
  return Error::success();
}

Error PendingFile::write(StringRef contents) {
  std::error_code code;
  raw_fd_ostream out(beside, code);
  if (code)
    return cannotWrite(path, code);
  out << contents;
  out.close();
  if (!out.has_error())
    return Error::success();
  code = out.error();
  out.clear_error(); // an error that nobody asked for ends the process
  return cannotWrite(path, code);
}

Error PendingFile::commit() {
  if (std::error_code code = sys::fs::rename(beside, path))
    return cannotWrite(path, code);
  beside.clear();
  return Error::success();
}

} // namespace mixc
