#include "frontend/driver/ProcessMemory.h"
#include "frontend/driver/Report.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/Signals.h"
#include <climits>
#include <cstdio>
#include <malloc.h>
#include <new>
#include <unistd.h>

using namespace llvm;

namespace mixc {

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
                        static_cast<double>(pages) * static_cast<double>(sysconf(_SC_PAGESIZE)) / 0x1p20);
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
