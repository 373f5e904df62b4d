#include "frontend/compile/Memory.h"
#include "frontend/compile/Failure.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/Signals.h"
#include <climits>
#include <fmt/format.h>
#include <malloc.h>
#include <new>
#include <sys/resource.h>
#include <unistd.h>

using namespace llvm;

namespace mixc {

static double pageBytes() { return static_cast<double>(sysconf(_SC_PAGESIZE)); }

double memoryInReach() {
  double bytes = static_cast<double>(sysconf(_SC_PHYS_PAGES)) * pageBytes();
  for (auto what : {RLIMIT_AS, RLIMIT_DATA}) {
    rlimit limit;
    if (getrlimit(what, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
      bytes = std::min(bytes, static_cast<double>(limit.rlim_cur));
  }
  return bytes;
}

std::string spellBytes(double bytes) {
  static constexpr const char *units[] = {"B", "KB", "MB", "GB", "TB", "PB", "EB"};
  unsigned unit = 0;
  for (; bytes >= 1024 && unit < 6; ++unit)
    bytes /= 1024;
  return fmt::format("{:.{}f} {}", bytes, unit && bytes < 10 && bytes != uint64_t(bytes) ? 1 : 0, units[unit]);
}

Error needMemory(double bytes, const std::string &what, const std::string &help) {
  const double reach = memoryInReach();
  if (bytes <= reach)
    return Error::success();
  return resourceError(
      fmt::format("{} takes {} of memory, and {} is all there is", what, spellBytes(bytes), spellBytes(reach)), help);
}

/// Nothing may be allocated here.
static void sayRefused() {
  long pages = 0;
  if (FILE *file = fopen("/proc/self/statm", "r")) {
    if (fscanf(file, "%ld", &pages) != 1)
      pages = 0;
    (void)fclose(file);
  }
  char text[160];
  int length = snprintf(text, sizeof text, "error: out of memory: %.0f MB are in use, and no more are given\n",
                        static_cast<double>(pages) * pageBytes() / 0x1p20);
  (void)!write(STDERR_FILENO, text, length);
  sys::RunInterruptHandlers(); // files that are half written
  _exit(NoResources);
}

void keepMemoryUntilTheEnd() {
  (void)mallopt(M_TOP_PAD, 16 << 20);
  (void)mallopt(M_TRIM_THRESHOLD, INT_MAX);
}

// `new` asks the one, LLVM's containers that call malloc themselves the other.
void sayWhenOutOfMemory() {
  std::set_new_handler(sayRefused);
  install_bad_alloc_error_handler([](void *, const char *, bool) { sayRefused(); });
}

} // namespace mixc
