// Two renames are no single step, so there are four things to keep apart: another compiler that writes the same pair (a
// lock, which lies beside the first file for as long as it is held), a second rename that fails (the first is taken
// back), an interrupt between the two (it has to wait), and the death of this process between them, against which
// nothing helps but that they follow each other at once.
#include "lowering/object/PendingFile.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <mutex>
#include <sys/file.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

using namespace llvm;

namespace mixc {
namespace {

/// Within its scope the signals that end a program at somebody's wish do nothing.
class Undisturbed {
public:
  Undisturbed() {
    struct sigaction ignore = {};
    ignore.sa_handler = SIG_IGN;
    for (size_t i = 0; i < std::size(signals); ++i)
      sigaction(signals[i], &ignore, &before[i]);
  }
  ~Undisturbed() {
    for (size_t i = 0; i < std::size(signals); ++i)
      sigaction(signals[i], &before[i], nullptr);
  }
  Undisturbed(const Undisturbed &) = delete;
  Undisturbed &operator=(const Undisturbed &) = delete;

private:
  static constexpr int signals[] = {SIGHUP, SIGINT, SIGTERM};
  struct sigaction before[std::size(signals)];
};

/// Of everybody who writes a certain file. The folder itself will not do: build tools hold its lock while they run us.
class Lock {
public:
  explicit Lock(StringRef path) {
    SmallString<128> place = sys::path::parent_path(path);
    sys::path::append(place, "." + sys::path::filename(path) + ".lock");
    name = place.str().str();
  }
  ~Lock() {
    if (descriptor < 0)
      return;
    (void)unlink(name.c_str()); // whoever waits for it finds that, and makes a new one
    close(descriptor);
  }
  Lock(const Lock &) = delete;
  Lock &operator=(const Lock &) = delete;

  /// False if somebody holds it for ten seconds. A file system without locks is written to without.
  bool take() {
    for (int attempt = 0; attempt < 10000; ++attempt) {
      descriptor = open(name.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0666);
      if (descriptor < 0)
        return true; // the rename says why
      if (flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
        close(std::exchange(descriptor, -1));
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        continue;
      }
      struct stat held, there;
      if (fstat(descriptor, &held) == 0 && stat(name.c_str(), &there) == 0 && held.st_ino == there.st_ino)
        return true;
      close(std::exchange(descriptor, -1)); // its owner removed it meanwhile
    }
    return false;
  }

private:
  std::string name;
  int descriptor = -1;
};

/// What is at a path, under a second name, until it is known whether it comes back.
class Former {
public:
  explicit Former(const std::string &path) : path(path) {
    SmallString<128> unique;
    sys::fs::createUniquePath(path + ".%%%%%%", unique, /*MakeAbsolute=*/false);
    name = unique.str().str();
    exists = link(path.c_str(), name.c_str()) == 0 || rename(path.c_str(), name.c_str()) == 0;
  }
  ~Former() {
    if (exists)
      (void)unlink(name.c_str());
  }
  Former(const Former &) = delete;
  Former &operator=(const Former &) = delete;

  void comeBack() {
    if (exists)
      exists = rename(name.c_str(), path.c_str()) != 0;
    else
      (void)unlink(path.c_str());
  }

private:
  std::string path, name;
  bool exists;
};

} // namespace

Error commitTogether(PendingFile &first, PendingFile &second) {
  static std::mutex oneAtATime; // what signals do is the process's, not the thread's
  std::lock_guard<std::mutex> guard(oneAtATime);
  Undisturbed undisturbed;
  Lock lock(first.path);
  if (!lock.take())
    return createStringError("cannot write `" + first.path + "`: another process has been writing it for ten seconds");
  Former former(first.path);
  if (Error error = first.commit()) {
    former.comeBack();
    return error;
  }
  Error error = second.commit();
  if (error)
    former.comeBack();
  return error;
}

} // namespace mixc
