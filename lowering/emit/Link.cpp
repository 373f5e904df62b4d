// lld, called as a function. It is linked against the C library that this process itself runs on: that one is there,
// and its symbols have versions.
#include "lowering/emit/Link.h"
#include "lld/Common/Driver.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"
#include <dlfcn.h>
#include <fcntl.h>
#include <mutex>
#include <unistd.h>

LLD_HAS_DRIVER(elf)

using namespace llvm;

extern "C" const char mixc_runtime_object[], mixc_runtime_object_end[]; // runtime/blob.c

namespace mixc {
namespace {

/// A file of our own that is gone when we are.
class TemporaryFile {
public:
  ~TemporaryFile() {
    if (!path.empty())
      (void)sys::fs::remove(path);
  }

  Error write(StringRef prefix, StringRef contents) {
    int descriptor;
    if (std::error_code code = sys::fs::createTemporaryFile(prefix, "o", descriptor, path))
      return createStringError(code, "cannot write a temporary file: " + code.message());
    raw_fd_ostream out(descriptor, /*shouldClose=*/true);
    out << contents;
    out.close();
    if (!out.has_error())
      return Error::success();
    std::error_code code = out.error();
    out.clear_error();
    return createStringError(code, "cannot write `" + path.str() + "`: " + code.message());
  }

  SmallString<128> path;
};

/// The files of the C library: where this process finds a function that only they define.
Expected<std::vector<std::string>> systemLibraries() {
  std::vector<std::string> paths;
  for (const char *symbol : {"gnu_get_libc_version" /* libc */, "expm1" /* libm */, "__tls_get_addr" /* ld-linux */}) {
    Dl_info info;
    void *address = dlsym(RTLD_DEFAULT, symbol);
    if (!address || !dladdr(address, &info) || !info.dli_fname || !sys::fs::exists(info.dli_fname))
      return createStringError(std::string("internal error: no shared C library that defines ") + symbol);
    paths.push_back(info.dli_fname);
  }
  return paths;
}

Error runLinker(ArrayRef<std::string> arguments) {
  // lld keeps global state, and sets every cl::opt of this process back to its default.
  static std::mutex oneAtATime;
  std::lock_guard<std::mutex> lock(oneAtATime);
  std::vector<const char *> pointers;
  for (const std::string &argument : arguments)
    pointers.push_back(argument.c_str());
  std::string output;
  raw_string_ostream stream(output);
  lld::Result result = lld::lldMain(pointers, stream, stream, {{lld::Gnu, &lld::elf::link}});
  if (result.retCode == 0)
    return Error::success();
  StringRef first = StringRef(output).split('\n').first;
  first.consume_front("ld.lld: error: ");
  return createStringError("linking failed: " + first.str());
}

} // namespace

/// lld writes by way of mapped memory, where a full disk is a signal: is there room for as much as goes in?
static Error reserve(StringRef path, uint64_t bytes) {
  int descriptor;
  std::error_code code = sys::fs::openFileForWrite(path, descriptor, sys::fs::CD_OpenAlways);
  if (!code) {
    if (fallocate(descriptor, 0, 0, static_cast<off_t>(bytes)) != 0 && errno != EOPNOTSUPP)
      code = std::error_code(errno, std::generic_category());
    (void)!ftruncate(descriptor, 0);
    (void)close(descriptor);
  }
  return code ? createStringError(code, "cannot write `" + path + "`: " + code.message()) : Error::success();
}

Error linkLibrary(ArrayRef<ObjectCode> objects, StringRef name, StringRef output) {
  Expected<std::vector<std::string>> libraries = systemLibraries();
  if (!libraries)
    return libraries.takeError();
  std::vector<TemporaryFile> files(objects.size() + 1);
  for (auto [file, object] : llvm::zip(files, objects))
    if (Error error = file.write("mixc-kernels", StringRef(object.data(), object.size())))
      return error;
  if (Error error = files.back().write("mixc-runtime",
                                       StringRef(mixc_runtime_object, mixc_runtime_object_end - mixc_runtime_object)))
    return error;

  uint64_t bytes = 1 << 16; // headers, symbols and tables
  for (const TemporaryFile &file : files) {
    uint64_t size = 0;
    (void)sys::fs::file_size(file.path, size);
    bytes += size;
  }
  if (Error error = reserve(output, bytes))
    return error;

  // nodelete: sleeping threads of the pool must keep their code if the program closes the library.
  std::vector<std::string> arguments = {
      "ld.lld",   "-shared", "-o",  output.str(), "-soname", name.str(),   "--gc-sections", "-z",
      "nodelete", "-z",      "now", "-z",         "defs",    "--build-id", "--as-needed"};
  for (const TemporaryFile &file : files)
    arguments.push_back(std::string(file.path.str()));
  llvm::append_range(arguments, *libraries);
  return runLinker(arguments);
}

} // namespace mixc
