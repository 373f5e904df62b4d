// `mixc fmt FILE...`: every file is formatted where it lies, or, with --check, listed if that would change it; `-` goes
// from the standard input to the standard output. A file is replaced as a whole or not at all.
#include "frontend/driver/Commands.h"
#include "frontend/driver/Progress.h"
#include "frontend/render/Diagnostics.h"
#include "frontend/syntax/Format.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"
#include <fmt/format.h>

using namespace llvm;

namespace mixc {
namespace {

Error cannotWrite(const std::string &path, std::error_code code) { return fileError("write", path, code); }

/// Writes beside the file and renames, so that nobody ever sees half of it. A link stays a link.
Error replaceFile(const std::string &path, StringRef text) {
  SmallString<128> target;
  sys::fs::file_status status;
  std::error_code code = sys::fs::real_path(path, target);
  if (!code)
    code = sys::fs::status(target, status);
  if (!code)
    code = sys::fs::access(target, sys::fs::AccessMode::Write);
  if (code)
    return cannotWrite(path, code);
  Expected<sys::fs::TempFile> file = sys::fs::TempFile::create(target + ".%%%%%%.tmp");
  if (!file)
    return cannotWrite(path, errorToErrorCode(file.takeError()));
  raw_fd_ostream out(file->FD, /*shouldClose=*/false);
  out << text;
  out.flush();
  code = out.error();
  out.clear_error();
  if (!code)
    code = sys::fs::setPermissions(file->TmpName, status.permissions());
  if (!code)
    code = errorToErrorCode(file->keep(target));
  else
    consumeError(file->discard());
  return code ? cannotWrite(path, code) : Error::success();
}

Error formatFile(const std::string &path, bool checkOnly) {
  Expected<Source> source = readSource(path);
  if (!source)
    return source.takeError();
  Progress progress("formatting " + path);
  Diagnostics diagnostics;
  std::optional<std::string> text = format(*source, diagnostics);
  if (!text)
    return programError(std::move(diagnostics), std::make_shared<const Source>(std::move(*source)));
  if (!readsTheSame(*source, Source(source->name, *text)))
    return internalError(fmt::format("formatting `{}` would change what it says; it is left as it was", source->name));
  bool isFormatted = *text == source->text;
  if (checkOnly) {
    if (!isFormatted)
      outs() << source->name << '\n';
    return isFormatted ? Error::success() : programError({}, nullptr);
  }
  if (path == "-")
    outs() << *text;
  else if (!isFormatted)
    return replaceFile(path, *text);
  return Error::success();
}

} // namespace

Error fmtCommand(const Options &options) {
  Error all = formatFile(options.file, options.check);
  for (const std::string &file : options.moreFiles)
    all = joinErrors(std::move(all), formatFile(file, options.check));
  return all;
}

} // namespace mixc
