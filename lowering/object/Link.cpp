// lld, called as a function, from memory to memory. It is linked against the C library that this process itself runs
// on: that one is there, and its symbols have versions.
#include "lowering/object/Link.h"
#include "lld/Common/Driver.h"
#include "lowering/object/MemoryFile.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Parallel.h"
#include "llvm/Support/SaveAndRestore.h"
#include "llvm/Support/raw_ostream.h"
#include <dlfcn.h>
#include <fcntl.h>
#include <mutex>
#include <thread>
#include <unistd.h>

LLD_HAS_DRIVER(elf)

using namespace llvm;

// lld sets every cl::opt of the process back to its default before it reads its own options, which here are none. The
// process is not lld's: a program that compiles keeps what it has set, and threads that generate code read these while
// another links. CMakeLists.txt has the linker send lld here.
extern "C" void __wrap__ZN4llvm2cl25ResetAllOptionOccurrencesEv(); // NOLINT(bugprone-reserved-identifier)
extern "C" void __wrap__ZN4llvm2cl25ResetAllOptionOccurrencesEv() {}

extern "C" const char mixc_runtime_object[], mixc_runtime_object_end[]; // runtime/blob.c

namespace mixc {
namespace {

/// What is written to `path()`, in memory. lld maps a file that it writes to, and is killed where the disk has no room
/// for it; into a pipe it writes.
class Collected {
public:
  Error open() {
    if (pipe2(ends, O_CLOEXEC) != 0)
      return createStringError("cannot make a pipe: " + errnoAsErrorCode().message());
    reader = std::thread([this] {
      char block[1 << 16];
      for (ssize_t size; (size = read(ends[0], block, sizeof block)) > 0 || (size < 0 && errno == EINTR);)
        if (size > 0)
          bytes.append(block, block + size);
    });
    return Error::success();
  }
  ~Collected() { (void)take(); }

  std::string path() const { return "/proc/self/fd/" + std::to_string(ends[1]); }

  /// When all has been written.
  ObjectCode take() {
    if (reader.joinable()) {
      close(ends[1]);
      reader.join();
      close(ends[0]);
    }
    return std::move(bytes);
  }

private:
  int ends[2];
  std::thread reader;
  ObjectCode bytes;
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
  static std::mutex oneAtATime; // one linker context a process, and it says to LLVM how many threads there are
  std::lock_guard<std::mutex> lock(oneAtATime);
  SaveAndRestore threads(parallel::strategy);
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

Expected<ObjectCode> linkLibrary(ArrayRef<ObjectCode> objects, StringRef name) {
  Expected<std::vector<std::string>> libraries = systemLibraries();
  if (!libraries)
    return libraries.takeError();
  std::vector<StringRef> contents = {StringRef(mixc_runtime_object, mixc_runtime_object_end - mixc_runtime_object)};
  for (const ObjectCode &object : llvm::reverse(objects))
    contents.insert(contents.begin(), StringRef(object.data(), object.size()));
  std::vector<MemoryFile> files;
  for (StringRef object : contents) {
    Expected<MemoryFile> file = MemoryFile::create("mixc-object", object);
    if (!file)
      return file.takeError();
    files.push_back(std::move(*file));
  }
  Collected library;
  if (Error error = library.open())
    return std::move(error);

  // With one thread it starts none that would stay until the process ends.
  std::vector<std::string> arguments = {"ld.lld",   "-shared",       "-o",          library.path(), "-soname",
                                        name.str(), "--gc-sections", "-z",          "now",          "-z",
                                        "defs",     "--build-id",    "--as-needed", "--threads=1"};
  for (const MemoryFile &file : files)
    arguments.push_back(file.path());
  llvm::append_range(arguments, *libraries);
  if (Error error = runLinker(arguments))
    return std::move(error);
  return library.take();
}

} // namespace mixc
