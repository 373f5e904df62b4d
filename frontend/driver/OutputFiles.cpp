#include "frontend/driver/OutputFiles.h"
#include "frontend/compile/Failure.h"
#include "lowering/object/Library.h"
#include "lowering/object/PendingFile.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include <fmt/format.h>

using namespace llvm;

namespace mixc {
namespace {

/// `gla.so`, `libgla.so.1.2`.
bool isLibraryName(StringRef name) {
  const size_t end = name.rfind(".so");
  if (end == StringRef::npos || end == 0)
    return false;
  SmallVector<StringRef> numbers;
  name.drop_front(end + 3).split(numbers, '.');
  return numbers.front().empty() &&
         all_of(drop_begin(numbers), [](StringRef number) { return !number.empty() && all_of(number, isDigit); });
}

/// The file that is compiled, under whatever name: links are followed, and standard input may come from it.
Error checkSource(const Options &options, const std::string &path, const std::string &what) {
  sys::fs::file_status source, target;
  std::error_code unknown = options.file == "-" ? sys::fs::status(0, source) : sys::fs::status(options.file, source);
  if (unknown || sys::fs::status(path, target) || source.getUniqueID() != target.getUniqueID() ||
      source.type() != sys::fs::file_type::regular_file)
    return Error::success();
  return usageError(fmt::format("`{}` is what is compiled: {} would be written over it", path, what),
                    "give `-o` another name");
}

/// The same name as a library's.
std::string nearestName(StringRef path) {
  SmallString<128> name = path;
  sys::path::replace_extension(name, "so");
  return name.str().str();
}

} // namespace

Expected<std::string> libraryPath(const Options &options) {
  StringRef stem = sys::path::stem(options.file);
  const std::string usual = fmt::format("lib{}.so", stem == "-" ? "mixer" : stem.str());
  const std::string path = options.output.value_or(usual);
  StringRef name = sys::path::filename(path);
  if (path.empty())
    return usageError("`-o` needs a name", fmt::format("`-o {}`", usual));
  if (path == "-")
    return usageError("`-o -`: a library and its header are two files, and standard output is one",
                      fmt::format("`-o {}`; `--emit=asm` prints the code", usual));
  if (sys::fs::is_directory(path) || sys::path::is_separator(path.back()))
    return usageError(fmt::format("`-o {}`: that is a folder", path),
                      fmt::format("`-o {}{}{}`", path, sys::path::is_separator(path.back()) ? "" : "/", usual));
  if (!isLibraryName(name))
    return usageError(
        fmt::format("`-o {}`: the name of a shared library ends in .so, and mixc writes no other files", path),
        fmt::format("`-o {}`", nearestName(path)));
  if (Error error = checkSource(options, path, "the library"))
    return std::move(error);
  if (Error error = checkSource(options, headerPathOf(path), "the header"))
    return std::move(error);
  return path;
}

Error writeStage(const Options &options, const std::string &text) {
  const std::string path = options.output.value_or("-");
  if (path.empty())
    return usageError("`-o` needs a name", "`-o -` is standard output");
  if (Error error = path == "-" ? Error::success() : checkSource(options, path, "the stage"))
    return error;
  sys::fs::file_status status;
  const bool isPlain = sys::fs::status(path, status) || status.type() == sys::fs::file_type::regular_file;
  if (path != "-" && isPlain) {
    PendingFile file(path);
    if (Error error = file.write(text))
      return error;
    return file.commit();
  }
  if (path == "-")
    return outs() << text, Error::success(); // finishOutput says whether that can be written
  std::error_code code;
  raw_fd_ostream out(path, code);
  if (!code) {
    out << text;
    out.close();
    code = out.error();
    out.clear_error();
  }
  return code ? fileError("write", path, code) : Error::success();
}

} // namespace mixc
